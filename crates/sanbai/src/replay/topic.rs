//! A range of a topic, replayed as it was recorded.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use anyhow::{anyhow, bail};
use sanbai_core::shard::input::Behaviour;
use sanbai_core::time::{Span, Timestamp};
use sanbai_core::verdict::Verdict;
use sanbai_engine::any::{AnyBrowser, AnyLog};
use sanbai_engine::log::{Message, ReadError, Record, Topic};
use sanbai_engine::parcel::{ParcelSettings, ParcelStage};
use sanbai_engine::recorded::Recorded;
use sanbai_engine::snapshots;
use sanbai_engine::stage::Outbox;
use sanbai_wire::snapshot::ShardKind;
use sanbai_wire::{RawValues, TokenKeys};

use super::side::Told;
use super::{Arguments, print};
use crate::config::{Config, Duration};
use crate::exit::{Exit, Sysexit};
use crate::orders::client::{self, Where};
use crate::{Outcome, daemon, output};

/// Records read at once.
const BATCH: usize = 500;

/// As long as what happens to a parcel depends on what came before: open for 7 days, remembered for 45 more.
const WARM_UP: Duration = Duration::days(52);

/// A range of a topic.
#[derive(Debug, clap::Args)]
pub(super) struct Range {
    /// Replay this topic of a log instead of files: sanbai.parcel-events
    #[arg(long, value_name = "TOPIC", conflicts_with_all = ["files", "registry", "keys", "as_of", "rules"])]
    from: Option<String>,
    /// Print what follows from records that were appended from this moment on
    #[arg(long, value_name = "MOMENT", value_parser = moment, requires = "from")]
    since: Option<Timestamp>,
    /// Stop before records that were appended at this moment or later
    #[arg(long, value_name = "MOMENT", value_parser = moment, requires = "from")]
    until: Option<Timestamp>,
    /// How much of the log before --since is applied in silence first
    #[arg(long, value_name = "TIME", default_value_t = WARM_UP, requires = "from")]
    warm_up: Duration,
    /// Begin at the newest snapshots before --since instead: no rows of outlets then
    #[arg(long, requires = "since")]
    from_snapshot: bool,
    /// Configuration file of the daemon
    #[arg(long, value_name = "FILE", env = "SANBAI_CONFIG", requires = "from")]
    config: Option<PathBuf>,
    /// Data directory of a daemon that does not run
    #[arg(long, value_name = "DIR", requires = "from")]
    data_dir: Option<PathBuf>,
    /// Brokers of Apache Kafka
    #[arg(long, value_name = "HOST:PORT,…", requires = "from")]
    brokers: Option<String>,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "a moment is written 2026-03-12T00:00:00+08:00".to_owned())
}

impl Range {
    pub(super) const fn is_given(&self) -> bool {
        self.from.is_some()
    }

    /// When what is applied begins.
    fn begins(&self) -> Option<Timestamp> {
        let seconds = i64::try_from(self.warm_up.get().as_secs()).unwrap_or(i64::MAX);
        Some(self.since?.plus(Span::seconds(seconds.saturating_neg())))
    }
}

/// A partition that is read.
struct Lane {
    partition: u32,
    /// First offset that is there.
    start: u64,
    next: u64,
    end: u64,
    read: VecDeque<Record>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let range = &arguments.range;
    let at = Where::new(range.config.clone(), range.data_dir.clone(), range.brokers.clone());
    let config = at.load()?;
    let log = client::open_alone(&config)?;
    let name = config.kafka.topic_prefix.clone() + Topic::ParcelEvents.name();
    if range.from.as_deref() != Some(name.as_str()) {
        bail!("--from: {name} is the topic that can be replayed");
    }
    let replayed = replay(arguments, &config, &log);
    let closed = daemon::close(log);
    let outcome = replayed?;
    closed?;
    Ok(outcome)
}

fn unavailable(error: ReadError) -> anyhow::Error {
    Sysexit::wrap(Exit::Unavailable, anyhow!("the log cannot be read: {error:?}"))
}

fn replay(arguments: &Arguments, config: &Config, log: &AnyLog) -> anyhow::Result<Outcome> {
    let (range, browser) = (&arguments.range, log.browser()?);
    let registry = log.registry().map_err(unavailable)?.registry().clone();
    let rules = registry.rules().clone();
    let mut told = Told::new(&rules, arguments.json);
    let settings = ParcelSettings {
        // Events on the log hold tokens, and no more raw numbers.
        keys: TokenKeys::single("none", [0; 32]).map_err(|error| anyhow!("no key: {error}"))?,
        raw_values: RawValues::Forbid,
        profile: arguments.source.profile.clone(),
        behaviour: Behaviour::CURRENT,
    };
    let mut recorded = Recorded::new(&settings, registry, log.layout());
    let mut lanes = Vec::new();
    for partition in 0..log.layout().parcels {
        let whole = log.range(Topic::ParcelEvents, partition).map_err(unavailable)?;
        lanes.push(Lane {
            partition,
            start: whole.start,
            next: whole.start,
            end: whole.end,
            read: VecDeque::new(),
        });
    }
    match range.since {
        Some(since) if range.from_snapshot => {
            from_snapshots(config, (&browser, since), &settings, &mut recorded, &mut lanes)?;
        }
        _ => warm_up(range, &browser, &mut recorded, &mut lanes)?,
    }
    let passed: u64 = recorded.ledgers().map(|ledger| ledger.gaps).sum();
    let rejected = apply_all(range, &browser, &mut recorded, &mut lanes, &mut told)?;
    recorded.each_verdict(|verdict| {
        if range
            .since
            .is_none_or(|since| verdict.accepted_at.is_none_or(|at| at >= since))
        {
            told.add(verdict);
        }
    });
    finish(arguments, &recorded, &mut told, (passed, &rejected))
}

/// Has each partition begin where it is to be applied first.
fn warm_up(range: &Range, browser: &AnyBrowser, recorded: &mut Recorded, lanes: &mut [Lane]) -> anyhow::Result<()> {
    let begins = range.begins();
    if let Some(begins) = begins {
        output::note(&format!("预热 warming up from {begins}, in silence"));
    }
    for lane in lanes {
        let partition = lane.partition;
        if let Some(begins) = begins {
            lane.next = first_at(browser, lane, begins)?;
        }
        if lane.next == lane.start && lane.start > 0 {
            output::note(&format!(
                "分区 {partition} 较早的记录已删除 partition {partition}: older records are gone, so what stood before them is not known"
            ));
        }
        recorded.pass_over(partition, lane.next);
    }
    Ok(())
}

/// Events that were rejected, by code.
type Rejected = BTreeMap<String, u64>;

fn finish(
    arguments: &Arguments,
    recorded: &Recorded,
    told: &mut Told,
    (passed, rejected): (u64, &Rejected),
) -> anyhow::Result<Outcome> {
    if !arguments.json {
        let registered = (recorded.registry().view(), recorded.clock().unwrap_or_default());
        print(arguments, told, None, recorded.registry().rules(), registered)?;
    }
    told.flush()?;
    let (mut events, mut controls, mut gaps) = (0, 0, 0);
    for ledger in recorded.ledgers() {
        if !ledger.adds_up() {
            bail!("the ledger does not add up: {ledger:?}");
        }
        events += ledger.event_records;
        controls += ledger.control_records;
        gaps += ledger.gaps;
    }
    output::note(&format!(
        "记录 records: 事件 of events {events}, 时钟等 of control {controls}, 空缺 gaps {}",
        gaps - passed
    ));
    if !rejected.is_empty() {
        let codes: Vec<String> = rejected
            .iter()
            .map(|(code, count)| format!("{code} × {count}"))
            .collect();
        output::note(&format!("拒绝 rejected: {} (docs/bad-input.md)", codes.join(", ")));
    }
    Ok(if told.is_clean() && rejected.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

/// The first offset of a record that was appended at a moment or later.
fn first_at(browser: &AnyBrowser, lane: &Lane, moment: Timestamp) -> anyhow::Result<u64> {
    let (mut low, mut high) = (lane.start, lane.end);
    while low < high {
        let middle = low + (high - low) / 2;
        let records = browser.read(Topic::ParcelEvents, lane.partition, middle, 1);
        let is_before = match records {
            Ok(records) => records.first().is_some_and(|record| record.timestamp < moment),
            Err(ReadError::Damaged { .. }) => true,
            Err(error) => return Err(unavailable(error)),
        };
        if is_before {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// Restores each shard from its newest snapshot before a moment.
fn from_snapshots(
    config: &Config,
    (browser, since): (&AnyBrowser, Timestamp),
    settings: &ParcelSettings,
    recorded: &mut Recorded,
    lanes: &mut [Lane],
) -> anyhow::Result<()> {
    let runtime = daemon::runtime()?;
    let mut objects = daemon::objects(config, &runtime)?;
    let cannot = |error| anyhow!("the snapshots cannot be read: {error:?}");
    let kept = snapshots::list(&mut objects, recorded.layout()).map_err(cannot)?;
    for lane in lanes {
        let begins = first_at(browser, lane, since)?;
        let own = kept.iter().filter(|kept| {
            kept.shard == ShardKind::Parcel && kept.partition == lane.partition && kept.offset <= begins
        });
        let Some(newest) = own.max_by_key(|kept| kept.offset) else {
            bail!(
                "partition {} has no snapshot before that moment; leave out --from-snapshot",
                lane.partition
            );
        };
        let stage: ParcelStage =
            snapshots::restore(&mut objects, newest, settings, recorded.layout()).map_err(|fault| {
                anyhow!(
                    "the snapshot of partition {} is damaged: {}",
                    lane.partition,
                    fault.code()
                )
            })?;
        recorded.put(lane.partition, stage);
        lane.next = newest.offset;
    }
    Ok(())
}

/// Applies everything in the order in which it was appended. Gives what was rejected of what was asked for.
fn apply_all(
    range: &Range,
    browser: &AnyBrowser,
    recorded: &mut Recorded,
    lanes: &mut [Lane],
    told: &mut Told,
) -> anyhow::Result<Rejected> {
    let mut rejected = Rejected::new();
    loop {
        for lane in lanes.iter_mut() {
            fill(browser, recorded, lane)?;
        }
        let waiting = lanes.iter_mut().filter(|lane| !lane.read.is_empty());
        let earliest = waiting.min_by_key(|lane| lane.read.front().map(|record| (record.timestamp, lane.partition)));
        let Some(lane) = earliest else { return Ok(rejected) };
        let Some(record) = lane.read.pop_front() else { continue };
        if range.until.is_some_and(|until| record.timestamp >= until) {
            lane.end = record.offset;
            lane.read.clear();
            continue;
        }
        let mut out = Chosen {
            is_silent: range.since.is_some_and(|since| record.timestamp < since),
            has_rows: !range.from_snapshot,
            told,
        };
        if let Err(Behaviour(number)) = recorded.apply(lane.partition, &record, &mut out) {
            let Behaviour(own) = Behaviour::CURRENT;
            bail!(
                "partition {} offset {}: behaviour {number} runs from here on, and this build runs {own}",
                lane.partition,
                record.offset
            );
        }
        told.failure()?;
        for (code, _) in std::mem::take(&mut told.rejected) {
            *rejected.entry(code).or_default() += 1;
        }
    }
}

/// Reads on where nothing waits.
fn fill(browser: &AnyBrowser, recorded: &mut Recorded, lane: &mut Lane) -> anyhow::Result<()> {
    while lane.read.is_empty() && lane.next < lane.end {
        match browser.read(Topic::ParcelEvents, lane.partition, lane.next, BATCH) {
            Ok(records) => {
                let Some(last) = records.last() else {
                    lane.next = lane.end;
                    continue;
                };
                lane.next = last.offset + 1;
                let end = lane.end;
                lane.read = records.into_iter().filter(|record| record.offset < end).collect();
            }
            Err(ReadError::Gone { start: to } | ReadError::Damaged { to, .. }) if to > lane.next => {
                output::note(&format!(
                    "分区 {0} 记录 {1}–{to} 无法读取 partition {0}: records {1} up to {to} cannot be read, and are passed over",
                    lane.partition, lane.next
                ));
                recorded.pass_over(lane.partition, to);
                lane.next = to;
            }
            Err(error) => return Err(unavailable(error)),
        }
    }
    Ok(())
}

/// Passes on what was asked for.
struct Chosen<'t> {
    is_silent: bool,
    has_rows: bool,
    told: &'t mut Told,
}

impl Outbox for Chosen<'_> {
    fn put(&mut self, message: Message) {
        let is_wanted = self.has_rows || message.topic != Topic::Compliance;
        if !self.is_silent && is_wanted {
            self.told.put(message);
        }
    }

    fn retired(&mut self, verdict: &Verdict<'_>) {
        if !self.is_silent {
            self.told.retired(verdict);
        }
    }
}
