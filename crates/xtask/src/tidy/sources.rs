//! Rust files: their length, and what may not be left in them.

use super::{File, Problem, Tree};

/// Longest file, in lines; tests count, generated files do not.
const LINES_MAX: usize = 500;

/// The length at which to look for the seam.
const LINES_GOAL: usize = 400;

/// Words that promise later work. Each needs the number of the issue that keeps the promise: `(#12)`.
const PROMISES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// A test that does not run.
const IGNORED_TEST: &str = concat!("#[", "ignore");

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in tree.ending(".rs").filter(|file| !is_generated(file)) {
        let length = file.text.lines().count();
        if length > LINES_MAX {
            problems.push(file.problem(length, format!("{length} lines, over the limit of {LINES_MAX}")));
        }
        for (number, line) in file.lines() {
            problems.extend(promise(line).map(|word| file.problem(number, format!("{word} without an issue (#n)"))));
            if line.trim_start().starts_with(IGNORED_TEST) {
                problems.push(file.problem(
                    number,
                    "a test that does not run: assert what is true today and say why",
                ));
            }
        }
    }
    problems
}

/// Files that pass, but are longer than a file should be.
pub(super) fn long_files(tree: &Tree) -> Vec<String> {
    let lengths = tree
        .ending(".rs")
        .filter(|file| !is_generated(file))
        .map(|file| (file, file.text.lines().count()));
    lengths
        .filter(|(_, length)| (LINES_GOAL + 1..=LINES_MAX).contains(length))
        .map(|(file, length)| format!("{}: {length} lines, over the goal of {LINES_GOAL}", file.path))
        .collect()
}

fn is_generated(file: &File) -> bool {
    file.text.lines().next().is_some_and(|line| line.contains("@generated"))
}

/// The first promise in this line that names no issue.
fn promise(line: &str) -> Option<&'static str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    PROMISES.into_iter().find(|word| {
        line.match_indices(word).any(|(at, _)| {
            let (before, after) = (&line[..at], &line[at + word.len()..]);
            !before.ends_with(is_word) && !after.starts_with(is_word) && !after.starts_with("(#")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::said;

    #[test]
    fn a_long_file_is_found_unless_generated() {
        let long = "// line\n".repeat(501);
        assert_eq!(
            said(check, &[("a.rs", &long)]),
            ["a.rs:501: 501 lines, over the limit of 500"]
        );
        assert_eq!(said(check, &[("a.rs", &format!("// @generated\n{long}"))]), [""; 0]);
        assert_eq!(said(check, &[("a.rs", &long[8..])]), [""; 0]);
    }

    #[test]
    fn a_promise_needs_an_issue() {
        let promise = format!("// {}: later", PROMISES[0]);
        assert_eq!(
            said(check, &[("a.rs", &promise)]),
            [format!("a.rs:1: {} without an issue (#n)", PROMISES[0])]
        );
        assert_eq!(
            said(check, &[("a.rs", &format!("// {}(#7): later", PROMISES[0]))]),
            [""; 0]
        );
        assert_eq!(
            said(check, &[("a.rs", &format!("const {}_COUNT: u8 = 1;", PROMISES[0]))]),
            [""; 0]
        );
    }

    #[test]
    fn an_ignored_test_is_found() {
        assert_eq!(said(check, &[("a.rs", &format!("    {IGNORED_TEST}]"))]).len(), 1);
    }
}
