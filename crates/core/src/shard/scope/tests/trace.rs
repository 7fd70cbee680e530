//! Traces: what sources send and what the registers say, a line each.
//!
//! ```text
//! sources 2                                       how many there are (1), before everything else
//! rules [alerts.rate] parcels_min = 1             a figure that differs, in force always
//! outlet ZTO/GZ-1 440117                          a branch in the register, and its place
//! outlet ZTO/GZ-1 440117 opened 03-11             one that opens on a day
//! hub ZTO/GZ-2                                    a processing centre
//! outage ZTO/GZ-1 03-10 09:00 to 03-10 10:00      of a site, or ZTO of the brand
//! holiday 03-10                                   no working day
//! source 0 at 10:05: +ZTO/GZ-1/C1 pass pass fail RN-01C; see 7 ZTO/W1 GZ-1
//! source 0 (3,5] at 03-11 03:00: …                positions, where they do not follow on
//! all at 11:00                                    an empty section of every source
//! ```
//!
//! Days are of 2026 and 03-10 unless said, times at +08:00. A section knows the register lines above it. Entries:
//!
//! * `+brand/site/operator` and three duties of `pass fail pending unknown agreement letter` (with `!`: not credible),
//!   then any of `17h 03-09 counted letter uncounted` and findings such as `RN-01C`; `30x +…` for thirty of them
//! * `-…` takes one out, `-… => +…` changes one into another
//! * `see 7 ZTO/W1 GZ-1 03-09`, `see 7 ZTO/W1..21 GZ-1`, `unsee 7 ZTO/W1`: sightings of an identity
//! * `declare ZTO/GZ-1 200 #1`: a volume, by an event with this number

use super::told::Told;
use crate::duty::Ground;
use crate::event::{EventId, Place};
use crate::finding::Code;
use crate::registry::{Outage, Record, Registry, Site, SiteKind, Value};
use crate::rules::{Rules, Severity};
use crate::shard::contribution::{Contribution, Outcome, Share};
use crate::shard::input::{Power, SubjectEvent, SubjectHappening};
use crate::shard::position::Position;
use crate::shard::scope::{ScopeShard, Territory};
use crate::shard::section::{Change, Entry, Section, Seen, Sighting, Subject};
use crate::time::{CivilDay, Timestamp};

/// What comes out of a trace, line by line.
pub(super) fn run(trace: &str) -> Vec<String> {
    run_shard(trace).1.0
}

/// The shard after a trace, and what came out.
pub(super) fn run_shard(trace: &str) -> (ScopeShard, Told, Registry) {
    run_in(trace, Territory::ALL)
}

pub(super) fn run_in(trace: &str, territory: Territory) -> (ScopeShard, Told, Registry) {
    let mut stage = Stage::new(territory);
    for line in trace.lines().map(str::trim).filter(|line| !line.is_empty()) {
        stage.play(line);
    }
    (stage.shard, stage.told, stage.registry)
}

struct Stage {
    shard: ScopeShard,
    told: Told,
    registry: Registry,
    territory: Territory,
    records: u64,
    sources: u32,
    sections: u64,
}

impl Stage {
    fn new(territory: Territory) -> Self {
        Self {
            shard: ScopeShard::new(1, territory),
            told: Told::default(),
            registry: Registry::default(),
            territory,
            records: 0,
            sources: 1,
            sections: 0,
        }
    }

    fn play(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').expect("a word and what follows");
        match word {
            "sources" => {
                self.sources = rest.parse().expect("a number");
                self.shard = ScopeShard::new(self.sources, self.territory);
            }
            "rules" => {
                let (table, figure) = rest.split_once(']').expect("a table");
                let text = format!(
                    "version = \"x\"\neffective = \"2026-01-01\"\n{table}]\n{}\n",
                    figure.replace(", ", "\n")
                );
                let registry = std::mem::take(&mut self.registry);
                self.registry = registry.with_rules(Rules::with_overlays(&[&text]).expect("rules"));
            }
            "outlet" | "hub" | "outage" | "holiday" => self.file(word, rest),
            "all" => {
                for source in 0..self.sources {
                    self.play(&format!("source {source} {rest}"));
                }
            }
            "source" => self.send(rest),
            _ => panic!("{line}"),
        }
    }

    fn file(&mut self, word: &str, rest: &str) {
        let words: Vec<&str> = rest.split(' ').collect();
        let (brand, key) = words[0].split_once('/').unwrap_or((words[0], ""));
        let (brand, key, value) = match word {
            "outage" => {
                let value = Outage {
                    site: key.to_owned(),
                    from: time(&words[1..3]),
                    to: time(&words[4..6]),
                };
                (brand, rest, Value::Outage(value))
            }
            "holiday" => ("", words[0], Value::CalendarDay { working: false }),
            _ => {
                let site = Site {
                    kind: if word == "hub" {
                        SiteKind::ProcessingCentre
                    } else {
                        SiteKind::Branch
                    },
                    place: words.get(1).and_then(|place| Place::parse(place)),
                    opened_on: words.get(3).map(|text| day(text)),
                    ..Site::default()
                };
                (brand, key, Value::Site(site))
            }
        };
        let key = if word == "holiday" {
            format!("2026-{key}")
        } else {
            key.to_owned()
        };
        self.registry.insert(Record {
            offset: self.records,
            brand: brand.to_owned(),
            key,
            valid_from: None,
            valid_to: None,
            value,
        });
        self.records += 1;
    }

    /// `0 (3,5] at 03-11 03:00: entries`
    fn send(&mut self, rest: &str) {
        let (head, entries) = rest.split_once(": ").unwrap_or((rest, ""));
        let (head, clock) = head.split_once(" at ").expect("a time");
        let mut head = head.split(' ');
        let source = head.next().expect("a source").parse().expect("a number");
        let span = head.next().map(|span| {
            let (from, to) = span.split_once(',').expect("two positions");
            let number = |text: &str| text.parse::<u64>().expect("a number");
            (number(from.trim_start_matches('(')), number(to.trim_end_matches(']')))
        });
        let entries: Vec<Entry<'_>> = entries
            .split("; ")
            .filter(|entry| !entry.is_empty())
            .flat_map(entry)
            .collect();
        let count = u64::try_from(entries.len()).expect("few");
        let seen = self.shard.seen(source).map_or(0, |seen| seen.offset);
        let (from, to) = span.unwrap_or((seen, seen + count));
        let section = Section {
            source,
            from: position(from),
            to: position(to),
            clock: (clock != "-").then(|| time(&clock.split(' ').collect::<Vec<_>>())),
            registry_offset: self.records,
            entries: (from + 1..).map(position).zip(entries).collect(),
        };
        self.sections += 1;
        let at = Position {
            generation: 1,
            offset: self.sections,
            index: 0,
        };
        self.shard.handle(at, &section, self.registry.view(), &mut self.told);
    }
}

pub(super) fn position(offset: u64) -> Position {
    Position {
        generation: u16::from(offset > 0),
        offset,
        index: 0,
    }
}

/// `10:05` of 03-10, or `03-11 03:00`.
fn time(words: &[&str]) -> Timestamp {
    let (day, clock) = match words {
        [clock] => ("03-10", *clock),
        [day, clock] => (*day, *clock),
        _ => panic!("{words:?}"),
    };
    Timestamp::parse(&format!("2026-{day}T{clock}:00+08:00")).expect("a time")
}

pub(super) fn day(text: &str) -> CivilDay {
    CivilDay::parse(&format!("2026-{text}")).expect("a day")
}

fn entry(text: &str) -> Vec<Entry<'_>> {
    let (word, rest) = text.split_once(' ').expect("an entry");
    match word {
        "see" | "unsee" => sightings(word == "see", rest),
        "declare" => vec![declared(rest)],
        "power" => vec![subject(rest, SubjectHappening::Device(Power::On), 0)],
        _ => match word.strip_suffix('x') {
            Some(count) => vec![change(rest); count.parse().expect("a number")],
            None => vec![change(text)],
        },
    }
}

fn change(text: &str) -> Entry<'_> {
    let (first, second) = text.split_once(" => ").unwrap_or((text, ""));
    let of = |sign| {
        let texts = [first, second].into_iter();
        texts
            .filter_map(|text| text.strip_prefix(sign))
            .map(contribution)
            .next()
    };
    Entry::Change(Change {
        old: of('-'),
        new: of('+'),
    })
}

fn contribution(text: &str) -> Contribution<'_> {
    let mut words = text.split(' ');
    let name: Vec<&str> = words.next().expect("a name").split('/').collect();
    let mut duties = [(); 3].map(|()| share("pending"));
    for duty in &mut duties {
        *duty = share(words.next().expect("three duties"));
    }
    let mut contribution = Contribution {
        brand: name[0],
        site: name[1],
        operator: name.get(2).unwrap_or(&""),
        day: day("03-10"),
        hour: 10,
        counted: true,
        letter: false,
        duties,
        findings: Vec::new(),
    };
    for word in words {
        match word {
            "letter" => contribution.letter = true,
            "uncounted" => contribution.counted = false,
            _ if word.ends_with('h') => contribution.hour = word.trim_end_matches('h').parse().expect("an hour"),
            _ if word.as_bytes()[0].is_ascii_digit() => contribution.day = day(word),
            _ => contribution.findings.push(finding(word)),
        }
    }
    contribution
}

fn finding(word: &str) -> (Code, Severity) {
    let (code, letter) = word.split_at(word.len() - 1);
    let severity = match letter {
        "C" => Severity::Critical,
        "H" => Severity::High,
        _ => Severity::Medium,
    };
    (Code::parse(code).expect("a code"), severity)
}

fn share(word: &str) -> Share {
    let outcome = match word.trim_end_matches('!') {
        "pass" => Outcome::Pass,
        "fail" => Outcome::Fail,
        "pending" => Outcome::Pending,
        "unknown" => Outcome::Unknown,
        "agreement" => Outcome::NotApplicable(Ground::Agreement),
        "letter" => Outcome::NotApplicable(Ground::Letter),
        _ => panic!("{word}"),
    };
    Share {
        outcome,
        performed_late: false,
        reported_late: false,
        credible: !word.ends_with('!'),
        delay: None,
    }
}

/// `7 ZTO/W1..21 GZ-1 03-09`
fn sightings(is_seen: bool, text: &str) -> Vec<Entry<'_>> {
    let words: Vec<&str> = text.split(' ').collect();
    let subject = Subject::Identity(words[0].parse().expect("a number"));
    let (brand, waybill) = words[1].split_once('/').expect("a parcel");
    let seen = is_seen.then(|| Seen {
        site: words[2],
        operator: "",
        day: day(words.get(3).unwrap_or(&"03-10")),
        event: event(1),
        occurred_at: time(&["10:00"]),
    });
    let sighting = |waybill| {
        Entry::Sighting(Sighting {
            subject,
            brand,
            waybill,
            seen,
        })
    };
    match waybill.split_once("..") {
        None => vec![sighting(waybill)],
        Some((first, last)) => {
            let number = |text: &str| text.trim_start_matches('W').parse::<usize>().expect("a number");
            (number(first)..=number(last))
                .map(|number| sighting(WAYBILLS[number]))
                .collect()
        }
    }
}

/// Texts that live long enough.
const WAYBILLS: [&str; 24] = [
    "W0", "W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9", "W10", "W11", "W12", "W13", "W14", "W15", "W16", "W17",
    "W18", "W19", "W20", "W21", "W22", "W23",
];

/// `ZTO/GZ-1 200 #1 03-09`
fn declared(text: &str) -> Entry<'_> {
    let words: Vec<&str> = text.split(' ').collect();
    let happening = SubjectHappening::DeclaredVolume {
        day: day(words.get(3).unwrap_or(&"03-10")),
        accepted: words[1].parse().expect("a number"),
    };
    let id = words[2].trim_start_matches('#').parse().expect("a number");
    subject(words[0], happening, id)
}

fn subject<'a>(name: &'a str, happening: SubjectHappening<'a>, id: u128) -> Entry<'a> {
    let (brand, subject) = name.split_once('/').expect("brand and site");
    Entry::Subject(SubjectEvent {
        id: event(id),
        brand,
        subject,
        site: subject,
        occurred_at: time(&["23:00"]),
        intake_at: time(&["23:00"]),
        happening,
    })
}

fn event(number: u128) -> EventId {
    EventId::from_bits(number, false)
}
