//! Made-up people: names, phones, and documents whose numbers are valid.

use sanbai_wire::proto::event::{Document, DocumentKind};

use super::civil::{self, ymd};
use super::dice::{Dice, Use};
use super::{goods, places};

/// How many people send parcels in a district like this.
const POPULATION: u64 = 720_000;

/// Somebody who sends a parcel.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) document: Document,
}

/// Anybody. `today` is the day on which the document is shown; it is valid then.
pub(super) fn anybody(seed: u64, dice: &mut Dice, today: i64) -> Person {
    let mut own = Dice::new(seed, Use::Person, dice.below(POPULATION));
    let name = name(&mut own);
    let phone = phone(&mut own);
    Person {
        name,
        phone,
        document: document(&mut own, today),
    }
}

/// A company: its name, its phone and its credit code as a document.
pub(super) fn company(dice: &mut Dice) -> Person {
    let middle: &str = dice.pick(&goods::COMPANY);
    let trade: &str = dice.pick(&goods::TRADES);
    Person {
        name: format!("广州从化{middle}{trade}有限公司"),
        phone: phone(dice),
        document: numbered(DocumentKind::CreditCode, credit_code(dice)),
    }
}

fn name(dice: &mut Dice) -> String {
    let mut name = String::from(dice.pick::<str>(&goods::SURNAMES));
    for _ in 0..=dice.below(2) {
        name.push_str(dice.pick(&goods::GIVEN));
    }
    name
}

/// A mobile number of 11 digits.
pub(super) fn phone(dice: &mut Dice) -> String {
    let prefix: &str = dice.pick(&goods::MOBILE);
    format!("{prefix}{}", dice.digits(8))
}

/// A document without a last day.
pub(super) fn numbered(kind: DocumentKind, number: String) -> Document {
    Document {
        kind: kind.into(),
        number,
        ..Document::default()
    }
}

fn document(dice: &mut Dice, today: i64) -> Document {
    let kind = match dice.below(1_000) {
        0..900 => DocumentKind::Resident,
        900..910 => DocumentKind::TemporaryResident,
        910..935 => DocumentKind::ResidencePermit,
        935..950 => DocumentKind::HkMoTravelPermit,
        950..958 => DocumentKind::TwTravelPermit,
        958..965 => DocumentKind::ForeignPermanent2023,
        965..967 => DocumentKind::ForeignPermanent2017,
        967..990 => DocumentKind::Passport,
        _ => DocumentKind::Military,
    };
    let number = number(dice, kind, today);
    Document {
        expires_on: last_day(dice, kind, today),
        ..numbered(kind, number)
    }
}

/// The last day of a valid document: never before today, at times today itself, at times not told.
fn last_day(dice: &mut Dice, kind: DocumentKind, today: i64) -> String {
    let years = if kind == DocumentKind::TemporaryResident { 1 } else { 18 };
    match dice.below(100) {
        0..5 => String::new(),
        5..6 => civil::date(today),
        6..26 if kind == DocumentKind::Resident => "long-term".to_owned(),
        _ => civil::date(today + dice.between(1, 365 * years)),
    }
}

fn number(dice: &mut Dice, kind: DocumentKind, today: i64) -> String {
    match kind {
        DocumentKind::ResidencePermit => {
            let prefix: &str = dice.pick(&["810000", "820000", "830000"]);
            with_check(prefix, &birth(dice, today), &dice.digits(3))
        }
        DocumentKind::ForeignPermanent2023 => {
            let country: &str = dice.pick(&["410", "392", "840", "826", "356", "276"]);
            with_check(&format!("944{country}"), &birth(dice, today), &dice.digits(3))
        }
        DocumentKind::ForeignPermanent2017 => foreign_2017(dice, today),
        DocumentKind::HkMoTravelPermit => {
            format!("{}{}", if dice.chance(8_000) { 'H' } else { 'M' }, dice.digits(8))
        }
        DocumentKind::TwTravelPermit => dice.digits(8),
        DocumentKind::Passport => format!("E{}", dice.digits(8)),
        DocumentKind::Military => format!("军字第{}号", dice.digits(7)),
        _ => resident(dice, today),
    }
}

/// A resident number: valid, and nobody's.
pub(super) fn resident(dice: &mut Dice, today: i64) -> String {
    let area: &str = dice.pick(&places::ISSUED_IN);
    with_check(area, &birth(dice, today), &dice.digits(3))
}

/// A first-generation number of 15 digits.
pub(super) fn first_generation(dice: &mut Dice) -> String {
    let area: &str = dice.pick(&places::ISSUED_IN);
    let (_, month, day) = ymd(dice.between(0, 364));
    let sequence = dice.between(1, 995);
    format!("{area}{:02}{month:02}{day:02}{sequence:03}", dice.between(30, 79))
}

/// The birthday of an adult, `YYYYMMDD`.
fn birth(dice: &mut Dice, today: i64) -> String {
    let (year, month, day) = ymd(today - dice.between(18 * 366, 80 * 365));
    format!("{year:04}{month:02}{day:02}")
}

/// 17 digits and their check character (GB 11643-1999, ISO 7064 MOD 11-2).
pub(super) fn with_check(area: &str, birth: &str, sequence: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = format!("{area}{birth}{sequence}");
    let sum: u32 = digits
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{digits}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
}

/// The card of 2017: country, place, birth, one digit, and the check digit of ICAO 9303.
fn foreign_2017(dice: &mut Dice, today: i64) -> String {
    let country: &str = dice.pick(&["KOR", "JPN", "USA", "GBR", "KAZ"]);
    let body = format!("{country}4401{}1", &birth(dice, today)[2..]);
    let sum: u32 = body
        .chars()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(character, weight)| character.to_digit(36).unwrap_or(0) * weight)
        .sum();
    format!("{body}{}", sum % 10)
}

/// A credit code (GB 32100-2015) around an organisation code (GB 11714).
fn credit_code(dice: &mut Dice) -> String {
    const SET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let organisation = format!("MA{}", dice.digits(6));
    let sum: u32 = organisation
        .chars()
        .zip([3, 7, 9, 10, 5, 8, 4, 2])
        .map(|(character, weight)| character.to_digit(36).unwrap_or(0) * weight)
        .sum();
    let check = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from(b'0' + digit as u8),
    };
    let area: &str = dice.pick(&["440184", "440117"]);
    let body = format!("91{area}{organisation}{check}");
    let value = |character: u8| SET.iter().position(|known| *known == character).unwrap_or(0);
    let (sum, _) = body.bytes().fold((0, 1), |(sum, weight), character| {
        (sum + value(character) * weight, weight * 3 % 31)
    });
    format!("{body}{}", char::from(SET[(31 - sum % 31) % 31]))
}

#[cfg(test)]
mod tests {
    use super::{Dice, Use, credit_code, foreign_2017, with_check};

    #[test]
    fn published_numbers_have_the_check_characters_made_here() {
        assert_eq!(with_check("440308", "19990110", "151"), "440308199901101512");
        assert_eq!(with_check("810000", "19940823", "002"), "810000199408230021");
        assert_eq!(with_check("932682", "19850101", "001"), "932682198501010017");
    }

    #[test]
    fn made_up_codes_have_the_length_of_their_kind() {
        let mut dice = Dice::new(7, Use::Person, 1);
        assert_eq!(credit_code(&mut dice).len(), 18);
        assert_eq!(foreign_2017(&mut dice, 20_000).len(), 15);
    }
}
