//! The intake of Sanbai over HTTP: outlets post events, and are answered when what was accepted is durable.
//!
//! ```text
//! POST /v1/events ─▶ who sends? ─▶ body, within limits ─▶ events, one by one ─▶ a batch for each partition ─▶ log
//!                                                                             answer ◀── durable ──────────────┘
//! ```
//!
//! [`Intake`] takes requests, [`serve`] runs it on a listener. Where the events go is an
//! [`Append`](sanbai_engine::log::Append), what is known of brands and limits is a [`Knows`], who may send are
//! [`Sources`]. What was done is counted in [`IntakeCounts`].
//!
//! Raw ID numbers, phone numbers and names become tokens here and go no further; no answer holds any value that came in,
//! save the id of an event that was accepted, in canonical form.

#![forbid(unsafe_code)]

mod answer;
mod body;
mod counts;
mod form;
mod framing;
mod hold;
mod intake;
mod judged;
mod refusal;
mod server;
mod settings;
mod source;

pub use counts::{Gauge, IntakeCounts};
pub use intake::{Intake, Known, Knows, Parts};
pub use refusal::Why;
pub use server::{Connections, serve};
pub use settings::Settings;
pub use source::{SourceCounts, SourceError, SourceToken, Sources};
