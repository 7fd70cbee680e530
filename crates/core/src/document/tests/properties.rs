use proptest::prelude::*;

use super::super::ask::{Question, answer};
use super::super::*;
use super::{checked, resident, today};

prop_compose! {
    fn resident_numbers()(
        days in -25_567_i32..20_522, // 1900-01-01 to 2026-03-10
        place in 100_000_u32..800_000,
        sequence in 0_u16..1000,
    ) -> String {
        let (year, month, day) = CivilDay::from_days(days).ymd();
        checked(&format!("{place}{year:04}{month:02}{day:02}{sequence:03}"))
    }
}

proptest! {
    #[test]
    fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..160), day in -800_000_i32..3_000_000) {
        for question in Question::all() {
            let found = answer(question, &bytes, CivilDay::from_days(day));
            prop_assert!(found.candidates.possible.is_empty() || found.candidates.valid_as.is_empty());
        }
    }

    #[test]
    fn any_text_like_a_number_has_an_answer(text in "[0-9A-Zx０-９ -]{0,24}") {
        for kind in DocumentKind::ALL {
            let facts = examine(kind, &text, today());
            let grades = [facts.format, facts.checksum, facts.birth_date];
            prop_assert_eq!(facts.is_valid(), !grades.contains(&Grade::Wrong));
        }
    }

    #[test]
    fn made_resident_numbers_are_valid(number in resident_numbers()) {
        let facts = resident(&number);
        prop_assert!(facts.is_valid());
        prop_assert!(identify(&number, today()).valid_as.contains(DocumentKind::Resident));
        prop_assert_eq!(facts.birth_year.map(|year| year.to_string()), number.get(6..10).map(String::from));
    }

    #[test]
    fn one_other_digit_breaks_the_check_digit(number in resident_numbers(), at in 0_usize..17, by in 1_u8..10) {
        let mut bytes = number.into_bytes();
        let slot = bytes.get_mut(at).expect("within 18");
        let digit = slot.wrapping_sub(b'0').wrapping_add(by) % 10;
        *slot = digit.wrapping_add(b'0');
        prop_assert_eq!(resident(&bytes).checksum, Grade::Wrong);
    }

    #[test]
    fn two_neighbours_swapped_break_the_check_digit(number in resident_numbers(), at in 0_usize..16) {
        let mut bytes = number.into_bytes();
        let pair = bytes.get_mut(at..=at.saturating_add(1)).expect("within 18");
        let expected = if pair.first() == pair.last() { Grade::Ok } else { Grade::Wrong };
        pair.reverse();
        prop_assert_eq!(resident(&bytes).checksum, expected);
    }

    #[test]
    fn the_canonical_form_is_its_own(text in "[ \u{3000}-]{0,3}[0-9a-zA-Z０-９]{1,20}[ -]{0,3}") {
        let once = Canonical::of(&text).expect("letters and digits");
        let twice = Canonical::of(once.as_bytes()).expect("still so");
        prop_assert_eq!(once.as_bytes(), twice.as_bytes());
        prop_assert!(!twice.changes().any());
    }
}
