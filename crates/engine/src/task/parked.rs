//! Why a task does nothing more, and what an operator must know of it.

use std::fmt;

use sanbai_core::shard::input::Behaviour;

use crate::stage::StageAlarm;

/// Why a task does nothing more, each with what puts it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parked {
    /// Another behaviour runs from here on: start the build that has it.
    BehaviourChanged(Behaviour),
    /// The log is not the one that the snapshot was made from.
    LogDiverged,
    /// Records are gone that were not applied.
    DataGap {
        /// First of them.
        from: u64,
        /// First that is there.
        to: u64,
    },
    /// The registry is not the one that the snapshot was made with.
    RegistryDiverged,
    /// The topic was created anew, or is laid out anew.
    TopicRecreated,
    /// The topic has another number of partitions.
    PartitionCountChanged,
    /// A message was refused twice at the same offset.
    OutputRefused(u64),
    /// A snapshot up to this offset was announced, and it is not where we look for snapshots.
    SnapshotStoreNotShared(u64),
    /// The shard panicked on a record; only a `skip` lets it pass.
    Panicked(u64),
    /// Records are there and cannot be read; only a `skip` of all of them lets it pass.
    Unreadable {
        /// First of them.
        from: u64,
        /// First that can be read.
        to: u64,
    },
}

impl Parked {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BehaviourChanged(_) => "behaviour_changed",
            Self::LogDiverged => "log_diverged",
            Self::DataGap { .. } => "data_gap",
            Self::RegistryDiverged => "registry_diverged",
            Self::TopicRecreated => "topic_recreated",
            Self::PartitionCountChanged => "partition_count_changed",
            Self::OutputRefused(_) => "output_refused",
            Self::SnapshotStoreNotShared(_) => "snapshot_store_not_shared",
            Self::Panicked(_) => "panicked",
            Self::Unreadable { .. } => "record_unreadable",
        }
    }
}

impl Parked {
    /// What puts it right, as one sentence to an operator.
    pub const fn what_to_do(self) -> &'static str {
        match self {
            Self::BehaviourChanged(_) => "Start the build whose behaviour the log names.",
            Self::LogDiverged => {
                "The log is not the one that this snapshot was made from: give it back the right log, or move the snapshots of \
                 this shard away to build it anew from the start of the log."
            }
            Self::DataGap { .. } => {
                "Records are gone that no snapshot covers: restore an older log or a newer snapshot, or move the snapshots \
                 away and accept what is lost."
            }
            Self::RegistryDiverged => {
                "The registry is not the one that this snapshot was made with: give it back the right one, or move the \
                 snapshots of this shard away to build it anew."
            }
            Self::TopicRecreated => "The topic was created anew: move the snapshots of the old one away.",
            Self::PartitionCountChanged => {
                "The topic has another number of partitions: set the number that it was made with."
            }
            Self::OutputRefused(_) => {
                "An output was refused twice: look for its reason in the log of the daemon, then resume."
            }
            Self::SnapshotStoreNotShared(_) => {
                "Another daemon announced a snapshot that is not here: give all daemons the same snapshots, or resume to build \
                 the shard from what is here."
            }
            Self::Unreadable { .. } => {
                "The disk gives back other bytes than were written: restore these records from a copy, or append a skip record \
                 for them and accept what is lost."
            }
            Self::Panicked(_) => {
                "The shard cannot apply this record: report it, and append a skip record for it if it must not wait."
            }
        }
    }
}

impl fmt::Display for Parked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What an operator must know of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskAlarm {
    /// Of its stage.
    Stage(StageAlarm),
    /// A snapshot could not be read and was set aside.
    SnapshotDamaged {
        /// Its offset.
        offset: u64,
    },
    /// A snapshot could not be written; the next one is tried soon.
    SnapshotNotWritten {
        /// Its offset.
        offset: u64,
    },
    /// It was parked.
    Parked(Parked),
}

impl TaskAlarm {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Stage(alarm) => alarm.code(),
            Self::SnapshotDamaged { .. } => "snapshot_damaged",
            Self::SnapshotNotWritten { .. } => "snapshot_not_written",
            Self::Parked(parked) => parked.code(),
        }
    }
}
