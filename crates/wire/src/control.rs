//! Control records: ticks, hits and orders of operators, `proto/sanbai/control/v1`.
//!
//! On a log the header [`KIND_HEADER`] tells them from events, and names which one the value is. In a file each is a line
//! of JSON.

mod json;
#[cfg(test)]
mod tests;

use prost::Message as _;
use sanbai_core::finding;
use sanbai_core::rules::Duty;
use sanbai_core::shard::input::{Behaviour, Hit, Input, Rejudge, Skip, Tick};
use sanbai_core::shard::position::Position;
use sanbai_core::time::{CivilDay, Timestamp};

use crate::admit::is_canonical;
use crate::check::Policy;
use crate::code::Code;
use crate::fields::{
    day_of, digest_of, digest_text, duty_of, finding_code, message, missing, out_of_range, position_of, time_message,
};
use crate::form::{check_text, instant};
use crate::limits::{Text, text};
use crate::proto;
use crate::proto::control as wire;
use crate::reject::Reject;

pub use json::{of_json_line, to_json_line};

/// The header of a record that makes it a control record. Its value is [`Kind::as_str`].
pub const KIND_HEADER: &str = "sanbai-kind";

const BRAND: Text = text("ParcelEvent.brand");
const WAYBILL: Text = text("ParcelEvent.waybill");
const SITE: Text = text("ParcelEvent.site");

/// Which control record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The clock moves.
    Tick,
    /// A pattern across parcels marks one of them.
    Hit,
    /// Parcels are judged again.
    Rejudge,
    /// A behaviour runs from here on.
    Activate,
    /// Records that nobody can read are passed over.
    Skip,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Tick, Self::Hit, Self::Rejudge, Self::Activate, Self::Skip];

    /// Its name in the header, and in a line of JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tick => "tick",
            Self::Hit => "hit",
            Self::Rejudge => "rejudge",
            Self::Activate => "activate",
            Self::Skip => "skip",
        }
    }

    /// The one of this name; `None` for any other.
    pub fn parse(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str().as_bytes() == name)
    }
}

/// The kind that the headers of a record name; `None` for a record of events.
pub fn kind_header<'h>(headers: &[(&str, &'h [u8])]) -> Option<&'h [u8]> {
    headers
        .iter()
        .find(|(name, _)| *name == KIND_HEADER)
        .map(|(_, kind)| *kind)
}

/// One control record, as a shard takes it.
///
/// ```
/// use sanbai_core::shard::input::{Input, Skip};
/// use sanbai_core::time::Timestamp;
/// use sanbai_wire::control::{self, Control};
///
/// let skip = Control::Skip(Skip { from: 7, to: 9 });
/// let (kind, value) = control::encode(&skip);
/// assert_eq!(kind.as_str(), "skip");
/// let read = control::decode(b"skip", &value, Timestamp::from_nanos(0))?;
/// assert_eq!((read.control.clone(), read.unknown_fields), (skip, 0));
/// assert!(matches!(read.control.input(), Input::Skip(Skip { from: 7, .. })));
/// # Ok::<(), sanbai_wire::Reject>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// The clock moves.
    Tick(Tick),
    /// A pattern across parcels marks one of them, or no longer.
    Hit(OwnedHit),
    /// Parcels are judged again.
    Rejudge(OwnedRejudge),
    /// A behaviour runs from here on.
    Activate(Behaviour),
    /// Records that nobody can read are passed over.
    Skip(Skip),
}

/// A [`Hit`] that owns its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedHit {
    /// As [`Hit::brand`].
    pub brand: String,
    /// As [`Hit::waybill`].
    pub waybill: String,
    /// As [`Hit::id`].
    pub id: u64,
    /// As [`Hit::code`].
    pub code: finding::Code,
    /// As [`Hit::duty`].
    pub duty: Duty,
    /// As [`Hit::stands`].
    pub stands: bool,
    /// As [`Hit::version`].
    pub version: Position,
}

/// A [`Rejudge`] that owns its texts.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OwnedRejudge {
    /// As [`Rejudge::brand`].
    pub brand: String,
    /// As [`Rejudge::site`].
    pub site: String,
    /// As [`Rejudge::from`].
    pub from: Option<CivilDay>,
    /// As [`Rejudge::to`].
    pub to: Option<CivilDay>,
}

/// A control record that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What it says.
    pub control: Control,
    /// How many fields were there that nobody knows. They are passed over; count them.
    pub unknown_fields: u32,
}

impl Control {
    /// Which one.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Tick(_) => Kind::Tick,
            Self::Hit(_) => Kind::Hit,
            Self::Rejudge(_) => Kind::Rejudge,
            Self::Activate(_) => Kind::Activate,
            Self::Skip(_) => Kind::Skip,
        }
    }

    /// The input of a shard.
    pub fn input(&self) -> Input<'_> {
        match self {
            Self::Tick(tick) => Input::Tick(*tick),
            Self::Hit(hit) => Input::Hit(hit.hit()),
            Self::Rejudge(rejudge) => Input::Rejudge(Rejudge {
                brand: &rejudge.brand,
                site: &rejudge.site,
                from: rejudge.from,
                to: rejudge.to,
            }),
            Self::Activate(behaviour) => Input::Activate(*behaviour),
            Self::Skip(skip) => Input::Skip(*skip),
        }
    }

    /// The key of its record, which leads to its partition; `None` for all but a hit: they are for a partition.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Hit(hit) => Some(hit_key(&hit.hit())),
            Self::Tick(_) | Self::Rejudge(_) | Self::Activate(_) | Self::Skip(_) => None,
        }
    }
}

impl OwnedHit {
    /// The hit, borrowed.
    pub fn hit(&self) -> Hit<'_> {
        Hit {
            brand: &self.brand,
            waybill: &self.waybill,
            id: self.id,
            code: self.code,
            duty: self.duty,
            stands: self.stands,
            version: self.version,
        }
    }
}

impl From<Hit<'_>> for Control {
    fn from(hit: Hit<'_>) -> Self {
        Self::Hit(OwnedHit {
            brand: hit.brand.to_owned(),
            waybill: hit.waybill.to_owned(),
            id: hit.id,
            code: hit.code,
            duty: hit.duty,
            stands: hit.stands,
            version: hit.version,
        })
    }
}

/// The key of a hit, that of its parcel: [`partition`](crate::partition) of it is where the hit belongs.
pub fn hit_key(hit: &Hit<'_>) -> String {
    crate::key(hit.brand, hit.waybill)
}

/// Reads the value of a control record of a log. `kind` is the value of the header [`KIND_HEADER`], `recorded_at` the
/// log's own timestamp of the record.
///
/// # Errors
///
/// [`Code::ControlUnknown`] for a kind that this version does not know, else what is wrong with the value.
pub fn decode(kind: &[u8], value: &[u8], recorded_at: Timestamp) -> Result<Read, Reject> {
    let kind = Kind::parse(kind).ok_or_else(|| {
        let detail = "the header `sanbai-kind` names no control record that this version knows";
        Reject::new(Code::ControlUnknown, detail)
    })?;
    let (control, unknown_fields) = match kind {
        Kind::Tick => message(value, 3).and_then(|(tick, unknown)| Ok((check_tick(tick, recorded_at)?, unknown)))?,
        Kind::Hit => message(value, 7).and_then(|(hit, unknown)| Ok((check_hit(hit)?, unknown)))?,
        Kind::Rejudge => message(value, 4).and_then(|(rejudge, unknown)| Ok((check_rejudge(rejudge)?, unknown)))?,
        Kind::Activate => message(value, 1).and_then(|(activate, unknown)| Ok((check_activate(activate)?, unknown)))?,
        Kind::Skip => message(value, 2).and_then(|(skip, unknown)| Ok((check_skip(skip)?, unknown)))?,
    };
    Ok(Read {
        control,
        unknown_fields,
    })
}

/// Writes the value of a control record for a log, and says what its header [`KIND_HEADER`] must name.
pub fn encode(control: &Control) -> (Kind, Vec<u8>) {
    let value = match control {
        Control::Tick(tick) => tick_message(tick).encode_to_vec(),
        Control::Hit(hit) => hit_message(&hit.hit()).encode_to_vec(),
        Control::Rejudge(rejudge) => rejudge_message(rejudge).encode_to_vec(),
        Control::Activate(behaviour) => wire::Activate { behaviour: behaviour.0 }.encode_to_vec(),
        Control::Skip(skip) => wire::Skip {
            from: skip.from,
            to: skip.to,
        }
        .encode_to_vec(),
    };
    (control.kind(), value)
}

/// Writes the value of a hit for a log.
pub fn encode_hit(hit: &Hit<'_>) -> Vec<u8> {
    hit_message(hit).encode_to_vec()
}

fn tick_message(tick: &Tick) -> wire::Tick {
    wire::Tick {
        time: Some(time_message(tick.time)),
        registry_offset: tick.registry_offset,
        reset: tick.reset,
    }
}

fn hit_message(hit: &Hit<'_>) -> wire::Hit {
    wire::Hit {
        brand: hit.brand.to_owned(),
        waybill: hit.waybill.to_owned(),
        id: digest_text(hit.id),
        code: hit.code.as_str().to_owned(),
        duty: hit.duty.as_str().to_owned(),
        stands: hit.stands,
        version: hit.version.to_string(),
    }
}

fn rejudge_message(rejudge: &OwnedRejudge) -> wire::Rejudge {
    let day = |day: Option<CivilDay>| day.map(|day| day.to_string()).unwrap_or_default();
    wire::Rejudge {
        brand: rejudge.brand.clone(),
        site: rejudge.site.clone(),
        from: day(rejudge.from),
        to: day(rejudge.to),
    }
}

fn check_tick(tick: wire::Tick, recorded_at: Timestamp) -> Result<Control, Reject> {
    let proto::Timestamp { seconds, nanos } = tick.time.ok_or_else(|| missing("time"))?;
    let time = instant(seconds.cast_unsigned(), i64::from(nanos).cast_unsigned());
    Ok(Control::Tick(Tick {
        time: time.map_err(|reject| reject.under("time"))?,
        registry_offset: tick.registry_offset,
        reset: tick.reset,
        recorded_at,
    }))
}

fn check_hit(hit: wire::Hit) -> Result<Control, Reject> {
    for (text, field) in [
        (&hit.brand, "brand"),
        (&hit.waybill, "waybill"),
        (&hit.id, "id"),
        (&hit.code, "code"),
        (&hit.duty, "duty"),
        (&hit.version, "version"),
    ] {
        if text.is_empty() {
            return Err(missing(field));
        }
    }
    check_identifier(BRAND, &hit.brand, "brand")?;
    check_identifier(WAYBILL, &hit.waybill, "waybill")?;
    if !is_canonical(&hit.waybill) {
        let detail = "a hit names its parcel in canonical form: upper case of ASCII, no blanks";
        return Err(Reject::new(Code::TextInvalid, detail).under("waybill"));
    }
    Ok(Control::Hit(OwnedHit {
        id: digest_of(&hit.id).map_err(|reject| reject.under("id"))?,
        code: finding_code(&hit.code).map_err(|reject| reject.under("code"))?,
        duty: duty_of(&hit.duty).map_err(|reject| reject.under("duty"))?,
        stands: hit.stands,
        version: position_of(&hit.version).map_err(|reject| reject.under("version"))?,
        brand: hit.brand,
        waybill: hit.waybill,
    }))
}

fn check_rejudge(rejudge: wire::Rejudge) -> Result<Control, Reject> {
    check_identifier(BRAND, &rejudge.brand, "brand")?;
    check_identifier(SITE, &rejudge.site, "site")?;
    let day = |text: &str, field: &'static str| match text {
        "" => Ok(None),
        text => day_of(text).map(Some).map_err(|reject| reject.under(field)),
    };
    let (from, to) = (day(&rejudge.from, "from")?, day(&rejudge.to, "to")?);
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(out_of_range("the last day lies before the first").under("to"));
    }
    Ok(Control::Rejudge(OwnedRejudge {
        brand: rejudge.brand,
        site: rejudge.site,
        from,
        to,
    }))
}

fn check_activate(activate: wire::Activate) -> Result<Control, Reject> {
    if activate.behaviour == 0 {
        return Err(missing("behaviour"));
    }
    Ok(Control::Activate(Behaviour(activate.behaviour)))
}

fn check_skip(skip: wire::Skip) -> Result<Control, Reject> {
    if skip.to <= skip.from {
        return Err(out_of_range("a skip ends behind its beginning").under("to"));
    }
    Ok(Control::Skip(Skip {
        from: skip.from,
        to: skip.to,
    }))
}

/// Checks what names a brand, a parcel or a site; never personal data.
fn check_identifier(rule: Text, text: &str, field: &'static str) -> Result<(), Reject> {
    let checked = check_text(rule, text.as_bytes(), &Policy::default());
    checked.map(|_| ()).map_err(|reject| reject.under(field))
}
