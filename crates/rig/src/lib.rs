//! Real brokers for tests and developers: Apache Kafka from its published jars, on loopback, gone with the test.
//!
//! ```no_run
//! # fn main() -> std::io::Result<()> {
//! // What a test does: without Java or Maven it passes over, but in CI it fails.
//! let Some(mut brokers) = sanbai_rig::brokers_or_say_why(3) else { return Ok(()) };
//! println!("--brokers {}", brokers.bootstrap());
//! brokers.kill(2)?;
//! brokers.start_again(2)?;
//! # Ok(()) }
//! ```
//!
//! Nothing outlives the process that started it, however that ends: the system kills the brokers with it, and the next
//! rig removes what it left on the disk.

mod broker;
mod brokers;
mod certificates;
mod folder;
mod jars;
mod kafka;
mod layout;
mod ports;
mod process;
mod proxy;
mod settings;
mod tied;

use std::io;
use std::path::PathBuf;

pub use brokers::{Brokers, Listener, Options, Security};
pub use proxy::{Direction, Fault, Proxy};
pub use tied::Tied;

/// Names brokers to be used instead of ones of our own: `host:port,…`.
pub const GIVEN: &str = "SANBAI_TEST_KAFKA";

/// So many brokers with plain listeners: those that [`GIVEN`] names, or ones started here.
///
/// `None` where Java or Maven is missing, which is said on standard error.
///
/// # Panics
/// Where they do not start; and in CI (`CI` is set) also where something is missing, for a test that was passed over
/// proves nothing.
#[must_use]
pub fn brokers_or_say_why(count: u16) -> Option<Brokers> {
    brokers_as_asked_or_say_why(&Options {
        count,
        ..Options::default()
    })
}

/// [`brokers_or_say_why`] with more to ask for.
///
/// # Panics
/// As there; and where [`GIVEN`] names brokers although TLS, SASL or a proxy is asked for.
#[must_use]
pub fn brokers_as_asked_or_say_why(options: &Options) -> Option<Brokers> {
    had_or_said(Brokers::given_or_start(options))
}

/// Where a program of the path lies; `None` where it is missing, which is said on standard error.
///
/// # Panics
/// In CI, where it is missing.
#[must_use]
pub fn program_or_say_why(name: &str, how_to_get: &str) -> Option<PathBuf> {
    had_or_said(process::find(name, how_to_get))
}

/// `None` where something is missing and a developer may do without.
#[expect(clippy::print_stderr, reason = "whoever runs the tests reads it")]
#[expect(clippy::panic, reason = "it is called by tests")]
fn had_or_said<T>(had: io::Result<T>) -> Option<T> {
    match had {
        Ok(had) => Some(had),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !in_ci() => {
            eprintln!("passed over: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Whether this is a run of CI, which says so in the variable `CI`.
fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}
