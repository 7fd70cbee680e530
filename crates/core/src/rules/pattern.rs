//! Patterns of waybill numbers: regular expressions, of which the usual ones are matched without an engine.

use regex_lite::Regex;

/// A pattern of a whole waybill number, written as a regular expression.
///
/// What brands need is matched as what it is, runs of characters: letters and digits, `\d`, classes such as `[A-Z0-9]`,
/// counts such as `{9,10}` at the end and others that are exact, and alternatives `(?:…|…)` of these. Any other
/// expression is matched by the engine, more slowly.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// The ways to fit; `None` where only the engine can tell.
    ways: Option<Vec<Way>>,
}

/// Most ways in which a pattern may be taken apart; one that has more is left to the engine.
const WAYS_MAX: usize = 64;

/// Runs of characters, one after the other. All but the last have an exact count.
type Way = Vec<Run>;

/// Characters of one set in a row.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// ASCII characters, as bits.
    set: u128,
    min: usize,
    max: usize,
}

impl Pattern {
    /// Reads a pattern; `None` where it is no regular expression.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self {
            regex: Regex::new(&format!("^(?:{text})$")).ok()?,
            ways: ways(text),
        })
    }

    /// Whether the whole of a waybill number fits.
    pub fn is_match(&self, waybill: &str) -> bool {
        match &self.ways {
            Some(ways) => ways.iter().any(|way| fits(way, waybill.as_bytes())),
            None => self.regex.is_match(waybill),
        }
    }
}

fn fits(way: &[Run], mut rest: &[u8]) -> bool {
    for run in way {
        let same = rest.iter().take(run.max).take_while(|byte| run.set & bit(**byte) != 0);
        let count = same.count();
        match rest.get(count..) {
            Some(behind) if count >= run.min => rest = behind,
            _ => return false,
        }
    }
    rest.is_empty()
}

fn bit(byte: u8) -> u128 {
    1_u128.checked_shl(byte.into()).unwrap_or(0)
}

fn ways(mut rest: &str) -> Option<Vec<Way>> {
    let mut ways: Vec<Way> = vec![Vec::new()];
    while !rest.is_empty() {
        let (next, behind) = if let Some(group) = rest.strip_prefix("(?:") {
            let (inner, behind) = group.split_once(')')?;
            let alternatives: Option<Vec<Way>> = inner.split('|').map(way).collect();
            (alternatives?, behind)
        } else {
            let (run, behind) = run(rest)?;
            (vec![vec![run]], behind)
        };
        let both = |before: &Way| {
            let before = before.clone();
            next.iter()
                .map(move |way| [before.as_slice(), way].concat())
                .collect::<Vec<Way>>()
        };
        ways = ways.iter().flat_map(both).take(WAYS_MAX.saturating_add(1)).collect();
        if ways.len() > WAYS_MAX {
            return None;
        }
        rest = behind;
    }
    let is_exact = |way: &Way| way.iter().rev().skip(1).all(|run| run.min == run.max);
    ways.iter().all(is_exact).then_some(ways)
}

fn way(mut rest: &str) -> Option<Way> {
    let mut way = Vec::new();
    while !rest.is_empty() {
        let (run, behind) = run(rest)?;
        way.push(run);
        rest = behind;
    }
    Some(way)
}

/// The run with which an expression begins, and what follows it.
fn run(text: &str) -> Option<(Run, &str)> {
    let (set, rest) = if let Some(rest) = text.strip_prefix("\\d") {
        (class("0-9")?, rest)
    } else if let Some(rest) = text.strip_prefix('[') {
        let (inner, rest) = rest.split_once(']')?;
        (class(inner)?, rest)
    } else {
        let (letter, rest) = text.split_at_checked(1)?;
        (class(letter)?, rest)
    };
    let Some(rest) = rest.strip_prefix('{') else {
        let is_plain = !rest.starts_with(['*', '+', '?']);
        return is_plain.then_some((Run { set, min: 1, max: 1 }, rest));
    };
    let (count, rest) = rest.split_once('}')?;
    let (min, max) = match count.split_once(',') {
        None => (count.parse().ok()?, count.parse().ok()?),
        Some((min, "")) => (min.parse().ok()?, usize::MAX),
        Some((min, max)) => (min.parse().ok()?, max.parse().ok()?),
    };
    (!rest.starts_with(['*', '+', '?', '{'])).then_some((Run { set, min, max }, rest))
}

/// Letters, digits and ranges of them as a set.
fn class(inner: &str) -> Option<u128> {
    let mut set = 0;
    let mut rest = inner.as_bytes();
    loop {
        let (first, last, behind) = match rest {
            [] => return (set != 0).then_some(set),
            [first, b'-', last, behind @ ..] => (first, last, behind),
            [one, behind @ ..] => (one, one, behind),
        };
        if !first.is_ascii_alphanumeric() || !last.is_ascii_alphanumeric() {
            return None;
        }
        set = (*first..=*last).fold(set, |set, byte| set | bit(byte));
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::Rules;

    fn of_all_brands() -> Vec<Pattern> {
        let rules = Rules::builtin();
        let sets = rules.sets().iter();
        sets.flat_map(|set| set.brand.values().flat_map(|brand| brand.patterns.clone()))
            .collect()
    }

    #[test]
    fn no_pattern_of_a_brand_needs_the_engine() {
        assert!(of_all_brands().iter().all(|pattern| pattern.ways.is_some()));
    }

    #[test]
    fn what_is_not_read_as_runs_is_left_to_the_engine() {
        for text in [
            "\\d{2,3}7",
            "a+",
            "(?:a|b)?c",
            "(?:(?:a))",
            "a|b",
            ".",
            "[^a]",
            "\\w",
            "^a",
            "é",
            "(a)",
            "a{2}?",
        ] {
            let pattern = Pattern::parse(text).expect("an expression");
            assert!(pattern.ways.is_none(), "{text}");
        }
        assert!(Pattern::parse("(").is_none());
        assert!(Pattern::parse("a|bc").expect("an expression").is_match("bc"));
    }

    proptest! {
        #[test]
        fn runs_match_what_the_engine_matches(waybill in "(SF|JT|JDX|JDVA|77|268|9[0-9]|[A-Z]{2}|DPK|Y|)[0-9]{7,16}[A-Z]{0,2}") {
            for pattern in of_all_brands() {
                prop_assert_eq!(pattern.is_match(&waybill), pattern.regex.is_match(&waybill), "{:?}", pattern.regex);
            }
        }
    }
}
