//! What a run told: on the topics, and in what daemons said of themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use prost::Message as _;
use sanbai_engine::log::Topic;
use sanbai_sim::simulation::{Records as _, Seen};
use sanbai_wire::proto::sighting::{Position, Sightings};
use sanbai_wire::proto::verdict::{Duty, Status, Verdict};

use crate::feed::Feed;
use crate::fleet::Fleet;
use crate::recorded::Recorded;
use crate::rig::Place;

/// What a run told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// Parcels with a verdict.
    pub(crate) parcels: u64,
    /// Those of which nothing was done or reported late.
    pub(crate) on_time: u64,
    /// Those whose verdict was changed after it was published.
    pub(crate) corrected: u64,
    /// Those of which a failure was told, and taken back.
    pub(crate) withdrawn: u64,
    /// Times that the group was rebalanced, as daemons say.
    pub(crate) rebalances: u64,
    /// Times that partitions were lost, not given back.
    pub(crate) lost: u64,
    /// Shards that were restored from a snapshot.
    pub(crate) restored: u64,
    /// Times that an output was not delivered.
    pub(crate) undelivered: u64,
    /// Verdicts and sections that came while somebody else was ahead: see [`zombies`] and [`zombie_sections`].
    pub(crate) zombies: u64,
}

impl Told {
    /// Waits until everything is applied, lets all fall due, and holds what lies on the topics then against the oracle and
    /// against a replay.
    pub(crate) fn in_the_end(fleet: &mut Fleet, place: &Place, feed: Feed) -> Self {
        println!("{} messages were refused for a while", feed.finish());
        let log = place.log(fleet.clock());
        fleet.wait_until_calm(&log);
        log.close(Duration::from_secs(10));
        fleet.let_all_fall_due(place);
        let recorded = place.read();
        let seen = recorded.as_the_oracle_says().expect("all is as the oracle says");
        recorded.as_a_replay_says();
        let told = Self::of(&recorded, fleet);
        println!("{told:?}\n{seen:?}");
        told
    }

    pub(crate) fn of(recorded: &Recorded, fleet: &Fleet) -> Self {
        let mut told = Self::default();
        for partition in 0..recorded.layout.parcels {
            let records = recorded.records(Topic::Verdicts, partition).iter();
            let verdicts = records.map(|record| Verdict::decode(record.value.as_deref().unwrap_or_default()));
            let verdicts: Vec<Verdict> = verdicts.map(|verdict| verdict.expect("a verdict")).collect();
            told.zombies += zombies(&verdicts);
            told.count(verdicts);
        }
        for scope in 0..recorded.layout.scopes {
            let records = recorded.records(Topic::Sightings, scope).iter();
            let read = records.map(|record| Sightings::decode(record.value.as_deref().unwrap_or_default()));
            let mut sources: BTreeMap<u32, Vec<(At, At)>> = BTreeMap::new();
            for section in read.flat_map(|read| read.expect("sections").sections) {
                let ends = (at(section.from.as_ref()), at(section.to.as_ref()));
                sources.entry(section.source).or_default().push(ends);
            }
            told.zombies += sources.values().map(|sections| zombie_sections(sections)).sum::<u64>();
        }
        let said: Vec<String> = fleet.daemons.iter().map(crate::daemon::Daemon::said).collect();
        let times = |text: &str| said.iter().map(|said| said.matches(text).count() as u64).sum::<u64>();
        told.rebalances = times("the group was rebalanced");
        told.lost = times("lost=true");
        told.restored = times("restored from a snapshot");
        told.undelivered = times("an output was not delivered");
        told
    }

    fn count(&mut self, verdicts: Vec<Verdict>) {
        let mut parcels: BTreeMap<(String, String), BTreeMap<String, Verdict>> = BTreeMap::new();
        for verdict in verdicts {
            let revisions = parcels
                .entry((verdict.brand.clone(), verdict.waybill.clone()))
                .or_default();
            revisions.insert(verdict.version.clone(), verdict);
        }
        for revisions in parcels.values() {
            let last = revisions.values().next_back().expect("at least one");
            let has_failed = |verdict: &Verdict| duties(verdict).any(|duty| duty.status() == Status::Fail);
            self.parcels += 1;
            self.on_time += u64::from(!duties(last).any(|duty| duty.performed_late || duty.reported_late));
            self.corrected += u64::from(revisions.len() > 1);
            self.withdrawn += u64::from(!has_failed(last) && revisions.values().any(has_failed));
        }
    }

    /// Most parcels are on time, some are corrected, some of it taken back, and some are marked by a pattern.
    pub(crate) fn assert_believable(&self, seen: &Seen) {
        assert!(self.on_time * 100 >= self.parcels * 90, "on time: {self:?}");
        assert!(self.corrected * 100 >= self.parcels * 3, "corrected: {self:?}");
        assert!(self.withdrawn * 100 >= self.parcels, "withdrawn: {self:?}");
        assert!(seen.hits * 100 >= self.parcels, "{} hits: {self:?}", seen.hits);
    }
}

fn duties(verdict: &Verdict) -> impl Iterator<Item = &Duty> {
    [&verdict.real_name, &verdict.inspection, &verdict.xray]
        .into_iter()
        .flatten()
}

/// Whoever restores a shard begins at a snapshot and tells everything after it again, in its order. Where positions go back
/// and then forward past one that was told before, two were telling at the same time.
fn zombies(verdicts: &[Verdict]) -> u64 {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let (mut last, mut zombies) = ("", 0);
    for verdict in verdicts {
        let now = verdict.version.as_str();
        let between = (std::ops::Bound::Excluded(last), std::ops::Bound::Excluded(now));
        zombies += u64::from(last < now && told.range::<str, _>(between).next().is_some());
        told.insert(now);
        last = now;
    }
    zombies
}

/// Offset and index.
type At = (u64, u32);

fn at(position: Option<&Position>) -> At {
    position.map_or((0, 0), |position| (position.offset, position.index))
}

/// Sections of one source that one daemon sends begin where its last one ended. Where somebody goes on at the end of what they
/// had told, and somebody else has told something since, two were telling at the same time.
fn zombie_sections(sections: &[(At, At)]) -> u64 {
    let mut ends: BTreeSet<At> = BTreeSet::new();
    let (mut last, mut zombies) = ((0, 0), 0);
    for (from, to) in sections {
        if *from != last {
            // The end of what `last` told stays, until it goes on there.
            zombies += u64::from(ends.remove(from));
            ends.insert(last);
        }
        last = *to;
    }
    zombies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_that_go_on_behind_those_of_another_are_a_zombies() {
        let sections = |told: &[(u64, u64)]| {
            let told = told.iter().map(|(from, to)| ((*from, 0), (*to, 0)));
            zombie_sections(&told.collect::<Vec<_>>())
        };
        assert_eq!(sections(&[(0, 2), (2, 4), (4, 6)]), 0);
        assert_eq!(sections(&[(0, 2), (2, 6), (2, 5), (5, 9)]), 0);
        assert_eq!(sections(&[(0, 2), (2, 6), (2, 5), (6, 8), (5, 9)]), 2);
    }

    fn of(versions: &str) -> u64 {
        let verdict = |version: char| Verdict {
            version: version.into(),
            ..Verdict::default()
        };
        zombies(&versions.chars().map(verdict).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_told_again_in_its_order_is_no_zombie() {
        assert_eq!(of("abcdefg"), 0);
        assert_eq!(of("abcdbcdef"), 0);
        assert_eq!(of("abcdbcbcdef"), 0);
        assert_eq!(of("abcdebcf"), 1);
    }
}
