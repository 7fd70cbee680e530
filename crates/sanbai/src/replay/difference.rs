//! What other rules change: findings that came and went, and rates before and after, by outlet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use sanbai_core::finding::Code;
use sanbai_core::rules::Duty;
use sanbai_core::tally::{Rate, Tally};
use sanbai_core::verdict::Verdict;

/// What was found under one set of rules.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By brand and site.
    outlets: BTreeMap<Outlet, Tally>,
    /// By brand and waybill: codes with the site of the parcel.
    parcels: BTreeMap<(String, String), BTreeSet<(String, Code)>>,
}

type Outlet = (String, String);

impl Found {
    pub(super) fn add(&mut self, verdict: &Verdict<'_>) {
        let outlet = (verdict.brand.to_owned(), verdict.site.to_owned());
        self.outlets.entry(outlet).or_default().add(verdict, &BTreeMap::new());
        if verdict.findings.is_empty() {
            return;
        }
        let parcel = (verdict.brand.to_owned(), verdict.waybill.to_owned());
        let codes = verdict.findings.iter().map(|finding| finding.code);
        self.parcels
            .entry(parcel)
            .or_default()
            .extend(codes.map(|code| (verdict.site.to_owned(), code)));
    }
}

/// What changed.
#[derive(Debug)]
pub(super) struct Difference {
    /// By outlet and code: how many came, how many went. Those with most first.
    findings: Vec<((Outlet, Code), (u64, u64))>,
    /// By outlet and duty: before and after.
    rates: Vec<(Outlet, Duty, Rate, Rate)>,
}

impl Difference {
    pub(super) fn between(before: &Found, after: &Found) -> Self {
        let mut findings: BTreeMap<(Outlet, Code), (u64, u64)> = BTreeMap::new();
        let parcels: BTreeSet<_> = before.parcels.keys().chain(after.parcels.keys()).collect();
        for parcel in parcels {
            let of = |found: &Found| found.parcels.get(parcel).cloned().unwrap_or_default();
            let (was, is) = (of(before), of(after));
            let key = |(site, code): &(String, Code)| ((parcel.0.clone(), site.clone()), *code);
            for came in is.difference(&was) {
                findings.entry(key(came)).or_default().0 += 1;
            }
            for went in was.difference(&is) {
                findings.entry(key(went)).or_default().1 += 1;
            }
        }
        let mut findings: Vec<_> = findings.into_iter().collect();
        findings.sort_by_key(|(_, (came, went))| Reverse(came + went));
        let mut rates = Vec::new();
        let outlets: BTreeSet<_> = before.outlets.keys().chain(after.outlets.keys()).collect();
        for outlet in outlets {
            for duty in Duty::ALL {
                let rate = |found: &Found| {
                    let tally = found.outlets.get(outlet);
                    tally.map_or(Rate { part: 0, whole: 0 }, |tally| tally.rate(duty))
                };
                let (was, is) = (rate(before), rate(after));
                if was != is {
                    rates.push((outlet.clone(), duty, was, is));
                }
            }
        }
        Self { findings, rates }
    }

    /// Prints the first `rows_max` of each kind; 0 are all.
    pub(super) fn print(&self, out: &mut impl Write, rows_max: usize) -> io::Result<()> {
        writeln!(out)?;
        writeln!(
            out,
            "规则的影响 What these rules change against the built-in ones (问题 findings: + 新增 came, - 消失 went)"
        )?;
        if self.findings.is_empty() && self.rates.is_empty() {
            return writeln!(out, "  没有变化 nothing");
        }
        let shown = |count: usize| if rows_max == 0 { count } else { count.min(rows_max) };
        let name = |(brand, site): &Outlet| format!("{brand} {site}");
        let findings = shown(self.findings.len());
        for ((outlet, code), (came, went)) in self.findings.iter().take(findings) {
            writeln!(out, "  {:<28} {code}  +{came} -{went}", name(outlet))?;
        }
        more(out, self.findings.len() - findings)?;
        let rates = shown(self.rates.len());
        for (outlet, duty, was, is) in self.rates.iter().take(rates) {
            let (zh, en) = duty.title();
            writeln!(out, "  {:<28} {zh} {en}: {was} → {is}", name(outlet))?;
        }
        more(out, self.rates.len() - rates)
    }

    /// The same as JSON, one object a line.
    pub(super) fn lines(&self) -> impl Iterator<Item = serde_json::Value> {
        let findings = self.findings.iter().map(|(((brand, site), code), (came, went))| {
            serde_json::json!({
                "kind": "difference", "brand": brand, "site": site, "code": code.as_str(), "came": came, "went": went,
            })
        });
        let side = |rate: &Rate| serde_json::json!({"satisfied": rate.part, "judged": rate.whole});
        let rates = self.rates.iter().map(move |((brand, site), duty, was, is)| {
            serde_json::json!({
                "kind": "difference", "brand": brand, "site": site, "duty": duty.as_str(),
                "before": side(was), "after": side(is),
            })
        });
        findings.chain(rates)
    }
}

fn more(out: &mut impl Write, more: usize) -> io::Result<()> {
    if more == 0 {
        return Ok(());
    }
    writeln!(out, "  … 另有 {more} 行 {more} more, print all: --rows 0")
}
