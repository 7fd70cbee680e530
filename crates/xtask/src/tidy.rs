//! What must hold of the repository and no compiler checks.
//!
//! Each check is a function from the files to what is wrong with them. All of them run, and everything is reported.

mod leaks;
mod links;
mod manifests;
mod oracle;
mod sources;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::process;

/// Runs every check over what is, or is about to be, under version control.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let tree = Tree::read(root)?;
    for hint in sources::long_files(&tree) {
        println!("hint: {hint}");
    }
    let mut problems = problems(&tree);
    problems.sort();
    let list: Vec<String> = problems.iter().map(Problem::to_string).collect();
    anyhow::ensure!(list.is_empty(), "not tidy:\n  {}", list.join("\n  "));
    Ok(())
}

fn problems(tree: &Tree) -> Vec<Problem> {
    let checks = [
        leaks::check,
        links::check,
        manifests::check,
        oracle::check,
        sources::check,
    ];
    checks.iter().flat_map(|check| check(tree)).collect()
}

/// The files of the repository.
#[derive(Debug, Default)]
struct Tree {
    /// Those that are text.
    files: Vec<File>,
    /// Every file and folder, below the root, without a slash at the end. The root itself is "".
    paths: BTreeSet<String>,
}

#[derive(Debug)]
struct File {
    /// Below the root, with slashes.
    path: String,
    text: String,
}

impl Tree {
    /// What git tracks, and what it would if all were added.
    fn read(root: &Path) -> anyhow::Result<Self> {
        let mut git = Command::new("git");
        git.current_dir(root)
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let list = process::output(&mut git)?;
        let mut tree = Self::default();
        for path in list.split_terminator('\0') {
            // A file that was deleted but not yet from the index is no longer there.
            let Ok(content) = std::fs::read(root.join(path)) else {
                continue;
            };
            tree.add_path(path);
            if let Ok(text) = String::from_utf8(content) {
                tree.files.push(File {
                    path: path.to_owned(),
                    text,
                });
            }
        }
        Ok(tree)
    }

    fn add_path(&mut self, path: &str) {
        let mut path = path;
        while self.paths.insert(path.to_owned()) {
            path = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        }
    }

    /// The files whose names end so.
    fn ending<'a>(&'a self, end: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |file| file.path.ends_with(end))
    }
}

impl File {
    /// Its lines, counted from one.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    fn problem(&self, line: usize, what: impl Into<String>) -> Problem {
        Problem {
            path: self.path.clone(),
            line,
            what: what.into(),
        }
    }
}

/// Something to be put right, and where.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    path: String,
    line: usize,
    what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a check says about these files (path, text), as shown.
    pub(super) fn said(check: fn(&Tree) -> Vec<Problem>, files: &[(&str, &str)]) -> Vec<String> {
        let mut tree = Tree::default();
        for (path, text) in files {
            tree.add_path(path);
            tree.files.push(File {
                path: (*path).to_owned(),
                text: (*text).to_owned(),
            });
        }
        check(&tree).iter().map(Problem::to_string).collect()
    }

    #[test]
    fn the_repository_is_tidy() {
        run(&crate::root().unwrap()).unwrap();
    }
}
