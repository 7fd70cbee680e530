//! Raw numbers and names become tokens and facts; nothing raw goes further.

use sanbai_core::document::{self, DocumentKind, examine};
use sanbai_core::time::CivilDay;
use zeroize::Zeroizing;

use crate::facts;
use crate::person::{is_masked_name, is_masked_phone, name_fact};
use crate::proto::event::NameFact;
use crate::proto::schema::{DOCUMENT, PARTY, document as in_document, number_facts, party as in_party};
use crate::protobuf::{put_bytes, put_nested, put_number, put_varint};
use crate::schema::Message;
use crate::token::TokenKeys;
use crate::view::{fields, nested, number, text};

/// What becomes of raw numbers and names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RawValues {
    /// They become tokens and facts: at the edge, which holds the keys.
    #[default]
    Tokenise,
    /// They reject the event: behind the edge.
    Forbid,
}

/// Leaves nothing raw in the document or party that `out` holds from `start` on, and writes it in canonical form;
/// `today` is the civil day of the event. `false` for other messages, which hold nothing raw.
pub(crate) fn sanitise_in(
    message: &'static Message,
    start: usize,
    keys: &TokenKeys,
    today: CivilDay,
    out: &mut Vec<u8>,
) -> bool {
    let is_document = core::ptr::eq(message, &DOCUMENT);
    if !is_document && !core::ptr::eq(message, &PARTY) {
        return false;
    }
    let raw = Zeroizing::new(out.get(start..).unwrap_or_default().to_vec());
    out.truncate(start);
    if is_document {
        document(&raw, keys, today, out);
    } else {
        party(&raw, keys, out);
    }
    true
}

/// Whether [`sanitise_in`] would leave a message in canonical form as it is, though something that may be raw stands in it: a
/// party of which nothing is told but what is masked.
pub(crate) fn is_sanitised(message: &'static Message, bytes: &[u8]) -> bool {
    core::ptr::eq(message, &PARTY) && is_masked(bytes)
}

fn is_masked(party: &[u8]) -> bool {
    let (mut has_name, mut has_fact) = (false, false);
    for (field, value) in fields(party) {
        let stays = match field {
            in_party::NAME | in_party::PHONE => false,
            in_party::MASKED_NAME => {
                has_name = true;
                is_masked_name(text(value))
            }
            in_party::MASKED_PHONE => is_masked_phone(text(value)),
            in_party::NAME_FACT => {
                has_fact = true;
                true
            }
            _ => true,
        };
        if !stays {
            return false;
        }
    }
    // What a masked name says of the name is written beside it.
    has_fact || !has_name
}

/// Writes a document without its number, and with the tokens and facts of it.
fn document(raw: &[u8], keys: &TokenKeys, today: CivilDay, out: &mut Vec<u8>) {
    let (mut kind, mut id_number) = (0, "");
    for (field, value) in fields(raw) {
        match field {
            in_document::KIND => kind = number(value),
            in_document::NUMBER => id_number = text(value),
            _ => {}
        }
    }
    put_choice(out, in_document::KIND, kind);
    if id_number.is_empty() {
        copy(raw, in_document::TOKENS, out);
        copy(raw, in_document::FACTS, out);
    } else {
        put_tokens(out, in_document::TOKENS, &keys.identity(id_number));
        let kind = i32::try_from(kind).ok().and_then(facts::document_kind);
        let known = examine(kind.unwrap_or(DocumentKind::Other), id_number, today);
        let written: Result<(), core::convert::Infallible> = put_nested(out, in_document::FACTS, |out| {
            put_facts(&known, out);
            Ok(())
        });
        debug_assert!(written.is_ok(), "nothing in it fails");
    }
    copy(raw, in_document::EXPIRES_ON, out);
}

/// Writes a party without name and phone number and with the tokens of them, and nothing masked that is not.
fn party(raw: &[u8], keys: &TokenKeys, out: &mut Vec<u8>) {
    let (mut name, mut phone, mut masked_name, mut masked_phone, mut fact) = ("", "", "", "", 0);
    for (field, value) in fields(raw) {
        match field {
            in_party::NAME => name = text(value),
            in_party::PHONE => phone = text(value),
            in_party::MASKED_NAME => masked_name = text(value),
            in_party::MASKED_PHONE => masked_phone = text(value),
            in_party::NAME_FACT => fact = number(value),
            _ => {}
        }
    }
    let fact_of = |fact: NameFact| i32::from(fact).unsigned_abs();
    if !name.is_empty() {
        fact = fact_of(name_fact(name));
    }
    if is_masked_name(masked_name) {
        put_bytes(out, in_party::MASKED_NAME, masked_name.as_bytes());
        if fact == fact_of(NameFact::Unspecified) {
            fact = fact_of(NameFact::Masked);
        }
    }
    if is_masked_phone(masked_phone) {
        put_bytes(out, in_party::MASKED_PHONE, masked_phone.as_bytes());
    }
    if name.is_empty() {
        copy(raw, in_party::NAME_TOKENS, out);
    } else {
        put_tokens(out, in_party::NAME_TOKENS, &keys.name(name));
    }
    if phone.is_empty() {
        copy(raw, in_party::PHONE_TOKENS, out);
    } else {
        put_tokens(out, in_party::PHONE_TOKENS, &keys.phone(phone));
    }
    put_choice(out, in_party::NAME_FACT, fact);
}

/// Copies what stands in one field.
fn copy(raw: &[u8], wanted: u32, out: &mut Vec<u8>) {
    for (_, value) in fields(raw).filter(|(field, _)| *field == wanted) {
        put_bytes(out, wanted, nested(value));
    }
}

fn put_tokens(out: &mut Vec<u8>, field: u32, tokens: &[String]) {
    for token in tokens {
        put_bytes(out, field, token.as_bytes());
    }
}

/// Writes the number of an enum value, if it says anything.
fn put_choice(out: &mut Vec<u8>, field: u32, value: u32) {
    if value != 0 {
        put_number(out, field, value.into());
    }
}

fn put_facts(known: &document::NumberFacts, out: &mut Vec<u8>) {
    let mut put = |field: u32, value: i32| put_choice(out, field, value.unsigned_abs());
    put(number_facts::FORMAT, facts::grade_number(known.format));
    put(number_facts::CHECKSUM, facts::grade_number(known.checksum));
    put(number_facts::BIRTH_DATE, facts::grade_number(known.birth_date));
    put(number_facts::REGION, facts::region_number(known.region));
    put(number_facts::SEX, known.sex.map_or(0, facts::sex_number));
    put_choice(out, number_facts::BIRTH_YEAR, known.birth_year.map_or(0, u32::from));
    if known.valid_as.is_empty() {
        return;
    }
    let written: Result<(), core::convert::Infallible> = put_nested(out, number_facts::VALID_AS, |out| {
        for kind in known.valid_as.iter() {
            put_varint(out, facts::document_kind_number(kind).unsigned_abs().into());
        }
        Ok(())
    });
    debug_assert!(written.is_ok(), "nothing in it fails");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;
    use crate::proto::Timestamp;
    use crate::proto::event::parcel_event::Happening;
    use crate::proto::event::{Accepted, Document, IdentityChecked, ParcelEvent, Party};
    use crate::{Decoder, Encoding};

    /// Texts that are masked or not, and none.
    fn word() -> impl Strategy<Value = String> {
        let words = [
            "",
            "",
            "\u{738b}*",
            "\u{738b}\u{5c0f}\u{660e}",
            "1********12",
            "13912345678",
        ];
        proptest::sample::select(words.to_vec()).prop_map(str::to_owned)
    }

    fn keys() -> TokenKeys {
        TokenKeys::single("1", [7; 32]).expect("a version of one digit")
    }

    prop_compose! {
        fn party()(
            name in word(), phone in word(), masked_name in word(), masked_phone in word(), name_fact in 0..5_i32,
            of_name in 0_usize..3, of_phone in 0_usize..3,
        ) -> Party {
            let tokens = |count| vec!["hs256:1:AAAAAAAAAAAAAAAAAAAAAA".to_owned(); count];
            let (name_tokens, phone_tokens) = (tokens(of_name), tokens(of_phone));
            Party { name, phone, masked_name, masked_phone, name_tokens, phone_tokens, name_fact }
        }
    }

    /// What is left of a party by itself.
    fn sanitised(party: &Party) -> Vec<u8> {
        let today = CivilDay::from_ymd(2026, 3, 10).expect("a day");
        let mut out = party.encode_to_vec();
        assert!(sanitise_in(&PARTY, 0, &keys(), today, &mut out));
        out
    }

    /// What is left of a happening in an event that came as protobuf.
    fn decoded(happening: Happening) -> Happening {
        let event = ParcelEvent {
            event_id: "0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77".to_owned(),
            brand: "SF".to_owned(),
            waybill: "SF1".to_owned(),
            site: "GZ-1".to_owned(),
            occurred_at: Some(Timestamp {
                seconds: 1_773_100_014,
                nanos: 0,
            }),
            happening: Some(happening),
            ..ParcelEvent::default()
        };
        let decoded = Decoder::new(keys(), |_| Some("SF")).decode(&event.encode_to_vec(), Encoding::Protobuf);
        decoded.expect("is right").message().happening.expect("it happened")
    }

    proptest! {
        #[test]
        fn a_party_is_sanitised_where_sanitising_leaves_it_as_it_is(party in party()) {
            prop_assert_eq!(is_sanitised(&PARTY, &party.encode_to_vec()), sanitised(&party) == party.encode_to_vec());
        }

        #[test]
        fn a_raw_number_becomes_tokens_whatever_stands_beside_it(numbers in proptest::array::uniform2(any::<bool>())) {
            let [document, agent_document] = numbers.map(|is_raw| {
                let document = Document {
                    number: if is_raw { "440308199901101512".to_owned() } else { String::new() },
                    tokens: if is_raw { Vec::new() } else { keys().identity("440308199901101512") },
                    ..Document::default()
                };
                Some(document)
            });
            let checked = IdentityChecked { document, agent_document, ..IdentityChecked::default() };
            let Happening::IdentityChecked(checked) = decoded(Happening::IdentityChecked(checked)) else {
                panic!("it was a check");
            };
            for document in [checked.document, checked.agent_document].map(Option::unwrap_or_default) {
                prop_assert_eq!(document.number, "");
                prop_assert_eq!(document.tokens, keys().identity("440308199901101512"));
            }
        }

        #[test]
        fn a_sender_is_sanitised_in_its_event(sender in party()) {
            let expected = sanitised(&sender);
            let accepted = Accepted { sender: Some(sender), ..Accepted::default() };
            let Happening::Accepted(accepted) = decoded(Happening::Accepted(accepted)) else {
                panic!("it was an acceptance");
            };
            prop_assert_eq!(accepted.sender.unwrap_or_default().encode_to_vec(), expected);
        }
    }
}
