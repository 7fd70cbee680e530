//! Keys of rows: bytes that compare as what they hold.

use super::AlertRule;
use super::outlet::Outlet;
use crate::bytes::{Reader, Writer};
use crate::shard::section::Subject;
use crate::time::CivilDay;

/// Stands in front of an identity.
const IDENTITY: u8 = 1;
/// Ends a text: two bytes, for a text may hold the first; there it is followed by another.
const END: [u8; 2] = [0x00, 0x01];
const ESCAPED: [u8; 2] = [0x00, 0xff];

pub(super) fn write_source(number: u32) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

pub(super) fn read_source(key: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(key.try_into().ok()?))
}

/// Key of an outlet's day.
pub(super) struct OutletKey {
    pub(super) day: CivilDay,
    pub(super) outlet: Outlet,
}

impl OutletKey {
    pub(super) fn write(day: CivilDay, outlet: &Outlet) -> Writer {
        let mut key = Writer::default();
        write_day(&mut key, day);
        write_outlet(&mut key, outlet);
        key
    }

    pub(super) fn read(key: &[u8]) -> Option<Self> {
        let mut key = Reader::new(key);
        let (day, outlet) = (read_day(&mut key)?, read_outlet(&mut key)?);
        key.is_empty().then_some(Self { day, outlet })
    }
}

/// Key of an alert.
pub(super) struct AlertKey {
    pub(super) day: CivilDay,
    pub(super) outlet: Outlet,
    pub(super) rule: AlertRule,
}

impl AlertKey {
    pub(super) fn write(day: CivilDay, outlet: &Outlet, rule: AlertRule) -> Vec<u8> {
        let mut key = OutletKey::write(day, outlet);
        let number = (1_u8..).zip(AlertRule::ALL).find(|(_, other)| *other == rule);
        key.byte(number.map_or(0, |(number, _)| number));
        key.finish()
    }

    pub(super) fn read(key: &[u8]) -> Option<Self> {
        let mut key = Reader::new(key);
        let (day, outlet, number) = (read_day(&mut key)?, read_outlet(&mut key)?, key.byte()?);
        let (_, rule) = (1_u8..).zip(AlertRule::ALL).find(|(other, _)| *other == number)?;
        key.is_empty().then_some(Self { day, outlet, rule })
    }
}

/// Key of a subject's window.
pub(super) struct SubjectKey {
    pub(super) day: CivilDay,
    pub(super) subject: Subject,
    pub(super) outlet: Outlet,
}

impl SubjectKey {
    pub(super) fn write(day: CivilDay, subject: Subject, outlet: &Outlet) -> Vec<u8> {
        let mut key = Writer::default();
        write_day(&mut key, day);
        let Subject::Identity(identity) = subject;
        key.byte(IDENTITY);
        key.fixed(&identity.to_be_bytes());
        write_outlet(&mut key, outlet);
        key.finish()
    }

    pub(super) fn read(key: &[u8]) -> Option<Self> {
        let mut key = Reader::new(key);
        let (day, kind) = (read_day(&mut key)?, key.byte()?);
        let subject = Subject::Identity(u64::from_be_bytes(key.take()?));
        let outlet = read_outlet(&mut key)?;
        (kind == IDENTITY && key.is_empty()).then_some(Self { day, subject, outlet })
    }
}

/// Four bytes; the sign is turned, so that days before 1970 come first.
fn write_day(key: &mut Writer, day: CivilDay) {
    key.fixed(&(day.as_days() ^ i32::MIN).to_be_bytes());
}

fn read_day(key: &mut Reader<'_>) -> Option<CivilDay> {
    Some(CivilDay::from_days(i32::from_be_bytes(key.take()?) ^ i32::MIN))
}

fn write_outlet(key: &mut Writer, outlet: &Outlet) {
    for text in [&outlet.brand, &outlet.site] {
        for byte in text.bytes() {
            match byte {
                0 => key.fixed(&ESCAPED),
                _ => key.byte(byte),
            }
        }
        key.fixed(&END);
    }
}

fn read_outlet(key: &mut Reader<'_>) -> Option<Outlet> {
    let (brand, site) = (read_text(key)?, read_text(key)?);
    Some(Outlet { brand, site })
}

fn read_text(key: &mut Reader<'_>) -> Option<Box<str>> {
    let mut text = Vec::new();
    loop {
        match key.byte()? {
            0 => match [0, key.byte()?] {
                END => break,
                ESCAPED => text.push(0),
                _ => return None,
            },
            byte => text.push(byte),
        }
    }
    Some(String::from_utf8(text).ok()?.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_outlet() -> impl Strategy<Value = Outlet> {
        ("[\0A\u{1}\u{ff}国]{0,3}", "[\0A\u{1}B]{0,3}").prop_map(|(brand, site)| Outlet::new(&brand, &site))
    }

    proptest! {
        #[test]
        fn keys_compare_as_what_they_hold(a in (-3..3_i32, any_outlet()), b in (-3..3_i32, any_outlet())) {
            let key = |(day, outlet): &(i32, Outlet)| OutletKey::write(CivilDay::from_days(*day), outlet).finish();
            prop_assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b));
            let read = OutletKey::read(&key(&a)).map(|read| (read.day.as_days(), read.outlet));
            prop_assert_eq!(read, Some(a));
        }

        #[test]
        fn keys_of_alerts_and_subjects_are_read_back(outlet in any_outlet(), day: i32, identity: u64, rule in 0..6_usize) {
            let day = CivilDay::from_days(day);
            let (rule, subject) = (AlertRule::ALL[rule], Subject::Identity(identity));
            let read = AlertKey::read(&AlertKey::write(day, &outlet, rule)).expect("a key");
            prop_assert_eq!((read.day, &read.outlet, read.rule), (day, &outlet, rule));
            let read = SubjectKey::read(&SubjectKey::write(day, subject, &outlet)).expect("a key");
            prop_assert_eq!((read.day, &read.outlet, read.subject), (day, &outlet, subject));
        }

        #[test]
        fn noise_is_no_key_or_the_one_that_would_be_written(noise: Vec<u8>) {
            if let Some(read) = OutletKey::read(&noise) {
                prop_assert_eq!(OutletKey::write(read.day, &read.outlet).finish(), noise.clone());
            }
            if let Some(read) = SubjectKey::read(&noise) {
                prop_assert_eq!(SubjectKey::write(read.day, read.subject, &read.outlet), noise);
            }
        }
    }
}
