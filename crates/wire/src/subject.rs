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
