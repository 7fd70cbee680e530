//! The summary: rates per brand, outlet and courier, what is pending and unknown, findings by code.

use std::collections::BTreeMap;
use std::hash::BuildHasher as _;
use std::io::{self, Write};

use hashbrown::{DefaultHashBuilder, HashTable};
use sanbai_core::duty::Ground;
use sanbai_core::finding::{Code, Unanswered};
use sanbai_core::registry::RegistryView;
use sanbai_core::rules::{Duty, Indicator, RuleSet};
use sanbai_core::tally::{DutyTally, Rate, Tally};
use sanbai_core::time::Timestamp;
use sanbai_core::verdict::Verdict;

/// Columns that names take at least.
const NAMES_WIDTH: usize = 28;
/// The counts behind the rates, and how wide their columns are.
const COUNTS: [(&str, usize); 4] = [
    ("件数 parcels", 12),
    ("待定项 pending", 14),
    ("未知项 unknown", 14),
    ("问题 findings", 13),
];

/// What a file says of its brands, outlets and couriers.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// A tally for each courier of each outlet of each brand: all others are sums of these.
    couriers: HashTable<Courier>,
    hasher: DefaultHashBuilder,
    unanswered: BTreeMap<Unanswered, u64>,
    /// Parcels that claim an agreement, where there is no register of them.
    claims_open: u64,
    /// Of each code the first parcel that has it, by brand and waybill.
    examples: BTreeMap<Code, (String, String)>,
    /// Parcels with a finding above information.
    pub(crate) parcels_with_findings: u64,
}

/// A courier, and what became of the parcels that were accepted by them.
#[derive(Debug)]
struct Courier {
    /// Brand, site, operator.
    names: [String; 3],
    tally: Tally,
}

impl Courier {
    fn is(&self, names: [&str; 3]) -> bool {
        self.names.iter().map(String::as_str).eq(names)
    }
}

/// The tallies of all, of brands, of outlets and of couriers, by their names.
struct Tallies<'a> {
    total: Tally,
    brands: BTreeMap<&'a str, Tally>,
    outlets: BTreeMap<(&'a str, &'a str), Tally>,
    couriers: BTreeMap<[&'a str; 3], &'a Tally>,
}

impl Summary {
    /// Adds a verdict.
    pub(crate) fn add(&mut self, verdict: &Verdict<'_>, indicators: &BTreeMap<String, Indicator>) {
        let names = [verdict.brand, verdict.site, verdict.operator];
        let hasher = &self.hasher;
        let courier = self.couriers.entry(
            hasher.hash_one(names),
            |courier| courier.is(names),
            |courier| hasher.hash_one(courier.names.each_ref().map(String::as_str)),
        );
        let mut courier = courier.or_insert_with(|| Courier {
            names: names.map(str::to_owned),
            tally: Tally::default(),
        });
        courier.get_mut().tally.add(verdict, indicators);
        for unanswered in &verdict.unanswered {
            *self.unanswered.entry(*unanswered).or_default() += 1;
        }
        let is_open = verdict.unanswered.iter().any(|one| one.code == Code::Ag01);
        self.claims_open += u64::from(is_open && verdict.counted && !verdict.letter);
        for finding in &verdict.findings {
            let parcel = (verdict.brand, verdict.waybill);
            match self.examples.get_mut(&finding.code) {
                Some((brand, waybill)) if (brand.as_str(), waybill.as_str()) <= parcel => {}
                _ => {
                    self.examples
                        .insert(finding.code, (parcel.0.to_owned(), parcel.1.to_owned()));
                }
            }
        }
        self.parcels_with_findings += u64::from(!verdict.is_clean());
    }

    fn tallies(&self) -> Tallies<'_> {
        let mut tallies = Tallies {
            total: Tally::default(),
            brands: BTreeMap::new(),
            outlets: BTreeMap::new(),
            couriers: BTreeMap::new(),
        };
        for Courier { names, tally } in &self.couriers {
            let [brand, site, operator] = names.each_ref().map(String::as_str);
            tallies.total.merge(tally);
            tallies.brands.entry(brand).or_default().merge(tally);
            tallies.outlets.entry((brand, site)).or_default().merge(tally);
            tallies.couriers.insert([brand, site, operator], tally);
        }
        tallies
    }

    /// Prints it, of outlets and couriers the `rows_max` worst; 0 are all. Outlets are named as registered at an instant.
    pub(crate) fn print(
        &self,
        out: &mut impl Write,
        set: &RuleSet,
        profile: &str,
        rows_max: usize,
        registered: (RegistryView<'_>, Timestamp),
    ) -> io::Result<()> {
        let mut columns: Vec<(&str, &Indicator)> = set
            .indicator
            .iter()
            .map(|(name, indicator)| (name.as_str(), indicator))
            .collect();
        columns.sort_by_key(|(name, indicator)| (indicator.order, *name));
        let brand_name = |code: &str| match set.brand.get(code) {
            Some(brand) => format!("{code} {}", brand.zh),
            None => code.to_owned(),
        };
        let tallies = self.tallies();
        let mut brands: Vec<(String, &Tally)> = tallies
            .brands
            .iter()
            .map(|(code, tally)| (brand_name(code), tally))
            .collect();
        brands.push(("合计 Total".to_owned(), &tallies.total));
        section(out, "品牌 Brand", &brands, &columns)?;
        let outlets = tallies
            .outlets
            .iter()
            .filter(|(_, tally)| has_something(tally))
            .map(|((brand, site), tally)| {
                let name = site_name(registered.0, brand, site, registered.1);
                (format!("{brand} {site} {name}").trim_end().to_owned(), tally)
            });
        worst(out, "网点 Outlet", outlets.collect(), rows_max, &columns)?;
        let couriers = tallies
            .couriers
            .iter()
            .filter(|([_, _, operator], tally)| !operator.is_empty() && has_something(tally))
            .map(|([brand, site, operator], tally)| (format!("{brand} {site} {operator}"), *tally));
        worst(out, "人员 Courier", couriers.collect(), rows_max, &columns)?;
        writeln!(
            out,
            "率只算已判定的；待定项、未知项按义务计，一件至多三项；问题按条计，不含提示。"
        )?;
        writeln!(
            out,
            "Rates are of what is judged. Pending and unknown count duties, up to three a parcel. Findings leave out notices."
        )?;
        writeln!(out)?;
        self.print_standing(out, &tallies.total)?;
        self.print_findings(out, set, profile, &tallies.total)
    }

    /// What stands on neither side of a rate, by duty and ground.
    fn print_standing(&self, out: &mut impl Write, total: &Tally) -> io::Result<()> {
        for duty in Duty::ALL {
            let tally = total.duty(duty);
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
            total.per_person_rate(),
            self.agreement_share(total),
            total.uncounted
        )
    }

    /// Share of agreement parcels. Whether a claim holds only its register can tell: with claims and no register there is
    /// no share. Without a claim nothing is under an agreement, register or not.
    fn agreement_share(&self, total: &Tally) -> Rate {
        if self.claims_open > 0 {
            return Rate { part: 0, whole: 0 };
        }
        total.agreement_share()
    }

    fn print_findings(&self, out: &mut impl Write, set: &RuleSet, profile: &str, total: &Tally) -> io::Result<()> {
        writeln!(out)?;
        if total.findings.is_empty() {
            writeln!(out, "没有发现问题 no findings")?;
        } else {
            writeln!(
                out,
                "发现的问题 Findings (C 严重 critical · H 高 high · M 中 medium · L 低 low · I 提示 notice)"
            )?;
        }
        for (code, count) in &total.findings {
            let Some(rule) = set.rule(*code) else { continue };
            let severity = match set.profile_set.get(profile) {
                Some(profile) => set.severity(*code, profile),
                None => rule.severity,
            };
            let example = self
                .examples
                .get(code)
                .map(|(brand, waybill)| format!("{brand}:{waybill}"));
            let example = example.unwrap_or_default();
            let (zh, en, letter) = (&rule.title_zh, &rule.title_en, severity.letter());
            writeln!(out, "  {code} {letter} {count:>8}  {zh} · {en} · 例 e.g. {example}")?;
        }
        if !total.findings.is_empty() {
            writeln!(
                out,
                "  逐件说明 the story of a parcel: sanbai explain BRAND:WAYBILL FILE…"
            )?;
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

fn has_something(tally: &Tally) -> bool {
    tally.parcels > 0 || findings_above_info(tally) > 0
}

/// One table: its names are as wide as the widest.
fn section(
    out: &mut impl Write,
    title: &str,
    rows: &[(String, &Tally)],
    columns: &[(&str, &Indicator)],
) -> io::Result<()> {
    let names = rows.iter().map(|(name, _)| width(name));
    let names_width = names.chain([width(title), NAMES_WIDTH]).max().unwrap_or(NAMES_WIDTH);
    write!(out, "{}", padded(title, names_width))?;
    for (_, indicator) in columns {
        write!(out, "  {}", padded_left(&indicator.zh, 10))?;
    }
    for (zh, columns) in COUNTS {
        write!(out, "  {}", padded_left(zh, columns))?;
    }
    writeln!(out)?;
    for (name, tally) in rows {
        write!(out, "{}", padded(name, names_width))?;
        for (id, indicator) in columns {
            let rate = tally.indicator(id, indicator).to_string();
            write!(out, "  {rate:>width$}", width = width(&indicator.zh).max(10))?;
        }
        let sum = |count: fn(&DutyTally) -> u64| -> u64 { Duty::ALL.iter().map(|duty| count(tally.duty(*duty))).sum() };
        let figures = [
            tally.parcels,
            sum(|duty| duty.pending),
            sum(|duty| duty.unknown),
            findings_above_info(tally),
        ];
        for (figure, (_, width)) in figures.into_iter().zip(COUNTS) {
            write!(out, "  {figure:>width$}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn findings_above_info(tally: &Tally) -> u64 {
    tally
        .findings
        .iter()
        .filter(|(code, _)| **code != Code::Dq06)
        .map(|(_, count)| *count)
        .sum()
}

/// The worst rows first: most duties not kept, then most findings, then most findings for each parcel, then by name. A
/// share alone would put whoever sent a single parcel in front.
fn worst(
    out: &mut impl Write,
    title: &str,
    mut rows: Vec<(String, &Tally)>,
    rows_max: usize,
    columns: &[(&str, &Indicator)],
) -> io::Result<()> {
    let failed = |tally: &Tally| -> u64 { Duty::ALL.iter().map(|duty| tally.duty(*duty).fail).sum() };
    rows.sort_by(|(a_name, a), (b_name, b)| {
        let weigh =
            |mine: &Tally, other: &Tally| u128::from(findings_above_info(mine)) * u128::from(other.parcels.max(1));
        (failed(b), findings_above_info(b))
            .cmp(&(failed(a), findings_above_info(a)))
            .then_with(|| weigh(b, a).cmp(&weigh(a, b)))
            .then_with(|| a_name.cmp(b_name))
    });
    let all = rows.len();
    if rows_max > 0 {
        rows.truncate(rows_max);
    }
    writeln!(out)?;
    section(out, title, &rows, columns)?;
    if rows.len() < all {
        let more = all - rows.len();
        writeln!(out, "… 另有 {more} 行，全部列出 {more} more rows, print all: --rows 0")?;
    }
    Ok(())
}

/// The name under which a site is registered; empty where it is not, or has none.
pub(crate) fn site_name<'a>(registry: RegistryView<'a>, brand: &str, site: &str, at: Timestamp) -> &'a str {
    registry
        .site(brand, site, at)
        .found()
        .map_or("", |site| site.name.as_str())
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
