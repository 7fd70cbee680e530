//! What may be how long. Checked before anything is allocated.
//!
//! | Limit | Value | Over it |
//! | --- | --- | --- |
//! | an event, in any encoding | 64 KiB | `event_too_large` |
//! | a record, a frame of a file | 1 MiB | `event_too_large` |
//! | events in a batch | 500 | `batch_too_many` |
//! | nesting of JSON objects and arrays | 16 | `json_depth` |
//! | nesting of protobuf groups | 16 | `proto_limit` |
//! | headers of a record | 32, 8 KiB in all | `record_headers_too_large` |
//! | entries of all lists of one message | 32 | `field_too_long` |
//! | weight | 1 to 1,000,000 g | `value_range` |
//! | class of prohibited goods | 0 to 19 | `value_range` |
//! | a text field, in bytes of UTF-8 | table in `docs/bad-input.md` | `field_too_long` |

/// Most bytes of one event.
pub const EVENT_BYTES_MAX: usize = 64 * 1_024;
/// Most bytes of one record or one frame.
pub const RECORD_BYTES_MAX: usize = 1_024 * 1_024;
/// Most events in one batch.
pub const BATCH_EVENTS_MAX: usize = 500;
/// Deepest nesting of JSON objects and arrays.
pub const JSON_DEPTH_MAX: usize = 16;
/// Deepest nesting of protobuf groups.
pub const GROUP_DEPTH_MAX: usize = 16;
/// Most headers of one record.
pub const HEADERS_MAX: usize = 32;
/// Most bytes of names and values of the headers of one record.
pub const HEADER_BYTES_MAX: usize = 8 * 1_024;
/// Most entries of all lists of one message.
pub const LIST_ENTRIES_MAX: usize = 32;
/// Heaviest parcel in grams.
pub const WEIGHT_GRAMS_MAX: u32 = 1_000_000;
/// Last class of the list of prohibited goods.
pub const PROHIBITED_CLASS_MAX: u32 = 19;
/// The schema version that is written and read here; the only one so far.
pub const SCHEMA_VERSION: u32 = 1;

/// What a text field may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    /// Most bytes of UTF-8.
    pub(crate) bytes_max: usize,
    /// What is written in it.
    pub(crate) kind: TextKind,
}

/// What is written in a text field, which decides what becomes of personal data in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// A brand: no blanks; personal data in it rejects the event.
    Identifier,
    /// Names the place, the machine or the person at work by a number of theirs: as an identifier, and a name in it
    /// rejects the event, too.
    WorkIdentifier,
    /// As an identifier, yet blanks are taken out of it.
    Waybill,
    /// A UUID or a ULID; personal data in it rejects the event.
    EventId,
    /// A code of somebody else: no blanks; personal data in it is removed.
    Code,
    /// Names the machine or the person at work by a number of theirs: as a code, and a name is removed, too.
    WorkCode,
    /// Words: personal data in it is removed.
    Words,
    /// A raw name or number: becomes tokens and facts.
    Raw,
    /// A name or number with its middle hidden: dropped if it is not.
    Masked,
    /// A keyed token; a raw number in it rejects the event.
    Token,
    /// A day, `YYYY-MM-DD` or `long-term`.
    Day,
    /// A division code.
    Place,
    /// A SHA-256 in hex.
    Digest,
    /// The name of an image; never an address.
    Image,
}

/// What a number may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    /// The lowest value.
    pub(crate) min: u32,
    /// The highest value.
    pub(crate) max: u32,
}

/// Numbers that have limits of their own.
const COUNTS: &[(&str, u32, u32)] = &[
    ("Accepted.weightGrams", 1, WEIGHT_GRAMS_MAX),
    ("Inspected.prohibitedClass", 0, PROHIBITED_CLASS_MAX),
    ("XrayScreened.prohibitedClass", 0, PROHIBITED_CLASS_MAX),
    ("OpenChecked.prohibitedClass", 0, PROHIBITED_CLASS_MAX),
    ("NumberFacts.birthYear", 0, 9_999),
];

/// What the number `path` (`Message.jsonName`) may be; any where it has no limits.
pub(crate) const fn count(path: &str) -> Count {
    let mut rest = COUNTS;
    while let [(name, min, max), tail @ ..] = rest {
        if same(name.as_bytes(), path.as_bytes()) {
            return Count { min: *min, max: *max };
        }
        rest = tail;
    }
    Count { min: 0, max: u32::MAX }
}

/// Every text field of the event schema. One that is missing here does not compile.
const TEXTS: &[(&str, usize, TextKind)] = &[
    ("ParcelEvent.eventId", 128, TextKind::EventId),
    ("ParcelEvent.brand", 32, TextKind::Identifier),
    ("ParcelEvent.waybill", 40, TextKind::Waybill),
    ("ParcelEvent.site", 64, TextKind::WorkIdentifier),
    ("ParcelEvent.operator", 64, TextKind::WorkIdentifier),
    ("ParcelEvent.place", 64, TextKind::Place),
    ("ParcelEvent.source", 256, TextKind::Words),
    ("ParcelEvent.subject", 64, TextKind::WorkIdentifier),
    ("ParcelEvent.redactedFields", 64, TextKind::Code),
    ("Accepted.agreement", 64, TextKind::Code),
    ("Accepted.declaredItem", 256, TextKind::Words),
    ("Accepted.destination", 64, TextKind::Place),
    ("Party.name", 256, TextKind::Raw),
    ("Party.phone", 64, TextKind::Raw),
    ("Party.maskedName", 256, TextKind::Masked),
    ("Party.maskedPhone", 64, TextKind::Masked),
    ("Party.nameTokens", 128, TextKind::Token),
    ("Party.phoneTokens", 128, TextKind::Token),
    ("Document.number", 128, TextKind::Raw),
    ("Document.tokens", 128, TextKind::Token),
    ("Document.expiresOn", 64, TextKind::Day),
    ("Inspected.observedItem", 256, TextKind::Words),
    ("Inspected.photoDigest", 128, TextKind::Digest),
    ("Mark.unit", 64, TextKind::Code),
    ("Mark.place", 64, TextKind::Place),
    ("Mark.operator", 64, TextKind::WorkCode),
    ("Mark.device", 64, TextKind::WorkCode),
    ("Mark.sequence", 64, TextKind::Code),
    ("XrayScreened.device", 64, TextKind::WorkCode),
    ("XrayScreened.screener", 64, TextKind::WorkCode),
    ("XrayScreened.imageId", 128, TextKind::Image),
    ("XrayScreened.thirdParty", 64, TextKind::Code),
    ("Departed.to", 64, TextKind::Code),
    ("Arrived.from", 64, TextKind::Code),
    ("Held.reason", 1_024, TextKind::Words),
    ("Released.reason", 1_024, TextKind::Words),
    ("Reported.reference", 128, TextKind::Words),
    ("Rejected.reason", 1_024, TextKind::Words),
    ("Returned.reason", 1_024, TextKind::Words),
    ("Voided.reason", 1_024, TextKind::Words),
    ("Retracted.eventId", 128, TextKind::EventId),
    ("Retracted.reason", 1_024, TextKind::Words),
    ("ScreenerShift.device", 64, TextKind::WorkCode),
    ("DeclaredVolume.day", 64, TextKind::Day),
];

/// What the text field `path` (`Message.jsonName`) may hold.
#[expect(
    clippy::panic,
    reason = "only ever called in constants: a field without a limit must not compile"
)]
pub(crate) const fn text(path: &str) -> Text {
    let mut rest = TEXTS;
    while let [(name, bytes_max, kind), tail @ ..] = rest {
        if same(name.as_bytes(), path.as_bytes()) {
            return Text {
                bytes_max: *bytes_max,
                kind: *kind,
            };
        }
        rest = tail;
    }
    panic!("a text field of the schema has no limit in limits.rs")
}

const fn same(mut left: &[u8], mut right: &[u8]) -> bool {
    while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
        if *a != *b {
            return false;
        }
        (left, right) = (left_rest, right_rest);
    }
    left.is_empty() && right.is_empty()
}

#[cfg(test)]
mod tests {
    use super::TEXTS;
    use crate::Code;

    const PAGE: &str = include_str!("../../../docs/bad-input.md");

    #[test]
    fn the_page_names_every_code() {
        for code in Code::ALL {
            assert!(PAGE.contains(&format!("| `{code}` |")), "{code}");
        }
    }

    #[test]
    fn the_page_names_every_limit() {
        for (path, bytes_max, _) in TEXTS {
            assert!(PAGE.contains(&format!("| `{path}` | {bytes_max} |")), "{path}");
        }
    }
}
