//! Counts as bytes.

use super::body::{SEVERITIES, number_of, numbered, write_length};
use crate::bytes::{Reader, Writer};
use crate::duty::Ground;
use crate::finding::Code;
use crate::shard::compliance::{Counts, DutyCounts};

pub(super) fn write_counts(body: &mut Writer, counts: &Counts) {
    for number in [counts.parcels, counts.letters, counts.uncounted] {
        body.number(number);
    }
    counts.duties.iter().for_each(|duty| write_duty(body, duty));
    write_length(body, counts.findings.len());
    for ((code, severity), count) in &counts.findings {
        // By its text, for numbers would move when a code is added between others.
        body.text(code.as_str());
        body.byte(number_of(&SEVERITIES, severity));
        body.number(*count);
    }
}

/// Counts that are not all zero.
pub(super) fn read_counts(body: &mut Reader<'_>) -> Option<Counts> {
    let mut counts = Counts {
        parcels: body.number()?,
        letters: body.number()?,
        uncounted: body.number()?,
        ..Counts::default()
    };
    for duty in &mut counts.duties {
        *duty = read_duty(body)?;
    }
    for _ in 0..body.number()? {
        let finding = (Code::parse(body.text()?)?, numbered(&SEVERITIES, body.byte()?)?);
        counts.findings.insert(finding, read_some(body)?);
    }
    (!counts.is_zero()).then_some(counts)
}

fn write_duty(body: &mut Writer, duty: &DutyCounts) {
    for number in [
        duty.pass,
        duty.fail,
        duty.pending,
        duty.unknown,
        duty.performed_late,
        duty.reported_late,
        duty.marked,
    ] {
        body.number(number);
    }
    duty.delays.iter().for_each(|number| body.number(*number));
    write_length(body, duty.not_applicable.len());
    for (ground, count) in &duty.not_applicable {
        body.text(ground.as_str());
        body.number(*count);
    }
}

fn read_duty(body: &mut Reader<'_>) -> Option<DutyCounts> {
    let mut duty = DutyCounts {
        pass: body.number()?,
        fail: body.number()?,
        pending: body.number()?,
        unknown: body.number()?,
        performed_late: body.number()?,
        reported_late: body.number()?,
        marked: body.number()?,
        ..DutyCounts::default()
    };
    for delay in &mut duty.delays {
        *delay = body.number()?;
    }
    for _ in 0..body.number()? {
        let name = body.text()?;
        let ground = Ground::ALL.into_iter().find(|ground| ground.as_str() == name)?;
        duty.not_applicable.insert(ground, read_some(body)?);
    }
    Some(duty)
}

/// A number in a table that holds no zeros.
fn read_some(body: &mut Reader<'_>) -> Option<u64> {
    body.number().filter(|number| *number > 0)
}
