//! Relative links in Markdown lead somewhere, down to the heading.

use super::{File, Problem, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in tree.ending(".md") {
        for (number, line) in prose(file) {
            for target in targets(&line) {
                if let Some(what) = wrong(tree, file, target) {
                    problems.push(file.problem(number, what));
                }
            }
        }
    }
    problems
}

/// The lines outside code blocks, without what stands between backticks.
fn prose(file: &File) -> impl Iterator<Item = (usize, String)> {
    let mut fence: Option<&str> = None;
    file.lines().filter_map(move |(number, line)| {
        let start = line.trim_start();
        let marker = ["```", "~~~"].into_iter().find(|marker| start.starts_with(marker));
        match (fence, marker) {
            (None, Some(opening)) => fence = Some(opening),
            (Some(opening), Some(closing)) if opening == closing => fence = None,
            (None, None) => {
                return Some((number, line.split('`').step_by(2).collect::<Vec<_>>().join("`")));
            }
            (Some(_), _) => {}
        }
        None
    })
}

/// The targets of `[text](target)` and of `[label]: target`; `[^label]: …` is a footnote.
fn targets(line: &str) -> Vec<&str> {
    let inline = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    let label = line.strip_prefix('[').filter(|label| !label.starts_with('^'));
    let reference = label.and_then(|line| line.split_once("]: ")).map(|(_, target)| target);
    // A title may follow the target.
    inline
        .chain(reference)
        .filter_map(|target| target.split_whitespace().next())
        .collect()
}

/// What is wrong with a target, if it is ours to check.
fn wrong(tree: &Tree, file: &File, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() {
        Some(file.path.clone())
    } else {
        resolve(&file.path, path)
    };
    let Some(path) = path.filter(|path| tree.paths.contains(path)) else {
        return Some(format!("link to `{target}`: no such file"));
    };
    let linked = tree
        .files
        .iter()
        .find(|other| other.path == path && path.ends_with(".md"));
    let missing = !heading.is_empty() && linked.is_some_and(|linked| !headings(linked).any(|slug| slug == heading));
    missing.then(|| format!("link to `{target}`: no such heading"))
}

/// A relative path as seen from a file, below the root; `None` when it leaves the repository.
fn resolve(from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => _ = parts.pop()?,
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The anchors of the headings, as code hosts make them: lower case, blanks to hyphens, most punctuation dropped.
fn headings(file: &File) -> impl Iterator<Item = String> {
    let mut in_code = false;
    file.text.lines().filter_map(move |line| {
        in_code ^= line.trim_start().starts_with("```");
        let title = line.trim_start_matches('#');
        if in_code || title.len() == line.len() {
            return None;
        }
        let kept = title.trim().chars().filter_map(|character| match character {
            ' ' => Some('-'),
            '-' | '_' => Some(character),
            _ => character.is_alphanumeric().then_some(character),
        });
        Some(kept.flat_map(char::to_lowercase).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::said;

    fn said_of(text: &str) -> Vec<String> {
        said(
            check,
            &[
                ("docs/page.md", text),
                ("README.md", "# What it is\n"),
                ("docs/adr/0001.md", ""),
            ],
        )
    }

    #[test]
    fn links_that_resolve_pass() {
        let text =
            "# Top\n[a](adr/0001.md) [b](../README.md#what-it-is) [c](#top) [d](adr/)\n[e]: ../README.md \"title\"";
        assert_eq!(said_of(text), [""; 0]);
    }

    #[test]
    fn links_that_do_not_are_named() {
        assert_eq!(
            said_of("[a](adr/2.md)"),
            ["docs/page.md:1: link to `adr/2.md`: no such file"]
        );
        assert_eq!(
            said_of("[a](../../x.md)"),
            ["docs/page.md:1: link to `../../x.md`: no such file"]
        );
        assert_eq!(
            said_of("\n[a](../README.md#who)"),
            ["docs/page.md:2: link to `../README.md#who`: no such heading"]
        );
    }

    #[test]
    fn code_and_foreign_addresses_are_left_alone() {
        assert_eq!(
            said_of("```\n[a](b.md)\n```\n`[a](b.md)` [c](https://example.org/b.md)"),
            [""; 0]
        );
    }
}
