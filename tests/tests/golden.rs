//! Snapshots as each format of rows writes them, kept in `tests/golden/snapshots`: they load, give the same rows again, and
//! what follows from them is the same.
//!
//! `SANBAI_GOLDEN=write cargo test -p sanbai-tests --test golden` writes those of the format of this build. Those of other
//! formats stay as they are: only who reads them is changed.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]
#![expect(clippy::print_stdout, reason = "whoever reads a failure wants to know which file")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sanbai_core::shard::input::Behaviour;
use sanbai_core::shard::row::Row;
use sanbai_core::time::Timestamp;
use sanbai_engine::log::{Log, Message, ReadError, Record, Ticket, Topic};
use sanbai_engine::parcel::{ParcelSettings, ParcelStage};
use sanbai_engine::registry::RegistryCopy;
use sanbai_engine::scope::ScopeStage;
use sanbai_engine::stage::{Layout, Stage, Step};
use sanbai_engine::store::{Make, Store, StoreError, Writing};
use sanbai_engine::task::{Progress, Task, TaskSettings};
use sanbai_sim::simulation::recorded;
use sanbai_wire::snapshot::{Manifest, SnapshotReader, SnapshotWriter};
use sanbai_wire::{RawValues, TokenKeys};
use serde_json::{Value, json};

/// Of the input of a shard, so much lies before its snapshot: two of three.
const BEFORE: (usize, usize) = (2, 3);

/// One partition of input, and what was sent.
struct Memory {
    topic: Topic,
    input: Vec<Record>,
    sent: Vec<Message>,
}

impl Log for Memory {
    fn read(&mut self, topic: Topic, _: u32, from: u64, max: usize) -> Result<Vec<Record>, ReadError> {
        let records = self
            .input
            .iter()
            .filter(|record| record.offset >= from && topic == self.topic);
        Ok(records.take(max).cloned().collect())
    }

    fn send(&mut self, message: Message) -> Ticket {
        self.sent.push(message);
        Ticket(self.sent.len() as u64)
    }
}

/// When a snapshot was taken, by the clock of the machine.
fn taken_at() -> Timestamp {
    Timestamp::parse("2026-11-26T00:00:00+08:00").expect("a time")
}

/// Objects in memory.
#[derive(Default)]
struct Objects(BTreeMap<String, Vec<u8>>);

impl Store for Objects {
    fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.0.insert(name.to_owned(), bytes);
        Ok(())
    }

    fn get(&mut self, name: &str) -> Result<Vec<u8>, StoreError> {
        self.0.get(name).cloned().ok_or(StoreError::NotFound)
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let names = self.0.keys().filter(|name| name.starts_with(prefix));
        Ok(names.cloned().collect())
    }

    fn delete(&mut self, name: &str) -> Result<(), StoreError> {
        self.0.remove(name);
        Ok(())
    }

    fn is_busy(&self) -> bool {
        false
    }

    fn now(&self) -> Timestamp {
        taken_at()
    }

    fn begin(&mut self, name: &str, make: Make) -> Writing {
        self.0.insert(name.to_owned(), make());
        Writing(0)
    }

    fn written(&mut self, _: Writing) -> Option<Result<(), StoreError>> {
        Some(Ok(()))
    }
}

/// A stage whose snapshots are kept.
trait Kept: Stage {
    /// The folder begins with it.
    const NAME: &'static str;
    fn settings() -> Self::Settings;
}

impl Kept for ParcelStage {
    const NAME: &'static str = "parcel";

    fn settings() -> ParcelSettings {
        ParcelSettings {
            keys: TokenKeys::single("1", [7; 32]).expect("a version of one digit"),
            raw_values: RawValues::Forbid,
            profile: None,
            behaviour: Behaviour::CURRENT,
        }
    }
}

impl Kept for ScopeStage {
    const NAME: &'static str = "scope";

    fn settings() {}
}

/// A snapshot with what it was made from, and what follows from it.
struct Golden {
    layout: Layout,
    input: Vec<Record>,
    registry: Vec<Record>,
    /// The rows as they are stored.
    rows: Vec<u8>,
    manifest: Vec<u8>,
    outputs: Vec<Message>,
}

/// The folders of a stage, one for each format, the newest last.
fn folders(name: &str) -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/snapshots");
    let folders = fs::read_dir(all)
        .expect("golden files")
        .map(|entry| entry.expect("an entry").path());
    let begins = format!("{name}-");
    let is_of = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(&begins))
    };
    let mut folders: Vec<PathBuf> = folders.filter(is_of).collect();
    folders.sort();
    folders
}

fn registry_of(records: &[Record]) -> RegistryCopy {
    let mut registry = RegistryCopy::default();
    records.iter().for_each(|record| registry.apply(record));
    registry
}

/// Records that are read at once before a snapshot is taken. Each by itself afterwards: what is held back to be sent
/// together is sent after each, so that it does not matter what is sent together.
const BATCHES: (usize, usize) = (16, 1);

/// Runs a task over all of an input. Where there is no snapshot yet, it takes one, at `BEFORE`.
fn run<S: Kept>(input: &[Record], registry: &RegistryCopy, layout: Layout, objects: &mut Objects) -> Task<S> {
    let (task, _) = run_from::<S>(input, registry, layout, objects);
    task
}

fn run_from<S: Kept>(
    input: &[Record],
    registry: &RegistryCopy,
    layout: Layout,
    objects: &mut Objects,
) -> (Task<S>, Vec<Message>) {
    let (every, batch_max) = if objects.0.is_empty() {
        (input.len() * BEFORE.0 / BEFORE.1, BATCHES.0)
    } else {
        (usize::MAX / 2, BATCHES.1)
    };
    let mut log = Memory {
        topic: S::INPUT,
        input: input.to_vec(),
        sent: Vec::new(),
    };
    let mut task: Task<S> = Task::new(TaskSettings {
        partition: 0,
        layout,
        stage: S::settings(),
        snapshot_every: every as u64,
        snapshots_kept: 9,
        batch_max,
        unacknowledged_max: 100_000,
    });
    let mut told = 0;
    for _ in 0..100_000 {
        let progress = task.step(&mut log, objects, registry);
        while told < log.sent.len() {
            told += 1;
            task.delivered(Ticket(told as u64), Ok(()));
        }
        match progress {
            Progress::Worked(_) => {}
            Progress::Idle => return (task, log.sent),
            other => panic!("it waits: {other:?}"),
        }
    }
    panic!("it comes to no end")
}

impl Golden {
    /// What this build makes of an input.
    fn make<S: Kept>(input: Vec<Record>, registry: Vec<Record>, layout: Layout) -> Self {
        let known = registry_of(&registry);
        let mut objects = Objects::default();
        drop(run::<S>(&input, &known, layout, &mut objects));
        let (name, manifest) = {
            let mut manifests = objects.0.iter().filter(|(name, _)| name.ends_with(".manifest"));
            let (name, bytes) = manifests.next().expect("a snapshot");
            (name.clone(), bytes.clone())
        };
        let rows = name.replace(".manifest", ".rows");
        let rows = objects.0.get(&rows).expect("its rows").clone();
        let mut golden = Self {
            layout,
            input,
            registry,
            rows,
            manifest,
            outputs: Vec::new(),
        };
        golden.outputs = golden.follow::<S>().1;
        golden
    }

    fn manifest(&self) -> Manifest {
        Manifest::decode(&self.manifest).expect("a manifest")
    }

    /// The rows as they were before they were compressed.
    fn expanded(&self) -> Vec<u8> {
        assert_eq!(self.manifest().compression, "lz4");
        let mut rows = Vec::new();
        let mut reader = lz4_flex::frame::FrameDecoder::new(self.rows.as_slice());
        reader.read_to_end(&mut rows).expect("compressed rows");
        rows
    }

    /// Restores from it and applies the rest: the task at the end, and what it sent.
    fn follow<S: Kept>(&self) -> (Task<S>, Vec<Message>) {
        let manifest = self.manifest();
        let name = manifest.object.replace(".rows", ".manifest");
        let mut objects = Objects(BTreeMap::from([
            (manifest.object.clone(), self.rows.clone()),
            (name, self.manifest.clone()),
        ]));
        let (mut task, sent) = run_from::<S>(&self.input, &registry_of(&self.registry), self.layout, &mut objects);
        assert!(task.alarms().iter().all(|alarm| alarm.code() != "snapshot_damaged"));
        assert_eq!(task.silent_until(), Some(manifest.offset), "it was restored from there");
        (task, sent)
    }

    fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).expect("a folder");
        let put = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).expect("written");
        let layout = self.layout;
        let layout = json!({"generation": layout.generation, "parcels": layout.parcels, "scopes": layout.scopes});
        put("layout.json", format!("{layout}\n").as_bytes());
        put("input.ndjson", &lines(self.input.iter().map(record_to_json)));
        put("registry.ndjson", &lines(self.registry.iter().map(record_to_json)));
        put("outputs.ndjson", &lines(self.outputs.iter().map(message_to_json)));
        put("rows", &self.rows);
        put("manifest", &self.manifest);
    }

    fn read(folder: &Path) -> Self {
        let get = |name: &str| fs::read(folder.join(name)).expect("a golden file");
        let each = |name: &str| -> Vec<Value> {
            let text = String::from_utf8(get(name)).expect("text");
            text.lines()
                .map(|line| serde_json::from_str(line).expect("JSON"))
                .collect()
        };
        let layout: Value = serde_json::from_slice(&get("layout.json")).expect("JSON");
        let number = |name: &str| u32::try_from(layout[name].as_u64().expect("a number")).expect("small");
        Self {
            layout: Layout {
                generation: u16::try_from(number("generation")).expect("small"),
                parcels: number("parcels"),
                scopes: number("scopes"),
            },
            input: each("input.ndjson").iter().map(record_of_json).collect(),
            registry: each("registry.ndjson").iter().map(record_of_json).collect(),
            outputs: each("outputs.ndjson").iter().map(message_of_json).collect(),
            rows: get("rows"),
            manifest: get("manifest"),
        }
    }
}

fn lines(values: impl Iterator<Item = Value>) -> Vec<u8> {
    values.flat_map(|value| format!("{value}\n").into_bytes()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    let text = value.as_str()?;
    let pairs = (0..text.len()).step_by(2);
    Some(
        pairs
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex"))
            .collect(),
    )
}

fn headers_to_json(headers: &[(String, Vec<u8>)]) -> Value {
    headers.iter().map(|(name, value)| json!([name, hex(value)])).collect()
}

fn headers_of_json(value: &Value) -> Vec<(String, Vec<u8>)> {
    let headers = value.as_array().expect("headers").iter();
    let header = |header: &Value| {
        (
            header[0].as_str().expect("a name").to_owned(),
            bytes(&header[1]).expect("hex"),
        )
    };
    headers.map(header).collect()
}

fn record_to_json(record: &Record) -> Value {
    json!({
        "offset": record.offset,
        "timestamp": record.timestamp.as_nanos(),
        "key": record.key.as_deref().map(hex),
        "headers": headers_to_json(&record.headers),
        "value": record.value.as_deref().map(hex),
    })
}

fn record_of_json(value: &Value) -> Record {
    Record {
        offset: value["offset"].as_u64().expect("an offset"),
        timestamp: Timestamp::from_nanos(value["timestamp"].as_i64().expect("a time")),
        key: bytes(&value["key"]),
        headers: headers_of_json(&value["headers"]),
        value: bytes(&value["value"]),
    }
}

fn message_to_json(message: &Message) -> Value {
    json!({
        "topic": message.topic.name(),
        "partition": message.partition,
        "key": message.key.as_deref().map(hex),
        "headers": headers_to_json(&message.headers),
        "value": hex(&message.value),
    })
}

fn message_of_json(value: &Value) -> Message {
    let topic = Topic::ALL.into_iter().find(|topic| value["topic"] == topic.name());
    Message {
        topic: topic.expect("a topic"),
        partition: u32::try_from(value["partition"].as_u64().expect("a partition")).expect("small"),
        key: bytes(&value["key"]),
        headers: headers_of_json(&value["headers"]),
        value: bytes(&value["value"]).expect("hex"),
    }
}

/// The log of a small simulated world, and the sections that follow from it.
fn world() -> (Vec<Record>, Vec<Record>, Vec<Record>, Layout) {
    let has_hits = |records: &[Record]| {
        let is_hit = |record: &Record| record.headers.iter().any(|(_, value)| value == b"hit");
        records.iter().any(is_hit)
    };
    let (records, registry, layout) = (0..60)
        .map(|seed| recorded(seed, 500))
        .find(|(records, ..)| has_hits(records))
        .expect("many a seed has a crowd");
    let known = registry_of(&registry);
    let mut stage = ParcelStage::new(&ParcelStage::settings(), 0, layout);
    let mut sections = Vec::new();
    for record in &records {
        let mut out: Vec<Message> = Vec::new();
        assert_eq!(
            stage.apply(record, known.registry(), known.next(), &mut out),
            Step::Applied
        );
        stage.flush(true, known.registry(), &mut out);
        let of_first = out
            .into_iter()
            .filter(|message| message.topic == Topic::Sightings && message.partition == 0);
        sections.extend(of_first.map(|message| (record.timestamp, message)));
    }
    let sections = (0..).zip(sections).map(|(offset, (timestamp, message))| Record {
        offset,
        timestamp,
        key: message.key,
        headers: message.headers,
        value: Some(message.value),
    });
    (records, sections.collect(), registry, layout)
}

/// Writes the golden files of this build, where that was asked for.
fn write_if_asked<S: Kept>(input: impl FnOnce() -> (Vec<Record>, Vec<Record>, Layout)) {
    if std::env::var("SANBAI_GOLDEN").is_ok_and(|what| what == "write") {
        let (input, registry, layout) = input();
        let golden = Golden::make::<S>(input, registry, layout);
        let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/snapshots");
        golden.write(&all.join(format!("{}-{:03}", S::NAME, Row::FORMAT)));
    }
}

fn check<S: Kept>() {
    let folders = folders(S::NAME);
    let mut formats = Vec::new();
    for folder in folders {
        println!("{}", folder.display());
        let golden = Golden::read(&folder);
        formats.push(golden.manifest().format);
        check_one::<S>(&golden);
    }
    assert!(
        formats.contains(&Row::FORMAT),
        "no {} snapshot of format {} is kept: SANBAI_GOLDEN=write cargo test -p sanbai-tests --test golden",
        S::NAME,
        Row::FORMAT
    );
}

fn check_one<S: Kept>(golden: &Golden) {
    let manifest = golden.manifest();
    // It gives the same rows again.
    let expanded = golden.expanded();
    let mut rows = SnapshotReader::new([expanded.as_slice()]).map(|row| row.expect("a row"));
    let stage = S::restore(&S::settings(), 0, golden.layout, manifest.offset, &mut rows);
    let stage = stage.expect("rows are read as they were written");
    if manifest.format == Row::FORMAT {
        let mut writer = SnapshotWriter::new();
        let mut again = Vec::new();
        for row in stage.rows() {
            again.extend_from_slice(writer.row(&row).expect("a row"));
        }
        again.extend_from_slice(&writer.finish().0);
        assert!(again == expanded, "rows that were read are written in another way");
    }
    // What follows is the same.
    let (_, sent) = golden.follow::<S>();
    assert_eq!(sent.len(), golden.outputs.len(), "so many outputs follow");
    for (number, (found, expected)) in sent.iter().zip(&golden.outputs).enumerate() {
        assert_eq!(message_to_json(found), message_to_json(expected), "output {number}");
    }
    // Whoever writes it today writes the same.
    if manifest.behaviour != Behaviour::CURRENT || manifest.format != Row::FORMAT {
        return;
    }
    let today = Golden::make::<S>(golden.input.clone(), golden.registry.clone(), golden.layout);
    let bare = |manifest: Manifest| Manifest {
        taken_at: taken_at(),
        object_bytes: 0,
        object_sha256: [0; 32],
        ..manifest
    };
    assert!(
        today.expanded() == expanded && bare(today.manifest()) == bare(manifest),
        "a {} snapshot is written in another way, and the number of its format is still {}: raise `Row::FORMAT`, keep reading \
         the old one, and write golden files of the new one (SANBAI_GOLDEN=write)",
        S::NAME,
        Row::FORMAT
    );
}

#[test]
fn snapshots_of_parcel_shards_load_and_what_follows_is_the_same() {
    write_if_asked::<ParcelStage>(|| {
        let (records, _, registry, layout) = world();
        (records, registry, layout)
    });
    check::<ParcelStage>();
}

#[test]
fn snapshots_of_scope_shards_load_and_what_follows_is_the_same() {
    write_if_asked::<ScopeStage>(|| {
        let (_, sections, registry, layout) = world();
        (sections, registry, layout)
    });
    check::<ScopeStage>();
}
