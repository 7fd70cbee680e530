//! Control records as lines of files.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sanbai_core::shard::input::Behaviour;
use sanbai_core::time::Timestamp;
use serde::Serialize;

use super::{
    Control, Kind, Read, check_activate, check_hit, check_rejudge, check_skip, check_tick, hit_message, rejudge_message,
};
use crate::check::check_time;
use crate::code::Code;
use crate::fields::{MESSAGE_BYTES_MAX, check_length, time_message};
use crate::json::{Reader, Shape};
use crate::proto;
use crate::proto::control as wire;
use crate::reject::Reject;
use crate::times::Dates;

/// Reads a line that begins like a control record, `{"tick":{…}}`; `None` for any other, which may be an event.
///
/// A file has no timestamps of its own, so a tick is taken for recorded at its own time.
///
/// ```
/// use sanbai_wire::control::{self, Control};
///
/// let line = br#"{"tick":{"time":"2026-03-10T10:00:00+08:00","registryOffset":7}}"#;
/// let read = control::of_json_line(line).expect("a control record")?;
/// assert!(matches!(&read.control, Control::Tick(tick) if tick.registry_offset == 7));
/// assert_eq!(control::to_json_line(&read.control).as_bytes(), line);
/// assert!(control::of_json_line(br#"{"eventId":"7"}"#).is_none());
/// # Ok::<(), sanbai_wire::Reject>(())
/// ```
///
/// # Errors
///
/// What is wrong with it: as [`decode`](super::decode), and what is not JSON.
pub fn of_json_line(line: &[u8]) -> Option<Result<Read, Reject>> {
    let mut reader = Reader::new(line);
    reader.open_object().ok()?;
    let kind = Kind::parse(&reader.name(true).ok()??)?;
    Some(check_length(line, MESSAGE_BYTES_MAX).and_then(|()| read_line(reader, kind)))
}

fn read_line(mut reader: Reader<'_>, kind: Kind) -> Result<Read, Reject> {
    let (control, mut unknown_fields) = read(&mut reader, kind).map_err(|reject| reject.under(kind.as_str()))?;
    let mut names = BTreeSet::from([Cow::Borrowed(kind.as_str().as_bytes())]);
    while let Some(name) = reader.name(false)? {
        reader.check_text(&name)?;
        if Kind::parse(&name).is_some_and(|other| other != kind) {
            let detail = "two control records in one line; write a line for each";
            return Err(Reject::new(Code::EventTypeUnknown, detail));
        }
        if !names.insert(name) {
            return Err(reader.duplicate());
        }
        reader.skip()?;
        unknown_fields = unknown_fields.saturating_add(1);
    }
    reader.finish()?;
    Ok(Read {
        control,
        unknown_fields,
    })
}

fn read(reader: &mut Reader<'_>, kind: Kind) -> Result<(Control, u32), Reject> {
    match kind {
        Kind::Tick => read_tick(reader),
        Kind::Hit => read_hit(reader),
        Kind::Rejudge => read_rejudge(reader),
        Kind::Activate => read_activate(reader),
        Kind::Skip => read_skip(reader),
    }
}

fn read_tick(reader: &mut Reader<'_>) -> Result<(Control, u32), Reject> {
    let mut tick = wire::Tick::default();
    let unknown = object(reader, |name, value| {
        match name {
            "time" => tick.time = value.time()?,
            "registryOffset" => tick.registry_offset = value.number()?,
            "reset" => tick.reset = value.flag()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let own = tick.time.unwrap_or_default();
    let own = Timestamp::from_parts(own.seconds, own.nanos).unwrap_or_default();
    Ok((check_tick(tick, own)?, unknown))
}

fn read_hit(reader: &mut Reader<'_>) -> Result<(Control, u32), Reject> {
    let mut hit = wire::Hit::default();
    let unknown = object(reader, |name, value| {
        match name {
            "brand" => hit.brand = value.text()?,
            "waybill" => hit.waybill = value.text()?,
            "id" => hit.id = value.text()?,
            "code" => hit.code = value.text()?,
            "duty" => hit.duty = value.text()?,
            "stands" => hit.stands = value.flag()?,
            "version" => hit.version = value.text()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok((check_hit(hit)?, unknown))
}

fn read_rejudge(reader: &mut Reader<'_>) -> Result<(Control, u32), Reject> {
    let mut rejudge = wire::Rejudge::default();
    let unknown = object(reader, |name, value| {
        match name {
            "brand" => rejudge.brand = value.text()?,
            "site" => rejudge.site = value.text()?,
            "from" => rejudge.from = value.text()?,
            "to" => rejudge.to = value.text()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok((check_rejudge(rejudge)?, unknown))
}

fn read_activate(reader: &mut Reader<'_>) -> Result<(Control, u32), Reject> {
    let mut activate = wire::Activate::default();
    let unknown = object(reader, |name, value| {
        match name {
            "behaviour" => activate.behaviour = value.number()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok((check_activate(activate)?, unknown))
}

fn read_skip(reader: &mut Reader<'_>) -> Result<(Control, u32), Reject> {
    let mut skip = wire::Skip::default();
    let unknown = object(reader, |name, value| {
        match name {
            "from" => skip.from = value.number()?,
            "to" => skip.to = value.number()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok((check_skip(skip)?, unknown))
}

/// Reads an object: gives each name and value to `field`, which says whether it knows the name. Counts those it does not.
fn object<'a>(
    reader: &mut Reader<'a>,
    mut field: impl FnMut(&str, Scalar<'a>) -> Result<bool, Reject>,
) -> Result<u32, Reject> {
    if reader.shape()? != Shape::Object {
        return Err(Reject::new(Code::TypeMismatch, "an object is needed here"));
    }
    reader.open_object()?;
    let (mut names, mut unknown) = (BTreeSet::new(), 0_u32);
    while let Some(name) = reader.name(names.is_empty())? {
        reader.check_text(&name)?;
        let name = json_name(&String::from_utf8_lossy(&name));
        if !names.insert(name.clone()) {
            return Err(reader.duplicate());
        }
        let value = scalar(reader)?;
        let is_known = field(&name, value).map_err(|reject| reject.under(&name))?;
        unknown = unknown.saturating_add(u32::from(!is_known));
    }
    Ok(unknown)
}

/// `registry_offset` as `registryOffset`: the proto3 mapping reads both.
fn json_name(name: &str) -> String {
    let mut json = String::with_capacity(name.len());
    let mut is_up = false;
    for letter in name.chars() {
        match letter {
            '_' => is_up = true,
            _ if is_up => {
                json.push(letter.to_ascii_uppercase());
                is_up = false;
            }
            _ => json.push(letter),
        }
    }
    json
}

/// A value as a line holds it. `null` is the same as absent.
enum Scalar<'a> {
    Text(Cow<'a, str>),
    Number(&'a str),
    Flag(bool),
    Null,
    Nested,
}

fn scalar<'a>(reader: &mut Reader<'a>) -> Result<Scalar<'a>, Reject> {
    Ok(match reader.shape()? {
        Shape::Text => {
            let text = reader.text()?;
            reader.check_text(text.as_bytes())?;
            Scalar::Text(text)
        }
        Shape::Number => Scalar::Number(reader.number()?),
        Shape::True => {
            reader.literal("true")?;
            Scalar::Flag(true)
        }
        Shape::False => {
            reader.literal("false")?;
            Scalar::Flag(false)
        }
        Shape::Null => {
            reader.literal("null")?;
            Scalar::Null
        }
        Shape::Object | Shape::Array => {
            reader.skip()?;
            Scalar::Nested
        }
    })
}

impl Scalar<'_> {
    fn text(self) -> Result<String, Reject> {
        match self {
            Self::Text(text) => Ok(text.into_owned()),
            Self::Null => Ok(String::new()),
            Self::Number(_) | Self::Flag(_) | Self::Nested => Err(mismatch("a text is needed here")),
        }
    }

    fn flag(self) -> Result<bool, Reject> {
        match self {
            Self::Flag(flag) => Ok(flag),
            Self::Null => Ok(false),
            Self::Number(_) | Self::Text(_) | Self::Nested => Err(mismatch("true or false is needed here")),
        }
    }

    /// A whole number, in quotes or not.
    fn number<N: TryFrom<u64> + Default>(self) -> Result<N, Reject> {
        let digits = match &self {
            Self::Text(text) => text.as_ref(),
            Self::Number(digits) => digits,
            Self::Null => return Ok(N::default()),
            Self::Flag(_) | Self::Nested => return Err(mismatch("a whole number is needed here")),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(mismatch("a whole number from 0 on is needed here, in digits"));
        }
        let number = digits.parse::<u64>().ok().and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| Reject::new(Code::ValueRange, "the number is too large for its field"))
    }

    fn time(self) -> Result<Option<proto::Timestamp>, Reject> {
        match self {
            Self::Text(text) => {
                let time = Dates::default().parse(text.as_bytes())?;
                check_time(time)?;
                Ok(Some(time_message(time)))
            }
            Self::Null => Ok(None),
            Self::Number(_) | Self::Flag(_) | Self::Nested => Err(mismatch("a time in quotes is needed here")),
        }
    }
}

fn mismatch(detail: &str) -> Reject {
    Reject::new(Code::TypeMismatch, detail)
}

/// A control record as a line of a file, without its line break. [`of_json_line`] reads it.
pub fn to_json_line(control: &Control) -> String {
    let line = match control {
        Control::Tick(tick) => Line::Tick(TickJson {
            time: tick.time.to_string(),
            registry_offset: tick.registry_offset,
            reset: tick.reset,
        }),
        Control::Hit(hit) => {
            let hit = hit_message(&hit.hit());
            Line::Hit(HitJson {
                brand: hit.brand,
                waybill: hit.waybill,
                id: hit.id,
                code: hit.code,
                duty: hit.duty,
                stands: hit.stands,
                version: hit.version,
            })
        }
        Control::Rejudge(rejudge) => {
            let rejudge = rejudge_message(rejudge);
            Line::Rejudge(RejudgeJson {
                brand: rejudge.brand,
                site: rejudge.site,
                from: rejudge.from,
                to: rejudge.to,
            })
        }
        Control::Activate(Behaviour(behaviour)) => Line::Activate(ActivateJson { behaviour: *behaviour }),
        Control::Skip(skip) => Line::Skip(SkipJson {
            from: skip.from,
            to: skip.to,
        }),
    };
    serde_json::to_string(&line).expect("texts and numbers are always JSON")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Line {
    Tick(TickJson),
    Hit(HitJson),
    Rejudge(RejudgeJson),
    Activate(ActivateJson),
    Skip(SkipJson),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TickJson {
    time: String,
    registry_offset: u64,
    #[serde(skip_serializing_if = "is_false")]
    reset: bool,
}

#[derive(Serialize)]
struct HitJson {
    brand: String,
    waybill: String,
    id: String,
    code: String,
    duty: String,
    stands: bool,
    version: String,
}

#[derive(Serialize)]
struct RejudgeJson {
    #[serde(skip_serializing_if = "String::is_empty")]
    brand: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    site: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    from: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    to: String,
}

#[derive(Serialize)]
struct ActivateJson {
    behaviour: u32,
}

#[derive(Serialize)]
struct SkipJson {
    from: u64,
    to: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}
