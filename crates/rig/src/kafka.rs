//! The program: Java, the jars of Kafka, and what makes it start sooner.

use std::fs::{self, File};
use std::io::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::broker::Broker;
use crate::brokers::Options;
use crate::folder::Folder;
use crate::layout::Layout;
use crate::{jars, process, settings};

const JAVA_HOW_TO_GET: &str = "install Java 17 or later (Debian: default-jre-headless)";

const FLAGS: [&str; 5] = [
    "-Xms256m",
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.awt.headless=true",
];

/// What runs a broker.
#[derive(Debug, Clone)]
pub(crate) struct Kafka {
    java: PathBuf,
    class_path: String,
    classes: Classes,
}

/// Classes as Java has them in memory, in a file: a broker starts with two fifths less work.
#[derive(Debug, Clone)]
enum Classes {
    /// There is no such file.
    Loaded,
    /// Taken from it. Java passes it over where it does not fit.
    Mapped(PathBuf),
    /// Written to it at the end.
    Written(PathBuf),
}

impl Kafka {
    /// Finds Java and fetches the jars, once for all processes.
    ///
    /// # Errors
    /// `NotFound` where something is missing.
    pub(crate) fn ready() -> Result<Self> {
        let java = process::find("java", JAVA_HOW_TO_GET)?;
        process::find("setpriv", "install util-linux")?;
        let folder = jars::folder()?;
        // Several processes may ask at once: one fetches.
        let lock = File::create(folder.join("lock"))?;
        lock.lock()?;
        let class_path = jars::fetched(&folder)?;
        let mut kafka = Self {
            java,
            class_path,
            classes: Classes::Loaded,
        };
        let file = folder.join(jars::CLASSES);
        // It is worth some seconds, once; but nothing depends on it.
        if file.is_file() || kafka.write_classes(&file).is_ok() {
            kafka.classes = Classes::Mapped(file);
        }
        Ok(kafka)
    }

    /// Starts a broker and stops it in order: at its end Java writes the classes that it loaded.
    fn write_classes(&self, file: &Path) -> Result<()> {
        let written = file.with_extension("part");
        let kafka = Self {
            classes: Classes::Written(written.clone()),
            ..self.clone()
        };
        let (options, layout, folder) = (Options::default(), Layout::free(1)?, Folder::new()?);
        let place = folder.path().join("broker-1");
        let properties = settings::properties(&options, &layout, None, 1, &place);
        let mut broker = Broker::new(1, self, &place, &properties, None)?.run_by(&kafka);
        broker.launch()?;
        broker.wait_until_ready()?;
        broker.stop()?;
        fs::rename(written, file)
    }

    /// A class of Kafka, which the system kills with us.
    pub(crate) fn command(&self, class: &str, logging: &Path) -> Command {
        let mut command = process::tied(&self.java);
        command.args(FLAGS);
        match &self.classes {
            Classes::Loaded => {}
            Classes::Mapped(file) => _ = command.arg(format!("-XX:SharedArchiveFile={}", file.display())),
            Classes::Written(file) => _ = command.arg(format!("-XX:ArchiveClassesAtExit={}", file.display())),
        }
        command
            .arg(format!("-Dlog4j2.configurationFile={}", logging.display()))
            .args(["-cp", &self.class_path, class]);
        command
    }
}
