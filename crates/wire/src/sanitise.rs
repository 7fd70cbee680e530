//! Raw numbers and names become tokens and facts; nothing raw goes further.

use sanbai_core::document::{self, DocumentKind, examine};
use sanbai_core::time::CivilDay;

use crate::facts;
use crate::person::{is_masked_name, is_masked_phone, name_fact};
use crate::proto::event::{Document, NameFact, NumberFacts, Party};
use crate::token::TokenKeys;

/// What becomes of raw numbers and names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RawValues {
    /// They become tokens and facts: at the edge, which holds the keys.
    #[default]
    Tokenise,
    /// They reject the event: behind the edge.
    Forbid,
}

/// Leaves nothing raw in a document; `today` is the civil day of the event.
pub(crate) fn document(document: &mut Document, keys: &TokenKeys, today: CivilDay) {
    if !document.number.is_empty() {
        let number = core::mem::take(&mut document.number);
        let kind = facts::document_kind(document.kind).unwrap_or(DocumentKind::Other);
        document.tokens = keys.identity(&number);
        document.facts = Some(number_facts(&examine(kind, &number, today)));
    }
}

/// Leaves nothing raw in a party, and nothing masked that is not.
pub(crate) fn party(party: &mut Party, keys: &TokenKeys) {
    if !party.name.is_empty() {
        let name = core::mem::take(&mut party.name);
        party.name_tokens = keys.name(&name);
        party.name_fact = name_fact(&name).into();
    }
    if !party.phone.is_empty() {
        let phone = core::mem::take(&mut party.phone);
        party.phone_tokens = keys.phone(&phone);
    }
    if !is_masked_name(&party.masked_name) {
        party.masked_name.clear();
    } else if party.name_fact == i32::from(NameFact::Unspecified) {
        party.name_fact = NameFact::Masked.into();
    }
    if !is_masked_phone(&party.masked_phone) {
        party.masked_phone.clear();
    }
}

fn number_facts(known: &document::NumberFacts) -> NumberFacts {
    NumberFacts {
        format: facts::grade_number(known.format),
        checksum: facts::grade_number(known.checksum),
        birth_date: facts::grade_number(known.birth_date),
        region: facts::region_number(known.region),
        sex: known.sex.map_or(0, facts::sex_number),
        birth_year: known.birth_year.map_or(0, u32::from),
        valid_as: known.valid_as.iter().map(facts::document_kind_number).collect(),
    }
}
