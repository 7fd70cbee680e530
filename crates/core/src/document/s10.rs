//! Postal item numbers (UPU S10): two letters, eight digits, a check digit and the country.

use super::canonical::{Canonical, Normalised};
use super::kind::Grade;

const WEIGHTS: [u32; 8] = [8, 6, 4, 2, 3, 5, 9, 7];

/// How a postal item number came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct S10Facts {
    /// Length and characters. Whether the country exists is not looked up.
    pub format: Grade,
    /// Check digit; not applicable where the format is wrong.
    pub checksum: Grade,
    /// What was changed before it was read.
    pub normalised: Normalised,
}

impl S10Facts {
    /// Whether format and check digit are right.
    pub fn is_valid(&self) -> bool {
        self.format == Grade::Ok && self.checksum == Grade::Ok
    }
}

/// Examines a postal item number. Any input will do; no more than 128 bytes are looked at.
///
/// The check digit is 11 less the weighted sum modulo 11, with 10 written 0 and 11 written 5 (UPU S10).
///
/// ```
/// use sanbai_core::document::s10::examine_s10;
///
/// assert!(examine_s10("EB000717595HK").is_valid());
/// assert!(examine_s10("eb 000717595 hk").is_valid());
/// assert!(!examine_s10("EB000717596HK").is_valid());
/// ```
pub fn examine_s10(number: impl AsRef<[u8]>) -> S10Facts {
    Canonical::of(number).map_or(
        S10Facts {
            format: Grade::Wrong,
            checksum: Grade::NotApplicable,
            normalised: Normalised::default(),
        },
        |canonical| read(&canonical),
    )
}

pub(super) fn read(canonical: &Canonical) -> S10Facts {
    let right = check(canonical.as_bytes());
    S10Facts {
        format: Grade::of(right.is_some()),
        checksum: right.map_or(Grade::NotApplicable, Grade::of),
        normalised: canonical.changes(),
    }
}

/// Whether the check digit is right; `None` where the number is malformed.
fn check(number: &[u8]) -> Option<bool> {
    let [s1, s2, digits @ .., check, c1, c2] = number else {
        return None;
    };
    let letters = [s1, s2, c1, c2].into_iter().all(u8::is_ascii_uppercase);
    if !letters || digits.len() != WEIGHTS.len() || !check.is_ascii_digit() {
        return None;
    }
    let mut sum = 0_u32;
    for (digit, weight) in digits.iter().zip(WEIGHTS) {
        sum = sum.saturating_add(super::digit(*digit)?.saturating_mul(weight));
    }
    let expected = match 11_u32.saturating_sub(sum % 11) {
        10 => 0,
        11 => 5,
        other => other,
    };
    Some(super::digit(*check)? == expected)
}
