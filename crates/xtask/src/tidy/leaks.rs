//! Nothing in the repository knows the machine that it was written on.

use super::{Problem, Tree};

/// Folders of one machine.
const FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// Hosts of package registries: which one a machine uses is its own business.
const HOSTS: [&str; 9] = [
    concat!("index.cra", "tes.io"),
    concat!("static.cra", "tes.io"),
    concat!("static.rust-", "lang.org"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("registry.npm", "js.org"),
    concat!("proxy.go", "lang.org"),
    concat!("maven", ".apache.org"),
    concat!("deb.deb", "ian.org"),
];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &tree.files {
        for (number, line) in file.lines() {
            if let Some(folder) = FOLDERS.iter().find(|folder| has_path(line, folder)) {
                problems.push(file.problem(number, format!("a path of one machine: {folder}")));
            }
            if let Some(host) = HOSTS.iter().find(|host| line.contains(**host)) {
                problems.push(file.problem(number, format!("a host of a package registry: {host}")));
            }
        }
    }
    problems
}

/// Whether the folder starts a path here, rather than going on with one (as in a URL).
fn has_path(line: &str, folder: &str) -> bool {
    let goes_on = |character: char| character.is_alphanumeric() || "._-~}*)".contains(character);
    line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(goes_on))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::said;

    #[test]
    fn a_path_of_one_machine_is_found() {
        let line = format!("see `{}notes.md`", FOLDERS[0]);
        assert_eq!(
            said(check, &[("a.md", &line)]),
            [format!("a.md:1: a path of one machine: {}", FOLDERS[0])]
        );
    }

    #[test]
    fn a_path_inside_a_url_is_none() {
        assert_eq!(
            said(check, &[("a.md", &format!("https://example.org{}x", FOLDERS[2]))]),
            [""; 0]
        );
    }

    #[test]
    fn a_registry_host_is_found() {
        assert_eq!(
            said(check, &[("a.toml", &format!("url = \"https://{}\"", HOSTS[0]))]).len(),
            1
        );
    }
}
