//! What parcels add up to, by outlet, operator, day and hour: "Duties and findings count in the row of the acceptance".

use std::collections::BTreeMap;

use super::clock::{HOUR, civil_day, nanos};
use super::log::Said;
use super::{DutyJudged, Judged};

/// Brand, site, day, and the operator behind a colon or the hour behind a `T`.
pub type RowKey = (String, String, i64, String);

/// Figures by their names. Those that are zero are not there.
pub type Figures = BTreeMap<String, u64>;

/// The names of the duties.
pub const DUTIES: [&str; 3] = ["realName", "inspection", "xray"];

/// The rows of all that is said of parcels.
pub fn rows<'s>(said: impl Iterator<Item = &'s Said>) -> BTreeMap<RowKey, Figures> {
    let mut rows: BTreeMap<RowKey, Figures> = BTreeMap::new();
    for said in said {
        let judged = &said.judged;
        // "Such parcels count in no rate; their findings go to the row of the site and day of the first movement."
        if judged.accepted_at.is_none() && judged.findings.is_empty() {
            continue;
        }
        let at = nanos(judged.happened_at);
        let hour = (at + 8 * HOUR).rem_euclid(24 * HOUR) / HOUR;
        for window in [format!(":{}", judged.operator), format!("T{hour:02}")] {
            let key = (judged.brand.clone(), judged.site.clone(), civil_day(at), window);
            add(rows.entry(key).or_default(), said);
        }
    }
    rows
}

fn add(figures: &mut Figures, said: &Said) {
    let judged = &said.judged;
    let mut one = |name: String| *figures.entry(name).or_default() += 1;
    for (code, severity) in &judged.findings {
        one(format!("finding.{code}.{severity}"));
    }
    if !judged.counted {
        return one("uncounted".to_owned());
    }
    one("parcels".to_owned());
    if judged.letter {
        one("letters".to_owned());
    }
    for (name, duty) in DUTIES.iter().zip(&judged.duties) {
        let marked = said.marked && *name == "realName";
        one_duty(name, duty, marked, &mut one);
    }
}

fn one_duty(name: &str, duty: &DutyJudged, marked: bool, one: &mut impl FnMut(String)) {
    if duty.status == "not_applicable" {
        one(format!("{name}.not_applicable.{}", duty.ground));
    } else {
        one(format!("{name}.{}", duty.status));
    }
    // "Satisfied = `pass` …, and for real name also n/a agreement".
    if is_satisfied(name, duty) {
        one(format!("{name}.satisfied"));
        one(format!("{name}.{}", if marked { "marked" } else { "credible" }));
    }
    if duty.performed_late {
        one(format!("{name}.performed_late"));
    }
    if duty.reported_late {
        one(format!("{name}.reported_late"));
    }
    if let Some(delay) = duty.delay {
        let limits = [60, 600, 3_600, 7_200, 86_400];
        let bucket = limits.iter().filter(|limit| delay > **limit).count();
        one(format!("{name}.delay.{bucket}"));
    }
}

fn is_satisfied(name: &str, duty: &DutyJudged) -> bool {
    duty.status == "pass" || name == "realName" && duty.status == "not_applicable" && duty.ground == "agreement"
}

/// Satisfied and failed parcels of each duty of one parcel.
pub(super) fn judged(judged: &Judged) -> [(u64, u64); 3] {
    let mut rates = [(0, 0); 3];
    for ((rate, name), duty) in rates.iter_mut().zip(DUTIES).zip(&judged.duties) {
        if judged.counted {
            rate.0 = u64::from(is_satisfied(name, duty));
            rate.1 = u64::from(duty.status == "fail");
        }
    }
    rates
}
