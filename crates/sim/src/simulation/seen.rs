//! What really happened in a run: a fault that never happens proves nothing.

use sanbai_core::shard::output::Alarm;
use sanbai_core::shard::scope::ScopeAlarm;
use sanbai_engine::stage::StageAlarm;
use sanbai_engine::task::Parked;

macro_rules! seen {
    ($($(#[doc = $doc:literal])+ $name:ident,)*) => {
        /// How often what happened.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Seen {
            $($(#[doc = $doc])+ pub $name: u64,)*
        }

        impl Seen {
            /// Each by its name.
            pub fn list(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)*]
            }

            /// Adds what happened in another run.
            pub fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

seen! {
    /// Partitions went from one process to another.
    rebalances,
    /// A process crashed.
    crashes,
    /// A process crashed between the rows of a snapshot and its manifest.
    crashes_within_snapshot,
    /// A producer was closed after a failed delivery.
    closed,
    /// A process sent outputs for a partition that another had by then.
    zombie_sent,
    /// A verdict came again with the version and the bytes that it had.
    repeated_verdicts,
    /// A verdict came after one with a higher version.
    stale_verdicts,
    /// A section began before the end of what was seen.
    overlaps,
    /// A section began after the end of what was seen.
    gaps,
    /// What was missing came.
    healed,
    /// A published verdict was changed by evidence.
    corrections,
    /// An alert on an outlet was raised.
    alerts_raised,
    /// An alert on an outlet was withdrawn.
    alerts_withdrawn,
    /// An alert on a parcel was raised.
    urgent_raised,
    /// A pattern marked a parcel.
    hits,
    /// A pattern no longer marked a parcel.
    hits_taken_back,
    /// Parcels were judged again by order.
    rejudges,
    /// A verdict was published because of that.
    rejudged,
    /// A task was parked, for its output was refused.
    parked,
    /// A parked task went on.
    released,
    /// A snapshot was found damaged and set aside.
    snapshot_damaged,
    /// A snapshot could not be written.
    snapshot_not_written,
    /// A tick claimed too much and was ignored.
    ticks_ignored,
    /// The clock was set by hand.
    resets,
    /// A tick would have moved the clock by too much.
    ticks_capped,
    /// A source was left out, for it was too far behind.
    sources_left_out,
    /// A parcel retired.
    retired,
    /// A waybill was used again.
    reused,
    /// Evidence came too late for its parcel.
    too_late,
    /// A copy of an event came.
    duplicates,
    /// A record or event could not be read.
    rejected,
    /// Both were compared at a point of rest.
    comparisons,
    /// A revision was judged again.
    revisions,
    /// A count would have become negative. Must never happen.
    negative_counts,
    /// A task was parked for another reason than a refused output. Must never happen.
    parked_otherwise,
}

impl Seen {
    pub(super) fn stage_alarm(&mut self, alarm: StageAlarm) {
        match alarm {
            StageAlarm::Scope(ScopeAlarm::NegativeCount) => self.negative_counts += 1,
            StageAlarm::Scope(ScopeAlarm::SourceLeftOut { is_out: true, .. }) => self.sources_left_out += 1,
            StageAlarm::Parcel(Alarm::TickAhead { .. } | Alarm::HitWithoutParcel | Alarm::TooManyHits)
            | StageAlarm::Scope(
                ScopeAlarm::Gap { .. }
                | ScopeAlarm::GapHealed { .. }
                | ScopeAlarm::SourceLeftOut { .. }
                | ScopeAlarm::UnknownSource { .. }
                | ScopeAlarm::TooLate { .. },
            ) => {}
        }
    }

    pub(super) fn park(&mut self, parked: Parked) {
        match parked {
            Parked::OutputRefused(_) => self.parked += 1,
            _ => self.parked_otherwise += 1,
        }
    }
}
