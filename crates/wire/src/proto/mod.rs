//! What travels, generated from `proto/` by `cargo xtask gen`.

mod timestamp;

pub use timestamp::Timestamp;

/// Events: `proto/sanbai/event/v1`.
pub mod event {
    include!("event_v1.rs");
}

/// Registers: `proto/sanbai/registry/v1`.
pub mod registry {
    include!("registry_v1.rs");
}

/// Verdicts: `proto/sanbai/verdict/v1`.
pub mod verdict {
    include!("verdict_v1.rs");
}

/// The table of the events' fields by which JSON is read and written.
#[expect(
    dead_code,
    reason = "the table holds every message of the schema; a batch is split without it"
)]
pub(crate) mod schema {
    include!("schema_v1.rs");
}
