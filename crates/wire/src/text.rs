//! What may stand in a text, and personal data where it should not be.

use core::ops::Range;

use sanbai_core::time::CivilDay;

/// What stands where personal data was.
pub const REMOVED: &str = "[removed]";

/// Digits of a resident number, a residence permit or a foreign permanent residence card of 2023.
const IDENTITY_DIGITS: usize = 18;
/// Digits of a mobile phone number.
const MOBILE_DIGITS: usize = 11;
/// Digits of a mobile phone number after `+86`.
const PREFIXED_MOBILE_DIGITS: usize = 13;

/// Whether all bytes are printable ASCII: such a text is clean and UTF-8.
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    all_from::<0x20>(bytes)
}

/// Whether all bytes are ASCII that is seen: such a text is plain and has no blanks.
pub(crate) fn is_graphic(bytes: &[u8]) -> bool {
    all_from::<0x21>(bytes)
}

/// Whether all bytes are from `FIRST` to 0x7e, eight at a time.
#[inline]
fn all_from<const FIRST: u8>(bytes: &[u8]) -> bool {
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    // A high bit is or becomes set where a byte is over 0x7f, is 0x7f, or is below the first.
    let look = |word: u64| {
        let over = word | word.wrapping_add(u64::from_le_bytes([1; 8]));
        over | word.wrapping_sub(u64::from_le_bytes([FIRST; 8]))
    };
    let (words, tail) = bytes.as_chunks::<8>();
    let seen = words
        .iter()
        .fold(0, |seen, word| seen | look(u64::from_le_bytes(*word)));
    match bytes.last_chunk::<8>() {
        // The last eight are looked at together, some of them twice.
        Some(last) => (seen | look(u64::from_le_bytes(*last))) & HIGH == 0,
        None => tail.iter().all(|byte| (FIRST..=0x7e).contains(byte)),
    }
}

/// Whether a text holds no character that hides or turns what people see: controls, direction marks, line separators.
pub(crate) fn is_clean(text: &str) -> bool {
    is_plain(text.as_bytes()) || !text.chars().any(is_hidden)
}

fn is_hidden(character: char) -> bool {
    let turns =
        matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Whether any blank stands in it.
pub(crate) fn has_blank(text: &str) -> bool {
    if is_plain(text.as_bytes()) {
        text.contains(' ')
    } else {
        text.contains(char::is_whitespace)
    }
}

/// What counts as part of a longer run, in which a number is not personal data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    /// Digits alone: words may stand right beside a number.
    Digits,
    /// Letters, too: a code is a number and what it is written with.
    Code,
    /// As a code, and any number may stand in it, such as that of a waybill: only what has the right check digit is one of
    /// a person.
    Key,
}

/// Where the first ID number or full mobile number stands, as a range of bytes.
pub(crate) fn find_personal(text: &str, run: Run) -> Option<Range<usize>> {
    if may_be_personal(text.as_bytes(), run) {
        scan(text, run)
    } else {
        None
    }
}

/// Whether a number of a person may stand in bytes. In nearly none it may.
#[inline]
pub(crate) fn may_be_personal(bytes: &[u8], run: Run) -> bool {
    has_run(bytes) && has_personal_run(bytes, run)
}

/// Whether eleven digits, or bytes beyond ASCII, stand in a row.
#[inline]
fn has_run(mut bytes: &[u8]) -> bool {
    while bytes.len() >= MOBILE_DIGITS {
        if has_run_among(bytes.get(..LOOKED_AT).unwrap_or(bytes)) {
            return true;
        }
        // What begins near the end of these bytes is looked at among the next.
        bytes = bytes.get(LOOKED_AT - MOBILE_DIGITS + 1..).unwrap_or_default();
    }
    false
}

/// Bytes that are looked at together, a bit each.
const LOOKED_AT: usize = 64;

/// The same for no more bytes than are looked at together.
#[inline]
fn has_run_among(bytes: &[u8]) -> bool {
    let (words, tail) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(tail).for_each(|(place, byte)| *place = *byte);
    let all = words.iter().chain([&last]).zip((0..u64::BITS).step_by(8));
    let one = all.fold(0, |bits, (word, shift)| {
        bits | parts_of(u64::from_le_bytes(*word)) << shift
    });
    let two = one & one >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    eight & eight >> 3 != 0
}

/// Which of eight bytes are digits or beyond ASCII, a bit each.
#[inline]
const fn parts_of(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 0xff;
    const HIGH: u64 = 0x80 * EACH;
    let low = word & !HIGH;
    let from_0 = low.wrapping_add((0x80 - 0x30) * EACH);
    let beyond_9 = low.wrapping_add((0x80 - 0x3a) * EACH);
    let parts = (from_0 & !beyond_9 | word) & HIGH;
    // The first bits of all eight bytes, moved together.
    (parts >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Whether as many digits stand in a row as a number of a person has, no more and no fewer, or full-width characters.
fn has_personal_run(bytes: &[u8], run: Run) -> bool {
    let (mut lengths, mut length, mut is_wide) = (0_u64, 0_u32, false);
    for byte in bytes {
        if byte.is_ascii_digit() {
            length = length.wrapping_add(1);
        } else {
            lengths |= 1_u64.checked_shl(length).unwrap_or(0);
            length = 0;
            is_wide |= *byte == 0xef;
        }
    }
    lengths |= 1_u64.checked_shl(length).unwrap_or(0);
    let prefixed = if run == Run::Digits {
        1 << PREFIXED_MOBILE_DIGITS
    } else {
        0
    };
    is_wide || lengths & (LENGTHS | prefixed) != 0
}

/// Lengths of runs of digits that are looked at, as bits.
const LENGTHS: u64 = 1 << MOBILE_DIGITS | 1 << (IDENTITY_DIGITS - 1) | 1 << IDENTITY_DIGITS;

/// The text with every ID number and full mobile number removed; `None` where there is none.
pub(crate) fn redacted(text: &str, run: Run) -> Option<String> {
    let mut rest = text;
    let mut clean = String::new();
    while let Some(found) = find_personal(rest, run) {
        clean.push_str(rest.get(..found.start)?);
        clean.push_str(REMOVED);
        rest = rest.get(found.end..)?;
    }
    if clean.is_empty() {
        return None;
    }
    clean.push_str(rest);
    Some(clean)
}

/// Digits in a row, and where they stand.
struct Digits {
    start: usize,
    values: [u8; IDENTITY_DIGITS],
    length: usize,
    /// What stands before the first of them.
    before: Option<char>,
}

fn scan(text: &str, run: Run) -> Option<Range<usize>> {
    let mut before = None;
    let mut digits: Option<Digits> = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if let Some(value) = digit(character) {
            let open = digits.get_or_insert(Digits {
                start: at,
                values: [0; IDENTITY_DIGITS],
                length: 0,
                before,
            });
            if let Some(slot) = open.values.get_mut(open.length) {
                *slot = value;
            }
            open.length = open.length.saturating_add(1);
        } else if let Some(closed) = digits.take() {
            let next = characters.peek().map(|(_, next)| *next);
            let past = at.saturating_add(character.len_utf8());
            let found = match fold(character) {
                'X' | 'x' if closed.length == IDENTITY_DIGITS - 1 => closed.with_x(past, next, run),
                _ => closed.personal(at, Some(character), run),
            };
            if found.is_some() {
                return found;
            }
        }
        before = Some(character);
    }
    digits?.personal(text.len(), None, run)
}

impl Digits {
    /// The range up to `end` if these are the digits of a person, followed by `after`.
    fn personal(&self, end: usize, after: Option<char>, run: Run) -> Option<Range<usize>> {
        if run != Run::Digits && (is_joined(self.before) || is_joined(after)) {
            return None;
        }
        let is_personal = match self.length {
            MOBILE_DIGITS => matches!(self.values, [1, 3..=9, ..]),
            PREFIXED_MOBILE_DIGITS if run == Run::Digits => {
                self.before == Some('+') && matches!(self.values, [8, 6, 1, 3..=9, ..])
            }
            IDENTITY_DIGITS => is_identity(&self.values, run),
            _ => false,
        };
        is_personal.then_some(self.start..end)
    }

    /// The same for 17 digits and an X that ends before `end`.
    fn with_x(mut self, end: usize, after: Option<char>, run: Run) -> Option<Range<usize>> {
        if after.and_then(digit).is_some() {
            return None;
        }
        *self.values.last_mut()? = 10;
        self.length = IDENTITY_DIGITS;
        self.personal(end, after, run)
    }
}

fn is_joined(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(|neighbour| fold(neighbour).is_ascii_alphanumeric())
}

/// A full-width character as the ASCII one, anything else as it is.
pub(crate) fn fold(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character).wrapping_sub(0xfee0)).unwrap_or(character),
        '\u{3000}' => ' ',
        _ => character,
    }
}

fn digit(character: char) -> Option<u8> {
    fold(character).to_digit(10).and_then(|digit| u8::try_from(digit).ok())
}

/// Whether 18 digits, the last up to 10, have a real day in the middle, and the right check digit (ISO 7064 MOD 11-2) or
/// begin as the number of a resident does: one that was mistyped is still the number of somebody.
fn is_identity(values: &[u8; IDENTITY_DIGITS], run: Run) -> bool {
    let sum = values
        .iter()
        .fold(0_u32, |sum, value| sum.wrapping_mul(2).wrapping_add(u32::from(*value)));
    let [_, _, _, _, _, _, y1, y2, y3, y4, m1, m2, d1, d2, ..] = values.map(i32::from);
    let number = |digits: &[i32]| {
        digits
            .iter()
            .fold(0, |number: i32, digit| number.wrapping_mul(10).wrapping_add(*digit))
    };
    let year = number(&[y1, y2, y3, y4]);
    let (month, day) = (u8::try_from(number(&[m1, m2])), u8::try_from(number(&[d1, d2])));
    let is_day = matches!((month, day), (Ok(month), Ok(day)) if CivilDay::from_ymd(year, month, day).is_some());
    let is_told = sum.rem_euclid(11) == 1 || (run != Run::Key && has_province(values));
    is_told && (1_800..2_100).contains(&year) && is_day
}

/// Whether the first two digits are those of a province, or of a residence permit (81 to 83).
const fn has_province(values: &[u8; IDENTITY_DIGITS]) -> bool {
    matches!(
        values,
        [1, 1..=5, ..]
            | [2, 1..=3, ..]
            | [3, 1..=7, ..]
            | [4, 1..=6, ..]
            | [5, 0..=4, ..]
            | [6, 1..=5, ..]
            | [7, 1, ..]
            | [8, 1..=3, ..]
    )
}

/// Whether a code may be the name of a person: it has letters that are not ASCII, and no digit.
pub(crate) fn is_name(text: &str) -> bool {
    let letters = || text.chars().map(fold);
    !letters().any(|letter| letter.is_ascii_digit())
        && letters().any(|letter| !letter.is_ascii() && letter.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hidden_characters_are_seen() {
        for dirty in [
            "a\u{0}",
            "\u{1b}[2J",
            "a\r\n",
            "\u{7f}",
            "\u{85}",
            "\u{202e}a",
            "\u{2066}",
            "\u{2028}",
            "\u{feff}x",
        ] {
            assert!(!is_clean(dirty), "{dirty:?}");
        }
        for clean in ["", "SF 1", "广东省 从化区", "<script>=1+1", "👩\u{200d}🔧"] {
            assert!(is_clean(clean), "{clean:?}");
        }
    }

    #[test]
    fn numbers_of_people_are_found_in_words() {
        for text in [
            "440308199901101512",
            "证件440308199901101512，电话",
            "44018419900307006X",
            "44018419900307006x。",
            "４４０３０８１９９９０１１０１５１２",
            "13912345678",
            "tel13912345678x",
            "电话：１３９１２３４５６７８",
            "+8613912345678",
        ] {
            assert!(find_personal(text, Run::Digits).is_some(), "{text}");
        }
    }

    #[test]
    fn a_mistyped_number_is_that_of_a_person_except_in_a_key() {
        for text in [
            "440308199901101513",
            "44018419900307005X",
            "440308189912311234",
            "110101200002291234",
            "830000199201300021",
            "４４０３０８１９９９０１１０１５１３",
        ] {
            assert!(find_personal(text, Run::Digits).is_some(), "{text}");
            assert!(find_personal(text, Run::Code).is_some(), "{text}");
            assert!(find_personal(text, Run::Key).is_none(), "{text}");
        }
        for text in [
            "990308199901101513",
            "160308199901101513",
            "440308199902301513",
            "440308179901101513",
            "440308199900101513",
            "44030819990110151Y",
        ] {
            assert!(find_personal(text, Run::Digits).is_none(), "{text}");
        }
        assert!(find_personal("440308199901101512", Run::Key).is_some());
    }

    #[test]
    fn letters_beyond_ascii_without_a_digit_are_a_name() {
        for name in ["张三", "欧阳翠花", "ئەركىن", "张-三", "José"] {
            assert!(is_name(name), "{name}");
        }
        for code in ["", "GZ-0117", "网点-7", "粤邮20150001B", "网点－７", "C-ABC", "---"] {
            assert!(!is_name(code), "{code}");
        }
    }

    #[test]
    fn other_numbers_are_left() {
        for text in [
            "440308199913101512",
            "1440308199901101512",
            "12912345678",
            "139123456789",
            "8613912345678",
            "1391234567",
            "44018419900307006X1",
        ] {
            assert!(find_personal(text, Run::Digits).is_none(), "{text}");
        }
        for text in ["JDVA13912345678", "13912345678A", "a-440308199901101512-b"] {
            assert_eq!(find_personal(text, Run::Code).is_some(), text.contains('-'), "{text}");
        }
    }

    /// Digits, full-width ones, and bytes that are no text.
    fn part() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            "[0-9１-９]{1,18}[Xx-]?".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..4),
        ]
    }

    proptest! {
        #[test]
        fn no_number_is_passed_over_without_a_look(text in "[a1-]{0,12}[0-9１-９]{0,12}[1X3 ]{0,2}[0-9]{9,19}[a９-]{0,3}") {
            for run in [Run::Digits, Run::Code, Run::Key] {
                prop_assert_eq!(find_personal(&text, run), scan(&text, run));
            }
        }

        #[test]
        fn bytes_that_are_no_text_hide_no_number(parts in proptest::collection::vec(part(), 0..6)) {
            let bytes = parts.concat();
            let text = String::from_utf8_lossy(&bytes);
            prop_assert!(may_be_personal(&bytes, Run::Key) || scan(&text, Run::Key).is_none());
        }

        #[test]
        fn eleven_in_a_row_are_seen_wherever_they_stand(parts in proptest::collection::vec((0_usize..14, 0_usize..40), 0..8)) {
            let part = |(digits, others): (usize, usize)| [[b'0', b'9', 0x80].repeat(5)[..digits].to_vec(), b"/:az".repeat(10)[..others].to_vec()].concat();
            let bytes: Vec<u8> = parts.into_iter().flat_map(part).collect();
            let is_part = |byte: &u8| byte.is_ascii_digit() || *byte >= 0x80;
            let mut windows = bytes.windows(MOBILE_DIGITS);
            prop_assert_eq!(has_run(&bytes), windows.any(|window| window.iter().all(is_part)));
        }

        #[test]
        fn eight_bytes_are_looked_at_as_one(bytes in proptest::collection::vec(0x1e_u8..0x82, 0..20)) {
            prop_assert_eq!(is_graphic(&bytes), bytes.iter().all(u8::is_ascii_graphic));
            prop_assert_eq!(is_plain(&bytes), bytes.iter().all(|byte| (0x20..0x7f).contains(byte)));
        }
    }

    #[test]
    fn a_number_is_found_wherever_it_stands() {
        for before in 0..30 {
            for number in ["13912345678", "１3912345678", "1391234567８", "44018419900307006X"] {
                let text = format!("{}{number}{}", "-".repeat(before), "-".repeat(before % 7));
                assert!(find_personal(&text, Run::Code).is_some(), "{text}");
            }
        }
    }

    #[test]
    fn every_number_is_removed_and_the_rest_stays() {
        let text = "找13912345678或440308199901101512 ok";
        assert_eq!(
            redacted(text, Run::Digits).as_deref(),
            Some("找[removed]或[removed] ok")
        );
        assert_eq!(redacted("nothing", Run::Digits), None);
    }
}
