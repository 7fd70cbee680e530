//! What is done now and then beside everything else: a log in a directory forgets what is older than it is kept and needed by
//! no snapshot; on brokers, where topics see to that, it is announced how far shards are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use sanbai_engine::any::AnyLog;
use sanbai_engine::kafka::Standing;
use sanbai_engine::local::LocalLog;
use sanbai_engine::log::Topic;
use sanbai_engine::node::{Node, State};

/// How often it looks for what is to be forgotten.
const FORGETS: Duration = Duration::from_secs(600);

/// How often it announces.
const ANNOUNCES: Duration = Duration::from_secs(5);

/// The thread that does it.
pub(super) struct Keeper {
    stop: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Keeper {
    pub(super) fn start(log: AnyLog, node: Arc<Node>) -> anyhow::Result<Self> {
        let (stop, stopped) = sync_channel(1);
        let thread = std::thread::Builder::new().name("keeper".to_owned());
        let thread = thread.spawn(move || {
            loop {
                let every = match &log {
                    AnyLog::Local(log) => {
                        remove(log, &node);
                        FORGETS
                    }
                    AnyLog::Kafka(log) => {
                        log.announce(&standings(&node));
                        ANNOUNCES
                    }
                };
                if stopped.recv_timeout(every) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        Ok(Self {
            stop,
            thread: thread.context("cannot start the keeper")?,
        })
    }

    pub(super) fn stop(self) {
        // If it is gone already, there is nobody to tell.
        self.stop.try_send(()).ok();
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the keeper had panicked");
        }
    }
}

/// How far shards are that are restored.
fn standings(node: &Node) -> Vec<Standing> {
    let tasks = node.tasks().into_iter();
    let tasks = tasks.filter(|task| matches!(task.state, State::Running | State::AwaitsAcknowledgements));
    tasks
        .map(|task| Standing {
            shard: task.shard,
            partition: task.partition,
            next: task.next,
            snapshot: task.snapshot_at,
        })
        .collect()
}

fn remove(log: &LocalLog, node: &Node) {
    let needed: BTreeMap<(Topic, u32), u64> = node
        .tasks()
        .into_iter()
        .map(|task| ((Topic::read_by(task.shard), task.partition), task.needed_from))
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
