//! Organisations, foreigners' cards, permits, postal items, and the questions.

use super::super::ask::{Outcome, Question, answer};
use super::super::s10::examine_s10;
use super::super::*;
use super::{possible, today, valid_as};

#[test]
fn credit_codes_keep_modulus_31() {
    assert_eq!(valid_as("91350100M000100Y43"), ["credit_code"]);
    assert!(!examine(DocumentKind::CreditCode, "91350100M000100Y44", today()).is_valid());
    for wrong in [
        "91350100I000100Y43",
        "9135010OM000100Y43",
        "91350100M000100Y4",
        "91350100M000100Y433",
        "9A350A00M000100Y43",
    ] {
        assert_eq!(
            examine(DocumentKind::CreditCode, wrong, today()).format,
            Grade::Wrong,
            "{wrong}"
        );
    }
}

#[test]
fn credit_codes_may_begin_with_a_letter() {
    let set = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    for first in "ANY1".chars() {
        let valid = set.chars().filter(|check| {
            let number = format!("{first}1440117M000100Y4{check}");
            examine(DocumentKind::CreditCode, number, today()).is_valid()
        });
        assert_eq!(valid.count(), 1, "{first}");
    }
}

#[test]
fn credit_codes_of_the_state_itself_have_a_known_place() {
    let facts = examine(DocumentKind::CreditCode, "11100000000013127D", today());
    assert_eq!((facts.format, facts.region), (Grade::Ok, Region::Known));
}

#[test]
fn military_documents_need_only_be_present() {
    for present in ["南字第12345678号", "士字第1号", "1"] {
        assert!(examine(DocumentKind::Military, present, today()).is_valid());
        assert!(examine(DocumentKind::Other, present, today()).is_valid());
    }
    for absent in [
        &b""[..],
        b" \n",
        "\u{3000}".as_bytes(),
        b"\0",
        b"\xff",
        &[b'1'; RAW_MAX + 1],
    ] {
        assert!(!examine(DocumentKind::Military, absent, today()).is_valid());
    }
    assert!(possible("南字第12345678号").is_empty());
}

#[test]
fn cards_of_2017_keep_the_check_digit_of_travel_documents() {
    let kind = DocumentKind::ForeignPermanent2017;
    let facts = examine(kind, "KAZ110090123105", today());
    assert!(facts.is_valid());
    assert_eq!((facts.region, facts.birth_year), (Region::Known, Some(1990)));
    assert_eq!(valid_as("KAZ110090123105"), ["foreign_permanent_2017"]);
    assert_eq!(examine(kind, "KAZ110090123106", today()).checksum, Grade::Wrong);
    assert_eq!(examine(kind, "KAZ110091323105", today()).birth_date, Grade::Wrong);
    assert_eq!(examine(kind, "KA1110090123105", today()).format, Grade::Wrong);
}

#[test]
fn permits_and_passports_have_a_format_only() {
    let format = |kind, number| examine(kind, number, today()).format;
    for number in ["H12345678", "M12345678", "h1234567890"] {
        assert_eq!(format(DocumentKind::HkMoTravelPermit, number), Grade::Ok, "{number}");
    }
    for number in ["H1234567", "A12345678", "H123456789", "H1234567A"] {
        assert_eq!(format(DocumentKind::HkMoTravelPermit, number), Grade::Wrong, "{number}");
    }
    for number in ["12345678", "1234567890", "123456789001", "1234567890B"] {
        assert_eq!(format(DocumentKind::TwTravelPermit, number), Grade::Ok, "{number}");
    }
    for number in ["1234567", "123456789", "A2345678", "1234567890012"] {
        assert_eq!(format(DocumentKind::TwTravelPermit, number), Grade::Wrong, "{number}");
    }
    for (number, grade) in [
        ("E1234", Grade::Ok),
        ("1234", Grade::Wrong),
        ("12345678901234567", Grade::Ok),
        ("123456789012345678", Grade::Wrong),
    ] {
        assert_eq!(format(DocumentKind::Passport, number), grade, "{number}");
    }
    assert_eq!(possible("12345678"), ["tw_travel_permit", "passport"]);
    assert_eq!(possible("E12345678"), ["passport"]);
    assert!(possible("HELLO").is_empty() && possible("E123456789").is_empty());
}

#[test]
fn postal_item_numbers_keep_their_check_digit() {
    for number in ["EB000717595HK", "EE471108151FR", "ee 471 108 151 fr"] {
        assert!(examine_s10(number).is_valid(), "{number}");
        let found = answer(Question::Auto, number, today());
        assert_eq!(found.outcome, Outcome::Valid);
        assert!(found.s10.is_some() && found.facts.is_none() && found.candidates.possible.is_empty());
    }
    assert_eq!(examine_s10("EB000717596HK").checksum, Grade::Wrong);
    assert_eq!(examine_s10("EB00071759HK").format, Grade::Wrong);
    assert_eq!(examine_s10("EB0007175951K").format, Grade::Wrong);
    assert_eq!(examine_s10("").format, Grade::Wrong);
    assert_eq!(
        answer(Question::S10, "440308199901101512", today()).outcome,
        Outcome::Invalid
    );
}

#[test]
fn every_question_has_a_code_that_reads_back() {
    assert_eq!(Question::all().count(), 16);
    for question in Question::all() {
        assert_eq!(Question::parse(question.code()), Some(question));
        assert_eq!(answer(question, "", today()).outcome, Outcome::Invalid);
    }
}

#[test]
fn every_kind_has_a_code_that_reads_back_and_a_name() {
    for kind in DocumentKind::ALL {
        assert_eq!(DocumentKind::from_code(kind.code()), Some(kind));
        assert!(!kind.name_zh().is_empty());
    }
    assert!(DocumentKind::ALL.is_sorted());
    assert!(DocumentKind::ALL.into_iter().map(DocumentKind::index).eq(0..14));
    assert_eq!(KindSet::from_bits(u16::MAX).len(), DocumentKind::ALL.len());
    for set in [KindSet::EMPTY, KindSet::from_bits(0b100_0000_0001)] {
        assert_eq!(KindSet::from_bits(set.bits()), set);
    }
    assert_eq!(
        DocumentKind::ALL.into_iter().collect::<KindSet>().len(),
        DocumentKind::ALL.len()
    );
}
