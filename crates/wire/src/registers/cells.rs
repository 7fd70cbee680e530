//! Rows between files and records.

use std::collections::BTreeMap;

use sanbai_core::time::Timestamp;

use super::columns::{Column, Form};
use crate::code::Code;
use crate::proto;
use crate::proto::registry::registry_record::Value;
use crate::proto::registry::{Agreement, RegistryRecord, Site, SiteKind, Staff, XrayWay};
use crate::reject::Reject;
use crate::text::{Run, find_personal, has_blank, is_clean, redacted};
use crate::token::Token;

/// Most bytes of one entry of a cell.
const ENTRY_BYTES_MAX: usize = 256;

/// A row that was read: the entries of each column that is not empty, checked for what they hold, and all that is wrong.
#[derive(Debug, Default)]
pub(super) struct Row {
    cells: BTreeMap<&'static str, Vec<String>>,
    faults: Vec<Reject>,
    is_broken: bool,
}

impl Row {
    /// A row of which nothing could be read.
    pub(super) fn broken(reject: Reject) -> Self {
        let mut row = Self::default();
        row.break_off(reject);
        row
    }

    /// Notes why the rest of the row cannot be read.
    pub(super) fn break_off(&mut self, reject: Reject) {
        self.faults.push(reject);
        self.is_broken = true;
    }

    /// Whether some of it could not be read, so that nobody can tell what is missing.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Notes a fault, for each column the first: what follows from it is none of its own.
    pub(super) fn fault(&mut self, reject: Reject) {
        let is_new = |known: &Reject| known.pointer != reject.pointer || reject.pointer.is_empty();
        if self.faults.iter().all(is_new) {
            self.faults.push(reject);
        }
    }

    /// The value, or a fault of the column.
    pub(super) fn or_fault<T>(
        &mut self,
        value: Option<T>,
        name: &'static str,
        code: Code,
        detail: &'static str,
    ) -> Option<T> {
        if value.is_none() {
            self.fault(Reject::new(code, detail).under(name));
        }
        value
    }

    /// All that is wrong with it.
    pub(super) fn into_faults(self) -> Vec<Reject> {
        self.faults
    }

    /// Adds what stands in a column.
    pub(super) fn insert(&mut self, (name, form): Column, entries: Vec<String>) {
        let filled = entries
            .into_iter()
            .map(|entry| entry.trim().to_owned())
            .filter(|entry| !entry.is_empty());
        let checked = filled
            .map(|entry| check(form, entry))
            .collect::<Result<Vec<String>, Reject>>();
        match checked {
            Ok(entries) if entries.is_empty() => {}
            Ok(entries) => {
                self.cells.insert(name, entries);
            }
            Err(reject) => self.fault(reject.under(name)),
        }
    }

    /// Takes the text of a column; empty where there is none.
    pub(super) fn text(&mut self, name: &'static str) -> String {
        self.list(name).into_iter().next().unwrap_or_default()
    }

    /// Takes the entries of a column.
    pub(super) fn list(&mut self, name: &'static str) -> Vec<String> {
        self.cells.remove(name).unwrap_or_default()
    }
}

/// The entry as it may be kept.
fn check(form: Form, entry: String) -> Result<String, Reject> {
    let limit = || {
        Reject::new(
            Code::FieldTooLong,
            format!("an entry is over the limit of {ENTRY_BYTES_MAX} bytes"),
        )
    };
    if entry.len() > ENTRY_BYTES_MAX {
        return Err(limit());
    }
    if !is_clean(&entry) {
        return Err(Reject::new(
            Code::TextInvalid,
            "the text holds control or direction characters; remove them",
        ));
    }
    match form {
        Form::Code | Form::Codes if has_blank(&entry) => Err(Reject::new(
            Code::TextInvalid,
            "blanks stand inside a code; remove them",
        )),
        Form::Code | Form::Codes if find_personal(&entry, Run::Code).is_some() => Err(crate::form::personal()),
        Form::Tokens if find_personal(&entry, Run::Key).is_some() => Err(Reject::new(
            Code::PlaintextIdForbidden,
            "a raw number stands where only a token may; use its own column",
        )),
        Form::Tokens if Token::parse(&entry).is_none() => Err(Reject::new(
            Code::TokenKeyUnknown,
            "a token is <algorithm>:<key version>:<base64url>",
        )),
        Form::Words => Ok(redacted(&entry, Run::Digits).unwrap_or(entry)),
        Form::Place if entry.len() < 2 || entry.len() > 12 || !entry.bytes().all(|byte| byte.is_ascii_digit()) => Err(
            Reject::new(Code::ValueRange, "a division code has 2 to 12 digits and nothing else"),
        ),
        Form::Code | Form::Codes | Form::Place | Form::Tokens => Ok(entry),
        Form::Day | Form::Spans | Form::Time | Form::Count | Form::Degrees(_) | Form::Flag | Form::Choice => Ok(entry),
        Form::RawIdentity | Form::RawPhone | Form::RawName => Ok(entry),
    }
}

/// What is written into a column.
#[derive(Debug)]
pub(super) enum Cell {
    /// A text.
    Text(String),
    /// A number or a truth value: no quotes in JSON.
    Bare(String),
    /// Several texts.
    List(Vec<String>),
}

/// What a record writes: its columns that are not empty, in their order.
pub(super) fn cells(record: &RegistryRecord) -> Vec<(&'static str, Cell)> {
    let mut cells = vec![
        text("key", &record.key),
        text("brand", &record.brand),
        time("validFrom", record.valid_from),
        time("validTo", record.valid_to),
    ];
    match &record.value {
        Some(Value::Site(site)) => cells.extend(site_cells(site)),
        Some(Value::Staff(staff)) => cells.extend(staff_cells(staff)),
        Some(Value::Machine(machine)) => {
            let spans = machine
                .in_service
                .iter()
                .map(|span| format!("{}/{}", span.from, span.to))
                .collect();
            let rated = machine.rated_per_hour;
            cells.extend([
                list("sites", &machine.sites),
                text("owner", &machine.owner),
                ("inService", Cell::List(spans)),
                (
                    "ratedPerHour",
                    Cell::Bare(if rated == 0 { String::new() } else { rated.to_string() }),
                ),
            ]);
        }
        Some(Value::Contract(contract)) => cells.extend([text("from", &contract.from), text("to", &contract.to)]),
        Some(Value::Agreement(agreement)) => cells.extend(agreement_cells(agreement)),
        Some(Value::KeyArea(area)) => {
            cells.extend([
                text("division", &area.division),
                time("from", area.from),
                time("to", area.to),
            ]);
        }
        Some(Value::Outage(outage)) => {
            cells.extend([
                text("site", &outage.site),
                time("from", outage.from),
                time("to", outage.to),
            ]);
        }
        Some(Value::CalendarDay(day)) => cells.push(("working", Cell::Bare(day.working.to_string()))),
        None => {}
    }
    cells.retain(|(_, cell)| match cell {
        Cell::Text(text) | Cell::Bare(text) => !text.is_empty(),
        Cell::List(entries) => !entries.is_empty(),
    });
    cells
}

fn site_cells(site: &Site) -> [(&'static str, Cell); 10] {
    let degrees = |value: Option<f64>| Cell::Bare(value.map(|value| value.to_string()).unwrap_or_default());
    let kind = if site.kind() == SiteKind::Unspecified {
        ""
    } else {
        site.kind().as_str_name()
    };
    [
        ("kind", choice("SITE_KIND_", kind)),
        text("place", &site.place),
        ("latitude", degrees(site.latitude)),
        ("longitude", degrees(site.longitude)),
        text("licence", &site.licence),
        text("licenceFrom", &site.licence_from),
        text("licenceTo", &site.licence_to),
        text("openedOn", &site.opened_on),
        text("filedOn", &site.filed_on),
        text("name", &site.name),
    ]
}

fn staff_cells(staff: &Staff) -> [(&'static str, Cell); 5] {
    [
        text("trainedUntil", &staff.trained_until),
        text("screenerUntil", &staff.screener_until),
        text("site", &staff.site),
        list("identityTokens", &staff.identity_tokens),
        list("phoneTokens", &staff.phone_tokens),
    ]
}

fn agreement_cells(agreement: &Agreement) -> [(&'static str, Cell); 7] {
    let way = if agreement.xray_way() == XrayWay::Unspecified {
        ""
    } else {
        agreement.xray_way().as_str_name()
    };
    [
        list("sites", &agreement.sites),
        text("signedOn", &agreement.signed_on),
        text("filedOn", &agreement.filed_on),
        text("from", &agreement.from),
        text("to", &agreement.to),
        ("xrayWay", choice("XRAY_WAY_", way)),
        list("customerTokens", &agreement.customer_tokens),
    ]
}

fn text(name: &'static str, text: &str) -> (&'static str, Cell) {
    (name, Cell::Text(text.to_owned()))
}

fn list(name: &'static str, entries: &[String]) -> (&'static str, Cell) {
    (name, Cell::List(entries.to_vec()))
}

fn choice(prefix: &str, name: &str) -> Cell {
    Cell::Text(name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase())
}

fn time(name: &'static str, time: Option<proto::Timestamp>) -> (&'static str, Cell) {
    let instant = time.and_then(|time| Timestamp::from_parts(time.seconds, time.nanos));
    (
        name,
        Cell::Text(instant.map(|instant| instant.to_string()).unwrap_or_default()),
    )
}
