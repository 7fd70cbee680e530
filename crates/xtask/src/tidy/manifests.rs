//! Manifests: versions stand in the workspace table, each with its default features off or argued for, and every member
//! keeps the lints.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{File, Problem, Tree};

const ROOT: &str = "Cargo.toml";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    let members: Vec<&File> = tree
        .ending("/Cargo.toml")
        .filter(|file| !file.text.contains("[workspace]"))
        .collect();
    for member in members {
        match member.text.parse::<Table>() {
            Ok(manifest) => problems.extend(check_member(member, &manifest, &mut used)),
            Err(error) => problems.push(member.problem(1, error.message())),
        }
    }
    if let Some(root) = tree.files.iter().find(|file| file.path == ROOT) {
        match root.text.parse::<Table>() {
            Ok(manifest) => problems.extend(check_root(root, &manifest, &used)),
            Err(error) => problems.push(root.problem(1, error.message())),
        }
    }
    problems
}

fn check_member(file: &File, manifest: &Table, used: &mut BTreeSet<String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, dependency) in dependencies(manifest) {
        used.insert(name.clone());
        if !is_true(dependency, "workspace") {
            let what = format!("{name}: its version belongs into the table of the workspace");
            problems.push(file.problem(line_of(file, name), what));
        }
    }
    if !manifest.get("lints").is_some_and(|lints| is_true(lints, "workspace")) {
        problems.push(file.problem(1, "no `[lints] workspace = true`"));
    }
    problems
}

fn check_root(file: &File, manifest: &Table, used: &BTreeSet<String>) -> Vec<Problem> {
    let table = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(Value::as_table);
    let mut problems = Vec::new();
    for (name, dependency) in table.into_iter().flatten() {
        let line = line_of(file, name);
        if !used.contains(name) {
            problems.push(file.problem(line, format!("{name}: no member depends on it")));
        }
        let is_ours = dependency.get("path").is_some();
        let has_no_defaults = dependency.get("default-features").and_then(Value::as_bool) == Some(false);
        let argued = file
            .lines()
            .any(|(number, text)| number + 1 == line && text.starts_with('#'));
        if !is_ours && !has_no_defaults && !argued {
            let what = format!("{name}: needs `default-features = false`, or a comment above it that argues for them");
            problems.push(file.problem(line, what));
        }
    }
    problems
}

/// Normal, build and development dependencies, for all targets or some.
fn dependencies(manifest: &Table) -> impl Iterator<Item = (&String, &Value)> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let scopes = targets.filter_map(|(_, scope)| scope.as_table()).chain([manifest]);
    scopes.flat_map(|scope| {
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        kinds
            .into_iter()
            .filter_map(|kind| scope.get(kind)?.as_table())
            .flatten()
    })
}

fn is_true(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool) == Some(true)
}

/// The line where a dependency is declared; the first of the file when it is written in a way not foreseen here.
fn line_of(file: &File, name: &str) -> usize {
    let declares = |line: &str| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with([' ', '=', '.']))
    };
    file.lines()
        .find(|(_, line)| declares(line))
        .map_or(1, |(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::said;

    const MEMBER: &str = "[dependencies]\nserde.workspace = true\n[lints]\nworkspace = true\n";

    #[test]
    fn a_version_in_a_member_is_found() {
        let member = "[dependencies]\nserde = \"1\"\n[lints]\nworkspace = true\n";
        let expected = ["a/Cargo.toml:2: serde: its version belongs into the table of the workspace"];
        assert_eq!(said(check, &[("a/Cargo.toml", member)]), expected);
        assert_eq!(said(check, &[("a/Cargo.toml", MEMBER)]), [""; 0]);
        assert_eq!(
            said(check, &[("fuzz/Cargo.toml", &format!("{member}[workspace]\n"))]),
            [""; 0]
        );
    }

    #[test]
    fn a_member_without_the_lints_is_found() {
        assert_eq!(
            said(check, &[("a/Cargo.toml", "")]),
            ["a/Cargo.toml:1: no `[lints] workspace = true`"]
        );
    }

    #[test]
    fn default_features_are_off_or_argued_for() {
        let said_of = |root: &str| said(check, &[("a/Cargo.toml", MEMBER), ("Cargo.toml", root)]);
        let table = "[workspace.dependencies]\n";
        let expected =
            ["Cargo.toml:2: serde: needs `default-features = false`, or a comment above it that argues for them"];
        assert_eq!(said_of(&format!("{table}serde = \"1\"")), expected);
        assert_eq!(said_of(&format!("{table}# Because.\nserde = \"1\"")), [""; 0]);
        assert_eq!(
            said_of(&format!(
                "{table}serde = {{ version = \"1\", default-features = false }}"
            )),
            [""; 0]
        );
    }

    #[test]
    fn a_dependency_that_nobody_uses_is_found() {
        let root = "[workspace.dependencies]\nours = { path = \"ours\" }";
        assert_eq!(
            said(check, &[("Cargo.toml", root)]),
            ["Cargo.toml:2: ours: no member depends on it"]
        );
    }
}
