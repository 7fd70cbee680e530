//! Judges whether the three 100% duties (三个100%) were kept for a parcel: real-name sending (实名收寄),
//! acceptance inspection (收寄验视) and X-ray screening (过机安检).
//!
//! No I/O, no clock, no randomness: time is an argument, and equal inputs give equal outputs.

#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::iter_over_hash_type,
    clippy::wildcard_enum_match_arm
)]

mod checks;

pub mod case;
pub mod division;
pub mod document;
pub mod duty;
pub mod event;
pub mod finding;
pub mod parcel;
pub mod registry;
pub mod rules;
pub mod tally;
pub mod time;
pub mod verdict;
