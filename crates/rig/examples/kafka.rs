//! Brokers to try something with, until Ctrl-C: `cargo xtask kafka up`.

#![expect(clippy::print_stdout, reason = "a developer reads it on a terminal")]

use std::io::{Error, Result};

use sanbai_rig::{Brokers, Listener, Options};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The first broker listens here.
const FIRST_PORT: u16 = 19_091;

fn main() -> Result<()> {
    let options = options(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    // Before anything starts: whoever says stop meanwhile is heard.
    let guard = runtime.enter();
    let signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    drop(guard);
    println!(
        "starting {} …",
        if options.count == 1 { "a broker" } else { "the brokers" }
    );
    let starting = runtime.spawn_blocking(move || Brokers::start(options));
    let told = runtime.spawn(told(signals));
    let brokers = runtime.block_on(starting).map_err(Error::other)??;
    say(&brokers);
    runtime.block_on(told).map_err(Error::other)?;
    // All that they hold goes with them, so there is nothing to stop in order.
    drop(brokers);
    println!("\nstopped");
    Ok(())
}

/// What the command line asks for.
fn options(mut words: impl Iterator<Item = String>) -> Result<Options> {
    let mut options = Options {
        first_port: Some(FIRST_PORT),
        ..Options::default()
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--brokers" => {
                let count = words.next().and_then(|count| count.parse().ok());
                options.count = count.ok_or_else(|| Error::other("`--brokers` needs a number"))?;
            }
            "--tls" => (options.tls, options.sasl) = (true, true),
            other => return Err(Error::other(format!("not understood: {other}"))),
        }
    }
    Ok(options)
}

fn say(brokers: &Brokers) {
    println!("brokers           {}", brokers.bootstrap());
    let others = [
        (Listener::Tls, "TLS"),
        (Listener::Sasl, "SASL"),
        (Listener::SaslTls, "SASL, TLS"),
    ];
    for (listener, name) in others {
        if let Some(addresses) = brokers.bootstrap_of(listener) {
            println!("{name:<17} {addresses}");
        }
    }
    if let Some(security) = brokers.security() {
        let authority = security.authority().map(|file| file.display().to_string());
        println!("authority         {}", authority.unwrap_or_default());
        println!("user, password    {} {}", security.user(), security.password());
    }
    println!("Topics are not made by themselves. Ctrl-C stops the brokers and removes all that they hold.");
}

async fn told((mut interrupt, mut terminate): (Signal, Signal)) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
