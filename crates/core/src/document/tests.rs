mod others;
mod properties;

use super::ask::{Outcome, Question, answer};
use super::s10::examine_s10;
use super::*;

fn today() -> CivilDay {
    CivilDay::from_ymd(2026, 3, 10).expect("a day")
}

fn resident(number: impl AsRef<[u8]>) -> NumberFacts {
    examine(DocumentKind::Resident, number, today())
}

/// 17 characters and their check character.
fn checked(body: &str) -> String {
    let check = person::check_character(body.as_bytes().first_chunk().expect("17 digits")).expect("digits");
    format!("{body}{}", char::from(check))
}

fn valid_as(number: &str) -> Vec<&'static str> {
    identify(number, today())
        .valid_as
        .iter()
        .map(DocumentKind::code)
        .collect()
}

fn possible(number: &str) -> Vec<&'static str> {
    identify(number, today())
        .possible
        .iter()
        .map(DocumentKind::code)
        .collect()
}

#[test]
fn published_resident_numbers_are_valid() {
    let numbers = [
        ("440308199901101512", Region::Known, Sex::Male, 1999),
        ("371001198010082394", Region::Historic, Sex::Male, 1980),
        ("321083197812162119", Region::Historic, Sex::Male, 1978),
        ("500154199804106120", Region::Known, Sex::Female, 1998),
        ("411082198901010002", Region::Known, Sex::Female, 1989),
        ("362322198709086409", Region::Historic, Sex::Female, 1987),
        ("321119197310306324", Region::Unknown, Sex::Female, 1973),
    ];
    for (number, region, sex, year) in numbers {
        let facts = resident(number);
        assert!(facts.is_valid(), "{number}");
        assert_eq!(
            (facts.region, facts.sex, facts.birth_year),
            (region, Some(sex), Some(year)),
            "{number}"
        );
        assert_eq!(
            (facts.format, facts.checksum, facts.birth_date),
            (Grade::Ok, Grade::Ok, Grade::Ok),
            "{number}"
        );
        assert!(!facts.normalised.any());
    }
}

#[test]
fn eighteen_characters_are_of_one_kind_by_their_prefix() {
    assert_eq!(valid_as("440308199901101512"), ["resident"]);
    assert_eq!(valid_as("830000199201300022"), ["residence_permit"]);
    assert_eq!(valid_as("810000199408230021"), ["residence_permit"]);
    assert_eq!(valid_as("932682198501010017"), ["foreign_permanent_2023"]);
    for (number, kind) in [
        ("830000199201300022", DocumentKind::ResidencePermit),
        ("810000199408230021", DocumentKind::ResidencePermit),
        ("932682198501010017", DocumentKind::ForeignPermanent2023),
    ] {
        let stated = examine(kind, number, today());
        assert!(stated.is_valid());
        assert_eq!(stated.region, Region::Known);
        let as_resident = resident(number);
        assert!(!as_resident.is_valid());
        assert_eq!((as_resident.format, as_resident.checksum), (Grade::Wrong, Grade::Ok));
        assert!(as_resident.valid_as.iter().eq([kind]));
    }
}

#[test]
fn documents_that_carry_the_resident_number_are_read_like_it() {
    for kind in [
        DocumentKind::TemporaryResident,
        DocumentKind::HouseholdRegister,
        DocumentKind::DrivingLicence,
    ] {
        let facts = examine(kind, "440308199901101512", today());
        assert!(facts.is_valid());
        assert!(facts.valid_as.iter().eq([DocumentKind::Resident, kind]));
        assert!(!examine(kind, "440308199901101513", today()).is_valid());
    }
    assert!(examine(DocumentKind::DrivingLicence, "810000199408230021", today()).is_valid());
    assert!(examine(DocumentKind::DrivingLicence, "E12345678", today()).is_valid());
}

#[test]
fn a_number_may_be_a_resident_number_and_a_credit_code() {
    assert_eq!(valid_as("362322198709086409"), ["resident", "credit_code"]);
    let facts = examine(DocumentKind::CreditCode, "362322198709086409", today());
    assert!(facts.is_valid());
    assert_eq!(facts.valid_as.len(), 2);
    assert_eq!(
        (facts.birth_date, facts.birth_year, facts.sex),
        (Grade::NotApplicable, None, None)
    );
}

#[test]
fn wrong_check_digits_are_wrong_and_nothing_else() {
    let facts = resident("440308199901101513");
    assert_eq!(
        (facts.format, facts.checksum, facts.birth_date),
        (Grade::Ok, Grade::Wrong, Grade::Ok)
    );
    assert_eq!((facts.sex, facts.birth_year), (None, None));
    assert!(!facts.is_valid() && facts.valid_as.is_empty());
}

#[test]
fn impossible_and_future_births_are_wrong() {
    for birth in [
        "19990229", "19991301", "19990100", "20260311", "22000101", "17991231", "00000101", "11111111",
    ] {
        let facts = resident(checked(&format!("440308{birth}151")));
        assert_eq!((facts.checksum, facts.birth_date), (Grade::Ok, Grade::Wrong), "{birth}");
        assert!(!facts.is_valid() && facts.birth_year.is_none());
    }
    assert!(resident(checked("44030820260310151")).is_valid());
    assert!(resident(checked("44030820240229151")).is_valid());
}

#[test]
fn births_over_120_years_ago_are_implausible_and_valid() {
    let grade = |birth: &str| {
        let facts = resident(checked(&format!("440308{birth}151")));
        assert!(facts.is_valid());
        facts.birth_date
    };
    assert_eq!(grade("19060310"), Grade::Ok);
    assert_eq!(grade("19060309"), Grade::Implausible);
    assert_eq!(grade("18000101"), Grade::Implausible);
    assert!(resident(checked("44030819000101151")).is_implausible());
}

#[test]
fn the_day_is_the_one_given() {
    let number = checked("44030820260310151");
    let before = CivilDay::from_ymd(2026, 3, 9).expect("a day");
    assert!(!examine(DocumentKind::Resident, &number, before).is_valid());
}

#[test]
fn blanks_hyphens_width_and_case_are_put_right_and_reported() {
    let check = |number: &str, expected: Normalised| {
        let facts = resident(number);
        assert!(facts.is_valid(), "{number}");
        assert_eq!(facts.normalised, expected, "{number}");
    };
    let none = Normalised::default();
    check(" 440308199901101512\r\n", Normalised { trimmed: true, ..none });
    check(
        "\u{3000}440308199901101512\u{feff}",
        Normalised { trimmed: true, ..none },
    );
    check(
        "440308 1999-0110 1512",
        Normalised {
            separators_removed: true,
            ..none
        },
    );
    check(
        "４４０３０８１９９９０１１０１５１２",
        Normalised {
            width_folded: true,
            ..none
        },
    );
    let with_x = (100..200)
        .map(|sequence| checked(&format!("44030819990110{sequence}")))
        .find(|n| n.ends_with('X'));
    let small = with_x.expect("one in eleven").to_lowercase();
    check(
        &small,
        Normalised {
            uppercased: true,
            ..none
        },
    );
    check(
        &small.replace('x', "ｘ"),
        Normalised {
            uppercased: true,
            width_folded: true,
            ..none
        },
    );
}

#[test]
fn an_x_stands_only_at_the_end() {
    assert_eq!(resident("44030819990110151Y").format, Grade::Wrong);
    assert_eq!(resident("4403081999011X1512").format, Grade::Wrong);
    assert_eq!(resident("X40308199901101512").format, Grade::Wrong);
}

#[test]
fn noise_is_of_no_kind_at_once() {
    let megabyte = vec![b'1'; 1 << 20];
    let blanks = vec![b' '; 1 << 20];
    let han = "一二三四五六";
    let inputs: [&[u8]; 8] = [
        b"",
        b"   ",
        han.as_bytes(),
        &megabyte,
        &blanks,
        b"\xff\xfe\x00",
        b"440308199901101512\0",
        "١٢٣٤٥٦٧٨".as_bytes(),
    ];
    for input in inputs {
        assert_eq!(identify(input, today()), Candidates::default());
        for kind in DocumentKind::ALL {
            let facts = examine(kind, input, today());
            let presence = matches!(kind, DocumentKind::Military | DocumentKind::Other);
            assert!(presence || !facts.is_valid(), "{kind:?}");
        }
        assert!(!examine_s10(input).is_valid());
    }
}

#[test]
fn fifteen_digits_are_at_most_possible() {
    assert_eq!(valid_as("440308990110151"), ["first_generation"]);
    assert_eq!(
        answer(Question::Auto, "440308990110151", today()).outcome,
        Outcome::Possible
    );
    assert!(identify("111111111111111", today()).is_empty());
    let stated = resident("440308990110151");
    assert!(!stated.is_valid() && stated.valid_as.iter().eq([DocumentKind::FirstGeneration]));
    let facts = examine(DocumentKind::FirstGeneration, "440308990110151", today());
    assert!(facts.is_valid());
    assert_eq!(
        (facts.checksum, facts.birth_year, facts.sex),
        (Grade::NotApplicable, Some(1999), Some(Sex::Male))
    );
    assert!(!examine(DocumentKind::FirstGeneration, "440308991310151", today()).is_valid());
    assert!(!examine(DocumentKind::Resident, "440308990110151", today()).is_valid());
    let centenarian = examine(DocumentKind::FirstGeneration, "440308860110997", today());
    assert_eq!(
        (centenarian.birth_year, centenarian.birth_date),
        (Some(1886), Grade::Implausible)
    );
}

#[test]
fn one_digit_repeated_is_of_no_kind() {
    for digit in '0'..='9' {
        for length in [15, 18] {
            let number: String = core::iter::repeat_n(digit, length).collect();
            let found = answer(Question::Auto, &number, today());
            assert_eq!(found.outcome, Outcome::Invalid, "{number}");
            for kind in [DocumentKind::Resident, DocumentKind::FirstGeneration] {
                assert!(!examine(kind, &number, today()).is_valid(), "{number}");
            }
        }
    }
    assert!(!resident("111111111111111110").is_valid());
    let permit = examine(DocumentKind::TwTravelPermit, "00000000", today());
    assert_eq!(permit.format, Grade::Implausible);
}
