//! What travels, generated from `proto/` by `cargo xtask gen`.

mod timestamp;

pub use timestamp::Timestamp;

/// Alerts: `proto/sanbai/alert/v1`.
pub mod alert {
    include!("alert_v1.rs");
}

/// Rows of compliance: `proto/sanbai/compliance/v1`.
pub mod compliance {
    include!("compliance_v1.rs");
}

/// Control records: `proto/sanbai/control/v1`.
pub mod control {
    include!("control_v1.rs");
}

/// Events: `proto/sanbai/event/v1`.
pub mod event {
    include!("event_v1.rs");
}

/// Registers: `proto/sanbai/registry/v1`.
pub mod registry {
    include!("registry_v1.rs");
}

/// Sections of sightings: `proto/sanbai/sighting/v1`.
#[expect(
    clippy::module_inception,
    reason = "prost names the module of a oneof after its message"
)]
pub mod sighting {
    include!("sighting_v1.rs");
}

/// Manifests of snapshots: `proto/sanbai/snapshot/v1`.
pub mod snapshot {
    include!("snapshot_v1.rs");
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
