//! Removes what is older than it is kept, and needed by no snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use sanbai_engine::local::LocalLog;
use sanbai_engine::log::Topic;
use sanbai_engine::node::Node;
use sanbai_wire::snapshot::ShardKind;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(600);

/// The thread that removes.
pub(super) struct Keeper {
    stop: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Keeper {
    pub(super) fn start(log: LocalLog, node: Arc<Node>) -> anyhow::Result<Self> {
        let (stop, stopped) = sync_channel(1);
        let thread = std::thread::Builder::new().name("retention".to_owned());
        let thread = thread.spawn(move || {
            loop {
                remove(&log, &node);
                if stopped.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        Ok(Self {
            stop,
            thread: thread.context("cannot start the thread of retention")?,
        })
    }

    pub(super) fn stop(self) {
        // If it is gone already, there is nobody to tell.
        self.stop.try_send(()).ok();
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the thread of retention had panicked");
        }
    }
}

fn remove(log: &LocalLog, node: &Node) {
    let needed: BTreeMap<(Topic, u32), u64> = node
        .tasks()
        .into_iter()
        .map(|task| {
            let topic = match task.shard {
                ShardKind::Parcel => Topic::ParcelEvents,
                ShardKind::Scope => Topic::Sightings,
            };
            ((topic, task.partition), task.needed_from)
        })
        .collect();
    // What no shard reads, nobody but people needs.
    let floor = |topic, partition| needed.get(&(topic, partition)).copied().unwrap_or(u64::MAX);
    match log.apply_retention(floor) {
        Ok(removed) if removed.segments > 0 => {
            tracing::info!(
                segments = removed.segments,
                bytes = removed.bytes,
                "removed what is no longer kept"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "what is no longer kept cannot be removed"),
    }
}
