//! Stories and what the oracle says of them.

mod beside;
mod duties;
mod examples;
mod filed;
mod life;
mod registers;

use sanbai_wire::proto::Timestamp;
use sanbai_wire::proto::event::parcel_event::Happening;
use sanbai_wire::proto::event::{
    Accepted, Arrived, Delivered, Departed, Document, DocumentKind, Grade, IdentityChecked, IdentityResult, Inspected,
    InspectionResult, ItemKind, Leg, Mark, NumberFacts, OpenCheckResult, OpenChecked, ParcelEvent, Party, Region,
    Rejected, Released, Reported, Retracted, Returned, Route, ScreeningStage, Sealed, Sex, Transport, Voided,
    XrayJudgement, XrayScreened,
};
use sanbai_wire::proto::registry::RegistryRecord;
use sanbai_wire::proto::registry::registry_record::Value;

use super::clock::{day_number, timestamp};
use super::{DutyJudged, Judged, Profile, judge};

/// A parcel, what is on file, and who asks when.
#[derive(Clone, Debug)]
struct Story {
    events: Vec<ParcelEvent>,
    registry: Vec<RegistryRecord>,
    profile: Profile,
    as_of: Timestamp,
}

/// BASE of `judging.md` §8.
fn base() -> Story {
    nothing()
        .add("e1", "10:00", "OUTLET", identity())
        .add("e2", "10:01", "OUTLET", inspected(InspectionResult::Pass, 0))
        .add("e3", "10:02", "OUTLET", Happening::Sealed(Sealed {}))
        .add("e4", "10:03", "OUTLET", accepted())
        .add("e5", "18:00", "OUTLET", departed(Leg::Local))
        .add("e6", "18:30", "HUB", arrived("OUTLET"))
        .add(
            "e7",
            "20:00",
            "HUB",
            screened(XrayJudgement::Clear, ScreeningStage::Origin),
        )
        .add("e8", "21:00", "HUB", departed(Leg::LineHaul))
}

fn nothing() -> Story {
    Story {
        events: Vec::new(),
        registry: Vec::new(),
        profile: Profile::Strict100,
        as_of: time("12 00:00"),
    }
}

impl Story {
    /// Adds an event, received 30 s after it occurred.
    fn add(mut self, id: &str, at: &str, site: &str, happening: Happening) -> Self {
        let occurred_at = time(at);
        self.events.push(ParcelEvent {
            event_id: id.to_owned(),
            brand: "SF".to_owned(),
            waybill: "SF1234567890123".to_owned(),
            site: site.to_owned(),
            operator: format!("{site}-STAFF"),
            occurred_at: Some(occurred_at),
            source: "sf".to_owned(),
            intake_at: Some(Timestamp {
                seconds: occurred_at.seconds + 30,
                ..occurred_at
            }),
            happening: Some(happening),
            ..ParcelEvent::default()
        });
        self
    }

    fn without(mut self, id: &str) -> Self {
        self.events.retain(|event| event.event_id != id);
        self
    }

    /// Changes the event of this id.
    fn with(mut self, id: &str, change: impl Fn(&mut ParcelEvent)) -> Self {
        self.events
            .iter_mut()
            .filter(|event| event.event_id == id)
            .for_each(change);
        self
    }

    /// Moves the event, with its intake.
    fn at(self, id: &str, at: &str) -> Self {
        let at = time(at);
        self.with(id, |event| {
            event.occurred_at = Some(at);
            event.intake_at = Some(Timestamp {
                seconds: at.seconds + 30,
                ..at
            });
        })
    }

    fn received(self, id: &str, at: &str) -> Self {
        self.with(id, |event| event.intake_at = Some(time(at)))
    }

    fn acceptance(self, change: impl Fn(&mut Accepted)) -> Self {
        self.with("e4", |event| {
            if let Some(Happening::Accepted(accepted)) = &mut event.happening {
                change(accepted);
            }
        })
    }

    fn check(self, id: &str, change: impl Fn(&mut IdentityChecked)) -> Self {
        self.with(id, |event| {
            if let Some(Happening::IdentityChecked(check)) = &mut event.happening {
                change(check);
            }
        })
    }

    fn document(self, change: impl Fn(&mut Document)) -> Self {
        self.check("e1", |check| {
            if let Some(document) = &mut check.document {
                change(document);
            }
        })
    }

    fn inspection(self, id: &str, change: impl Fn(&mut Inspected)) -> Self {
        self.with(id, |event| {
            if let Some(Happening::Inspected(inspected)) = &mut event.happening {
                change(inspected);
            }
        })
    }

    fn screening(self, id: &str, change: impl Fn(&mut XrayScreened)) -> Self {
        self.with(id, |event| {
            if let Some(Happening::XrayScreened(screened)) = &mut event.happening {
                change(screened);
            }
        })
    }

    fn file(mut self, brand: &str, key: &str, value: Value) -> Self {
        self.registry.push(RegistryRecord {
            key: key.to_owned(),
            brand: brand.to_owned(),
            value: Some(value),
            ..RegistryRecord::default()
        });
        self
    }

    fn statutory(mut self) -> Self {
        self.profile = Profile::Statutory;
        self
    }

    fn asked(mut self, at: &str) -> Self {
        self.as_of = time(at);
        self
    }

    fn judged(&self) -> Judged {
        judge(&self.events, &self.registry, self.profile, self.as_of).expect("something was received")
    }

    /// `P/P/F; XR-02 H`.
    fn says(&self) -> String {
        let judged = self.judged();
        let duties: Vec<String> = judged.duties.iter().map(said_of).collect();
        let mut findings: Vec<String> = judged
            .findings
            .iter()
            .map(|(code, severity)| format!("{code} {severity}"))
            .collect();
        if findings.is_empty() {
            findings.push("none".to_owned());
        }
        format!("{}; {}", duties.join("/"), findings.join(", "))
    }

    fn open(&self) -> String {
        let pairs: Vec<String> = self
            .judged()
            .unanswered
            .iter()
            .map(|(code, missing)| format!("{code} {missing}"))
            .collect();
        pairs.join(", ")
    }
}

fn said_of(duty: &DutyJudged) -> String {
    let mut text = match duty.status {
        "pass" => "P".to_owned(),
        "fail" => "F".to_owned(),
        "pending" => "…".to_owned(),
        "unknown" => format!("U({})", duty.ground),
        _ => format!("N({})", duty.ground),
    };
    if duty.performed_late {
        text.push_str(" performed late");
    }
    if duty.reported_late {
        text.push_str(" reported late");
    }
    text
}

/// `[DD ]HH:MM[:SS[.mmm]]` in March 2026 at +08:00; the 10th if no day is given.
fn time(text: &str) -> Timestamp {
    let (day, clock) = text.split_once(' ').unwrap_or(("10", text));
    let days = day_number(&format!("2026-03-{day}")).expect("a day of March");
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut seconds = 0;
    for part in whole.split(':').chain(["0"]).take(3) {
        seconds = seconds * 60 + part.parse::<i128>().expect("a number");
    }
    let millis: i128 = fraction.parse().expect("milliseconds");
    timestamp(((i128::from(days) * 24 - 8) * 3600 + seconds) * 1_000_000_000 + millis * 1_000_000)
}

fn shown(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(|moment| moment.seconds - time("00:00").seconds)
}

fn mark() -> Option<Mark> {
    Some(Mark {
        unit: "U1".to_owned(),
        operator: "S1".to_owned(),
        device: "D1".to_owned(),
        sequence: "7".to_owned(),
        time: Some(time("10:01")),
        ..Mark::default()
    })
}

fn document(kind: DocumentKind) -> Option<Document> {
    Some(Document {
        kind: kind.into(),
        tokens: vec!["t:1:abc".to_owned()],
        facts: Some(NumberFacts {
            format: Grade::Ok.into(),
            checksum: Grade::Ok.into(),
            birth_date: Grade::Ok.into(),
            region: Region::Unknown.into(),
            sex: Sex::Male.into(),
            birth_year: 1990,
            valid_as: vec![kind.into()],
        }),
        expires_on: "2030-01-01".to_owned(),
        ..Document::default()
    })
}

fn identity() -> Happening {
    Happening::IdentityChecked(IdentityChecked {
        document: document(DocumentKind::Resident),
        result: IdentityResult::Pass.into(),
        name_matches: Some(true),
        ..IdentityChecked::default()
    })
}

fn inspected(result: InspectionResult, prohibited_class: u32) -> Happening {
    Happening::Inspected(Inspected {
        result: result.into(),
        prohibited_class,
        mark: mark(),
        matches_declared: Some(true),
        ..Inspected::default()
    })
}

fn accepted() -> Happening {
    Happening::Accepted(Accepted {
        item_kind: ItemKind::Parcel.into(),
        transport: Transport::Road.into(),
        route: Route::InterProvince.into(),
        declared_item: "书籍".to_owned(),
        sender: Some(Party {
            phone_tokens: vec!["t:1:phone".to_owned()],
            ..Party::default()
        }),
        ..Accepted::default()
    })
}

fn screened(judgement: XrayJudgement, stage: ScreeningStage) -> Happening {
    Happening::XrayScreened(XrayScreened {
        device: "D1".to_owned(),
        screener: "SCREENER".to_owned(),
        judgement: judgement.into(),
        stage: stage.into(),
        mark: mark(),
        ..XrayScreened::default()
    })
}

fn opened(result: OpenCheckResult) -> Happening {
    Happening::OpenChecked(OpenChecked {
        result: result.into(),
        ..OpenChecked::default()
    })
}

fn departed(leg: Leg) -> Happening {
    Happening::Departed(Departed {
        leg: leg.into(),
        ..Departed::default()
    })
}

fn arrived(from: &str) -> Happening {
    Happening::Arrived(Arrived { from: from.to_owned() })
}

fn delivered() -> Happening {
    Happening::Delivered(Delivered {})
}

fn rejected() -> Happening {
    Happening::Rejected(Rejected::default())
}

fn released() -> Happening {
    Happening::Released(Released::default())
}

fn reported() -> Happening {
    Happening::Reported(Reported::default())
}

fn returned() -> Happening {
    Happening::Returned(Returned::default())
}

fn voided() -> Happening {
    Happening::Voided(Voided::default())
}

fn retracted(event_id: &str) -> Happening {
    Happening::Retracted(Retracted {
        event_id: event_id.to_owned(),
        ..Retracted::default()
    })
}
