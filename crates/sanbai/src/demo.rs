//! `sanbai demo`: a district in minutes, with the real daemon.

mod feed;
mod picture;
mod plain;
mod screen;
mod story;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use sanbai_core::time::{Span, Timestamp};
use sanbai_engine::clock::Clock;
use sanbai_engine::log::Topic;
use sanbai_engine::registry::message_of_record;
use sanbai_sim::world::{Plan, World};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::daemon::{self, Daemon};
use crate::{Outcome, output};
use feed::Feed;
use picture::Picture;

const EXAMPLES: &str = "\
Examples:
  sanbai demo
  sanbai demo --hours 24 | tee day.txt
On a terminal: ↑ and ↓ choose a parcel, Enter tells its story, q ends. Elsewhere plain lines are printed.";

/// Show a district live: a generated day in minutes, judged by the real daemon
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Parcels of each day
    #[arg(long, value_name = "N", default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    parcels: u64,
    /// Seed of all chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many times as fast as on the clock time runs
    #[arg(long, value_name = "N", default_value_t = 1_200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    speed: u32,
    /// How many hours are shown, from eight in the morning on
    #[arg(long, value_name = "N", default_value_t = 36, value_parser = clap::value_parser!(u32).range(1..=240))]
    hours: u32,
    /// Address of /metrics, /livez, /readyz
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9480")]
    metrics: SocketAddr,
    /// Address of the intake
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    http: SocketAddr,
    /// Plain lines on a terminal, too
    #[arg(long)]
    plain: bool,
}

/// The first day, and when it begins.
const DAY: (i32, u8, u8) = (2026, 3, 10);
const BEGIN: &str = "2026-03-10T08:00:00+08:00";

/// How often the picture changes.
const EVERY: Duration = Duration::from_millis(200);

/// Whoever shows the picture.
trait View {
    /// Shows how it is now; `false` where nobody wants to see more.
    fn show(&mut self, picture: &Picture, world: &Shown<'_>) -> anyhow::Result<bool>;

    /// Shows how it came out.
    fn close(self: Box<Self>, picture: &Picture, world: &Shown<'_>) -> anyhow::Result<()>;
}

/// What a view may ask.
struct Shown<'d> {
    daemon: &'d Daemon,
    now: Timestamp,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let world = World::new(&Plan {
        parcels: arguments
            .parcels
            .saturating_mul(u64::from(arguments.hours.div_ceil(24))),
        days: arguments.hours.div_ceil(24),
        first_day: DAY,
        seed: arguments.seed,
        violation_rate_per_10k: 400,
        disorder: true,
        subjects: true,
    });
    let directory = tempfile::Builder::new()
        .prefix("sanbai-demo-")
        .tempdir()
        .context("cannot make a directory for the demonstration")?;
    let mut config = Config::default();
    config.data.directory = directory.path().to_owned();
    config.data.free_min = 0.01;
    config.intake.address = arguments.http;
    config.metrics.address = arguments.metrics;
    let start = Timestamp::parse(BEGIN).ok_or_else(|| anyhow!("the time at which it begins is none"))?;
    let clock = Clock::fast(start, arguments.speed);
    let daemon = Daemon::start(config, clock, daemon::runtime()?)?;
    register(&daemon, &world)?;
    let on_screen = !arguments.plain && std::io::stdout().is_terminal();
    let view: Box<dyn View> = if on_screen {
        Box::new(screen::Screen::open()?)
    } else {
        Box::new(plain::Plain::new(arguments, &daemon)?)
    };
    let end = start.plus(Span::hours(arguments.hours.into()));
    let feed = Feed::start(world, &daemon, clock)?;
    let shown = watch(view, &daemon, end);
    feed.stop()?;
    let stopped = daemon.stop();
    shown?;
    stopped?;
    Ok(Outcome::Clean)
}

/// Puts the registers of the world on the log.
fn register(daemon: &Daemon, world: &World) -> anyhow::Result<()> {
    let messages = world.registers().iter().map(message_of_record).collect();
    daemon::append(&daemon.log, messages).context("the registers were not written")
}

/// Shows the picture until the end, or until nobody wants to see more.
fn watch(mut view: Box<dyn View>, daemon: &Daemon, end: Timestamp) -> anyhow::Result<()> {
    let mut picture = Picture::default();
    let browser = daemon.log.browser()?;
    let mut interrupted = daemon.runtime.block_on(async { interrupts() })?;
    loop {
        picture.follow(&daemon.log, &browser)?;
        let now = daemon.clock.now().min(end);
        let world = Shown { daemon, now };
        let is_over = now >= end || interrupted.try_recv().is_ok();
        if !view.show(&picture, &world)? || is_over {
            return view.close(&picture, &world);
        }
        std::thread::park_timeout(EVERY);
    }
}

/// Says when somebody presses Ctrl-C.
fn interrupts() -> anyhow::Result<tokio::sync::mpsc::Receiver<()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let (told, interrupted) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        while interrupt.recv().await.is_some() {
            told.try_send(()).ok();
        }
    });
    Ok(interrupted)
}

/// The topics that a picture is made of.
const TOPICS: [Topic; 3] = [Topic::Verdicts, Topic::Compliance, Topic::Alerts];

/// One line to standard error: standard output holds what is shown.
fn note(text: &str) {
    output::note(text);
}

/// Where things are to be found while it runs.
fn places(daemon: &Daemon) -> Vec<String> {
    vec![
        format!("数据目录 data directory: {}", daemon.config.data.directory.display()),
        format!("上报 events: POST http://{}/v1/events", daemon.http),
        format!("指标 metrics: http://{}/metrics", daemon.metrics_at),
    ]
}
