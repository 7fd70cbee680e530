//! Happenings as a scenario writes them: a name, a result, and attributes after commas.

use sanbai_core::document::DocumentKind;
use sanbai_wire::proto;
use sanbai_wire::proto::event as wire;
use sanbai_wire::proto::event::parcel_event::Happening;

use super::base::{DEVICE, SCREENER};
use super::clock::next_word;

/// A number that the literature prints as an example; it is valid, and of an adult.
const NUMBER: &str = "440308199901101512";

/// Words of the results, in the order of the proto: the place in the list is the value of the enum.
const IDENTITY: &[&str] = &[
    "unsaid",
    "pass",
    "refused",
    "mismatch",
    "person-differs",
    "refused-registration",
];
const INSPECTION: &[&str] = &["unsaid", "pass", "refused", "failed", "prohibited"];
const XRAY: &[&str] = &["unsaid", "clear", "suspect", "prohibited"];
const OPEN_CHECK: &[&str] = &["unsaid", "pass", "prohibited", "refused"];
const LEG: &[&str] = &["unsaid", "line-haul", "local"];
const TRANSPORT: &[&str] = &["no-transport", "road", "rail", "high-speed-rail", "air", "water"];
const ROUTE: &[&str] = &[
    "no-route",
    "same-city",
    "intra-province",
    "inter-province",
    "hk-mo-tw",
    "international",
];
const ITEM_KIND: &[&str] = &["unsaid-kind", "parcel", "letter"];
const AUTHORITY: &[&str] = &[
    "unsaid",
    "police",
    "drug-control",
    "postal-bureau",
    "state-security",
    "other",
];
const MARK: &[&str] = &["unit", "operator", "device", "sequence", "time"];

/// What happened, from its name and the word after it.
pub(super) fn named(name: &str, word: &str, at: proto::Timestamp) -> Result<Happening, String> {
    Ok(match name {
        "accepted" => Happening::Accepted(accepted()),
        "identityChecked" => Happening::IdentityChecked(wire::IdentityChecked {
            document: Some(document("resident", NUMBER)?),
            result: choice(IDENTITY, word)?,
            name_matches: Some(true),
            ..Default::default()
        }),
        "inspected" => Happening::Inspected(wire::Inspected {
            result: choice(INSPECTION, word)?,
            matches_declared: Some(true),
            mark: Some(mark(at)),
            ..Default::default()
        }),
        "sealed" => Happening::Sealed(wire::Sealed {}),
        "xrayScreened" => Happening::XrayScreened(wire::XrayScreened {
            device: DEVICE.to_owned(),
            screener: SCREENER.to_owned(),
            judgement: choice(XRAY, word)?,
            mark: Some(mark(at)),
            ..Default::default()
        }),
        "departed" => Happening::Departed(wire::Departed {
            leg: choice(LEG, word)?,
            ..Default::default()
        }),
        "arrived" => Happening::Arrived(wire::Arrived::default()),
        "delivered" => Happening::Delivered(wire::Delivered {}),
        "openChecked" => Happening::OpenChecked(wire::OpenChecked {
            result: choice(OPEN_CHECK, word)?,
            ..Default::default()
        }),
        "held" => Happening::Held(wire::Held::default()),
        "released" => Happening::Released(wire::Released::default()),
        "reported" => {
            let to = if word.is_empty() { "police" } else { word };
            Happening::Reported(wire::Reported {
                to: vec![choice(AUTHORITY, to)?],
                ..Default::default()
            })
        }
        "rejected" => Happening::Rejected(wire::Rejected::default()),
        "returned" => Happening::Returned(wire::Returned::default()),
        "voided" => Happening::Voided(wire::Voided::default()),
        "retracted" => Happening::Retracted(wire::Retracted {
            event_id: super::event_id(word)?,
            ..Default::default()
        }),
        _ => return Err(format!("`{name}` is neither a keyword nor a happening")),
    })
}

fn accepted() -> wire::Accepted {
    wire::Accepted {
        item_kind: wire::ItemKind::Parcel.into(),
        transport: wire::Transport::Road.into(),
        route: wire::Route::InterProvince.into(),
        declared_item: "书籍".to_owned(),
        destination: "510104".to_owned(),
        sender: Some(party("13800138000")),
        ..Default::default()
    }
}

/// A mark with every field.
fn mark(at: proto::Timestamp) -> wire::Mark {
    wire::Mark {
        unit: "GZ".to_owned(),
        operator: "C-17".to_owned(),
        device: DEVICE.to_owned(),
        sequence: "1".to_owned(),
        time: Some(at),
        ..Default::default()
    }
}

/// Applies one attribute. `false`: this kind of happening has no such attribute.
pub(super) fn apply(happening: &mut Happening, text: &str) -> Result<bool, String> {
    let (key, value) = next_word(text);
    match happening {
        Happening::Accepted(accepted) => Ok(change_accepted(accepted, key, value)),
        Happening::IdentityChecked(check) => change_identity(check, key, value),
        Happening::Inspected(inspected) => match key {
            "pass" | "refused" | "failed" | "prohibited" | "unsaid" => {
                inspected.result = choice(INSPECTION, key)?;
                Ok(true)
            }
            "class" => number(value, &mut inspected.prohibited_class),
            "item" => {
                inspected.matches_declared = answer(value, "matches", "differs")?;
                Ok(true)
            }
            _ => change_mark(&mut inspected.mark, key, value),
        },
        Happening::XrayScreened(screened) => change_screening(screened, key, value),
        Happening::OpenChecked(check) if key == "class" => number(value, &mut check.prohibited_class),
        Happening::Departed(departed) if key == "to" => text_into(value, &mut departed.to),
        Happening::Arrived(arrived) if key == "from" => text_into(value, &mut arrived.from),
        Happening::Reported(reported) if key == "reference" => text_into(value, &mut reported.reference),
        _ => Ok(false),
    }
}

fn change_accepted(accepted: &mut wire::Accepted, key: &str, value: &str) -> bool {
    if let Ok(kind) = choice(ITEM_KIND, key) {
        accepted.item_kind = kind;
    } else if let Ok(transport) = choice(TRANSPORT, key) {
        accepted.transport = transport;
    } else if let Ok(route) = choice(ROUTE, key) {
        accepted.route = route;
    } else {
        match key {
            "agreement" => value.clone_into(&mut accepted.agreement),
            "item" => value.clone_into(&mut accepted.declared_item),
            "no-item" => accepted.declared_item.clear(),
            "to" => value.clone_into(&mut accepted.destination),
            "no-destination" => accepted.destination.clear(),
            "sender" => accepted.sender = Some(party(value)),
            "no-sender" => accepted.sender = None,
            "by-agent" => accepted.by_agent = true,
            _ => return false,
        }
    }
    true
}

fn change_identity(check: &mut wire::IdentityChecked, key: &str, value: &str) -> Result<bool, String> {
    let (first, second) = next_word(value);
    match (key, &mut check.document) {
        ("document", stated) => *stated = Some(document(first, second)?),
        ("expires", Some(document)) => {
            document.expires_on = if value == "unsaid" {
                String::new()
            } else {
                value.to_owned()
            };
        }
        ("unexamined", Some(document)) => {
            // A token alone: whoever made it did not say what the number is like.
            document.tokens = vec![format!("hs256:1:{}", "A".repeat(43))];
            document.number.clear();
        }
        ("name", _) => check.name_matches = answer(value, "matches", "differs")?,
        ("agent", _) => check.agent_document = Some(document(first, second)?),
        _ => match choice(IDENTITY, key) {
            Ok(result) => check.result = result,
            Err(_) => return Ok(false),
        },
    }
    Ok(true)
}

fn change_screening(screened: &mut wire::XrayScreened, key: &str, value: &str) -> Result<bool, String> {
    match key {
        "class" => return number(value, &mut screened.prohibited_class),
        "destination" => screened.stage = wire::ScreeningStage::Destination.into(),
        "device" => value.clone_into(&mut screened.device),
        "screener" => value.clone_into(&mut screened.screener),
        "third-party" => value.clone_into(&mut screened.third_party),
        "clear" | "suspect" | "prohibited" | "unsaid" => screened.judgement = choice(XRAY, key)?,
        _ => return change_mark(&mut screened.mark, key, value),
    }
    Ok(true)
}

/// `no-mark`, `mark-without FIELD`.
fn change_mark(mark: &mut Option<wire::Mark>, key: &str, value: &str) -> Result<bool, String> {
    match (key, mark) {
        ("no-mark", mark) => *mark = None,
        ("mark-without", Some(mark)) => match MARK.iter().position(|field| *field == value) {
            Some(0) => mark.unit.clear(),
            Some(1) => mark.operator.clear(),
            Some(2) => mark.device.clear(),
            Some(3) => mark.sequence.clear(),
            Some(_) => mark.time = None,
            None => return Err(format!("`{value}` is no field of a mark: {}", MARK.join(", "))),
        },
        _ => return Ok(false),
    }
    Ok(true)
}

/// A document as the producer sends it; `unsaid` for one without a kind, `-` for one without a number.
fn document(kind: &str, number: &str) -> Result<wire::Document, String> {
    let stated = DocumentKind::from_code(kind);
    if stated.is_none() && kind != "unsaid" {
        return Err(format!("`{kind}` is no kind of document"));
    }
    let number = if number == "-" { "" } else { number };
    Ok(wire::Document {
        // The kinds of the proto stand in the order of those of the core, after `unspecified`.
        kind: stated.map_or(0, |kind| i32::from(kind.index()).saturating_add(1)),
        number: number.to_owned(),
        expires_on: "2035-12-31".to_owned(),
        ..Default::default()
    })
}

/// A sender as the producer sends it.
fn party(phone: &str) -> wire::Party {
    wire::Party {
        phone: phone.to_owned(),
        ..Default::default()
    }
}

/// The value of a word in a list that follows the order of the proto.
fn choice(words: &[&str], word: &str) -> Result<i32, String> {
    let place = words.iter().position(|known| *known == word);
    place
        .and_then(|place| i32::try_from(place).ok())
        .ok_or_else(|| format!("`{word}` is none of {}", words.join(", ")))
}

fn answer(word: &str, yes: &str, no: &str) -> Result<Option<bool>, String> {
    match word {
        "unsaid" => Ok(None),
        _ if word == yes => Ok(Some(true)),
        _ if word == no => Ok(Some(false)),
        _ => Err(format!("`{word}` is none of {yes}, {no}, unsaid")),
    }
}

fn number(text: &str, into: &mut u32) -> Result<bool, String> {
    *into = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    Ok(true)
}

fn text_into(text: &str, into: &mut String) -> Result<bool, String> {
    text.clone_into(into);
    Ok(true)
}
