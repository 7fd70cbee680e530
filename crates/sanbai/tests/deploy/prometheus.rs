//! A real Prometheus.

use std::fmt::Write as _;
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use sanbai_rig::{Tied, program_or_say_why};
use serde_json::Value;
use tempfile::TempDir;

use crate::{eventually, repository};

pub(crate) const HOW_TO_GET: &str = "install Prometheus (Debian: prometheus)";

/// One that reads from a daemon every second, with our rules.
pub(crate) struct Prometheus {
    address: String,
    _process: Tied,
    folder: TempDir,
}

impl Prometheus {
    /// `None` where there is none, and a developer may do without.
    pub(crate) fn program() -> Option<PathBuf> {
        program_or_say_why("prometheus", HOW_TO_GET)
    }

    pub(crate) fn start(program: &Path, target: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let rules = repository("deploy/prometheus/sanbai.rules.yml");
        let config = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: ['{}']\nscrape_configs:\n  \
             - job_name: sanbai\n    static_configs: [{{ targets: ['{target}'] }}]\n",
            rules.canonicalize().expect("there").display()
        );
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).expect("written");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        drop(listener);
        let log = File::create(folder.path().join("log.txt")).expect("a file");
        let process = Tied::start(program, |command| {
            command
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
                .arg(format!("--web.listen-address={address}"))
                .stderr(log);
        });
        let prometheus = Self {
            address,
            _process: process.expect("it starts"),
            folder,
        };
        eventually("Prometheus answers", || prometheus.get("/api/v1/status/buildinfo").ok());
        prometheus
    }

    /// What a query comes to now; an error says what Prometheus said of it.
    pub(crate) fn query(&self, query: &str) -> Result<Vec<Value>, String> {
        let answer = self.get(&format!("/api/v1/query?query={}", encoded(query)))?;
        let result = answer["data"]["result"].as_array();
        result.cloned().ok_or_else(|| format!("no vector: {answer}"))
    }

    /// The rules with what became of them.
    pub(crate) fn rules(&self) -> Vec<Value> {
        let answer = self.get("/api/v1/rules").expect("an answer");
        let groups = answer["data"]["groups"].as_array().expect("groups").clone();
        groups
            .iter()
            .flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default())
            .collect()
    }

    fn get(&self, path: &str) -> Result<Value, String> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        let url = format!("http://{}{path}", self.address);
        let mut answer = agent.get(&url).call().map_err(|error| error.to_string())?;
        let answer = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
        if answer["status"] == "success" {
            return Ok(answer);
        }
        Err(format!("{answer}"))
    }

    /// Its log, for a test that fails.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log.txt")).unwrap_or_default()
    }
}

/// As it may stand in a URL.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        write!(encoded, "%{byte:02X}").expect("a string takes everything");
    }
    encoded
}
