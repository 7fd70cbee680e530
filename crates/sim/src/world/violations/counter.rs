//! Real name: RN-01 to RN-06, RN-09, AG-01.

use sanbai_wire::proto::event::{DocumentKind, IdentityResult};

use super::{Violation, plain, wished};
use crate::world::civil::{MINUTE, SECOND, date, day_of};
use crate::world::outbound::{Sender, Wish};
use crate::world::people::{first_generation, numbered, resident, with_check};
use crate::world::story::{Role, Story};

const AGREEMENT: Wish = Wish {
    sender: Sender::Agreement,
    outlet: Some(0),
    ..Wish::PLAIN
};
const COMPANY: Wish = Wish {
    sender: Sender::Company,
    ..Wish::PLAIN
};

pub(super) static ALL: &[Violation] = &[
    plain("identity never checked", &["RN-01"], |story| story.drop(Role::Identity)),
    plain("identity checked after the acceptance", &["RN-02"], |story| {
        let late = story.dice.between(70 * SECOND, 25 * MINUTE);
        story.step_mut(Role::Identity).at = story.at(Role::Acceptance) + late;
    }),
    plain("wrong check character", &["RN-03"], |story| {
        let mut number = valid_number(story);
        let check = number.pop();
        number.push(if check == Some('7') { '3' } else { '7' });
        show(story, DocumentKind::Resident, number);
    }),
    plain("impossible birth date", &["RN-03"], |story| {
        let sequence = story.dice.digits(3);
        show(
            story,
            DocumentKind::Resident,
            with_check("440184", "19890230", &sequence),
        );
    }),
    plain("residence permit stated for a resident number", &["RN-03"], |story| {
        let number = valid_number(story);
        show(story, DocumentKind::ResidencePermit, number);
    }),
    plain("passport without a number", &["RN-03"], |story| {
        show(story, DocumentKind::Passport, String::new());
    }),
    plain("document expired", &["RN-04"], |story| {
        let expired = day_of(story.at(Role::Identity)) - story.dice.between(1, 500);
        let number = valid_number(story);
        show(story, DocumentKind::Resident, number);
        let document = story.identity().document.as_mut().expect("it was just shown");
        document.expires_on = date(expired);
    }),
    plain("first-generation number", &["RN-04"], |story| {
        let number = first_generation(&mut story.dice);
        show(story, DocumentKind::FirstGeneration, number);
    }),
    plain("household register shown", &["RN-04"], |story| {
        let number = valid_number(story);
        show(story, DocumentKind::HouseholdRegister, number);
    }),
    plain(
        "accepted though the form differs from the document",
        &["RN-05"],
        |story| {
            story.identity().result = IdentityResult::Mismatch.into();
        },
    ),
    plain(
        "accepted though the person differs from the document",
        &["RN-05"],
        |story| {
            story.identity().result = IdentityResult::PersonDiffers.into();
        },
    ),
    plain("accepted though the document was refused", &["RN-05"], |story| {
        let checked = story.identity();
        checked.result = IdentityResult::Refused.into();
        checked.document = None;
        checked.name_matches = None;
    }),
    plain("name differs from the document", &["RN-06"], |story| {
        story.identity().name_matches = Some(false);
    }),
    plain("agent without a document", &["RN-09"], |story| {
        story.accepted().by_agent = true;
    }),
    wished(
        "company without the document of its agent",
        &["RN-09"],
        COMPANY,
        |story| {
            story.identity().agent_document = None;
        },
    ),
    wished("agreement that nobody knows", &["AG-01", "RN-01"], AGREEMENT, |story| {
        let key = story.net.unknown_pact.clone();
        story.accepted().agreement = key;
    }),
    wished("agreement expired", &["AG-01", "RN-01"], AGREEMENT, |story| {
        bad_pact(story, 0)
    }),
    wished("agreement not signed", &["AG-01", "RN-01"], AGREEMENT, |story| {
        bad_pact(story, 1)
    }),
    wished("agreement not filed", &["AG-01", "RN-01"], AGREEMENT, |story| {
        bad_pact(story, 2)
    }),
    wished("agreement of another outlet", &["AG-01", "RN-01"], AGREEMENT, |story| {
        bad_pact(story, 3)
    }),
];

fn valid_number(story: &mut Story<'_>) -> String {
    let today = day_of(story.slot.anchor);
    resident(&mut story.dice, today)
}

/// Lets the sender show another document, one without an end.
fn show(story: &mut Story<'_>, kind: DocumentKind, number: String) {
    let mut document = numbered(kind, number);
    "long-term".clone_into(&mut document.expires_on);
    story.identity().document = Some(document);
}

fn bad_pact(story: &mut Story<'_>, place: usize) {
    let key = story.net.bad_pacts[place].key.clone();
    story.accepted().agreement = key;
}
