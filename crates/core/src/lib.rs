//! Judges whether the three 100% duties (三个100%) were kept for a parcel: real-name sending (实名收寄),
//! acceptance inspection (收寄验视) and X-ray screening (过机安检).
//!
//! No I/O, no clock, no randomness: time is an argument, and equal inputs give equal outputs.
//! Bytes become events in `sanbai-wire`.
//!
//! # One number
//!
//! ```
//! use sanbai_core::document::{DocumentKind, Region, examine};
//! use sanbai_core::time::CivilDay;
//!
//! let today = CivilDay::from_ymd(2026, 3, 10).expect("a day");
//! let facts = examine(DocumentKind::Resident, "321119197310306324", today);
//! assert!(facts.is_valid(), "a region that nobody knows never makes a number invalid");
//! assert_eq!(facts.region, Region::Unknown);
//! ```
//!
//! # One parcel from events
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use sanbai_core::event::{Accepted, ContentDigest, DeclaredItem, Event, EventId, Happening, Route, TokenSet, Transport};
//! use sanbai_core::parcel::Parcel;
//! use sanbai_core::registry::Registry;
//! use sanbai_core::rules::Rules;
//! use sanbai_core::time::Timestamp;
//! use sanbai_core::verdict::Judge;
//!
//! let at = |text| Timestamp::parse(text).ok_or("a time");
//! let accepted = Event {
//!     id: EventId::parse("0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77").ok_or("a UUID")?,
//!     digest: ContentDigest(1),
//!     brand: "SF",
//!     waybill: "SF1234567890123",
//!     site: "GZ-0001",
//!     operator: "C-17",
//!     place: None,
//!     occurred_at: at("2026-03-10T10:03:00+08:00")?,
//!     uploaded_at: None,
//!     intake_at: at("2026-03-10T10:03:30+08:00")?,
//!     source: "gateway",
//!     redacted: false,
//!     happening: Happening::Accepted(Accepted {
//!         letter: false,
//!         transport: Some(Transport::Road),
//!         route: Some(Route::InterProvince),
//!         agreement: "",
//!         declared_item: DeclaredItem::of("书籍"),
//!         destination: None,
//!         sender: TokenSet::default(),
//!         by_agent: false,
//!     }),
//! };
//! let mut parcel = Parcel::default();
//! parcel.apply(&accepted)?;
//!
//! let (rules, registry) = (Rules::builtin(), Registry::default());
//! let judge = Judge::new(&rules, registry.view());
//! let evidence = parcel.evidence();
//! let verdict = judge.verdict(&evidence, at("2026-03-12T00:00:00+08:00")?)?.ok_or("has an event")?;
//! let codes: Vec<&str> = verdict.findings.iter().map(|finding| finding.code.as_str()).collect();
//! assert_eq!(codes, ["IN-01", "RN-01", "XR-01"]);
//! # Ok(())
//! # }
//! ```
//!
//! # Many parcels
//!
//! [`parcel::Parcels`] keeps the evidence of many parcels in about 400 bytes each, and [`tally::Tally`] counts their
//! verdicts. `sanbai-wire` opens with a stream of many parcels from bytes.

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

pub mod bytes;
pub mod case;
pub mod digest;
pub mod division;
pub mod document;
pub mod duty;
pub mod event;
pub mod finding;
pub mod parcel;
pub mod registry;
pub mod rules;
pub mod shard;
pub mod tally;
pub mod time;
pub mod verdict;
