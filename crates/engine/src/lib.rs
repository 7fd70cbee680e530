//! What runs shards: logs, the step from a record to what follows from it, snapshots and restoring from them.
//!
//! ```text
//! log ──record──▶ stage (decode, shard, encode) ──messages──▶ log ──acknowledgements──▶ task ──manifest──▶ store
//! ```
//!
//! A [`Stage`](stage::Stage) decides what follows from a record and touches nothing else. A [`Task`](task::Task) runs one
//! stage on one partition: it reads, sends, awaits acknowledgements, writes snapshots, restores, and parks with a reason
//! where it must not go on. It never waits and never sleeps: it says what it waits for. Which log and which store stand
//! behind it, it does not know; the simulation runs this very code.

pub mod any;
pub mod assignment;
pub mod clock;
mod delivery;
pub mod kafka;
pub mod ledger;
pub mod local;
pub mod log;
pub mod node;
pub mod objects;
pub mod parcel;
pub mod recorded;
pub mod registry;
pub mod replay;
pub mod scope;
pub mod signal;
pub mod snapshots;
pub mod stage;
pub mod store;
pub mod task;
