//! What can be kept of names and phone numbers: how they look, and what is masked already.

use crate::proto::event::NameFact;
use crate::text::fold;

/// Digits of a phone number that must be hidden on a waybill (GB/T 41833-2022).
const PHONE_HIDDEN_MIN: usize = 6;

/// Words that only names of organisations have.
const ORGANISATIONS: [&str; 22] = [
    "公司",
    "集团",
    "有限",
    "商行",
    "中心",
    "学校",
    "大学",
    "中学",
    "小学",
    "医院",
    "银行",
    "委员会",
    "协会",
    "工作室",
    "事务所",
    "合作社",
    "商店",
    "超市",
    "工厂",
    "政府",
    "旗舰店",
    "专卖店",
];

/// The same of organisations with a name in Latin letters.
const LATIN: [&str; 6] = ["ltd", "inc", "co", "corp", "gmbh", "llc"];

/// Ways to address somebody without a given name.
const ADDRESSES: [&str; 6] = ["先生", "女士", "小姐", "太太", "老师", "师傅"];

/// What a name looks like.
pub(crate) fn name_fact(name: &str) -> NameFact {
    let name = name.trim();
    if name.is_empty() {
        NameFact::Unspecified
    } else if name.contains(is_star) {
        NameFact::Masked
    } else if is_organisation(name) {
        NameFact::Organisation
    } else if is_odd(name) {
        NameFact::Odd
    } else {
        NameFact::Plain
    }
}

fn is_organisation(name: &str) -> bool {
    let has_latin = || {
        let mut words = name.split([' ', ',']).map(|word| word.trim_end_matches('.'));
        words.any(|word| LATIN.iter().any(|known| word.eq_ignore_ascii_case(known)))
    };
    let begins = |rest: &str| ORGANISATIONS.iter().any(|word| rest.starts_with(word));
    let mut rests = name.char_indices().filter_map(|(at, _)| name.get(at..));
    (name.contains(|letter: char| letter.is_ascii_alphabetic()) && has_latin()) || rests.any(begins)
}

/// A surname alone or with an address, digits, a single letter, or no letter at all.
fn is_odd(name: &str) -> bool {
    let surname = ADDRESSES.iter().find_map(|address| name.strip_suffix(address));
    let letters = name.chars().filter(|letter| letter.is_alphabetic()).count();
    let has_digit = name.chars().any(|letter| fold(letter).is_ascii_digit());
    // 欧阳先生 is a surname of two characters; 王小明先生 is a whole name.
    letters < 2 || has_digit || surname.is_some_and(|surname| surname.chars().count() <= 2)
}

/// Whether all but the first character is hidden, and at least one.
pub(crate) fn is_masked_name(name: &str) -> bool {
    let mut rest = name.chars().skip(1).peekable();
    rest.peek().is_some() && rest.all(is_star)
}

/// Whether at least six digits are hidden and nothing but digits and stars is there.
pub(crate) fn is_masked_phone(phone: &str) -> bool {
    let hidden = phone.chars().filter(|character| is_star(*character)).count();
    let visible = phone
        .chars()
        .filter(|character| fold(*character).is_ascii_digit())
        .count();
    let is_number = phone
        .chars()
        .all(|character| is_star(character) || matches!(fold(character), '0'..='9' | '+' | '-' | ' '));
    is_number && hidden >= PHONE_HIDDEN_MIN && visible < PHONE_HIDDEN_MIN
}

const fn is_star(character: char) -> bool {
    matches!(character, '*' | '＊' | '×' | '●')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_by_their_look() {
        for (name, fact) in [
            ("", NameFact::Unspecified),
            ("王小明", NameFact::Plain),
            ("买买提·吐尔逊", NameFact::Plain),
            ("John Smith", NameFact::Plain),
            ("王小明先生", NameFact::Plain),
            ("王*", NameFact::Masked),
            ("王", NameFact::Odd),
            ("王先生", NameFact::Odd),
            ("欧阳女士", NameFact::Odd),
            ("女士", NameFact::Odd),
            ("A", NameFact::Odd),
            ("12345", NameFact::Odd),
            ("王1", NameFact::Odd),
            ("广州某某贸易有限公司", NameFact::Organisation),
            ("Acme Co., Ltd.", NameFact::Organisation),
        ] {
            assert_eq!(name_fact(name), fact, "{name}");
        }
    }

    #[test]
    fn only_a_real_mask_counts() {
        assert!(is_masked_name("王*") && is_masked_name("王＊＊") && is_masked_name("**"));
        assert!(!is_masked_name("王小明") && !is_masked_name("王*明") && !is_masked_name("王") && !is_masked_name(""));
        assert!(is_masked_phone("1********34") && is_masked_phone("138******34"));
        assert!(!is_masked_phone("138****1234") && !is_masked_phone("13912345678") && !is_masked_phone("王******"));
    }
}
