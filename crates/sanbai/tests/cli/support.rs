//! How the tests run `sanbai`, and what they feed it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// Its answers, one JSON object a line.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON object"))
            .collect()
    }

    /// The figure that the ledger on standard error gives for `word`, as `rejected`.
    pub(crate) fn ledger(&self, word: &str) -> u64 {
        let line = self
            .err
            .lines()
            .find(|line| line.contains(" events "))
            .expect("a ledger");
        let after = line.split(&format!("{word} ")).nth(1).expect("the word");
        after.split(' ').next().expect("a figure").parse().expect("a figure")
    }
}

pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanbai"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn finish(mut command: Command) -> Run {
    let output = command.output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("whatever it prints is UTF-8");
    Run {
        code: output.status.code().expect("no signal"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Runs it with nothing on standard input.
pub(crate) fn sanbai(arguments: &[&str]) -> Run {
    finish(command(arguments))
}

/// Runs it with `input` on standard input.
pub(crate) fn sanbai_with(input: &[u8], arguments: &[&str]) -> Run {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("input");
    fs::write(&path, input).expect("written");
    let mut command = command(arguments);
    command.stdin(fs::File::open(&path).expect("readable"));
    finish(command)
}

/// A folder of files.
#[derive(Debug)]
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn join(&self, name: &str) -> String {
        text(&self.path().join(name))
    }

    /// Writes a file and says where it is.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path().join(name), content).expect("written");
        self.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("readable")
    }
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().expect("a path of UTF-8").to_owned()
}

/// A day with violations and disorder, as files: made once for all tests.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) folder: Folder,
    pub(crate) events: String,
    pub(crate) protobuf: String,
    pub(crate) registry: String,
    pub(crate) truth: String,
}

pub(crate) fn day() -> &'static Day {
    static DAY: OnceLock<Day> = OnceLock::new();
    DAY.get_or_init(|| {
        let folder = Folder::new();
        let plan = ["generate", "--parcels", "150", "--violations", "2000", "--seed", "7"];
        let (registry, truth) = (folder.join("registry"), folder.join("truth.ndjson"));
        let json = sanbai(&[&plan[..], &["--registry", &registry, "--truth", &truth]].concat());
        assert_eq!((json.code, json.err.as_str()), (0, ""));
        let events = folder.write("day.ndjson", &json.out);
        let protobuf = command(&[&plan[..], &["--format", "protobuf"]].concat())
            .output()
            .expect("runs");
        let protobuf = folder.write("day.pb", protobuf.stdout);
        Day {
            folder,
            events,
            protobuf,
            registry,
            truth,
        }
    })
}

/// `check --json` of files with the registers of the day.
pub(crate) fn judge(files: &[&str]) -> Run {
    sanbai(&[&["check", "--json", "--registry", &day().registry], files].concat())
}

/// Where this repository is.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The events of a parcel with which nothing is wrong, as of two days later: BASE of `docs/rules.md`.
pub(crate) fn base(waybill: &str) -> Vec<String> {
    let mark = r#"{"unit":"SF","place":"440117","operator":"C-17","device":"XR-1","sequence":"0001","time":"AT"}"#;
    [
        ("10:00:00", r#""identityChecked":{"document":{"kind":"RESIDENT","number":"11010519491231002X","expiresOn":"long-term"},"result":"PASS","method":"CARD_READER","nameMatches":true}"#),
        ("10:01:00", r#""inspected":{"result":"PASS","mark":MARK}"#),
        ("10:02:00", r#""sealed":{}"#),
        ("10:03:00", r#""accepted":{"itemKind":"PARCEL","transport":"ROAD","route":"INTER_PROVINCE","declaredItem":"书籍","destination":"430100","sender":{"name":"王小明","phone":"13900139001"}}"#),
        ("18:00:00", r#""departed":{"leg":"LOCAL","to":"GZ-HUB"}"#),
        ("18:30:00", r#""arrived":{"from":"GZ-0001"}"#),
        ("20:00:00", r#""xrayScreened":{"device":"XR-1","screener":"S-1","imageId":"IMG-1","judgement":"CLEAR","mark":MARK}"#),
        ("21:00:00", r#""departed":{"leg":"LINE_HAUL","to":"CS-HUB"}"#),
    ]
    .into_iter()
    .enumerate()
    .map(|(index, (clock, happening))| {
        let at = format!("2026-03-10T{clock}+08:00");
        let happening = happening.replace("MARK", mark).replace("AT\"", &format!("{at}\""));
        let id = event_id(waybill, index);
        format!(
            r#"{{"eventId":"{id}","brand":"SF","waybill":"{waybill}","site":"GZ-0001","operator":"C-17","occurredAt":"{at}",{happening}}}"#
        )
    })
    .collect()
}

/// An id of its own for every event of every parcel.
pub(crate) fn event_id(waybill: &str, index: usize) -> String {
    let digits: String = waybill.bytes().filter(u8::is_ascii_digit).map(char::from).collect();
    format!(
        "0190a8b2-7c4e-7d31-9c{index:02}-{:0>12}",
        &digits[digits.len().saturating_sub(12)..]
    )
}

/// As of when the parcels of [`base`] are judged.
pub(crate) const AS_OF: &str = "2026-03-12T00:00:00+08:00";
