//! The daemon on real brokers: one, and several in a group, while daemons and brokers are killed, stand still and come back.
//!
//! `SANBAI_KAFKA_EVENTS`, `SANBAI_KAFKA_SECONDS` and `SANBAI_KAFKA_SEED` make the kill test longer or another one. Seeds are
//! printed. Without Java or Maven all of them are passed over, but not in CI.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]
#![expect(clippy::print_stdout, reason = "whoever reads a failure wants to know what happened")]

mod admin;
#[path = "../kill/client.rs"]
mod client;
#[path = "../kill/crowd.rs"]
#[expect(dead_code, reason = "shared with the kill tests on the local log")]
mod crowd;
#[path = "../kill/daemon.rs"]
#[expect(dead_code, reason = "shared with the kill tests on the local log")]
mod daemon;
mod feed;
mod fleet;
mod kill;
mod network;
mod outages;
mod parks;
#[path = "../kill/recorded.rs"]
#[expect(dead_code, reason = "shared with the kill tests on the local log")]
mod recorded;
mod rig;
mod same;
mod smoke;
#[path = "../kill/story.rs"]
mod story;
mod told;
mod zombie;

use std::sync::MutexGuard;

use sanbai_rig::Brokers;

/// So many brokers, with nobody else about; `None` where there cannot be any.
fn alone_with_brokers(count: u16) -> Option<(MutexGuard<'static, ()>, Brokers)> {
    let alone = rig::alone();
    Some((alone, sanbai_rig::brokers_or_say_why(count)?))
}
