//! What a parcel shard does with time, repetition, hits and noise. Stories of parcels stand in scenarios elsewhere.

mod reused;

use proptest::prelude::*;

use super::retired::{Rest, SenderBits};
use super::*;
use crate::event::{
    Accepted, ContentDigest, DeclaredItem, EventId, Happening, Inspected, InspectionResult, Leg, Mark as Marking,
    Route, TokenSet, Transport,
};
use crate::finding::Code;
use crate::registry::Registry;
use crate::rules::Duty;
use crate::shard::row::{RestoreError, Row, RowKind};
use crate::time::CivilDay;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-03-{text}+08:00")).expect("a time in March")
}

/// Everything that comes out, as lines.
#[derive(Default)]
struct Lines(Vec<String>);

impl Sink for Lines {
    fn put(&mut self, at: Position, output: Output<'_>) {
        let at = format!("{}.{}", at.offset, at.index);
        self.0.push(match output {
            Output::Verdict(revision) => {
                let verdict = revision.verdict;
                let codes: Vec<&str> = verdict.findings.iter().map(|finding| finding.code.as_str()).collect();
                let duties = verdict.duties.clone().map(|duty| duty.status.as_str());
                let credible = if verdict.is_credible() { "" } else { " not credible" };
                let (number, when) = (revision.number, revision.at);
                format!(
                    "{at} {} r{number} {when} {duties:?} {codes:?}{credible}",
                    verdict.waybill
                )
            }
            Output::Alert(alert) => format!("{at} alert {:?} {}", alert.code, alert.stands),
            Output::Change(change) => format!("{at} change {} {}", change.old.is_some(), change.new.is_some()),
            Output::Sighting(sighting) => format!("{at} sighting {}", sighting.seen.is_some()),
            Output::Subject(event) => format!("{at} subject {}", event.subject),
            Output::Outcome(outcome) => format!("{at} {}", outcome.what.as_str()),
            Output::Alarm(alarm) => format!("{at} alarm {alarm:?}"),
        });
    }
}

/// A shard with a log of its own.
#[derive(Default)]
struct Run {
    shard: ParcelShard,
    registry: Registry,
    next: u64,
    out: Lines,
}

impl Run {
    fn put(&mut self, input: Input<'_>) -> Vec<String> {
        let position = Position {
            generation: 1,
            offset: self.next,
            index: 0,
        };
        self.next = self.next.saturating_add(1);
        self.shard.handle(position, input, self.registry.view(), &mut self.out);
        std::mem::take(&mut self.out.0)
    }

    fn tick(&mut self, time: &str) -> Vec<String> {
        self.put(Input::Tick(tick(time, time)))
    }

    /// Ticks every ten minutes up to a time.
    fn ticks(&mut self, until: &str) -> Vec<String> {
        let until = at(until);
        let mut lines = Vec::new();
        while let Some(clock) = self.shard.clock().filter(|clock| *clock < until) {
            let time = clock.plus(TICK_MAX).min(until);
            lines.extend(self.put(Input::Tick(Tick {
                time,
                registry_offset: 0,
                reset: false,
                recorded_at: time,
            })));
        }
        lines
    }

    fn event(&mut self, event: &Event<'_>) -> Vec<String> {
        self.put(Input::Event(event))
    }
}

fn tick(time: &str, recorded_at: &str) -> Tick {
    Tick {
        time: at(time),
        registry_offset: 0,
        reset: false,
        recorded_at: at(recorded_at),
    }
}

fn event<'a>(id: u128, waybill: &'a str, when: &str, happening: Happening<'a>) -> Event<'a> {
    let occurred_at = at(when);
    Event {
        id: EventId::from_bits(id, false),
        digest: ContentDigest(1),
        brand: "SF",
        waybill,
        site: "GZ-0001",
        operator: "C-17",
        place: None,
        occurred_at,
        uploaded_at: None,
        intake_at: occurred_at.plus(Span::seconds(30)),
        source: "gateway",
        redacted: false,
        happening,
    }
}

fn accepted(sender: u64) -> Happening<'static> {
    let mut tokens = TokenSet::default();
    tokens.insert(sender);
    Happening::Accepted(Accepted {
        letter: false,
        transport: Some(Transport::Road),
        route: Some(Route::InterProvince),
        agreement: "",
        declared_item: DeclaredItem::of("书籍"),
        destination: None,
        sender: tokens,
        by_agent: false,
    })
}

const INSPECTED: Happening<'static> = Happening::Inspected(Inspected {
    result: InspectionResult::Pass,
    prohibited_class: None,
    matches_declared: Some(true),
    mark: Marking::INSPECTION,
});

fn hit(id: u64, version: u64, stands: bool) -> Hit<'static> {
    Hit {
        brand: "SF",
        waybill: "SF1",
        id,
        code: Code::Rn08,
        duty: Duty::RealName,
        stands,
        version: Position {
            generation: 1,
            offset: version,
            index: 0,
        },
    }
}

#[test]
fn a_tick_ahead_of_its_record_is_ignored_the_first_one_too() {
    let mut run = Run::default();
    let ahead = run.put(Input::Tick(tick("10T10:01:01", "10T10:00:00")));
    assert!(ahead.iter().any(|line| line.contains("TickAhead")), "{ahead:?}");
    assert_eq!(run.shard.clock(), None);
    run.put(Input::Tick(tick("10T10:01:00", "10T10:00:00")));
    assert_eq!(
        run.shard.clock(),
        Some(at("10T10:01:00")),
        "60 s are no more than they may be"
    );
}

#[test]
fn the_clock_never_goes_back_and_moves_by_ten_minutes_at_most() {
    let mut run = Run::default();
    run.tick("10T10:00:00");
    run.tick("10T09:00:00");
    assert_eq!(run.shard.clock(), Some(at("10T10:00:00")));
    run.tick("10T20:00:00");
    assert_eq!(run.shard.clock(), Some(at("10T10:10:00")));
    let reset = Tick {
        reset: true,
        ..tick("09T00:00:00", "10T20:00:00")
    };
    run.put(Input::Tick(reset));
    assert_eq!(run.shard.clock(), Some(at("09T00:00:00")), "on record, it may");
}

#[test]
fn an_event_moves_no_clock_and_nothing_is_overdue_before_the_first_tick() {
    let mut run = Run::default();
    let lines = run.event(&event(1, "SF1", "10T10:00:00", accepted(7)));
    assert_eq!(lines, ["0.0 change false true", "0.0 applied"]);
    assert_eq!(run.shard.clock(), None);
    let lines = run.event(&event(2, "SF1", "12T10:00:00", Happening::Sealed));
    assert_eq!(lines, ["1.0 applied"]);
}

#[test]
fn what_falls_due_comes_by_its_moment_then_by_its_key_each_at_a_place_of_its_own() {
    let mut run = Run::default();
    run.tick("10T10:00:00");
    for (id, waybill, when) in [
        (1, "SF3", "10T10:03:00"),
        (2, "SF1", "10T10:03:00"),
        (3, "SF2", "10T10:02:00"),
    ] {
        run.event(&event(id, waybill, when, accepted(7)));
    }
    run.ticks("10T12:00:00");
    let due: Vec<String> = run
        .ticks("10T12:10:00")
        .into_iter()
        .filter(|line| line.contains(" r"))
        .map(|line| line.split(' ').take(4).collect::<Vec<_>>().join(" "))
        .collect();
    let offset = due.first().and_then(|line| line.split('.').next()).unwrap_or_default();
    let expected = [
        // The inspection, due 2 h after the intake; the identity check, due 60 s after the acceptance and 2 h.
        ".0 SF2 r1 2026-03-10T12:02:30+08:00",
        ".1 SF2 r2 2026-03-10T12:03:00+08:00",
        ".2 SF1 r1 2026-03-10T12:03:30+08:00",
        ".3 SF3 r1 2026-03-10T12:03:30+08:00",
        ".4 SF1 r2 2026-03-10T12:04:00+08:00",
        ".5 SF3 r2 2026-03-10T12:04:00+08:00",
    ]
    .map(|line| format!("{offset}{line}"));
    assert_eq!(due, expected);
}

#[test]
fn how_often_the_clock_ticks_changes_no_revision() {
    let story = |step: Span| {
        let mut run = Run::default();
        run.tick("10T10:00:00");
        run.event(&event(1, "SF1", "10T10:03:00", accepted(7)));
        run.event(&event(2, "SF1", "10T11:00:00", Happening::Departed(Leg::LineHaul)));
        let mut revisions = Vec::new();
        let end = at("12T00:00:00");
        while let Some(clock) = run.shard.clock().filter(|clock| *clock < end) {
            let time = clock.plus(step);
            let lines = run.put(Input::Tick(Tick {
                time,
                registry_offset: 0,
                reset: false,
                recorded_at: time,
            }));
            revisions.extend(lines.into_iter().filter_map(|line| {
                let (_, revision) = line.split_once(" SF1 ")?;
                Some(revision.to_owned())
            }));
        }
        revisions
    };
    let often = story(Span::seconds(5));
    assert!(often.len() >= 3, "{often:?}");
    assert_eq!(often, story(Span::minutes(10)));
}

#[test]
fn a_copy_changes_nothing_and_late_evidence_amends() {
    let mut run = Run::default();
    run.tick("10T10:00:00");
    let acceptance = event(1, "SF1", "10T10:03:00", accepted(7));
    run.event(&acceptance);
    assert_eq!(run.event(&acceptance), ["2.0 duplicate"]);
    run.ticks("10T12:10:00");
    let lines = run.event(&event(2, "SF1", "10T10:01:00", INSPECTED));
    assert!(lines.iter().any(|line| line.contains(" r3 ")), "{lines:?}");
    assert!(lines.last().is_some_and(|line| line.ends_with("amended")), "{lines:?}");
}

#[test]
fn a_retired_waybill_opens_again_by_an_acceptance_on_a_later_day_alone() {
    let mut run = Run::default();
    run.tick("01T10:00:00");
    run.event(&event(1, "SF1", "01T10:03:00", accepted(7)));
    run.ticks("08T10:10:00");
    assert_eq!((run.shard.open(), run.shard.retired()), (0, 1));
    assert_eq!(run.shard.texts(), 0, "outlet and operator went with their last parcel");
    let late = run.event(&event(2, "SF1", "08T10:05:00", Happening::Delivered));
    assert!(late.last().is_some_and(|line| line.ends_with("too_late")), "{late:?}");
    let same_day = run.event(&event(3, "SF1", "01T23:00:00", accepted(8)));
    assert!(
        same_day.last().is_some_and(|line| line.ends_with("too_late")),
        "{same_day:?}"
    );
    run.event(&event(4, "SF1", "08T10:06:00", accepted(8)));
    assert_eq!((run.shard.open(), run.shard.retired()), (1, 0));
    let lines = run.ticks("08T12:20:00");
    assert!(
        lines.iter().any(|line| line.contains("LC-02")),
        "another sender: {lines:?}"
    );

    let mut run = Run::default();
    run.tick("01T10:00:00");
    run.event(&event(1, "SF1", "01T10:03:00", accepted(7)));
    run.ticks("08T10:10:00");
    run.event(&event(4, "SF1", "08T10:06:00", accepted(7)));
    let lines = run.ticks("08T12:20:00");
    assert!(lines.iter().any(|line| line.contains(" r1 ")), "{lines:?}");
    assert!(
        !lines.iter().any(|line| line.contains("LC-02")),
        "the same sender: {lines:?}"
    );
}

#[test]
fn at_retirement_what_is_pending_is_not_seen() {
    let mut run = Run::default();
    run.tick("01T10:00:00");
    // Moved and never accepted, without a register of sites: nobody can tell whether it is inbound.
    run.event(&event(1, "SF1", "01T10:03:00", INSPECTED));
    let lines = run.ticks("08T10:20:00");
    // Nobody accepted it and nothing moved: LC-03 says so after 72 hours, and retirement nothing more.
    let said: Vec<_> = lines.iter().filter(|line| line.contains(" r")).collect();
    assert!(
        said.len() == 1 && said[0].contains(" r1 2026-03-04T12:03:00+08:00 ") && said[0].contains("LC-03"),
        "{lines:?}"
    );
    assert_eq!(run.shard.open(), 0);
}

#[test]
fn a_retired_parcel_is_forgotten_after_its_days() {
    let mut retired = Retired::default();
    let (key, day) = (Key::of("SF", "SF1"), CivilDay::from_days(20_000));
    let rest = Rest {
        until: day,
        day,
        sender: SenderBits::default(),
    };
    retired.put(key, rest);
    retired.sweep(day.start());
    assert_eq!((retired.find(key), retired.len()), (Some(rest), 1), "its last day");
    retired.sweep(day.plus_days(1).start());
    assert_eq!((retired.find(key), retired.len()), (None, 0));
}

#[test]
fn a_hit_counts_once_an_older_one_loses_and_one_that_is_taken_back_gives_the_credit_again() {
    let mut run = Run::default();
    run.tick("10T10:00:00");
    run.event(&event(1, "SF1", "10T10:03:00", accepted(7)));
    run.ticks("10T12:10:00");
    let marked = run.put(Input::Hit(hit(9, 5, true)));
    assert!(
        marked
            .iter()
            .any(|line| line.contains("RN-08") && line.contains("not credible")),
        "{marked:?}"
    );
    assert_eq!(run.put(Input::Hit(hit(9, 5, true))), [""; 0], "the same again");
    assert_eq!(run.put(Input::Hit(hit(9, 4, false))), [""; 0], "an older one");
    let freed = run.put(Input::Hit(hit(9, 6, false)));
    assert!(
        freed
            .iter()
            .any(|line| line.contains(" r4 ") && !line.contains("not credible")),
        "{freed:?}"
    );
    let nobody = run.put(Input::Hit(Hit {
        waybill: "SF2",
        ..hit(9, 7, true)
    }));
    assert!(
        nobody.iter().any(|line| line.contains("HitWithoutParcel")),
        "{nobody:?}"
    );
}

#[test]
fn more_hits_than_a_parcel_holds_are_an_alarm() {
    let mut run = Run::default();
    run.tick("10T10:00:00");
    run.event(&event(1, "SF1", "10T10:03:00", accepted(7)));
    for id in 0..u64::try_from(HITS_MAX).expect("few") {
        run.put(Input::Hit(hit(id, 1, true)));
    }
    let lines = run.put(Input::Hit(hit(1_000, 1, true)));
    assert!(lines.iter().any(|line| line.contains("TooManyHits")), "{lines:?}");
}

#[test]
fn rows_come_back_as_they_were() {
    let mut run = Run::default();
    run.tick("01T10:00:00");
    run.event(&event(1, "SF1", "01T10:03:00", accepted(7)));
    run.ticks("08T10:10:00");
    run.event(&event(2, "SF2", "08T10:03:00", accepted(7)));
    run.event(&event(3, "SF2", "08T10:01:00", INSPECTED));
    run.put(Input::Hit(Hit {
        waybill: "SF2",
        ..hit(9, 5, true)
    }));
    run.put(Input::Activate(Behaviour::CURRENT));
    let rows: Vec<Row> = run.shard.rows().collect();
    let kinds: Vec<RowKind> = rows.iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [RowKind::Clock, RowKind::Parcel, RowKind::Retired]);
    let restored = ParcelShard::restore(rows.clone()).expect("its own rows");
    assert_eq!(restored.rows().collect::<Vec<_>>(), rows);
    let mut twice = rows.clone();
    twice.extend(rows.last().cloned());
    assert_eq!(
        ParcelShard::restore(twice).err(),
        Some(RestoreError::OutOfOrder(RowKind::Retired))
    );
    let foreign = Row {
        kind: RowKind::Outlet,
        key: Vec::new(),
        body: Vec::new(),
    };
    assert_eq!(
        ParcelShard::restore([foreign]).err(),
        Some(RestoreError::AnotherShard(RowKind::Outlet))
    );
}

/// Whatever state it is, its rows are those of that state.
fn comes_back(shard: &ParcelShard) {
    let rows: Vec<Row> = shard.rows().collect();
    let again = ParcelShard::restore(rows.clone()).expect("its own rows");
    assert_eq!(again.rows().collect::<Vec<_>>(), rows);
}

proptest! {
    #[test]
    fn noise_is_refused_without_a_panic(kind in 0_usize..3, key: Vec<u8>, body: Vec<u8>) {
        let kind = [RowKind::Clock, RowKind::Parcel, RowKind::Retired][kind];
        let restored = ParcelShard::restore([Row { kind, key, body }]);
        // Noise that happens to be rows is a state, which has rows of its own.
        if let Ok(shard) = restored {
            comes_back(&shard);
        }
    }

    #[test]
    fn a_flipped_bit_in_a_row_is_refused_or_read(place in 0_usize..400, bit in 0_u8..8) {
        let mut run = Run::default();
        run.tick("10T10:00:00");
        run.event(&event(1, "SF1", "10T10:03:00", accepted(7)));
        run.event(&event(2, "SF1", "10T10:01:00", INSPECTED));
        run.ticks("10T12:10:00");
        let mut rows: Vec<Row> = run.shard.rows().collect();
        let body = &mut rows[1].body;
        if let Some(byte) = body.get_mut(place) {
            *byte ^= 1 << bit;
        }
        if let Ok(shard) = ParcelShard::restore(rows) {
            comes_back(&shard);
        }
    }
}
