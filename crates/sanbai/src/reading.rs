//! From files to events and control records, in the order in which they stand there.

use std::io::{self, BufRead, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sanbai_wire::control::{self, Read};
use sanbai_wire::{Code, Encoding, Frame, Reject, limits};

use crate::evidence::Format;
use crate::input;
use crate::rejects::Place;

/// Bytes read at once from a protobuf file.
const CHUNK: usize = 1 << 16;

/// Takes what stands in files, one by one. An error ends the reading.
pub(crate) trait Take {
    /// A file begins, whose records are counted by `line` or by `offset`.
    fn file(&mut self, path: &Path, unit: &'static str);

    /// A record: one event, or a batch of them.
    fn record(&mut self, path: &Path, place: Place, bytes: &[u8], encoding: Encoding) -> anyhow::Result<()>;

    /// Something that is no record.
    fn unreadable(&mut self, path: &Path, place: Place, reject: Reject) -> anyhow::Result<()>;

    /// A control record.
    fn control(&mut self, path: &Path, place: Place, read: Read) -> anyhow::Result<()>;
}

/// Reads files for somebody.
pub(crate) fn all(files: &[PathBuf], format: Format, taker: &mut impl Take) -> anyhow::Result<()> {
    let mut reader = Reader { taker };
    files.iter().try_for_each(|file| reader.file(file, format))
}

struct Reader<'a, T> {
    taker: &'a mut T,
}

impl<T: Take> Reader<'_, T> {
    fn file(&mut self, path: &Path, format: Format) -> anyhow::Result<()> {
        let (mut reader, bar) = input::open(path)?;
        let cannot_read = || format!("cannot read {}", path.display());
        let start = reader.fill_buf().with_context(cannot_read)?;
        if matches!(start, [0xff, 0xfe, _, 0, ..] | [0xfe, 0xff, 0, ..]) {
            bail!("{} is UTF-16: save it as UTF-8", path.display());
        }
        let is_json = match format {
            Format::Auto => input::is_json(start),
            Format::Ndjson => true,
            Format::Protobuf => false,
        };
        self.taker.file(path, if is_json { "line" } else { "offset" });
        if is_json {
            self.json_lines(path, reader)
        } else {
            self.frames(path, reader)
        }
        .with_context(cannot_read)?;
        bar.finish_and_clear();
        Ok(())
    }

    fn json_lines(&mut self, path: &Path, reader: input::Bytes) -> anyhow::Result<()> {
        let mut lines = input::Lines::over(reader, limits::RECORD_BYTES_MAX);
        let mut number = 0_u64;
        while let Some(line) = lines.next()? {
            number += 1;
            if line.trim_ascii().is_empty() {
                continue;
            }
            let place = Place {
                name: "line",
                number,
                index: None,
            };
            match control::of_json_line(line) {
                None => self.taker.record(path, place, line, Encoding::Json)?,
                Some(Ok(read)) => self.taker.control(path, place, read)?,
                Some(Err(reject)) => self.taker.unreadable(path, place, reject)?,
            }
        }
        Ok(())
    }

    fn frames(&mut self, path: &Path, mut reader: input::Bytes) -> anyhow::Result<()> {
        let mut buffer: Vec<u8> = Vec::new();
        let (mut start, mut offset) = (0_usize, 0_u64);
        loop {
            let place = Place {
                name: "offset",
                number: offset,
                index: None,
            };
            match Frame::first(&buffer[start..]) {
                Ok(Frame::Whole { content, length }) => {
                    self.taker.record(path, place, content, Encoding::Protobuf)?;
                    start += length;
                    offset += length as u64;
                }
                Ok(Frame::Broken { missing }) => {
                    buffer.drain(..start);
                    start = 0;
                    let wanted = missing.max(CHUNK) as u64;
                    if reader.by_ref().take(wanted).read_to_end(&mut buffer)? == 0 {
                        if !buffer.is_empty() {
                            let detail = "the file ends in the middle of an event";
                            let reject = Reject::new(Code::ProtoDecode, detail);
                            self.taker.unreadable(path, place, reject)?;
                        }
                        return Ok(());
                    }
                }
                Ok(Frame::TooLong { length }) => {
                    let detail = "the event is over the limit of 1 MiB";
                    let reject = Reject::new(Code::EventTooLarge, detail);
                    self.taker.unreadable(path, place, reject)?;
                    let here = (buffer.len() - start) as u64;
                    buffer.clear();
                    start = 0;
                    io::copy(&mut reader.by_ref().take(length.saturating_sub(here)), &mut io::sink())?;
                    offset = offset.saturating_add(length);
                }
                Err(reject) => {
                    // Without a length nobody can tell where the next event begins.
                    return self.taker.unreadable(path, place, reject);
                }
            }
        }
    }
}
