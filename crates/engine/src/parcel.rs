//! The parcel stage: events, ticks, hits in; verdicts, urgent alerts, rejects and sections out.

use sanbai_core::finding::Code;
use sanbai_core::registry::{Registry, RegistryView};
use sanbai_core::shard::contribution::Contribution;
use sanbai_core::shard::input::{Behaviour, Input};
use sanbai_core::shard::output::{Outcome, Output, Sink};
use sanbai_core::shard::parcel::ParcelShard;
use sanbai_core::shard::position::Position;
use sanbai_core::shard::row::{RestoreError, Row};
use sanbai_core::shard::scope::AlertChange;
use sanbai_core::shard::section::{Change, Entry};
use sanbai_core::time::{Span, Timestamp};
use sanbai_core::verdict::Verdict;
use sanbai_wire::control::{self, Control, KIND_HEADER};
use sanbai_wire::rejects::Rejected;
use sanbai_wire::sighting::{SECTION_BYTES_MAX, SectionWriter};
use sanbai_wire::snapshot::ShardKind;
use sanbai_wire::{
    Decoder, RawValues, Reject, TokenKeys, alert, key, likely_waybills, partition, scope_partition_of_outlet,
    scope_partition_of_subject, verdict,
};

use crate::ledger::Ledger;
use crate::log::{Message, Record, Topic};
use crate::stage::{Layout, Outbox, Stage, StageAlarm, Step, before, headers};

/// Stands for the rule, where an urgent alert is about a find that was rightly handled.
pub const RIGHTLY_HANDLED: &str = "rightly_handled";

/// A section follows every tick. One for several ticks will do, while they lie closer together than this and more is there
/// to be applied at once: a shard that catches up would else send little but sections that hold next to nothing.
const CLOCK_STEP: Span = Span::minutes(5);

/// What a parcel stage is made from.
#[derive(Clone, Debug)]
pub struct ParcelSettings {
    /// Keys of tokens. On a log no raw number is let in, so they make none.
    pub keys: TokenKeys,
    /// What becomes of raw numbers and names.
    pub raw_values: RawValues,
    /// Profile that decides, instead of the one that the rules in force name; for replays with a question of their own.
    pub profile: Option<String>,
    /// The behaviour that this build has: [`Behaviour::CURRENT`], but in tests of an upgrade.
    pub behaviour: Behaviour,
}

/// One parcel shard, with what it must know to read and to send.
#[derive(Clone, Debug)]
pub struct ParcelStage {
    shard: ParcelShard,
    settings: ParcelSettings,
    out: Sender,
    /// Memory to read events into, used again and again.
    spare: Vec<u8>,
}

/// What is sent, and what is counted.
#[derive(Clone, Debug)]
struct Sender {
    partition: u32,
    layout: Layout,
    /// One for each scope partition.
    sections: Vec<SectionWriter>,
    /// The clock that all scope partitions were told of; `None`: none yet, or not since it was restored.
    told: Option<Timestamp>,
    /// A tick came that not all of them were told of.
    is_untold: bool,
    ledger: Ledger,
    alarms: Vec<StageAlarm>,
}

impl Stage for ParcelStage {
    const SHARD: ShardKind = ShardKind::Parcel;
    const INPUT: Topic = Topic::ParcelEvents;
    type Settings = ParcelSettings;

    fn new(settings: &ParcelSettings, partition: u32, layout: Layout) -> Self {
        Self::of(ParcelShard::default(), settings, partition, layout, 0)
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Row> + '_> {
        Box::new(self.shard.rows())
    }

    fn restore(
        settings: &ParcelSettings,
        partition: u32,
        layout: Layout,
        next: u64,
        rows: &mut dyn Iterator<Item = Row>,
    ) -> Result<Self, RestoreError> {
        let shard = ParcelShard::restore(rows)?;
        Ok(Self::of(shard, settings, partition, layout, next))
    }

    fn warm(&self, records: &[Record]) {
        let values = records.iter().filter_map(|record| record.value.as_deref());
        self.shard.warm(values.flat_map(likely_waybills));
    }

    fn apply(&mut self, record: &Record, registry: &Registry, known: u64, out: &mut impl Outbox) -> Step {
        self.out.ledger.pass_over(record.offset);
        let headers = headers(record);
        let step = match control::kind_header(&headers) {
            Some(kind) => self.control(kind, record, registry, known, out),
            None => {
                self.events(record, &headers, registry, out);
                Step::Applied
            }
        };
        if step == Step::Applied {
            self.out.ledger.next = record.offset + 1;
            assert!(
                self.out.ledger.adds_up(),
                "the ledger does not add up: {:?}",
                self.out.ledger
            );
            if self.out.is_untold && self.out.is_clock_far(self.shard.clock()) {
                self.tell_clock(out);
            }
        }
        step
    }

    fn flush(&mut self, all: bool, _: &Registry, out: &mut impl Outbox) {
        let to = before(self.out.layout.generation, self.out.ledger.next);
        self.out.cover(to, all || self.out.is_untold, &self.shard, out);
    }

    fn ledger(&self) -> &Ledger {
        &self.out.ledger
    }

    fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.out.ledger
    }

    fn alarms(&mut self) -> Vec<StageAlarm> {
        std::mem::take(&mut self.out.alarms)
    }

    fn clock(&self) -> Option<Timestamp> {
        self.shard.clock()
    }

    fn registry_offset(&self) -> u64 {
        self.shard.registry_offset()
    }

    fn own_behaviour(settings: &ParcelSettings) -> Behaviour {
        settings.behaviour
    }

    fn behaviour(&self) -> Behaviour {
        self.shard.behaviour().unwrap_or(self.settings.behaviour)
    }
}

impl ParcelStage {
    fn of(shard: ParcelShard, settings: &ParcelSettings, partition: u32, layout: Layout, next: u64) -> Self {
        let shard = match &settings.profile {
            Some(profile) => shard.with_profile(profile),
            None => shard,
        };
        let from = before(layout.generation, next);
        Self {
            shard,
            settings: settings.clone(),
            out: Sender {
                partition,
                layout,
                sections: (0..layout.scopes)
                    .map(|_| SectionWriter::new(partition, from))
                    .collect(),
                told: None,
                is_untold: false,
                ledger: Ledger::starting_at(next),
                alarms: Vec::new(),
            },
            spare: Vec::new(),
        }
    }

    /// The shard.
    pub const fn shard(&self) -> &ParcelShard {
        &self.shard
    }

    fn control(
        &mut self,
        kind: &[u8],
        record: &Record,
        registry: &Registry,
        known: u64,
        out: &mut impl Outbox,
    ) -> Step {
        let value = record.value.as_deref().unwrap_or_default();
        let read = match control::decode(kind, value, record.timestamp) {
            Ok(read) => read,
            Err(reject) => {
                self.out.ledger.control_records += 1;
                self.out.ledger.unreadable_controls += 1;
                self.out.reject(record.offset, 0, &reject, out);
                return Step::Applied;
            }
        };
        match read.control {
            Control::Tick(tick) if tick.registry_offset > known => {
                return Step::AwaitsRegistry(tick.registry_offset);
            }
            Control::Activate(behaviour) if behaviour != self.settings.behaviour => {
                return Step::AnotherBehaviour(behaviour);
            }
            Control::Tick(_) | Control::Hit(_) | Control::Rejudge(_) | Control::Activate(_) | Control::Skip(_) => {}
        }
        self.out.ledger.control_records += 1;
        self.out.ledger.unknown_control_fields += u64::from(read.unknown_fields);
        let at = self.position(record.offset, 0);
        self.handle(at, read.control.input(), registry, out);
        if matches!(read.control, Control::Tick(_)) {
            self.out.is_untold = true;
        }
        Step::Applied
    }

    /// Tells all scope partitions of the ticks that they were not told of, without waiting for the next
    /// [`flush`](Stage::flush).
    pub(crate) fn tell_clock(&mut self, out: &mut impl Outbox) {
        if self.out.is_untold {
            let to = before(self.out.layout.generation, self.out.ledger.next);
            self.out.cover(to, true, &self.shard, out);
        }
    }

    fn events(&mut self, record: &Record, headers: &[(&str, &[u8])], registry: &Registry, out: &mut impl Outbox) {
        self.out.ledger.event_records += 1;
        let up_to = self.shard.registry_offset();
        let limits = registry.rules().newest_as_known(up_to).limits;
        let decoder = Decoder::new(self.settings.keys.clone(), |name: &str| {
            registry.rules().brand_as_known(name, up_to)
        })
        .max_age(Span::days(limits.event_age_days_max.into()))
        .max_ahead(Span::hours(limits.event_future_hours_max.into()))
        .raw_values(self.settings.raw_values);
        let whole = sanbai_wire::Record {
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers,
            partition: Some((self.out.partition, self.out.layout.parcels)),
        };
        let mut index = 0;
        let mut spare = std::mem::take(&mut self.spare);
        let read = decoder.see_record(&whole, &mut spare, |seen| {
            match seen {
                Ok(seen) => {
                    let at = self.position(record.offset, index);
                    if let Some(event) = &seen.event {
                        self.handle(at, Input::Event(event), registry, out);
                    } else if let Some(event) = seen.subject_event {
                        self.handle(at, Input::Subject(event), registry, out);
                    }
                }
                Err(reject) => {
                    self.out.ledger.reject(reject.code.as_str());
                    self.out.reject(record.offset, index, &reject, out);
                }
            }
            index += 1;
        });
        self.spare = spare;
        if let Err(reject) = read {
            self.out.ledger.reject(reject.code.as_str());
            self.out.reject(record.offset, 0, &reject, out);
        }
    }

    fn handle(&mut self, at: Position, input: Input<'_>, registry: &Registry, out: &mut impl Outbox) {
        let Self { shard, out: sender, .. } = self;
        let (clock, registry_offset) = (shard.clock(), shard.registry_offset());
        let mut sink = Sending {
            sender,
            out,
            // What only registry records beyond this say is not used: a tick may just have named them.
            view: registry.view_up_to(known_after(registry_offset, &input)),
            clock,
            registry_offset,
        };
        shard.handle(at, input, registry.view(), &mut sink);
    }

    const fn position(&self, offset: u64, index: u32) -> Position {
        Position {
            generation: self.out.layout.generation,
            offset,
            index,
        }
    }
}

/// The offset before which a shard uses the registry while it applies an input.
fn known_after(before: u64, input: &Input<'_>) -> u64 {
    match input {
        Input::Tick(tick) => before.max(tick.registry_offset),
        Input::Event(_)
        | Input::Subject(_)
        | Input::Hit(_)
        | Input::Rejudge(_)
        | Input::Activate(_)
        | Input::Skip(_) => before,
    }
}

/// Sends the outputs of one input as they come.
struct Sending<'s, O> {
    sender: &'s mut Sender,
    out: &'s mut O,
    view: RegistryView<'s>,
    /// The clock before the input.
    clock: Option<Timestamp>,
    registry_offset: u64,
}

impl<O: Outbox> Sink for Sending<'_, O> {
    fn put(&mut self, at: Position, output: Output<'_>) {
        let (partition, scopes) = (self.sender.partition, self.sender.layout.scopes);
        match output {
            Output::Verdict(revision) => self.out.put(Message {
                topic: Topic::Verdicts,
                partition,
                key: Some(key(revision.verdict.brand, revision.verdict.waybill).into_bytes()),
                headers: Vec::new(),
                value: verdict::revision_to_bytes(at, &revision),
            }),
            Output::Alert(urgent) => {
                let change = if urgent.stands {
                    AlertChange::Raised
                } else {
                    AlertChange::Withdrawn
                };
                let rule = urgent.code.map_or(RIGHTLY_HANDLED, Code::as_str);
                self.sender.ledger.alert(rule, change.as_str());
                let key = alert::key(urgent.id);
                self.out.put(Message {
                    topic: Topic::Alerts,
                    partition: spread(&key, scopes),
                    key: Some(key.into_bytes()),
                    headers: Vec::new(),
                    value: alert::encode_urgent(at, &urgent, self.view.rules_in_force(urgent.at)),
                });
            }
            Output::Change(change) => self.change(at, change),
            Output::Sighting(sighting) => {
                let to = scope_partition_of_subject(sighting.subject, scopes);
                self.entry(at, to, &Entry::Sighting(sighting));
            }
            Output::Subject(event) => {
                let outlet = if event.subject.is_empty() {
                    event.site
                } else {
                    event.subject
                };
                let to = scope_partition_of_outlet(event.brand, outlet, scopes);
                self.entry(at, to, &Entry::Subject(event));
            }
            Output::Outcome(outcome) => self.outcome(at, outcome),
            Output::Alarm(alarm) => self.sender.alarms.push(StageAlarm::Parcel(alarm)),
        }
    }

    fn retired(&mut self, verdict: &Verdict<'_>) {
        self.out.retired(verdict);
    }
}

impl<O: Outbox> Sending<'_, O> {
    /// Where the two rows belong to outlets of different scope shards, each gets its half.
    fn change(&mut self, at: Position, change: Change<'_>) {
        let scopes = self.sender.layout.scopes;
        let home =
            |contribution: &Contribution<'_>| scope_partition_of_outlet(contribution.brand, contribution.site, scopes);
        let (old, new) = (change.old.as_ref().map(home), change.new.as_ref().map(home));
        match (old, new) {
            (Some(from), Some(to)) if from != to => {
                let Change { old, new } = change;
                self.entry(at, from, &Entry::Change(Change { old, new: None }));
                self.entry(at, to, &Entry::Change(Change { old: None, new }));
            }
            (Some(to), _) | (None, Some(to)) => self.entry(at, to, &Entry::Change(change)),
            (None, None) => {}
        }
    }

    fn entry(&mut self, at: Position, to: Option<u32>, entry: &Entry<'_>) {
        let place = to.and_then(|to| usize::try_from(to).ok());
        let Some((number, section)) = place.and_then(|place| Some((to?, self.sender.sections.get_mut(place)?))) else {
            return;
        };
        if section.size() >= SECTION_BYTES_MAX && section.last() < at {
            // A section ends between two positions only.
            let value = section.finish(section.last(), self.clock, self.registry_offset);
            self.out.put(sightings(number, value));
        }
        section.push(at, entry);
    }

    fn outcome(&mut self, at: Position, outcome: Outcome) {
        self.sender.ledger.applied(outcome.what);
        let (topic, partition) = (Topic::ParcelEvents.name(), self.sender.partition);
        let rejected = Rejected::of_outcome(topic, partition, at.offset, at.index, outcome.what);
        if let Some(rejected) = rejected {
            self.out.put(rejection(partition, &rejected));
        }
    }
}

impl Sender {
    /// Whether the clock has gone further, or anywhere else, than scope partitions may learn of together with what comes
    /// after it. They never see it move by much more than that, however far behind the shard is.
    fn is_clock_far(&self, clock: Option<Timestamp>) -> bool {
        match (self.told, clock) {
            (Some(told), Some(clock)) => clock < told || clock >= told.plus(CLOCK_STEP),
            (told, clock) => told != clock,
        }
    }

    /// Sends sections that cover everything up to a position: those that hold something, or all of them.
    fn cover(&mut self, to: Position, all: bool, shard: &ParcelShard, out: &mut impl Outbox) {
        if all {
            (self.told, self.is_untold) = (shard.clock(), false);
        }
        for (number, section) in (0..).zip(&mut self.sections) {
            if all || !section.is_empty() {
                let value = section.finish(to, shard.clock(), shard.registry_offset());
                out.put(sightings(number, value));
            }
        }
    }

    fn reject(&mut self, offset: u64, index: u32, reject: &Reject, out: &mut impl Outbox) {
        let topic = Topic::ParcelEvents.name();
        let rejected = Rejected::of_reject(topic, self.partition, offset, index, reject);
        out.put(rejection(self.partition, &rejected));
    }
}

/// A control record as a message, for one partition of `sanbai.parcel-events`.
pub fn control_message(partition: u32, control: &Control) -> Message {
    let (kind, value) = control::encode(control);
    Message {
        topic: Topic::ParcelEvents,
        partition,
        key: control.key().map(String::into_bytes),
        headers: vec![(KIND_HEADER.to_owned(), kind.as_str().as_bytes().to_vec())],
        value,
    }
}

fn sightings(partition: u32, value: Vec<u8>) -> Message {
    Message {
        topic: Topic::Sightings,
        partition,
        key: None,
        headers: Vec::new(),
        value,
    }
}

/// The original bytes are not among it: whoever may see them reads the record itself.
fn rejection(partition: u32, rejected: &Rejected) -> Message {
    let headers = rejected.headers().into_iter();
    Message {
        topic: Topic::Rejects,
        partition,
        key: Some(rejected.key().into_bytes()),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.into_bytes()))
            .collect(),
        value: Vec::new(),
    }
}

/// The partition of a key among some, of which there is at least one.
pub(crate) fn spread(key: &str, count: u32) -> u32 {
    partition(key, count).unwrap_or(0)
}
