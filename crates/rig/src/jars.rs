//! The jars of Kafka: fetched once by Maven, as `deploy/kafka/pom.xml` names them.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;

const HOW_TO_GET: &str = "install Maven (Debian: maven), or name brokers in SANBAI_TEST_KAFKA";

/// The class path of Kafka. Several processes may ask at once: one fetches.
pub(crate) fn class_path() -> Result<String> {
    let jars = workspace()?.join("target/kafka");
    let pom = fs::read_to_string(workspace()?.join("deploy/kafka/pom.xml"))?;
    fs::create_dir_all(&jars)?;
    let lock = File::create(jars.join("lock"))?;
    lock.lock()?;
    // The last thing written: for which file the jars are.
    let fetched_for = jars.join("fetched-for.xml");
    if fs::read_to_string(&fetched_for).ok().as_ref() != Some(&pom) {
        fetch(&jars)?;
        fs::write(&fetched_for, &pom)?;
    }
    Ok(format!("{}/jars/*", jars.display()))
}

fn fetch(jars: &Path) -> Result<()> {
    let maven = process::find("mvn", HOW_TO_GET)?;
    let to = jars.join("jars");
    match fs::remove_dir_all(&to) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
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

/// The root of the workspace that this crate was built in.
pub(crate) fn workspace() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()
}
