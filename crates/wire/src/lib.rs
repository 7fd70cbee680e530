//! Bytes to and from `sanbai-core`: protobuf, JSON, CloudEvents. Personal data stops here.
//!
//! A [`Decoder`] reads events, alone ([`Decoder::decode`]), in batches ([`Decoder::decode_each`]) or in the records of a
//! log ([`Decoder::decode_record`]). Bytes are accepted or rejected with one [`Code`]; never is any part of a value in
//! a [`Reject`]. What is accepted is in canonical form and holds no raw ID number, phone number or name: they became
//! keyed tokens ([`TokenKeys`]) and facts.
//!
//! [`registers`] reads and writes what authorities and brands have on file.
//!
//! What shards take, send and store has a module for each stream: [`control`], [`sighting`], [`compliance`], [`alert`],
//! [`verdict`], [`rejects`] and [`snapshot`].
//!
//! No I/O, no clock, no randomness: keys and times are arguments, and equal inputs give equal outputs.
//!
//! # A stream of many parcels
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use sanbai_core::parcel::Parcels;
//! use sanbai_core::registry::Registry;
//! use sanbai_core::rules::{Duty, Rules};
//! use sanbai_core::tally::Tally;
//! use sanbai_core::time::Timestamp;
//! use sanbai_core::verdict::Judge;
//! use sanbai_wire::{Decoder, Encoding, TokenKeys};
//!
//! let lines = [
//!     r#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b01","brand":"SF","waybill":"SF1234567890123","site":"GZ-0001","occurredAt":"2026-03-10T10:03:00+08:00","accepted":{"itemKind":"LETTER"}}"#,
//!     r#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b02","brand":"ZTO","waybill":"781234567890","site":"GZ-0002","occurredAt":"2026-03-10T11:00:00+08:00","accepted":{"declaredItem":"书籍"}}"#,
//!     "not an event",
//! ];
//! let (rules, registry) = (Rules::builtin(), Registry::default());
//! let decoder = Decoder::new(TokenKeys::single("1", [7; 32])?, |brand| rules.brands().resolve(brand));
//! let (mut parcels, mut rejects) = (Parcels::default(), Vec::new());
//! for line in lines {
//!     match decoder.decode(line.as_bytes(), Encoding::Json) {
//!         Ok(decoded) => {
//!             if let Some(event) = decoded.event() {
//!                 parcels.apply(&event)?;
//!             }
//!         }
//!         Err(reject) => rejects.push(reject),
//!     }
//! }
//! assert_eq!(rejects.len(), 1);
//!
//! let judge = Judge::new(&rules, registry.view());
//! let as_of = Timestamp::parse("2026-03-12T00:00:00+08:00").ok_or("a time")?;
//! let mut tally = Tally::default();
//! for evidence in parcels.iter() {
//!     if let Some(verdict) = judge.verdict(&evidence, as_of)? {
//!         tally.add(&verdict, &rules.newest().indicator);
//!     }
//! }
//! assert_eq!(tally.parcels, 2);
//! assert_eq!(tally.rate(Duty::RealName).to_string(), "0.00%", "one failed, the letter is exempt");
//! # Ok(())
//! # }
//! ```

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
pub mod alert;
mod batch;
mod check;
mod cloud;
mod code;
pub mod compliance;
pub mod control;
mod decode;
mod decoded;
mod encode;
mod encoding;
mod facts;
mod fields;
mod form;
mod frames;
mod happening;
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
pub mod rejects;
mod rewrite;
mod sanitise;
mod schema;
pub mod sighting;
pub mod snapshot;
mod subject;
mod survey;
#[cfg(test)]
mod tests;
mod text;
mod times;
mod token;
pub mod verdict;
mod view;

pub use admit::canonical_waybill;
pub use batch::{likely_waybills, parts};
pub use code::Code;
pub use decode::Decoder;
pub use decoded::{Decoded, Seen};
pub use encode::{encode_batch, encode_delimited, encode_json, encode_protobuf};
pub use encoding::Encoding;
pub use frames::Frame;
pub use key::{key, partition, scope_partition_of_outlet, scope_partition_of_subject};
pub use record::Record;
pub use reject::Reject;
pub use sanitise::RawValues;
pub use text::REMOVED;
pub use token::{KeyError, KeyFileError, Token, TokenKeys};
