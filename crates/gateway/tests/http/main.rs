//! Requests in, answers and records out, over loopback.

mod answers;
mod bad_input;
mod connections;
mod log;
mod personal;
mod support;
