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
    /// All snapshots that there are have a format that this build does not read: another build wrote them.
    SnapshotFormat(u32),
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
    /// All codes.
    pub const CODES: [&'static str; 11] = [
        "behaviour_changed",
        "log_diverged",
        "data_gap",
        "registry_diverged",
        "topic_recreated",
        "partition_count_changed",
        "output_refused",
        "snapshot_store_not_shared",
        "snapshot_format",
        "panicked",
        "record_unreadable",
    ];

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
            Self::SnapshotFormat(_) => "snapshot_format",
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
            Self::SnapshotFormat(_) => {
                "The snapshots were written by a build with another format: start that build, or move the snapshots of this \
                 shard away to build it anew."
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Each reason once; that none is missing, the compiler sees to.
    fn next(parked: Parked) -> Option<Parked> {
        Some(match parked {
            Parked::BehaviourChanged(_) => Parked::LogDiverged,
            Parked::LogDiverged => Parked::DataGap { from: 0, to: 1 },
            Parked::DataGap { .. } => Parked::RegistryDiverged,
            Parked::RegistryDiverged => Parked::TopicRecreated,
            Parked::TopicRecreated => Parked::PartitionCountChanged,
            Parked::PartitionCountChanged => Parked::OutputRefused(0),
            Parked::OutputRefused(_) => Parked::SnapshotStoreNotShared(1),
            Parked::SnapshotStoreNotShared(_) => Parked::SnapshotFormat(2),
            Parked::SnapshotFormat(_) => Parked::Panicked(0),
            Parked::Panicked(_) => Parked::Unreadable { from: 0, to: 1 },
            Parked::Unreadable { .. } => return None,
        })
    }

    #[test]
    fn all_codes_are_told() {
        let first = Parked::BehaviourChanged(Behaviour::CURRENT);
        let all = std::iter::successors(Some(first), |parked| next(*parked));
        assert!(all.map(Parked::code).eq(Parked::CODES));
    }
}
