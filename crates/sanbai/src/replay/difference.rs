//! What other rules change: findings and rates of each outlet, before and after.

use std::collections::BTreeSet;
use std::io::{self, Write};

use sanbai_core::finding::Code;
use sanbai_core::rules::Duty;
use sanbai_core::tally::Tally;

use super::side::Outlets;

/// Prints the `rows_max` largest differences; 0 are all.
pub(super) fn print(out: &mut impl Write, before: &Outlets, after: &Outlets, rows_max: usize) -> io::Result<()> {
    writeln!(out)?;
    writeln!(
        out,
        "规则的影响 What these rules change against the built-in ones (之前 before → 之后 after)"
    )?;
    let nothing = Tally::default();
    let outlets: BTreeSet<&(String, String)> = before.keys().chain(after.keys()).collect();
    let (mut findings, mut rates) = (Vec::new(), Vec::new());
    for outlet in outlets {
        let name = format!("{} {}", outlet.0, outlet.1);
        let tally = |side: &'_ Outlets| side.get(outlet).cloned().unwrap_or_else(|| nothing.clone());
        let (before, after) = (tally(before), tally(after));
        for (code, was, is) in changed(&before, &after) {
            findings.push((name.clone(), code, was, is));
        }
        if Duty::ALL.iter().any(|duty| before.rate(*duty) != after.rate(*duty)) {
            rates.push((name, before, after));
        }
    }
    if findings.is_empty() && rates.is_empty() {
        return writeln!(out, "  没有变化 nothing");
    }
    findings.sort_by_key(|(_, _, was, is)| std::cmp::Reverse(was.abs_diff(*is)));
    let shown = |count: usize| if rows_max == 0 { count } else { rows_max };
    for (name, code, was, is) in findings.iter().take(shown(findings.len())) {
        let (sign, change) = if is > was { ('+', is - was) } else { ('-', was - is) };
        writeln!(out, "  {name:<28} {code}  {was} → {is}  ({sign}{change})")?;
    }
    more(out, findings.len(), shown(findings.len()))?;
    for (name, before, after) in rates.iter().take(shown(rates.len())) {
        write!(out, "  {name:<28}")?;
        for duty in Duty::ALL {
            let (zh, _) = duty.title();
            write!(out, " {zh} {} → {} ", before.rate(duty), after.rate(duty))?;
        }
        writeln!(out)?;
    }
    more(out, rates.len(), shown(rates.len()))
}

fn changed(before: &Tally, after: &Tally) -> Vec<(Code, u64, u64)> {
    let codes: BTreeSet<Code> = before.findings.keys().chain(after.findings.keys()).copied().collect();
    let count = |tally: &Tally, code: Code| tally.findings.get(&code).copied().unwrap_or(0);
    let all = codes
        .into_iter()
        .map(|code| (code, count(before, code), count(after, code)));
    all.filter(|(_, was, is)| was != is).collect()
}

fn more(out: &mut impl Write, all: usize, shown: usize) -> io::Result<()> {
    match all.saturating_sub(shown) {
        0 => Ok(()),
        more => writeln!(out, "  … 另有 {more} 行 {more} more, print all: --rows 0"),
    }
}
