//! A node that is told to stop while its log cannot be written.

use std::time::Instant;

use sanbai_core::registry::Registry;
use sanbai_wire::{RawValues, TokenKeys};

use super::faulty::{Deed, FaultyDisk};
use super::*;
use crate::node::{Node, NodeSettings};
use crate::objects::Objects;
use crate::parcel::ParcelSettings;

/// Ticks fill a queue that holds one message; whoever sends the next one waits for room.
#[test]
fn a_node_stops_while_the_disk_cannot_be_written_and_the_queue_is_full() {
    let directory = folder();
    let disk = Arc::new(FaultyDisk::default());
    let patience = Patience {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(10),
        closing: Duration::from_millis(200),
    };
    let settings = LocalSettings {
        queue_bytes: 1,
        ..small()
    };
    let on_disk: Arc<FaultyDisk> = Arc::clone(&disk);
    let log = LocalLog::open_on(directory.path(), &settings, clock(), (on_disk, patience)).expect("opens");
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
    let snapshots = folder();
    let objects = Objects::local(snapshots.path(), runtime.handle().clone()).expect("objects");
    let mut settings = NodeSettings::new(ParcelSettings {
        keys: TokenKeys::single("1", [7; 32]).expect("a version"),
        raw_values: RawValues::Forbid,
        profile: None,
    });
    settings.tick_every = Duration::from_millis(50);
    let node = Node::start(&log, &objects, Registry::default(), clock(), &settings).expect("a node");
    disk.fail(Deed::Write, u32::MAX);
    let begun = Instant::now();
    while log.waiting().0.is_none() {
        assert!(begun.elapsed() < WAIT, "a tick cannot be written");
        std::thread::yield_now();
    }
    // Time enough for the next tick, which finds no room.
    log.signal().wait(u64::MAX, Duration::from_millis(300));
    let (stopped, has_stopped) = sync_channel(1);
    let on = log.clone();
    std::thread::spawn(move || stopped.send(node.stop(&on, Duration::from_millis(100))));
    assert_eq!(
        has_stopped.recv_timeout(WAIT),
        Ok(false),
        "it stops, with something left"
    );
    let (stall, bytes, messages) = log.waiting();
    assert!(stall.is_some() && bytes > 0 && messages > 0);
    assert_eq!(log.close().map_err(|left| left.0), Err(messages));
}
