//! Bytes to and from `sanbai-core`: protobuf, JSON, CloudEvents. Personal data stops here.
//!
//! A [`Decoder`] reads events, alone ([`Decoder::decode`]), in batches ([`Decoder::decode_each`]) or in the records of a
//! log ([`Decoder::decode_record`]). Bytes are accepted or rejected with one [`Code`]; never is any part of a value in
//! a [`Reject`]. What is accepted is in canonical form and holds no raw ID number, phone number or name: they became
//! keyed tokens ([`TokenKeys`]) and facts.
//!
//! [`registers`] reads and writes what authorities and brands have on file.
//!
//! No I/O, no clock, no randomness: keys and times are arguments, and equal inputs give equal outputs.

#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::iter_over_hash_type,
    clippy::wildcard_enum_match_arm
)]

mod admit;
mod batch;
mod cloud;
mod code;
mod decode;
mod decoded;
mod encode;
mod encoding;
mod facts;
mod frames;
mod json;
mod key;
pub mod limits;
mod person;
pub mod proto;
mod protobuf;
mod record;
pub mod registers;
mod registry;
mod reject;
mod sanitise;
mod schema;
mod survey;
mod text;
mod token;
pub mod verdict;

pub use admit::canonical_waybill;
pub use code::Code;
pub use decode::Decoder;
pub use decoded::Decoded;
pub use encode::{encode_delimited, encode_json, encode_protobuf};
pub use encoding::Encoding;
pub use frames::Frame;
pub use key::{key, partition};
pub use record::Record;
pub use reject::Reject;
pub use sanitise::RawValues;
pub use text::REMOVED;
pub use token::{KeyError, KeyFileError, Token, TokenKeys};
