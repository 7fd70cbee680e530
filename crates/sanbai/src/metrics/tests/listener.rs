//! The listener: health, formats, and what else is asked of it.

use sanbai_core::shard::input::Behaviour;
use sanbai_engine::any::Health;
use sanbai_engine::local::{LogHealth, Stall};
use sanbai_engine::log::Append as _;
use sanbai_engine::node::State;
use sanbai_engine::parcel::control_message;
use sanbai_engine::task::Parked;
use sanbai_wire::control::Control;

use super::world::{Running, send, status};
use crate::metrics::health::{body, checks, lives};

const READY: &str = "log-writable ok\nlog-room ok\nshards-not-parked ok\nshards-restored ok\n";

fn well() -> LogHealth {
    LogHealth {
        free_bytes: 1 << 40,
        total_bytes: 1 << 41,
        free_share: 0.5,
        intake_stopped: false,
        stalled: None,
        queued_bytes: 0,
        queued_messages: 0,
        log_bytes: 0,
        damaged_offsets: 0,
    }
}

fn stalled() -> LogHealth {
    let since = sanbai_core::time::Timestamp::from_nanos(0);
    let reason = "no space".to_owned();
    LogHealth {
        stalled: Some(Stall { since, reason }),
        intake_stopped: true,
        ..well()
    }
}

#[test]
fn each_check_fails_while_what_it_is_about_lasts() {
    let all = |log: &LogHealth, states: &[State]| body(&checks(&Health::Local(log.clone()), states.iter().copied()));
    let running = [State::Running, State::AwaitsAcknowledgements, State::Unavailable];
    assert_eq!(all(&well(), &running), READY);
    let failed = |check: &str| READY.replace(&format!("{check} ok"), &format!("{check} failed"));
    assert_eq!(all(&stalled(), &running), failed("log-writable"));
    assert_eq!(all(&well(), &running), READY, "nothing is remembered");
    let full = LogHealth {
        intake_stopped: true,
        ..well()
    };
    assert_eq!(all(&full, &running), failed("log-room"));
    let parked = [State::Running, State::Parked(Parked::LogDiverged)];
    assert_eq!(all(&well(), &parked), failed("shards-not-parked"));
    assert_eq!(all(&well(), &[State::Restoring]), failed("shards-restored"));
}

#[test]
fn it_is_ready_until_a_shard_is_parked_and_lives_all_the_same() {
    let running = Running::new(|_| {});
    running.until("it is ready", || status(&running.get("/readyz", "").0) == 200);
    assert_eq!(running.get("/-/ready", "").1, READY);
    assert_eq!(running.get("/livez", "").1, "workers ok\n");
    let other = control_message(1, &Control::Activate(Behaviour(999)));
    let log = &running.daemon().log;
    log.append(vec![other], Box::new(|_| {})).expect("it is taken");
    running.until("a shard is parked", || status(&running.get("/readyz", "").0) == 503);
    let (_, said) = running.get("/readyz", "");
    assert_eq!(said, READY.replace("shards-not-parked ok", "shards-not-parked failed"));
    assert_eq!(
        status(&running.get("/-/healthy", "").0),
        200,
        "a restart would not help"
    );
    let page = running.get("/metrics", "").1;
    assert!(page.contains("sanbai_parked_shards{stage=\"parcel\",code=\"behaviour_changed\"} 1\n"));
}

#[test]
fn nothing_is_kept_by_a_cache_and_open_metrics_ends_as_it_must() {
    let running = Running::new(|_| {});
    let (head, page) = running.get("/metrics", "");
    assert!(
        head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"),
        "{head}"
    );
    assert!(head.contains("cache-control: no-store") && head.contains("x-content-type-options: nosniff"));
    assert!(page.contains("# TYPE sanbai_build_info gauge\n") && !page.contains("# EOF"));
    let (head, page) = running.get("/metrics", "accept: application/openmetrics-text; version=1.0.0\r\n");
    assert!(head.contains("application/openmetrics-text"), "{head}");
    assert!(page.ends_with("# EOF\n"));
    assert!(page.contains("# TYPE sanbai_busy_seconds counter\n# UNIT sanbai_busy_seconds seconds\n"));
    let (head, _) = running.get("/livez", "");
    assert!(head.contains("cache-control: no-store") && head.contains("nosniff"));
}

#[test]
fn scrapes_at_once_share_one_answer_and_other_paths_are_refused() {
    let running = Running::new(|_| {});
    let pages: Vec<String> = std::thread::scope(|scope| {
        let scrapes: Vec<_> = (0..8).map(|_| scope.spawn(|| running.get("/metrics", "").1)).collect();
        scrapes
            .into_iter()
            .map(|scrape| scrape.join().expect("an answer"))
            .collect()
    });
    let uptime = |page: &String| {
        page.lines()
            .find(|line| line.starts_with("sanbai_uptime"))
            .map(str::to_owned)
    };
    let different: std::collections::BTreeSet<_> = pages.iter().map(uptime).collect();
    // A slow machine may need more than a second for all of them.
    assert!(different.len() <= 3, "{different:?}");
    assert_eq!(status(&running.get("/", "").0), 404);
    let address = running.daemon().metrics_at;
    let posted = send(
        address,
        "POST /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    );
    assert_eq!(status(&posted), 405);
    let head = format!(
        "GET /metrics HTTP/1.1\r\nhost: x\r\nlong: {}\r\n\r\n",
        "x".repeat(40_000)
    );
    let refused = send(address, &head);
    assert!(refused.is_empty() || status(&refused) == 431, "{refused}");
}

#[test]
fn it_is_dead_where_a_thread_ended_or_nothing_moves_but_not_for_a_disk() {
    let said = |runs, got_on, is_stalled| body(&lives(runs, got_on, is_stalled));
    assert_eq!(said(true, true, false), "workers ok\n");
    assert_eq!(said(true, false, false), "workers failed\n");
    assert_eq!(
        said(true, false, true),
        "workers ok\n",
        "to start it again mends no disk"
    );
    assert_eq!(said(false, true, true), "workers failed\n");
}
