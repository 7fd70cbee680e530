//! The summary: rates per brand, outlet and courier, what is pending and unknown, findings by code.

use std::collections::BTreeMap;
use std::io::{self, Write};

use sanbai_core::duty::Ground;
use sanbai_core::finding::{Code, Unanswered};
use sanbai_core::rules::{Duty, Indicator, RuleSet};
use sanbai_core::tally::Tally;
use sanbai_core::verdict::Verdict;

/// Rows of outlets and couriers that are printed: the worst first. The rest is counted.
const ROWS_MAX: usize = 20;

/// What a file says of its brands, outlets and couriers.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    total: Tally,
    brands: BTreeMap<String, Tally>,
    outlets: BTreeMap<(String, String), Tally>,
    couriers: BTreeMap<(String, String, String), Tally>,
    unanswered: BTreeMap<Unanswered, u64>,
    /// Parcels with a finding above information.
    pub(crate) parcels_with_findings: u64,
}

impl Summary {
    /// Adds a verdict.
    pub(crate) fn add(&mut self, verdict: &Verdict<'_>, indicators: &BTreeMap<String, Indicator>) {
        let (brand, site, operator) = (
            verdict.brand.to_owned(),
            verdict.site.to_owned(),
            verdict.operator.to_owned(),
        );
        self.total.add(verdict, indicators);
        self.brands.entry(brand.clone()).or_default().add(verdict, indicators);
        self.outlets
            .entry((brand.clone(), site.clone()))
            .or_default()
            .add(verdict, indicators);
        self.couriers
            .entry((brand, site, operator))
            .or_default()
            .add(verdict, indicators);
        for unanswered in &verdict.unanswered {
            *self.unanswered.entry(*unanswered).or_default() += 1;
        }
        self.parcels_with_findings += u64::from(!verdict.is_clean());
    }

    /// Prints it.
    pub(crate) fn print(&self, out: &mut impl Write, set: &RuleSet) -> io::Result<()> {
        let mut columns: Vec<(&str, &Indicator)> = set
            .indicator
            .iter()
            .map(|(name, indicator)| (name.as_str(), indicator))
            .collect();
        columns.sort_by_key(|(name, indicator)| (indicator.order, *name));
        heading(out, "品牌 Brand", &columns)?;
        for (brand, tally) in &self.brands {
            row(out, brand, tally, &columns)?;
        }
        row(out, "合计 Total", &self.total, &columns)?;
        writeln!(out)?;
        heading(out, "网点 Outlet", &columns)?;
        let outlets = self
            .outlets
            .iter()
            .map(|((brand, site), tally)| (format!("{brand} {site}"), tally));
        worst(out, outlets.collect(), &columns)?;
        writeln!(out)?;
        heading(out, "人员 Courier", &columns)?;
        let couriers = self
            .couriers
            .iter()
            .filter(|((_, _, operator), tally)| !operator.is_empty() && tally.parcels > 0)
            .map(|((brand, site, operator), tally)| (format!("{brand} {site} {operator}"), tally));
        worst(out, couriers.collect(), &columns)?;
        writeln!(out)?;
        self.print_standing(out)?;
        self.print_findings(out, set)
    }

    /// What stands on neither side of a rate, by duty and ground.
    fn print_standing(&self, out: &mut impl Write) -> io::Result<()> {
        for duty in Duty::ALL {
            let tally = self.total.duty(duty);
            let (zh, en) = duty.title();
            write!(
                out,
                "{zh} {en}: {} 落实 kept · {} 未落实 not kept · {} 待定 pending · {} 无法判断 unknown",
                tally.pass, tally.fail, tally.pending, tally.unknown
            )?;
            for ground in Ground::ALL {
                let count = tally.exempt(ground);
                if count > 0 {
                    let (zh, en) = ground.title();
                    write!(out, " · {count} {zh} {en}")?;
                }
            }
            writeln!(out)?;
        }
        writeln!(
            out,
            "散件实名率 per-person real-name rate {} · 协议件占比 agreement share {} · 不计入 not counted {}",
            self.total.per_person_rate(),
            self.total.agreement_share(),
            self.total.uncounted
        )
    }

    fn print_findings(&self, out: &mut impl Write, set: &RuleSet) -> io::Result<()> {
        writeln!(out)?;
        if self.total.findings.is_empty() {
            writeln!(out, "没有发现问题 no findings")?;
        } else {
            writeln!(out, "发现的问题 Findings")?;
        }
        for (code, count) in &self.total.findings {
            if let Some(rule) = set.rule(*code) {
                let letter = rule.severity.letter();
                writeln!(
                    out,
                    "  {code} {letter} {count:>8}  {} · {}",
                    rule.title_zh, rule.title_en
                )?;
            }
        }
        if !self.unanswered.is_empty() {
            let all: Vec<String> = self
                .unanswered
                .iter()
                .map(|(unanswered, count)| format!("{} ({}) × {count}", unanswered.code, unanswered.missing))
                .collect();
            writeln!(out, "缺数据，无法回答 Unanswered for want of data: {}", all.join(", "))?;
        }
        Ok(())
    }
}

fn heading(out: &mut impl Write, name: &str, columns: &[(&str, &Indicator)]) -> io::Result<()> {
    write!(out, "{}", padded(name, 34))?;
    for (_, indicator) in columns {
        write!(out, "  {}", padded_left(&indicator.zh, 10))?;
    }
    let (n, pending, unknown, findings) = ("件数 N", "待定", "未知", "问题");
    writeln!(
        out,
        "  {} {} {} {}",
        padded_left(n, 8),
        padded_left(pending, 8),
        padded_left(unknown, 8),
        padded_left(findings, 8)
    )
}

fn row(out: &mut impl Write, name: &str, tally: &Tally, columns: &[(&str, &Indicator)]) -> io::Result<()> {
    write!(out, "{}", padded(name, 34))?;
    for (id, indicator) in columns {
        write!(out, "  {:>10}", tally.indicator(id, indicator))?;
    }
    let sum = |count: fn(&sanbai_core::tally::DutyTally) -> u64| -> u64 {
        Duty::ALL.iter().map(|duty| count(tally.duty(*duty))).sum()
    };
    let (pending, unknown) = (sum(|duty| duty.pending), sum(|duty| duty.unknown));
    writeln!(
        out,
        "  {:>8} {pending:>8} {unknown:>8} {:>8}",
        tally.parcels,
        findings_above_info(tally)
    )
}

fn findings_above_info(tally: &Tally) -> u64 {
    tally
        .findings
        .iter()
        .filter(|(code, _)| **code != Code::Dq06)
        .map(|(_, count)| *count)
        .sum()
}

/// The worst rows first: most findings for each parcel, then by name.
fn worst(out: &mut impl Write, mut rows: Vec<(String, &Tally)>, columns: &[(&str, &Indicator)]) -> io::Result<()> {
    rows.sort_by(|(a_name, a), (b_name, b)| {
        let weigh =
            |mine: &Tally, other: &Tally| u128::from(findings_above_info(mine)) * u128::from(other.parcels.max(1));
        weigh(b, a).cmp(&weigh(a, b)).then_with(|| a_name.cmp(b_name))
    });
    for (name, tally) in rows.iter().take(ROWS_MAX) {
        row(out, name, tally, columns)?;
    }
    let left_out = rows.len().saturating_sub(ROWS_MAX);
    if left_out > 0 {
        writeln!(out, "… 另有 {left_out} 行 rows more (--json has all)")?;
    }
    Ok(())
}

/// Columns that a text takes on a terminal: a Han character takes two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|letter| if u32::from(letter) >= 0x2e80 { 2 } else { 1 })
        .sum()
}

fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

fn padded_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}
