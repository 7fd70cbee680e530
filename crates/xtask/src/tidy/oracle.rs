//! The oracle shares nothing with what it checks but the messages of `proto/`.

use super::{Problem, Tree};

const ORACLE: [&str; 2] = ["crates/sim/src/oracle/", "crates/sim/src/oracle.rs"];
const CORE: &str = "sanbai_core";
const WIRE: &str = "sanbai_wire";
const MESSAGES: &str = "::proto";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    let files = tree
        .ending(".rs")
        .filter(|file| ORACLE.iter().any(|path| file.path.starts_with(path)));
    for file in files {
        for (number, line) in file.lines() {
            if line.contains(CORE) {
                problems.push(file.problem(number, format!("the oracle must not know `{CORE}`")));
            }
            if line
                .match_indices(WIRE)
                .any(|(at, name)| !is_messages(&line[at + name.len()..]))
            {
                problems.push(file.problem(
                    number,
                    format!("of `{WIRE}` the oracle may know `{WIRE}{MESSAGES}` only"),
                ));
            }
        }
    }
    problems
}

/// Whether a path goes on into the messages.
fn is_messages(path: &str) -> bool {
    let rest = path.strip_prefix(MESSAGES);
    rest.is_some_and(|rest| !rest.starts_with(|character: char| character.is_alphanumeric() || character == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::said;

    #[test]
    fn only_messages_are_shared() {
        let at = "crates/sim/src/oracle/duties.rs";
        assert_eq!(
            said(check, &[(at, "use sanbai_wire::proto::event::ParcelEvent;")]),
            [""; 0]
        );
        assert_eq!(
            said(check, &[(at, "use sanbai_core::duty;\n")]),
            [format!("{at}:1: the oracle must not know `sanbai_core`")]
        );
        let only = format!("{at}:1: of `sanbai_wire` the oracle may know `sanbai_wire::proto` only");
        for line in [
            "use sanbai_wire::{decode, proto};",
            "use sanbai_wire::prototype;",
            "use sanbai_wire as wire;",
        ] {
            assert_eq!(said(check, &[(at, line)]), [only.as_str()], "{line}");
        }
    }

    #[test]
    fn others_may_know_more() {
        assert_eq!(
            said(check, &[("crates/sim/src/world.rs", "use sanbai_core::duty;")]),
            [""; 0]
        );
    }
}
