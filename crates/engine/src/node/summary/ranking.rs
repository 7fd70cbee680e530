//! The worst of many, with a bound.

use std::cmp::Reverse;

use super::Figures;

/// An outlet, or a courier at an outlet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// Brand code.
    pub brand: Box<str>,
    /// The outlet.
    pub site: Box<str>,
    /// Staff id; empty for an outlet, and where nobody was named.
    pub operator: Box<str>,
    /// What it adds up to.
    pub figures: Figures,
}

/// The worst of many: most duties not kept, or kept in name only; then most parcels; then by name.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// The worst first.
    pub worst: Vec<Ranked>,
    /// How many there are, those that are left out among them.
    pub all: u64,
    max: usize,
    /// Whoever is no worse than this has no place.
    bar: Option<(u64, u64)>,
}

impl Ranking {
    /// None yet, of which at most `max` are kept.
    pub const fn new(max: usize) -> Self {
        Self {
            worst: Vec::new(),
            all: 0,
            max,
            bar: None,
        }
    }

    /// Takes one more into account; of equals those that come first stay, so they are to come by name. Names that may be
    /// those of persons are counted and not kept.
    pub fn offer(&mut self, brand: &str, site: &str, operator: &str, figures: &Figures) {
        if *figures == Figures::default() {
            return;
        }
        self.all += 1;
        let weight = weight(figures);
        if self.max == 0 || self.bar.is_some_and(|bar| weight <= bar) || !is_id(site) {
            return;
        }
        if !operator.is_empty() && !is_id(operator) {
            return;
        }
        self.worst.push(Ranked {
            brand: brand.into(),
            site: site.into(),
            operator: operator.into(),
            figures: *figures,
        });
        if self.worst.len() >= self.max.saturating_mul(2).max(64) {
            self.sort();
        }
    }

    /// Adds those of another shard.
    pub fn merge(&mut self, other: &Self) {
        self.all += other.all;
        self.worst.extend(other.worst.iter().cloned());
        self.sort();
    }

    /// Brings the worst to the front, and drops those that have no place.
    pub fn sort(&mut self) {
        let Self { worst, max, .. } = self;
        worst.sort_by(|a, b| key(a).cmp(&key(b)));
        worst.truncate(*max);
        self.bar = worst
            .last()
            .filter(|_| worst.len() == *max)
            .map(|last| weight(&last.figures));
    }

    /// How many are not told by name.
    pub fn left_out(&self) -> u64 {
        self.all.saturating_sub(self.worst.len() as u64)
    }
}

fn weight(figures: &Figures) -> (u64, u64) {
    (figures.badness(), figures.parcels)
}

fn key(ranked: &Ranked) -> (Reverse<(u64, u64)>, &str, &str, &str) {
    let Ranked {
        brand, site, operator, ..
    } = ranked;
    (Reverse(weight(&ranked.figures)), brand, site, operator)
}

/// Whether a text is a number of an outlet or of a member of staff: those have a digit, and names of persons have none.
fn is_id(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}
