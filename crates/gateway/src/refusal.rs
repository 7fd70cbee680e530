//! Why a whole request is refused, and the problem document that says it.

use std::borrow::Cow;
use std::fmt;

use axum::http::StatusCode;
use sanbai_wire::{Code, Reject};

/// Why a whole request is refused: stable for ever, one for each row of `docs/bad-input.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The body is not read, for the reason of the decoder.
    Body(Code),
    /// A part of the query that is not known here, or has another value than it may have.
    QueryInvalid,
    /// The body broke off, or was no HTTP.
    HttpFraming,
    /// No token of a source, or none that is known.
    AuthInvalid,
    /// Nothing is at this path.
    NotFound,
    /// The path knows other methods.
    MethodNotAllowed,
    /// The body came too slowly.
    RequestTimeout,
    /// A content type or a content encoding that is not read here.
    UnsupportedMediaType,
    /// One event was refused where all or none were to be accepted.
    AtomicRefused,
    /// The source, or all together, send more at once than is taken.
    RateLimited,
    /// A fault of ours.
    Internal,
    /// The log does not take more now, or could not keep what it took.
    Backpressure,
    /// The disk is nearly full.
    NoRoom,
}

impl Why {
    /// Those that are not the decoder's, in the order of `docs/bad-input.md`.
    pub const OWN: [Self; 12] = [
        Self::QueryInvalid,
        Self::HttpFraming,
        Self::AuthInvalid,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::UnsupportedMediaType,
        Self::AtomicRefused,
        Self::RateLimited,
        Self::Internal,
        Self::Backpressure,
        Self::NoRoom,
    ];

    /// The code as it is written in answers and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Body(code) => code.as_str(),
            Self::QueryInvalid => "query_invalid",
            Self::HttpFraming => "http_framing",
            Self::AuthInvalid => "auth_invalid",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::RequestTimeout => "request_timeout",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::AtomicRefused => "atomic_refused",
            Self::RateLimited => "rate_limited",
            Self::Internal => "internal",
            Self::Backpressure => "backpressure",
            Self::NoRoom => "no_room",
        }
    }

    /// The status of the answer.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Body(code) => status_of(code),
            Self::QueryInvalid | Self::HttpFraming => StatusCode::BAD_REQUEST,
            Self::AuthInvalid => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::AtomicRefused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Backpressure | Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// After how many seconds to try again; `None` where the same request will be refused again.
    pub(crate) const fn retry_after(self) -> Option<u32> {
        match self {
            Self::RateLimited => Some(1),
            Self::Backpressure => Some(2),
            Self::NoRoom => Some(30),
            Self::Body(_)
            | Self::QueryInvalid
            | Self::HttpFraming
            | Self::AuthInvalid
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::RequestTimeout
            | Self::UnsupportedMediaType
            | Self::AtomicRefused
            | Self::Internal => None,
        }
    }
}

/// The status where an event that came alone, or a whole body, is refused.
const fn status_of(code: Code) -> StatusCode {
    match code {
        Code::EmptyValue
        | Code::EmptyBody
        | Code::TombstoneNotAllowed
        | Code::KeyMissing
        | Code::KeyMismatch
        | Code::JsonSyntax
        | Code::JsonDepth
        | Code::JsonDuplicateKey
        | Code::UnknownField
        | Code::TextInvalid
        | Code::TypeMismatch
        | Code::FieldMissing
        | Code::FieldNull
        | Code::FieldTooLong
        | Code::ProtoDecode
        | Code::ProtoLimit
        | Code::EventIdInvalid
        | Code::EventTimeInvalid
        | Code::CsvSyntax => StatusCode::BAD_REQUEST,
        Code::BodyTooLarge | Code::EventTooLarge | Code::BatchTooMany | Code::DecompressedTooLarge => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        Code::UnknownEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::RecordHeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Code::WrongPartition
        | Code::EventTypeUnknown
        | Code::SchemaTooNew
        | Code::SchemaTooOld
        | Code::EventTimeFuture
        | Code::EventTimeTooOld
        | Code::EventTimeUnit
        | Code::BrandUnknown
        | Code::PlaintextIdForbidden
        | Code::TokenKeyUnknown
        | Code::PiiInWrongField
        | Code::RefInvalid
        | Code::ValueRange
        | Code::ControlUnknown => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// A request that is refused.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) why: Why,
    /// Where, in the event; empty for the whole.
    pub(crate) pointer: String,
    /// One sentence for people. Never holds a value.
    pub(crate) detail: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(why: Why, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            why,
            pointer: String::new(),
            detail: detail.into(),
        }
    }

    pub(crate) fn code(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Why::Body(code), detail)
    }
}

impl From<Reject> for Refusal {
    fn from(reject: Reject) -> Self {
        Self {
            why: Why::Body(reject.code),
            pointer: reject.pointer,
            detail: Cow::Owned(reject.detail),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.why.as_str(), self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/bad-input.md");

    #[test]
    fn the_page_names_every_code() {
        for why in Why::OWN {
            assert!(PAGE.contains(&format!("| `{}` |", why.as_str())), "{why:?}");
        }
    }
}
