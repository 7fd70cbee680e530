//! Reason codes of rejections: stable for ever, one for each row of `docs/bad-input.md`.

use core::fmt;

/// Why bytes were not accepted.
///
/// ```
/// use sanbai_wire::Code;
///
/// assert_eq!(Code::JsonDuplicateKey.as_str(), "json_duplicate_key");
/// assert_eq!(Code::parse("wrong_partition"), Some(Code::WrongPartition));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The value has no bytes.
    EmptyValue,
    /// The body of a request has no bytes. Given by the gateway.
    EmptyBody,
    /// The record has no value at all.
    TombstoneNotAllowed,
    /// The record of a single event has no key.
    KeyMissing,
    /// The key of the record is not that of the parcel in it.
    KeyMismatch,
    /// The record lies in a partition to which its key does not lead.
    WrongPartition,
    /// The content type is none that is read here.
    UnknownEncoding,
    /// Not JSON, or something after it, or a byte order mark before it.
    JsonSyntax,
    /// JSON nested too deep.
    JsonDepth,
    /// One name twice in one JSON object.
    JsonDuplicateKey,
    /// A field that this version does not know, where unknown fields are forbidden.
    UnknownField,
    /// Text that is not UTF-8, or holds control or direction characters, or blanks inside an identifier.
    TextInvalid,
    /// A value of another type than the field has.
    TypeMismatch,
    /// A required field is absent or empty.
    FieldMissing,
    /// A required field is `null`.
    FieldNull,
    /// A text or a list over its limit.
    FieldTooLong,
    /// Not protobuf, or a field of another wire type.
    ProtoDecode,
    /// A protobuf length over what is there, or nested too deep.
    ProtoLimit,
    /// An enum value or a happening that this version does not know, or more than one happening.
    EventTypeUnknown,
    /// Written for a schema version after ours.
    SchemaTooNew,
    /// Written for a schema version that is no longer read.
    SchemaTooOld,
    /// A request body over its limit. Given by the gateway.
    BodyTooLarge,
    /// An event or a record over its limit.
    EventTooLarge,
    /// More events in a batch than it may hold.
    BatchTooMany,
    /// Expanded over the limit. Given by whoever expands.
    DecompressedTooLarge,
    /// Too many headers on a record, or too large ones.
    RecordHeadersTooLarge,
    /// Neither a UUID nor a ULID.
    EventIdInvalid,
    /// No RFC 3339 time with a zone, or no real date.
    EventTimeInvalid,
    /// Later than its own intake by more than is allowed.
    EventTimeFuture,
    /// Earlier than its own intake by more than is allowed.
    EventTimeTooOld,
    /// Seconds given as milliseconds or the reverse.
    EventTimeUnit,
    /// No brand of this code.
    BrandUnknown,
    /// A raw number where only a token may stand.
    PlaintextIdForbidden,
    /// A token that names no algorithm and key version known here.
    TokenKeyUnknown,
    /// An ID number or a phone number in an identifier, a key or a header.
    PiiInWrongField,
    /// A reference to a photo or image that is an address, or no digest.
    RefInvalid,
    /// A number or a code outside its range.
    ValueRange,
    /// A register in CSV that is not CSV. Registers only.
    CsvSyntax,
    /// A control record of a kind that this version does not know.
    ControlUnknown,
}

impl Code {
    /// All codes, in the order of `docs/bad-input.md`.
    pub const ALL: [Self; 39] = [
        Self::EmptyValue,
        Self::EmptyBody,
        Self::TombstoneNotAllowed,
        Self::KeyMissing,
        Self::KeyMismatch,
        Self::WrongPartition,
        Self::UnknownEncoding,
        Self::JsonSyntax,
        Self::JsonDepth,
        Self::JsonDuplicateKey,
        Self::UnknownField,
        Self::TextInvalid,
        Self::TypeMismatch,
        Self::FieldMissing,
        Self::FieldNull,
        Self::FieldTooLong,
        Self::ProtoDecode,
        Self::ProtoLimit,
        Self::EventTypeUnknown,
        Self::SchemaTooNew,
        Self::SchemaTooOld,
        Self::BodyTooLarge,
        Self::EventTooLarge,
        Self::BatchTooMany,
        Self::DecompressedTooLarge,
        Self::RecordHeadersTooLarge,
        Self::EventIdInvalid,
        Self::EventTimeInvalid,
        Self::EventTimeFuture,
        Self::EventTimeTooOld,
        Self::EventTimeUnit,
        Self::BrandUnknown,
        Self::PlaintextIdForbidden,
        Self::TokenKeyUnknown,
        Self::PiiInWrongField,
        Self::RefInvalid,
        Self::ValueRange,
        Self::CsvSyntax,
        Self::ControlUnknown,
    ];

    /// The code as it is written in rejects, metrics and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmptyValue => "empty_value",
            Self::EmptyBody => "empty_body",
            Self::TombstoneNotAllowed => "tombstone_not_allowed",
            Self::KeyMissing => "key_missing",
            Self::KeyMismatch => "key_mismatch",
            Self::WrongPartition => "wrong_partition",
            Self::UnknownEncoding => "unknown_encoding",
            Self::JsonSyntax => "json_syntax",
            Self::JsonDepth => "json_depth",
            Self::JsonDuplicateKey => "json_duplicate_key",
            Self::UnknownField => "unknown_field",
            Self::TextInvalid => "text_invalid",
            Self::TypeMismatch => "type_mismatch",
            Self::FieldMissing => "field_missing",
            Self::FieldNull => "field_null",
            Self::FieldTooLong => "field_too_long",
            Self::ProtoDecode => "proto_decode",
            Self::ProtoLimit => "proto_limit",
            Self::EventTypeUnknown => "event_type_unknown",
            Self::SchemaTooNew => "schema_too_new",
            Self::SchemaTooOld => "schema_too_old",
            Self::BodyTooLarge => "body_too_large",
            Self::EventTooLarge => "event_too_large",
            Self::BatchTooMany => "batch_too_many",
            Self::DecompressedTooLarge => "decompressed_too_large",
            Self::RecordHeadersTooLarge => "record_headers_too_large",
            Self::EventIdInvalid => "event_id_invalid",
            Self::EventTimeInvalid => "event_time_invalid",
            Self::EventTimeFuture => "event_time_future",
            Self::EventTimeTooOld => "event_time_too_old",
            Self::EventTimeUnit => "event_time_unit",
            Self::BrandUnknown => "brand_unknown",
            Self::PlaintextIdForbidden => "plaintext_id_forbidden",
            Self::TokenKeyUnknown => "token_key_unknown",
            Self::PiiInWrongField => "pii_in_wrong_field",
            Self::RefInvalid => "ref_invalid",
            Self::ValueRange => "value_range",
            Self::CsvSyntax => "csv_syntax",
            Self::ControlUnknown => "control_unknown",
        }
    }

    /// The code that is written so; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
