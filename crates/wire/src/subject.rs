//! What happened to a device, a screener or an outlet, read from protobuf bytes that have passed a survey.

use sanbai_core::shard::input::{Power, SubjectHappening};
use sanbai_core::time::CivilDay;

use crate::happening::first_text;
use crate::proto::event::{DevicePower, ShiftChange};
use crate::proto::schema::{declared_volume, device_state, parcel_event, screener_shift};
use crate::view::{fields, number};

/// What happened; `None` for what is of a parcel.
pub(crate) fn read(happening: u32, bytes: &[u8]) -> Option<SubjectHappening<'_>> {
    Some(match happening {
        parcel_event::DEVICE_STATE => SubjectHappening::Device(read_power(bytes)),
        parcel_event::SCREENER_SHIFT => SubjectHappening::Shift {
            is_in: read_change(bytes)?,
            device: first_text(bytes, screener_shift::DEVICE),
        },
        parcel_event::DECLARED_VOLUME => SubjectHappening::DeclaredVolume {
            day: read_day(bytes)?,
            accepted: first_number(bytes, declared_volume::ACCEPTED),
        },
        _ => return None,
    })
}

/// Whether a screener came, not went; `None` where it is not said.
pub(crate) fn read_change(bytes: &[u8]) -> Option<bool> {
    let change = i32::try_from(first_number(bytes, screener_shift::CHANGE)).ok()?;
    match ShiftChange::try_from(change).ok()? {
        ShiftChange::In => Some(true),
        ShiftChange::Out => Some(false),
        ShiftChange::Unspecified => None,
    }
}

/// The day of a brand's count; `None` where it is not said, or is none.
pub(crate) fn read_day(bytes: &[u8]) -> Option<CivilDay> {
    CivilDay::parse(first_text(bytes, declared_volume::DAY))
}

fn read_power(bytes: &[u8]) -> Power {
    let power = i32::try_from(first_number(bytes, device_state::POWER)).unwrap_or_default();
    match DevicePower::try_from(power).unwrap_or_default() {
        DevicePower::Unspecified => Power::Unspecified,
        DevicePower::On => Power::On,
        DevicePower::Off => Power::Off,
        DevicePower::Fault => Power::Fault,
    }
}

/// The number of a field; 0 where it is not there.
fn first_number(bytes: &[u8], field: u32) -> u32 {
    let mut fields = fields(bytes);
    fields
        .find(|(number, _)| *number == field)
        .map_or(0, |(_, value)| number(value))
}

#[cfg(test)]
mod tests {
    use sanbai_core::shard::input::SubjectEvent;
    use sanbai_core::time::Timestamp;

    use super::*;
    use crate::{Decoder, Encoding, TokenKeys};

    /// What is read of an event of a subject, in JSON and in protobuf.
    fn read(happening: &str, check: impl Fn(SubjectEvent<'_>)) {
        let decoder = Decoder::new(TokenKeys::single("1", [7; 32]).expect("a version"), |_| Some("SF"));
        let json = [
            r#"{"eventId":"0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77","brand":"sf","subject":"X-1","site":"GZ-0117","#,
            r#""occurredAt":"2026-03-10T10:00:00+08:00","intakeAt":"2026-03-10T10:00:30+08:00","#,
            happening,
            "}",
        ]
        .concat();
        let decoded = decoder.decode(json.as_bytes(), Encoding::Json).expect(&json);
        assert!(decoded.event().is_none(), "is of no parcel");
        check(decoded.subject_event().expect("is of a subject"));
        let decoded = decoder.decode(decoded.as_bytes(), Encoding::Protobuf).expect(&json);
        check(decoded.subject_event().expect("is of a subject"));
    }

    #[test]
    fn a_subject_event_is_as_it_was_sent() {
        let time = |text| Timestamp::parse(text).expect("a time");
        read(r#""deviceState":{"power":"FAULT"}"#, |event| {
            assert_eq!(event.id.to_string(), "0190a8b2-7c4e-7d31-9c5b-2f6a1e0d4b77");
            assert_eq!((event.brand, event.subject, event.site), ("SF", "X-1", "GZ-0117"));
            assert_eq!(event.occurred_at, time("2026-03-10T10:00:00+08:00"));
            assert_eq!(event.intake_at, time("2026-03-10T10:00:30+08:00"));
            assert_eq!(event.happening, SubjectHappening::Device(Power::Fault));
        });
    }

    #[test]
    fn each_happening_is_read() {
        for (happening, expected) in [
            (r#""deviceState":{}"#, SubjectHappening::Device(Power::Unspecified)),
            (r#""deviceState":{"power":"ON"}"#, SubjectHappening::Device(Power::On)),
            (r#""deviceState":{"power":"OFF"}"#, SubjectHappening::Device(Power::Off)),
            (
                r#""screenerShift":{"change":"IN","device":"M-7"}"#,
                SubjectHappening::Shift {
                    is_in: true,
                    device: "M-7",
                },
            ),
            (
                r#""screenerShift":{"change":"OUT"}"#,
                SubjectHappening::Shift {
                    is_in: false,
                    device: "",
                },
            ),
            (
                r#""declaredVolume":{"day":"2026-03-09","accepted":120}"#,
                SubjectHappening::DeclaredVolume {
                    day: CivilDay::from_ymd(2026, 3, 9).expect("a day"),
                    accepted: 120,
                },
            ),
        ] {
            read(happening, |event| assert_eq!(event.happening, expected));
        }
    }
}
