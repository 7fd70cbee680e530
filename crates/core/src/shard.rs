//! Shards: the same judgement over an endless log.
//!
//! A shard is a deterministic state machine without I/O: its state is a function of the records before a position of one
//! partition, and of the registry records before the offset that ticks inside them name. Whatever can change an outcome
//! is an [`Input`](input::Input); whatever follows from one goes to a [`Sink`](output::Sink) with the
//! [`Position`](position::Position) of its cause, which is its version: a receiver keeps the highest.
//!
//! ```text
//! events, ticks, hits … ─▶ parcel shard ─▶ verdicts, urgent alerts, rejects
//!                                       └▶ contribution changes ─▶ sections ─▶ scope shard ─▶ rows, alerts, hits
//! ```

pub mod compliance;
pub mod contribution;
pub mod input;
pub mod output;
pub mod parcel;
pub mod position;
pub mod row;
pub mod scope;
pub mod section;
