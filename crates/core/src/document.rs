//! Identity documents and numbers: what can be known of a number without asking anybody.
//!
//! Every number is graded in its parts: format, check digit, birth date, division code. Nothing here panics, allocates or
//! reads a clock, and any bytes will do as input; no more than [`RAW_MAX`] of them are looked at.
//!
//! Two questions are kept apart. [`examine`] grades a number as a *stated* kind, and [`NumberFacts::is_valid`] answers for
//! that kind. [`identify`] is asked for any kind. A number proves a kind only by a check digit, so `valid_as` names the
//! five [checked kinds](DocumentKind::CHECKED) of which it is valid, all of them: 18 digits may be a resident number and a
//! credit code at once. Beside them it names the first generation, whose 15 digits have a birth date and no check digit;
//! [`ask::answer`] calls that no more than possible. The others are format only, and nearly every string of letters and
//! digits is a passport; they too are only *possible*, and that where `valid_as` is empty. Documents that carry the number
//! of another one (temporary card, household register, driving licence) are not listed beside it.
//!
//! Blanks, hyphens, full-width characters and small letters are put right before a number is read, and reported.

pub mod ask;
mod canonical;
mod kind;
mod person;
mod reading;
pub mod s10;

#[cfg(test)]
mod tests;

pub use canonical::{Canonical, Normalised, RAW_MAX};
pub use kind::{DocumentKind, Grade, KindSet, Region, Sex};

use crate::time::CivilDay;

/// How a number came out for a stated kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberFacts {
    /// The stated kind.
    pub kind: DocumentKind,
    /// Whether length and characters are those of the kind. Where they are not, the rest is not applicable, unless only
    /// the prefix is that of a sister kind (resident, residence permit, foreign permanent residence).
    pub format: Grade,
    /// Whether the check digit is right.
    pub checksum: Grade,
    /// Whether the birth date is a real day from 1800 on and not in the future; implausible if over 120 years ago.
    pub birth_date: Grade,
    /// Whether the division code is known. Never decides.
    pub region: Region,
    /// Sex as the number says; only of a valid number.
    pub sex: Option<Sex>,
    /// Year of birth, 1800 to today; only of a valid number.
    pub birth_year: Option<u16>,
    /// The stated kind if it is valid as that, every kind whose check digit it keeps, and the first generation for 15
    /// digits with a birth date.
    pub valid_as: KindSet,
    /// What was changed before it was read.
    pub normalised: Normalised,
}

impl NumberFacts {
    /// Whether it is valid as the stated kind: format, check digit and birth date are not wrong.
    ///
    /// Implausible is not wrong, and the region never decides.
    pub fn is_valid(&self) -> bool {
        self.valid_as.contains(self.kind)
    }

    /// Whether something in it is possible, yet hard to believe.
    pub fn is_implausible(&self) -> bool {
        [self.format, self.checksum, self.birth_date].contains(&Grade::Implausible)
    }
}

/// What a number may be when nobody says its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Candidates {
    /// Kinds of which it is valid and whose check digit it keeps, and the first generation for 15 digits with a birth date.
    pub valid_as: KindSet,
    /// Valid as a postal item number (UPU S10).
    pub s10: bool,
    /// Permits and passports whose format it has; empty where it is valid as anything.
    pub possible: KindSet,
}

impl Candidates {
    /// Whether a check digit proves it to be something.
    pub fn is_proved(&self) -> bool {
        self.s10 || self.valid_as.iter().any(DocumentKind::has_check_digit)
    }

    /// Whether there is nothing that it could be.
    pub fn is_empty(&self) -> bool {
        !self.s10 && self.valid_as.is_empty() && self.possible.is_empty()
    }
}

/// Grades a number as a stated kind; `today` is the civil day on which it was shown.
///
/// Resident numbers after GB 11643-1999, credit codes after GB 32100-2015, cards of 2017 after ICAO 9303. A military
/// document and the kind *other* need only be present: there is no public standard.
///
/// ```
/// use sanbai_core::document::{DocumentKind, Grade, Region, Sex, examine};
/// use sanbai_core::time::CivilDay;
///
/// let today = CivilDay::from_ymd(2026, 3, 10).expect("a day");
/// let facts = examine(DocumentKind::Resident, "440308 19990110 1512", today);
/// assert!(facts.is_valid() && facts.normalised.separators_removed);
/// assert_eq!((facts.region, facts.sex, facts.birth_year), (Region::Known, Some(Sex::Male), Some(1999)));
///
/// let permit = examine(DocumentKind::Resident, "810000199408230021", today);
/// assert_eq!((permit.format, permit.checksum), (Grade::Wrong, Grade::Ok));
/// assert!(permit.valid_as.contains(DocumentKind::ResidencePermit));
/// ```
pub fn examine(kind: DocumentKind, number: impl AsRef<[u8]>, today: CivilDay) -> NumberFacts {
    examine_bytes(kind, number.as_ref(), today)
}

fn examine_bytes(kind: DocumentKind, number: &[u8], today: CivilDay) -> NumberFacts {
    let canonical = Canonical::of(number);
    let reading = reading::read(kind, number, canonical.as_ref(), today);
    let mut valid_as = valid_as(number, canonical.as_ref(), today);
    if reading.is_valid() {
        valid_as.insert(kind);
    }
    let trusted = reading.is_valid();
    NumberFacts {
        kind,
        format: reading.format,
        checksum: reading.checksum,
        birth_date: reading.birth_date,
        region: reading.place.region(),
        sex: reading.sex.filter(|_| trusted),
        birth_year: reading.birth_year.filter(|_| trusted),
        valid_as,
        normalised: canonical.map(|canonical| canonical.changes()).unwrap_or_default(),
    }
}

/// Says what a number may be when nobody says its kind.
///
/// A passport is suggested only up to nine characters with a digit among them, which is all that its machine-readable
/// line has room for; military documents and *other* are never suggested, for anything could be one.
///
/// ```
/// use sanbai_core::document::{DocumentKind, identify};
/// use sanbai_core::time::CivilDay;
///
/// let today = CivilDay::from_ymd(2026, 3, 10).expect("a day");
/// let both = identify("362322198709086409", today).valid_as;
/// assert!(both.iter().eq([DocumentKind::Resident, DocumentKind::CreditCode]));
///
/// let permit = identify("H12345678", today);
/// assert!(permit.valid_as.is_empty());
/// assert!(permit.possible.iter().eq([DocumentKind::HkMoTravelPermit, DocumentKind::Passport]));
/// ```
pub fn identify(number: impl AsRef<[u8]>, today: CivilDay) -> Candidates {
    let raw = number.as_ref();
    let Some(canonical) = Canonical::of(raw) else {
        return Candidates::default();
    };
    let mut candidates = Candidates {
        valid_as: valid_as(raw, Some(&canonical), today),
        s10: s10::read(&canonical).is_valid(),
        possible: KindSet::EMPTY,
    };
    if candidates.valid_as.is_empty() && !candidates.s10 {
        candidates.possible = possible(raw, &canonical, today);
    }
    candidates
}

fn valid_as(raw: &[u8], canonical: Option<&Canonical>, today: CivilDay) -> KindSet {
    let telling = DocumentKind::CHECKED.into_iter().chain([DocumentKind::FirstGeneration]);
    telling
        .filter(|kind| reading::read(*kind, raw, canonical, today).is_valid())
        .collect()
}

fn possible(raw: &[u8], canonical: &Canonical, today: CivilDay) -> KindSet {
    let number = canonical.as_bytes();
    let fits_passport = number.len() <= 9 && number.iter().any(u8::is_ascii_digit);
    let unchecked = [
        DocumentKind::HkMoTravelPermit,
        DocumentKind::TwTravelPermit,
        DocumentKind::Passport,
    ];
    let fitting = unchecked
        .into_iter()
        .filter(|kind| *kind != DocumentKind::Passport || fits_passport);
    fitting
        .filter(|kind| reading::read(*kind, raw, Some(canonical), today).is_valid())
        .collect()
}

/// The value of an ASCII digit.
fn digit(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(10)
}
