//! How a number came out for one kind, and the reading of kinds that have little to read.

use super::canonical::{Canonical, is_present};
use super::kind::{DocumentKind, Grade, Region, Sex};
use super::person::{Prefix, read_18, read_first_generation, read_foreign_2017};
use crate::division::{Standing, standing};
use crate::time::CivilDay;

/// Characters of a credit code: no I, O, S, V, Z (GB 32100-2015).
const CREDIT_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// How a number came out for one kind.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub(super) format: Grade,
    pub(super) checksum: Grade,
    pub(super) birth_date: Grade,
    pub(super) place: Place,
    pub(super) sex: Option<Sex>,
    pub(super) birth_year: Option<u16>,
}

/// Where a number was given out. Looked up last, and only for the stated kind.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// The number does not say.
    None,
    /// By an authority of the state itself: 100000, which only credit codes have.
    State,
    /// A division code.
    Code([u8; 6]),
}

impl Place {
    /// A division code of 2, 4 or 6 digits.
    pub(super) fn of(code: &[u8]) -> Self {
        let mut padded = *b"000000";
        for (slot, byte) in padded.iter_mut().zip(code) {
            *slot = *byte;
        }
        Self::Code(padded)
    }

    pub(super) fn region(self) -> Region {
        let code = match self {
            Self::None => return Region::NotApplicable,
            Self::State => return Region::Known,
            Self::Code(code) => code,
        };
        match standing(core::str::from_utf8(&code).unwrap_or_default()) {
            Standing::Known => Region::Known,
            Standing::Historic => Region::Historic,
            Standing::Unknown => Region::Unknown,
        }
    }
}

impl Reading {
    /// Length or characters do not fit, so nothing else can be looked at.
    const MALFORMED: Self = Self::plain(Grade::Wrong);

    /// Of a kind in which nothing but the format can be looked at.
    const fn plain(format: Grade) -> Self {
        Self {
            format,
            checksum: Grade::NotApplicable,
            birth_date: Grade::NotApplicable,
            place: Place::None,
            sex: None,
            birth_year: None,
        }
    }

    pub(super) fn is_valid(&self) -> bool {
        ![self.format, self.checksum, self.birth_date].contains(&Grade::Wrong)
    }
}

/// Reads a number as one kind; `raw` is what `canonical` was made of.
pub(super) fn read(kind: DocumentKind, raw: &[u8], canonical: Option<&Canonical>, today: CivilDay) -> Reading {
    let number = canonical.map_or(&[][..], Canonical::as_bytes);
    let reading = match kind {
        DocumentKind::Resident | DocumentKind::TemporaryResident | DocumentKind::HouseholdRegister => {
            read_18(number, Prefix::Division, today)
        }
        DocumentKind::ResidencePermit => read_18(number, Prefix::ResidencePermit, today),
        DocumentKind::ForeignPermanent2023 => read_18(number, Prefix::Foreign, today),
        DocumentKind::FirstGeneration => read_first_generation(number, today),
        DocumentKind::ForeignPermanent2017 => read_foreign_2017(number, today),
        DocumentKind::CreditCode => read_credit_code(number),
        DocumentKind::HkMoTravelPermit => Some(Reading::plain(hk_mo_permit(number))),
        DocumentKind::TwTravelPermit => Some(Reading::plain(tw_permit(number))),
        DocumentKind::Passport => Some(Reading::plain(passport(number))),
        DocumentKind::DrivingLicence => {
            read_18(number, Prefix::Any, today).or_else(|| Some(Reading::plain(passport(number))))
        }
        DocumentKind::Military | DocumentKind::Other => Some(Reading::plain(Grade::of(is_present(raw)))),
    };
    reading.unwrap_or(Reading::MALFORMED)
}

/// Reads a credit code: authority and kind, six digits of the registering place, nine characters, a check character.
///
/// The nine characters have a check digit of their own (GB 11714), which is not asked for: codes given to those without
/// an organisation code do not keep it. Zeros alone keep every check digit, and are a wrong format.
fn read_credit_code(number: &[u8]) -> Option<Reading> {
    let (body, [check]) = number.split_last_chunk::<1>()?;
    let place = number.get(2..8)?;
    if body.len() != 17 || !place.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (mut sum, mut weight) = (0_usize, 1_usize);
    for character in body {
        sum = sum.saturating_add(credit_value(*character)?.saturating_mul(weight));
        weight = weight.saturating_mul(3) % 31;
    }
    let expected = 31_usize.saturating_sub(sum % 31) % 31;
    Some(Reading {
        checksum: Grade::of(credit_value(*check)? == expected),
        place: if place == b"100000" {
            Place::State
        } else {
            Place::of(place)
        },
        ..Reading::plain(Grade::of(!is_one_repeated(number)))
    })
}

fn credit_value(character: u8) -> Option<usize> {
    CREDIT_CHARACTERS.iter().position(|known| *known == character)
}

fn hk_mo_permit(number: &[u8]) -> Grade {
    match number {
        [b'H' | b'M', digits @ ..] if matches!(digits.len(), 8 | 10) => permit_digits(digits),
        _ => Grade::Wrong,
    }
}

/// Eight digits; older ones ten, and one or two characters for the issue.
fn tw_permit(number: &[u8]) -> Grade {
    match number.len() {
        8 | 10 => permit_digits(number),
        11 | 12 => permit_digits(number.get(..10).unwrap_or_default()),
        _ => Grade::Wrong,
    }
}

/// All one digit is possible where numbers are given in their order, yet hard to believe.
fn permit_digits(digits: &[u8]) -> Grade {
    if !digits.iter().all(u8::is_ascii_digit) {
        Grade::Wrong
    } else if is_one_repeated(digits) {
        Grade::Implausible
    } else {
        Grade::Ok
    }
}

fn passport(number: &[u8]) -> Grade {
    Grade::of((5..=17).contains(&number.len()))
}

/// Whether all characters are the same.
pub(super) fn is_one_repeated(characters: &[u8]) -> bool {
    characters
        .first()
        .is_some_and(|first| characters.iter().all(|character| character == first))
}
