//! Urgent alerts that stand on a parcel.

use super::kept::DAYS_NEAR;
use crate::bytes::{Reader, Writer};
use crate::time::CivilDay;

/// A set of urgent alerts, and the day that tells their ids from those of another parcel under the same waybill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Urgent {
    alerts: u8,
    /// Where any stands: the day of the parcel when the first of them was raised. It stays while one of them does, however
    /// late an earlier acceptance becomes known. `None` in rows that were written before alerts had a day.
    day: Option<CivilDay>,
}

/// A day follows.
const DAY: u8 = 128;

impl Urgent {
    pub(super) const fn has(self, place: u8) -> bool {
        self.alerts & 1 << place != 0
    }

    pub(super) const fn with(self, place: u8) -> Self {
        Self {
            alerts: self.alerts | 1 << place,
            day: self.day,
        }
    }

    /// The same, with the day of those that stood before, else with one.
    pub(super) const fn after(self, before: Self, day: CivilDay) -> Self {
        let day = match (self.alerts, before.alerts) {
            (0, _) => None,
            (_, 0) => Some(day),
            _ => before.day,
        };
        Self {
            alerts: self.alerts,
            day,
        }
    }

    /// The day in the ids of these alerts.
    pub(super) const fn day(self) -> Option<CivilDay> {
        self.day
    }

    /// Writes it where any stands.
    pub(super) fn write(self, out: &mut Writer) {
        if self.alerts == 0 {
            return;
        }
        out.byte(self.alerts | if self.day.is_some() { DAY } else { 0 });
        if let Some(day) = self.day {
            out.signed(i64::from(day.as_days()).wrapping_sub(DAYS_NEAR));
        }
    }

    /// Reads what was written where any stands.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let byte = reader.byte()?;
        let day = if byte & DAY == 0 {
            None
        } else {
            let days = reader.signed()?.checked_add(DAYS_NEAR)?;
            Some(CivilDay::from_days(i32::try_from(days).ok()?))
        };
        let alerts = byte & !DAY;
        (alerts != 0).then_some(Self { alerts, day })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_the_day_and_one_from_before_alerts_had_days_stays_as_it_is() {
        let day = CivilDay::from_ymd(2026, 3, 10).expect("a day");
        let first = Urgent::default().with(3).after(Urgent::default(), day);
        for (urgent, bytes) in [
            (Urgent::default(), &[][..]),
            (Urgent::default().with(1).with(4), &[0b1_0010]),
            (first, &[0b1000_1000, 0x94, 0x08]),
        ] {
            let mut out = Writer::default();
            urgent.write(&mut out);
            assert_eq!(out.finish(), bytes);
            let read = Urgent::read(&mut Reader::new(bytes));
            assert_eq!(read, Some(urgent).filter(|_| !bytes.is_empty()));
        }
        assert_eq!(
            Urgent::read(&mut Reader::new(&[DAY, 0])),
            None,
            "nobody writes that none stands"
        );
    }

    #[test]
    fn the_day_stays_while_any_stands() {
        let [day, later] = [10, 11].map(|day| CivilDay::from_ymd(2026, 3, day).expect("a day"));
        let one = Urgent::default().with(0).after(Urgent::default(), day);
        let two = Urgent::default().with(0).with(1).after(one, later);
        assert_eq!((one.day(), two.day()), (Some(day), Some(day)));
        let none = Urgent::default().after(two, later);
        assert_eq!(none, Urgent::default());
        assert_eq!(Urgent::default().with(1).after(none, later).day(), Some(later));
    }
}
