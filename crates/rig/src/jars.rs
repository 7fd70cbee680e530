//! The jars of Kafka: fetched once by Maven, as `deploy/kafka/pom.xml` names them.

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;

const HOW_TO_GET: &str = "install Maven (Debian: maven), or name brokers in SANBAI_TEST_KAFKA";

/// The file of loaded classes; good for these jars only.
pub(crate) const CLASSES: &str = "classes.jsa";

/// Where the jars lie, and what else is kept of Kafka.
pub(crate) fn folder() -> Result<PathBuf> {
    let folder = workspace()?.join("target/kafka");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The class path of Kafka. Nobody else may be at it.
pub(crate) fn fetched(folder: &Path) -> Result<String> {
    let pom = fs::read_to_string(workspace()?.join("deploy/kafka/pom.xml"))?;
    // The last thing written: for which file the jars are.
    let fetched_for = folder.join("fetched-for.xml");
    if fs::read_to_string(&fetched_for).ok().as_ref() != Some(&pom) {
        fetch(folder)?;
        remove(&folder.join(CLASSES))?;
        fs::write(&fetched_for, &pom)?;
    }
    Ok(format!("{}/jars/*", folder.display()))
}

fn fetch(jars: &Path) -> Result<()> {
    let maven = process::find("mvn", HOW_TO_GET)?;
    let to = jars.join("jars");
    if to.exists() {
        fs::remove_dir_all(&to)?;
    }
    let mut command = Command::new(maven);
    command
        .current_dir(workspace()?.join("deploy/kafka"))
        .args(["-q", "-B", "dependency:copy-dependencies"])
        .arg(format!("-DoutputDirectory={}", to.display()));
    process::run(&mut command).map(drop).map_err(|error| {
        Error::new(
            ErrorKind::NotFound,
            format!("Maven does not get the jars of Kafka: {error}"),
        )
    })
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The root of the workspace that this crate was built in.
pub(crate) fn workspace() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()
}
