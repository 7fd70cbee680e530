//! The files of `tests/scenarios`.

use std::path::Path;

use sanbai_sim::scenario::{Scenario, parse};

/// One file.
pub(crate) struct File {
    /// Its name below the root.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) scenarios: Vec<Scenario>,
}

/// All of them, in the order of their names.
pub(crate) fn all() -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let read = |path: &Path| {
        let name = format!("tests/scenarios/{}", path.file_name().unwrap_or_default().display());
        let text = std::fs::read_to_string(path).expect("a text");
        let scenarios = parse(&text)
            .map_err(|fault| format!("{name}: {fault}"))
            .expect("every line is understood");
        File { name, scenarios }
    };
    paths.iter().map(|path| read(path)).collect()
}
