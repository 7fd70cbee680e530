//! Files of events: lines of JSON or length-delimited protobuf, plain, gzip or zstd, or standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context as _;
use indicatif::ProgressBar;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::output;

/// Bytes read at once.
const BUFFER: usize = 1 << 18;

/// The bytes of a file, unpacked.
pub(crate) type Bytes = BufReader<Box<dyn Read>>;

/// Opens a file, `-` for standard input, and unpacks what is packed.
pub(crate) fn open(path: &Path) -> anyhow::Result<(Bytes, ProgressBar)> {
    let (raw, length): (Box<dyn Read>, Option<u64>) = if path == Path::new("-") {
        (Box::new(io::stdin().lock()), None)
    } else {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let length = file.metadata().ok().map(|metadata| metadata.len());
        (Box::new(file), length)
    };
    let bar = output::progress(length);
    let raw: Box<dyn Read> = Box::new(bar.wrap_read(raw));
    let mut reader = BufReader::with_capacity(BUFFER, raw);
    let magic = reader
        .fill_buf()
        .with_context(|| format!("cannot read {}", path.display()))?;
    let unpacked: Box<dyn Read> = if magic.starts_with(&[0x1f, 0x8b]) {
        Box::new(flate2::bufread::MultiGzDecoder::new(reader))
    } else if matches!(
        magic,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]
    ) {
        let decoder = Zstd {
            reader,
            frame: FrameDecoder::new(),
        };
        Box::new(decoder)
    } else {
        return Ok((reader, bar));
    };
    Ok((BufReader::with_capacity(BUFFER, unpacked), bar))
}

/// Unpacks all frames of a zstd file, one after the other: `cat a.zst b.zst` is a zstd file, too.
struct Zstd<R> {
    reader: R,
    frame: FrameDecoder,
}

impl<R: BufRead> Zstd<R> {
    /// Begins the next frame, and passes over frames that hold no data. `false` at the end of the file.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            if self.reader.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.frame.reset(&mut self.reader) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let skipped = io::copy(&mut self.reader.by_ref().take(length.into()), &mut io::sink())?;
                    if skipped < length.into() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }

    /// Whether what was unpacked is what was packed, where the frame has a checksum.
    fn verify(&self) -> io::Result<()> {
        let stated = self.frame.get_checksum_from_data();
        if stated.is_some() && stated != self.frame.get_calculated_checksum() {
            return Err(io::Error::other("the checksum of a zstd frame is wrong"));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !into.is_empty() && self.frame.can_collect() == 0 {
            if self.frame.is_finished() {
                self.verify()?;
                if !self.begin()? {
                    return Ok(0);
                }
            } else {
                self.frame
                    .decode_blocks(&mut self.reader, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(io::Error::other)?;
            }
        }
        self.frame.read(into)
    }
}

/// Whether a file that begins so holds JSON lines, else protobuf. Only what could be a frame is taken for one: text
/// that is no JSON is still read line by line, for the lines behind it may be right.
pub(crate) fn is_json(start: &[u8]) -> bool {
    let mut letters = start.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    match (letters.next(), letters.next()) {
        // The first field of a message follows the length of its frame, and its tag is a control character.
        (Some(b'{'), Some(b'"' | b'}')) | (Some(0xef), Some(0xbb)) => true,
        _ => !start
            .iter()
            .take(4_096)
            .any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace()),
    }
}

/// Lines of a file, of any bytes. A line that is too long is cut: it cannot be right, and it must not fill the memory.
pub(crate) struct Lines {
    reader: Bytes,
    /// A line that does not stand as a whole in the buffer of the reader.
    line: Vec<u8>,
    bytes_max: usize,
    /// Bytes of the line that was given last: they stay in the buffer until the next one is asked for.
    given: usize,
}

impl Lines {
    /// Lines of a file, `-` for standard input; of each at most `bytes_max` + 1 bytes are kept.
    pub(crate) fn open(path: &Path, bytes_max: usize) -> anyhow::Result<Self> {
        Ok(Self::over(open(path)?.0, bytes_max))
    }

    pub(crate) fn over(reader: Bytes, bytes_max: usize) -> Self {
        Self {
            reader,
            line: Vec::new(),
            bytes_max,
            given: 0,
        }
    }

    /// The next line without its end; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.reader.consume(std::mem::take(&mut self.given));
        let end = memchr::memchr(b'\n', self.reader.fill_buf()?);
        match end.filter(|end| *end <= self.bytes_max) {
            Some(end) => {
                self.given = end + 1;
                let line = &self.reader.buffer()[..end];
                Ok(Some(line.strip_suffix(b"\r").unwrap_or(line)))
            }
            None => self.next_copied(),
        }
    }

    /// The same for a line that goes on behind the buffer.
    fn next_copied(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let mut any = false;
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            any = true;
            let (taken, is_end) = match memchr::memchr(b'\n', chunk) {
                Some(end) => (end, true),
                None => (chunk.len(), false),
            };
            let room = (self.bytes_max + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(&chunk[..taken.min(room)]);
            self.reader.consume(taken + usize::from(is_end));
            if is_end {
                break;
            }
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Ok(any.then_some(&self.line))
    }
}
