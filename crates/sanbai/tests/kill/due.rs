//! Time passes at once: ticks are put on the log, as the daemon would have put them there within days.

use std::path::Path;
use std::thread::park_timeout;
use std::time::Duration;

use sanbai_core::shard::input::Tick;
use sanbai_core::time::Timestamp;
use sanbai_engine::clock::Clock;
use sanbai_engine::local::{LocalLog, LocalSettings};
use sanbai_engine::parcel::control_message;
use sanbai_wire::control::Control;

use crate::daemon::Daemon;
use crate::recorded::append;

/// A clock moves by at most ten minutes a tick.
const STEP: i64 = 570;
/// Within so many seconds everything falls due. Shards may see it as one moment, each at another time.
const PASSES: i64 = 50 * 3_600;
/// Then holds pass, of which shards must see that they do, all of them together.
const HOLDS: (u32, Duration) = (2_000, Duration::from_secs(6));

/// Lets everything fall due, once the daemon has stopped, and has the daemon apply it.
pub(crate) fn everything(directory: &Path, daemon: &mut Daemon) {
    pass(directory, daemon, PASSES);
    daemon.set_clock(daemon.now(), HOLDS.0);
    daemon.again();
    park_timeout(HOLDS.1);
    stop(daemon);
}

fn pass(directory: &Path, daemon: &mut Daemon, seconds: i64) {
    let from = daemon.now().cast_signed();
    let to = from + seconds;
    let time = |seconds| Timestamp::from_nanos(seconds * 1_000_000_000);
    let settings = LocalSettings {
        free_min: 0.0,
        ..LocalSettings::default()
    };
    let log = LocalLog::open(directory, &settings, Clock::fast(time(to), 1)).expect("a log");
    let steps = (1..).map(|step| from + step * STEP).take_while(|at| *at <= to);
    let ticks = steps.flat_map(|at| {
        let time = time(at);
        let tick = Control::Tick(Tick {
            time,
            registry_offset: 0,
            reset: false,
            recorded_at: time,
        });
        (0..log.layout().parcels).map(move |partition| control_message(partition, &tick))
    });
    append(&log, ticks.collect());
    log.close().expect("durable");
    daemon.set_clock(to.cast_unsigned(), 1);
    daemon.again();
    stop(daemon);
}

/// Stops it once everything is applied.
fn stop(daemon: &mut Daemon) {
    for _ in 0..10 {
        daemon.terminate();
        if !daemon.said_last().contains("not everything was applied in time") {
            return;
        }
        daemon.set_clock(daemon.now(), 1);
        daemon.again();
    }
    panic!("what fell due is never applied");
}
