//! Outlets that report: the events of a generated world, each at its time, over HTTP as any outlet does.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use sanbai_core::time::Timestamp;
use sanbai_engine::clock::Clock;
use sanbai_sim::world::{Told, World};
use sanbai_wire::Encoding;
use sanbai_wire::proto::event::ParcelEvent;

use crate::daemon::Daemon;
use crate::push::batch::Batch;
use crate::push::client::{Client, Stop};

/// Most events of a request.
const EVENTS_MAX: usize = 400;
/// How long it waits where nothing is due.
const PAUSE: Duration = Duration::from_millis(50);

/// The outlets of a world, sending.
pub(super) struct Feed {
    stop: Arc<Stop>,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Feed {
    pub(super) fn start(world: World, daemon: &Daemon, clock: Clock) -> anyhow::Result<Self> {
        let target = format!("http://{}", daemon.http).parse();
        let target = target.map_err(|error: String| anyhow!("the address of the intake: {error}"))?;
        let client = Client::new(target, None, None, None)?;
        let stop: Arc<Stop> = Arc::default();
        let told = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("outlets".to_owned());
        let thread = thread.spawn(move || send_all(&world, &client, clock, &told));
        Ok(Self {
            stop,
            thread: thread.context("cannot start the outlets")?,
        })
    }

    pub(super) fn stop(self) -> anyhow::Result<()> {
        self.stop.now();
        let joined = self.thread.join();
        joined.map_err(|_| anyhow!("the outlets had panicked"))?
    }
}

fn send_all(world: &World, client: &Client, clock: Clock, stop: &Stop) -> anyhow::Result<()> {
    let mut events = world.stream().filter_map(|told| match told {
        Told::Event(event) => Some(event),
        Told::Truth(_) => None,
    });
    let mut next = events.next();
    while !stop.is_now() {
        let now = clock.now();
        let mut body = Vec::new();
        let mut count = 0;
        while let Some(event) = next.take_if(|event| due(event) <= now) {
            body.extend_from_slice(sanbai_wire::encode_json(&event).as_bytes());
            body.push(b'\n');
            count += 1;
            next = events.next();
            if count == EVENTS_MAX {
                break;
            }
        }
        if count == 0 {
            if next.is_none() {
                return Ok(());
            }
            std::thread::park_timeout(PAUSE);
            continue;
        }
        let batch = Batch {
            body,
            encoding: Encoding::Json,
            places: Vec::new(),
        };
        client.send(&batch, stop)?;
    }
    Ok(())
}

/// When an event is sent.
fn due(event: &ParcelEvent) -> Timestamp {
    let intake = event.intake_at.unwrap_or_default();
    Timestamp::from_parts(intake.seconds, intake.nanos).unwrap_or_default()
}
