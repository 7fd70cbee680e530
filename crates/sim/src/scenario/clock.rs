//! Times as a scenario writes them: `10:03`, `10:04:00.001`, `03-11 09:00`, `2025-05-31 23:59:59`. Civil time at +08:00.

use sanbai_core::time::{CivilDay, Timestamp};
use sanbai_wire::proto;

/// Reads a whole text as a time; without a date it is on `day`.
pub(super) fn time(text: &str, day: CivilDay) -> Result<Timestamp, String> {
    match leading_time(text, day)? {
        Some((at, "")) => Ok(at),
        _ => Err(format!("`{text}` is not a time")),
    }
}

/// Reads the time with which a text begins, and what follows it; `None` where it begins with something else.
pub(super) fn leading_time(text: &str, day: CivilDay) -> Result<Option<(Timestamp, &str)>, String> {
    let (first, rest) = next_word(text);
    if !first.starts_with(|character: char| character.is_ascii_digit()) {
        return Ok(None);
    }
    let date = match first.len() {
        5 if first.as_bytes().get(2) == Some(&b'-') => Some(format!("{:04}-{first}", day.year())),
        10 if first.as_bytes().get(4) == Some(&b'-') => Some(first.to_owned()),
        _ => None,
    };
    let (clock, rest) = if date.is_some() { next_word(rest) } else { (first, rest) };
    let is_clock = clock.as_bytes().get(2) == Some(&b':');
    if !is_clock && date.is_none() {
        return Ok(None);
    }
    let clock = clock.trim_end_matches(',');
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    let date = date.unwrap_or_else(|| day.to_string());
    let at = Timestamp::parse(&format!("{date}T{clock}{seconds}+08:00"));
    at.map(|at| Some((at, rest)))
        .ok_or_else(|| format!("`{date} {clock}` is not a time"))
}

/// Reads `YYYY-MM-DD`.
pub(super) fn day(text: &str) -> Result<CivilDay, String> {
    CivilDay::parse(text).ok_or_else(|| format!("`{text}` is not a day"))
}

/// The first word of a text, and the rest without the blanks between.
pub(super) fn next_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace)
        .map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

/// As protobuf has it.
pub(super) fn to_proto(at: Timestamp) -> proto::Timestamp {
    let (seconds, nanos) = at.to_parts();
    proto::Timestamp { seconds, nanos }
}

/// From protobuf; the start of 1970 where there is none.
pub(super) fn from_proto(at: Option<&proto::Timestamp>) -> Timestamp {
    at.and_then(|at| Timestamp::from_parts(at.seconds, at.nanos))
        .unwrap_or_default()
}
