//! What is reported of a parcel, step by step: right most of the time.

use sanbai_wire::proto::event::{
    Accepted, Document, DocumentKind, Grade, IdentityChecked, IdentityResult, Inspected, InspectionResult, ItemKind,
    Mark, NumberFacts, Party, Route, Transport, XrayJudgement, XrayScreened,
};

use super::network::Outlet;
use crate::simulation::plan::Plan;
use crate::world::civil::{date, timestamp};
use crate::world::dice::Dice;

pub(super) fn waybill(outlet: Outlet, number: u64) -> String {
    match outlet.brand {
        "SF" => format!("SF{:013}", 1_000 + number),
        _ => format!("78{:010}", 1_000 + number),
    }
}

pub(super) fn accepted(outlet: Outlet, letter: bool, dice: &mut Dice) -> Accepted {
    let sender = dice.below(3);
    Accepted {
        item_kind: match letter {
            true => ItemKind::Letter,
            false => [ItemKind::Parcel, ItemKind::Unspecified][dice.below(2) as usize],
        }
        .into(),
        transport: [Transport::Road, Transport::Road, Transport::Air, Transport::Unspecified][dice.below(4) as usize]
            .into(),
        route: [
            Route::SameCity,
            Route::InterProvince,
            Route::IntraProvince,
            Route::Unspecified,
        ][dice.below(4) as usize]
            .into(),
        agreement: if dice.chance(1_500) {
            format!("{}-XY-{}", outlet.brand, 1 + dice.below(2))
        } else {
            String::new()
        },
        declared_item: if dice.chance(9_000) { "book" } else { "goods" }.to_owned(),
        destination: ["440103", "110105", "310104", ""][dice.below(4) as usize].to_owned(),
        sender: (sender > 0).then(|| Party {
            phone_tokens: vec![token(600 + sender)],
            ..Party::default()
        }),
        ..Accepted::default()
    }
}

pub(super) fn identity(plan: &Plan, person: u64, dice: &mut Dice) -> IdentityChecked {
    let oddity = if person == 99 { 9 } else { dice.below(20) };
    let facts = NumberFacts {
        format: Grade::Ok.into(),
        checksum: Grade::NotApplicable.into(),
        birth_date: Grade::NotApplicable.into(),
        valid_as: vec![DocumentKind::Passport.into()],
        ..NumberFacts::default()
    };
    IdentityChecked {
        document: Some(Document {
            kind: DocumentKind::Passport.into(),
            tokens: vec![token(person)],
            facts: (oddity != 0).then_some(facts),
            expires_on: match oddity {
                1 => date(plan.day - 1),
                2 => String::new(),
                _ => "long-term".to_owned(),
            },
            ..Document::default()
        }),
        result: if oddity == 3 {
            IdentityResult::Mismatch
        } else {
            IdentityResult::Pass
        }
        .into(),
        name_matches: match oddity {
            4 => Some(false),
            5 => None,
            _ => Some(true),
        },
        ..IdentityChecked::default()
    }
}

fn mark(clerk: &str, at: i64) -> Mark {
    Mark {
        unit: "U1".to_owned(),
        operator: clerk.to_owned(),
        time: Some(timestamp(at)),
        device: "D1".to_owned(),
        sequence: "1".to_owned(),
        ..Mark::default()
    }
}

pub(super) fn inspected_well(clerk: &str, at: i64) -> Inspected {
    Inspected {
        result: InspectionResult::Pass.into(),
        mark: Some(mark(clerk, at)),
        ..Inspected::default()
    }
}

pub(super) fn inspected(dice: &mut Dice, clerk: &str, at: i64) -> Inspected {
    let oddity = dice.below(20);
    Inspected {
        result: match oddity {
            0 => InspectionResult::Failed,
            1 => InspectionResult::Prohibited,
            _ => InspectionResult::Pass,
        }
        .into(),
        prohibited_class: if oddity == 1 {
            [1, 5, 12][dice.below(3) as usize]
        } else {
            0
        },
        mark: (oddity != 2).then(|| mark(clerk, at)),
        ..Inspected::default()
    }
}

pub(super) fn screened(outlet: Outlet, screener: &str, at: i64, dice: &mut Dice) -> XrayScreened {
    let judgement = match dice.below(14) {
        0 => XrayJudgement::Suspect,
        1 => XrayJudgement::Prohibited,
        _ => XrayJudgement::Clear,
    };
    XrayScreened {
        device: format!("{}-XR-{}", outlet.brand, 1 + dice.below(8) / 7),
        screener: screener.to_owned(),
        judgement: judgement.into(),
        mark: dice.chance(9_500).then(|| mark(screener, at)),
        prohibited_class: if judgement == XrayJudgement::Prohibited {
            [1, 7, 12][dice.below(3) as usize]
        } else {
            0
        },
        ..XrayScreened::default()
    }
}

/// A token of somebody: as an edge would make it of a number.
fn token(person: u64) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef";
    let mut bits = person;
    let mut text: String = (0..42)
        .map(|_| {
            let letter = char::from(LETTERS[(bits % 32) as usize]);
            bits = bits / 32 + person;
            letter
        })
        .collect();
    text.push('A');
    format!("hs256:1:{text}")
}
