//! Verdicts: every revision that was ever published, and the last of each parcel.

use std::collections::{BTreeMap, BTreeSet};

use sanbai_engine::log::Topic;
use sanbai_wire::proto::Timestamp;
use sanbai_wire::proto::verdict::{Duty, Severity, Status, Verdict};

use super::Rest;
use super::log::kind;
use crate::oracle::log::{Cause, Registry, Replay, Said};
use crate::oracle::{DutyJudged, Judged};
use crate::simulation::reader::{self, Published};

impl Published for Verdict {
    fn key(&self) -> String {
        format!("{}:{}", self.brand, self.waybill)
    }

    fn version(&self) -> &str {
        &self.version
    }
}

/// What both must say of a parcel.
#[derive(Debug, PartialEq)]
struct Body {
    accepted_at: Option<Timestamp>,
    site: String,
    operator: String,
    counted: bool,
    credible: bool,
    duties: Vec<DutyBody>,
    findings: BTreeMap<String, char>,
    finds: Vec<u32>,
}

#[derive(Debug, PartialEq)]
struct DutyBody {
    status: &'static str,
    ground: String,
    /// Of a failed duty: pending ones may move without a new revision.
    deadline: Option<Timestamp>,
    performed_late: bool,
    reported_late: bool,
    credible: bool,
}

/// A brand and a waybill.
type Key = (String, String);

pub(super) fn check(
    rest: &mut Rest<'_>,
    partition: u32,
    replay: &Replay,
    registry: &Registry,
    at_end: bool,
) -> Result<(), String> {
    let records = rest.log.records(Topic::Verdicts, partition);
    let reading = reader::read::<Verdict>(records.iter(), rest.last_wins)?;
    let mut lives: BTreeMap<(Key, usize), Vec<&Verdict>> = BTreeMap::new();
    let mut ticks: BTreeMap<u64, Vec<(u32, &Verdict)>> = BTreeMap::new();
    let rejudges: BTreeSet<u64> = rest
        .log
        .records(Topic::ParcelEvents, partition)
        .iter()
        .filter(|record| kind(record) == Some(b"rejudge"))
        .map(|record| record.offset)
        .collect();
    let (mut rejudged, mut corrections) = (0, 0);
    for verdict in reading.all.values() {
        let key = (verdict.brand.clone(), verdict.waybill.clone());
        let cause = cause(verdict)?;
        let wrong = |what: &str| {
            let (number, story) = (verdict.revision, replay.story(&key));
            format!("revision {number} of {key:?} at {cause:?}: {what}\n{story}")
        };
        let (life, said) = replay.said_at(&key, cause, registry).map_err(|what| wrong(&what))?;
        same(verdict, &said).map_err(|what| wrong(&what))?;
        if verdict.revision == 1 && !said.is_publishable() {
            return Err(wrong("nothing was to be published yet"));
        }
        rejudged += u64::from(rejudges.contains(&cause.offset));
        corrections += u64::from(verdict.revision > 1 && replay.is_event(cause.offset));
        lives.entry((key, life)).or_default().push(verdict);
        if replay.is_tick(cause.offset) {
            ticks.entry(cause.offset).or_default().push((cause.index, verdict));
        }
    }
    check_numbers(&lives)?;
    check_order(&ticks)?;
    check_last(replay, registry, &lives, &reading.kept)?;
    let revisions = reading.all.len() as u64;
    if at_end {
        rest.seen.repeated_verdicts += reading.repeated;
        rest.seen.stale_verdicts += reading.stale;
        rest.seen.revisions += revisions;
        rest.seen.rejudges += rejudges.len() as u64;
        rest.seen.rejudged += rejudged;
        rest.seen.corrections += corrections;
    }
    Ok(())
}

/// The revisions of one life are numbered from 1, in the order of their versions, without a gap.
pub(super) fn check_numbers(lives: &BTreeMap<(Key, usize), Vec<&Verdict>>) -> Result<(), String> {
    for ((key, _), revisions) in lives {
        let numbers: Vec<u32> = revisions.iter().map(|verdict| verdict.revision).collect();
        if !numbers.iter().copied().eq(1..=numbers.len() as u32) {
            return Err(format!("revisions of {key:?} are numbered {numbers:?}"));
        }
    }
    Ok(())
}

/// "Expiries by deadline, then key".
pub(super) fn check_order(ticks: &BTreeMap<u64, Vec<(u32, &Verdict)>>) -> Result<(), String> {
    for (offset, verdicts) in ticks {
        let mut verdicts = verdicts.clone();
        verdicts.sort_by_key(|(index, _)| *index);
        let order = |verdict: &Verdict| {
            let at = verdict.at.unwrap_or_default();
            (at.seconds, at.nanos, verdict.brand.clone(), verdict.waybill.clone())
        };
        let is_in_order = verdicts
            .windows(2)
            .all(|pair| pair[0].0 < pair[1].0 && order(pair[0].1) < order(pair[1].1));
        if !is_in_order {
            return Err(format!(
                "expiries of the tick at {offset} are not in their order: {verdicts:#?}"
            ));
        }
    }
    Ok(())
}

/// The last revision of each life says what is to be said at rest; the last of all is what a reader keeps.
fn check_last(
    replay: &Replay,
    registry: &Registry,
    lives: &BTreeMap<(Key, usize), Vec<&Verdict>>,
    kept: &BTreeMap<String, Verdict>,
) -> Result<(), String> {
    for ((brand, waybill), said) in replay.said_at_rest(registry) {
        let key = (brand.to_owned(), waybill.to_owned());
        let mut last = None;
        for (number, said) in said.iter().enumerate() {
            let revisions = lives.get(&(key.clone(), number));
            let newest = revisions.and_then(|revisions| revisions.last());
            match newest {
                Some(newest) => {
                    same(newest, said).map_err(|what| {
                        format!(
                            "last revision of {key:?} (of {:?}): {what}\n{}",
                            revisions
                                .iter()
                                .flat_map(|r| r.iter())
                                .map(|v| (v.revision, v.version.clone()))
                                .collect::<Vec<_>>(),
                            replay.story(&key)
                        )
                    })?;
                    last = Some(said);
                }
                None if said.is_publishable() => return Err(format!("nothing was published of {key:?}: {said:#?}")),
                None => {}
            }
        }
        match (last, kept.get(&format!("{brand}:{waybill}"))) {
            (None, None) => {}
            (Some(said), Some(kept)) => {
                same(kept, said).map_err(|what| format!("what a reader keeps of {key:?}: {what}"))?;
            }
            (None, Some(_)) | (Some(_), None) => return Err(format!("a reader keeps something else of {key:?}")),
        }
    }
    Ok(())
}

fn cause(verdict: &Verdict) -> Result<Cause, String> {
    let position = sanbai_core::shard::position::Position::parse(&verdict.version);
    let position = position.ok_or_else(|| format!("a version cannot be read: {verdict:?}"))?;
    Ok(Cause {
        offset: position.offset,
        index: position.index,
        at: verdict.at.ok_or("a revision without a time")?,
    })
}

fn same(verdict: &Verdict, said: &Said) -> Result<(), String> {
    let (published, expected) = (of_verdict(verdict), of_oracle(&said.judged, said.marked));
    if published == expected {
        Ok(())
    } else {
        Err(format!("published {published:#?}, expected {expected:#?}"))
    }
}

fn of_verdict(verdict: &Verdict) -> Body {
    let duties = [&verdict.real_name, &verdict.inspection, &verdict.xray];
    let mut finds: Vec<u32> = verdict.finds.iter().map(|find| find.class).collect();
    finds.sort_unstable();
    Body {
        accepted_at: verdict.accepted_at,
        site: verdict.site.clone(),
        operator: verdict.operator.clone(),
        counted: verdict.counted,
        credible: verdict.credible,
        duties: duties.map(|duty| of_duty(duty.as_ref())).into(),
        findings: verdict
            .findings
            .iter()
            .map(|finding| (finding.code.clone(), letter(finding.severity())))
            .collect(),
        finds,
    }
}

fn of_duty(duty: Option<&Duty>) -> DutyBody {
    let duty = duty.cloned().unwrap_or_default();
    let status = match duty.status() {
        Status::Unspecified => "",
        Status::Pending => "pending",
        Status::Pass => "pass",
        Status::Fail => "fail",
        Status::NotApplicable => "not_applicable",
        Status::Unknown => "unknown",
    };
    DutyBody {
        status,
        deadline: duty.deadline.filter(|_| status == "fail"),
        ground: duty.ground,
        performed_late: duty.performed_late,
        reported_late: duty.reported_late,
        credible: duty.credible,
    }
}

/// The letter of a severity.
pub(super) const fn letter(severity: Severity) -> char {
    match severity {
        Severity::Unspecified => '?',
        Severity::Info => 'I',
        Severity::Low => 'L',
        Severity::Medium => 'M',
        Severity::High => 'H',
        Severity::Critical => 'C',
    }
}

fn of_oracle(judged: &Judged, marked: bool) -> Body {
    let duty = |(place, duty): (usize, &DutyJudged)| DutyBody {
        status: duty.status,
        ground: duty.ground.clone(),
        deadline: duty.deadline.filter(|_| duty.status == "fail"),
        performed_late: duty.performed_late,
        reported_late: duty.reported_late,
        credible: !(marked && place == 0),
    };
    let mut finds = judged.finds.clone();
    finds.sort_unstable();
    Body {
        accepted_at: judged.accepted_at,
        site: judged.site.clone(),
        operator: judged.operator.clone(),
        counted: judged.counted,
        credible: !marked,
        duties: judged.duties.iter().enumerate().map(duty).collect(),
        findings: judged.findings.clone(),
        finds,
    }
}
