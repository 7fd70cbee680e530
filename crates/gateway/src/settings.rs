//! How much is taken at once, and how long is waited.

use std::time::Duration;

/// Limits of the intake. The default is right for one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Most bytes of a body as it comes. Default 1 MiB; beyond it 413 `body_too_large`.
    pub body_bytes_max: usize,
    /// Most bytes of a body that was expanded. Default 4 MiB; beyond it 413 `decompressed_too_large`.
    pub expanded_bytes_max: usize,
    /// Most bytes of all bodies that are being read or not answered yet, expanded ones counted too. Default 64 MiB;
    /// beyond it 429 `rate_limited`.
    pub in_flight_bytes_max: usize,
    /// The same of one source. Default 16 MiB.
    pub source_bytes_max: usize,
    /// Most requests of one source whose bodies are there and that are not answered yet. Default 32; beyond it 429 `rate_limited`.
    pub source_requests_max: usize,
    /// How long a client may take for the head of a request, and stay idle before it. Default 10 s; then the connection
    /// is closed.
    pub head_timeout: Duration,
    /// How long a body may pause. Default 10 s; then 408 `request_timeout`.
    pub body_idle_timeout: Duration,
    /// How long a request may take in all. Default 60 s; then 408 `request_timeout`, or 503 `backpressure` where the log
    /// is what takes long.
    pub request_timeout: Duration,
    /// How long a client may leave an answer unread. Default 30 s; then the connection is closed.
    pub answer_timeout: Duration,
    /// Most headers of a request. Default 64; beyond it 431.
    pub headers_max: usize,
    /// Most bytes of the head of a request. Default 16 KiB; beyond it 431.
    pub head_bytes_max: usize,
    /// Most open connections. Default 1,024; beyond it new ones wait to be accepted.
    pub connections_max: usize,
    /// Most open connections of one address. Default 256; beyond it new ones are closed at once.
    pub address_connections_max: usize,
    /// How long requests may go on after the shutdown began. Default 5 s; then their connections are closed.
    pub shutdown_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_bytes_max: 1 << 20,
            expanded_bytes_max: 4 << 20,
            in_flight_bytes_max: 64 << 20,
            source_bytes_max: 16 << 20,
            source_requests_max: 32,
            head_timeout: Duration::from_secs(10),
            body_idle_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_mins(1),
            answer_timeout: Duration::from_secs(30),
            headers_max: 64,
            head_bytes_max: 16 << 10,
            connections_max: 1_024,
            address_connections_max: 256,
            shutdown_timeout: Duration::from_secs(5),
        }
    }
}
