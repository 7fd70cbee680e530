//! The closed lists of sections: values of the core as those of the schema, and back.

use sanbai_core::duty::Ground;
use sanbai_core::shard::contribution::{Delay, Outcome};
use sanbai_core::shard::input::Power;

use crate::check::unknown_choice;
use crate::fields::{missing, number};
use crate::proto::sighting as message;
use crate::protobuf::Value;
use crate::reject::Reject;

/// A value of an enum; one that this version does not know is an error.
pub(super) fn choice<E: TryFrom<i32>>(value: Value<'_>) -> Result<E, Reject> {
    let choice = i32::try_from(number::<u64>(value)?).ok();
    choice
        .and_then(|choice| E::try_from(choice).ok())
        .ok_or_else(unknown_choice)
}

/// How a duty stands, and why it has nothing to keep.
pub(super) const fn outcome(outcome: Outcome) -> (message::Outcome, message::Ground) {
    let none = message::Ground::Unspecified;
    match outcome {
        Outcome::Pending => (message::Outcome::Pending, none),
        Outcome::Pass => (message::Outcome::Pass, none),
        Outcome::Fail => (message::Outcome::Fail, none),
        Outcome::Unknown => (message::Outcome::Unknown, none),
        Outcome::NotApplicable(ground) => (
            message::Outcome::NotApplicable,
            match ground {
                Ground::Voided => message::Ground::Voided,
                Ground::Rejected => message::Ground::Rejected,
                Ground::NotAccepted => message::Ground::NotAccepted,
                Ground::Inbound => message::Ground::Inbound,
                Ground::Letter => message::Ground::Letter,
                Ground::Agreement => message::Ground::Agreement,
                Ground::SpecialWay => message::Ground::SpecialWay,
                Ground::AsNeeded => message::Ground::AsNeeded,
                Ground::Returned => message::Ground::Returned,
            },
        ),
    }
}

/// A bucket of delays.
pub(super) const fn delay(delay: Option<Delay>) -> message::Delay {
    match delay {
        None => message::Delay::Unspecified,
        Some(Delay::Minute) => message::Delay::Minute,
        Some(Delay::TenMinutes) => message::Delay::TenMinutes,
        Some(Delay::Hour) => message::Delay::Hour,
        Some(Delay::TwoHours) => message::Delay::TwoHours,
        Some(Delay::Day) => message::Delay::Day,
        Some(Delay::Longer) => message::Delay::Longer,
    }
}

/// State of a machine.
pub(super) const fn power(power: Power) -> message::Power {
    match power {
        Power::Unspecified => message::Power::Unspecified,
        Power::On => message::Power::On,
        Power::Off => message::Power::Off,
        Power::Fault => message::Power::Fault,
    }
}

/// How a duty stands; that it is not applicable must have its ground.
pub(super) fn outcome_of(outcome: message::Outcome, ground: message::Ground) -> Result<Outcome, Reject> {
    Ok(match outcome {
        message::Outcome::Unspecified => return Err(missing("outcome")),
        message::Outcome::Pending => Outcome::Pending,
        message::Outcome::Pass => Outcome::Pass,
        message::Outcome::Fail => Outcome::Fail,
        message::Outcome::Unknown => Outcome::Unknown,
        message::Outcome::NotApplicable => Outcome::NotApplicable(ground_of(ground)?),
    })
}

fn ground_of(ground: message::Ground) -> Result<Ground, Reject> {
    Ok(match ground {
        message::Ground::Unspecified => return Err(missing("ground")),
        message::Ground::Voided => Ground::Voided,
        message::Ground::Rejected => Ground::Rejected,
        message::Ground::NotAccepted => Ground::NotAccepted,
        message::Ground::Inbound => Ground::Inbound,
        message::Ground::Letter => Ground::Letter,
        message::Ground::Agreement => Ground::Agreement,
        message::Ground::SpecialWay => Ground::SpecialWay,
        message::Ground::AsNeeded => Ground::AsNeeded,
        message::Ground::Returned => Ground::Returned,
    })
}

/// A bucket of delays.
pub(super) const fn delay_of(delay: message::Delay) -> Option<Delay> {
    Some(match delay {
        message::Delay::Unspecified => return None,
        message::Delay::Minute => Delay::Minute,
        message::Delay::TenMinutes => Delay::TenMinutes,
        message::Delay::Hour => Delay::Hour,
        message::Delay::TwoHours => Delay::TwoHours,
        message::Delay::Day => Delay::Day,
        message::Delay::Longer => Delay::Longer,
    })
}

/// State of a machine.
pub(super) const fn power_of(power: message::Power) -> Power {
    match power {
        message::Power::Unspecified => Power::Unspecified,
        message::Power::On => Power::On,
        message::Power::Off => Power::Off,
        message::Power::Fault => Power::Fault,
    }
}
