//! Worlds, disorder and an oracle: test support without I/O.

pub mod oracle;
pub mod scenario;
pub mod simulation;
pub mod world;
