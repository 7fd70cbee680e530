//! Sees a request that says the length of its body in two ways, `Content-Length` and `Transfer-Encoding`.
//!
//! hyper reads such a body by its chunks, closes the connection behind it, and tells nobody (RFC 9112, 6.1). That is
//! harmless, yet whoever sends it is wrong about HTTP or wishes us ill, and is to hear so. So what hyper reads is looked
//! at on its way, as far as it takes to find the heads of requests. Nothing depends on it but the answer: where it loses
//! its way it looks at no more of the connection, and hyper alone decides what a request is.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::extract::Request;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of a line that are kept: its beginning tells the names and the lengths that are looked for.
const LINE_BYTES_MAX: usize = 64;

/// Stands in a request that says the length of its body in two ways.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TwoLengths;

/// The requests of a connection, counted from 1 where they are read and where they are answered.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// Which of them has two lengths; 0 for none. It is the last of its connection.
    with_two_lengths: AtomicU64,
    answered: AtomicU64,
}

impl Requests {
    /// Marks the request if it has two lengths. Called for each, in the order in which they came.
    pub(crate) fn mark<B>(&self, request: &mut Request<B>) {
        let number = self.answered.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        if self.with_two_lengths.load(Ordering::Acquire) == number {
            request.extensions_mut().insert(TwoLengths);
        }
    }
}

/// A connection whose bytes are looked at while they are read.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    follower: Follower,
    requests: Arc<Requests>,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S) -> (Self, Arc<Requests>) {
        let requests = Arc::new(Requests::default());
        let watched = Self {
            stream,
            follower: Follower::default(),
            requests: Arc::clone(&requests),
        };
        (watched, requests)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let fresh = buf.filled().get(before..).unwrap_or_default();
        if let Some(number) = self.follower.follow(fresh) {
            self.requests.with_two_lengths.store(number, Ordering::Release);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// The first of a request, or an empty one before it.
    Request,
    Header,
    ChunkSize,
    /// Behind the bytes of a chunk.
    ChunkEnd,
    Trailer,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Line(Line),
    /// So many bytes of a body, then a line.
    Bytes(u64, Line),
    /// Nothing more is looked at.
    Nothing,
}

/// Follows the requests of a connection from head to head. Holds no more than the beginning of one line.
#[derive(Debug)]
struct Follower {
    next: Next,
    /// The beginning of the line that is read.
    line: Vec<u8>,
    requests: u64,
    length: Option<u64>,
    has_encoding: bool,
}

impl Default for Follower {
    fn default() -> Self {
        Self {
            next: Next::Line(Line::Request),
            line: Vec::new(),
            requests: 0,
            length: None,
            has_encoding: false,
        }
    }
}

impl Follower {
    /// Follows what was read; the number of the request that has two lengths, once its head is there.
    fn follow(&mut self, mut bytes: &[u8]) -> Option<u64> {
        while !bytes.is_empty() {
            match self.next {
                Next::Nothing => return None,
                Next::Bytes(left, line) => {
                    let taken = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                    bytes = bytes.get(taken..).unwrap_or_default();
                    let left = left.saturating_sub(taken as u64);
                    self.next = if left == 0 {
                        Next::Line(line)
                    } else {
                        Next::Bytes(left, line)
                    };
                }
                Next::Line(line) => {
                    let end = bytes.iter().position(|byte| *byte == b'\n');
                    let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
                    let room = LINE_BYTES_MAX.saturating_sub(self.line.len());
                    self.line.extend_from_slice(part.get(..room).unwrap_or(part));
                    bytes = rest.get(1..).unwrap_or_default();
                    if end.is_some() {
                        let text = std::mem::take(&mut self.line);
                        self.next = self.after(line, text.trim_ascii_end());
                        self.line = text;
                        self.line.clear();
                        if self.next == Next::Nothing {
                            return (self.has_encoding && self.length.is_some()).then_some(self.requests);
                        }
                    }
                }
            }
        }
        None
    }

    /// What comes after a line.
    fn after(&mut self, line: Line, text: &[u8]) -> Next {
        match line {
            Line::Request if text.is_empty() => Next::Line(Line::Request),
            Line::Request => {
                self.requests = self.requests.wrapping_add(1);
                (self.length, self.has_encoding) = (None, false);
                Next::Line(Line::Header)
            }
            Line::Header if text.is_empty() => self.body(),
            Line::Header => self.header(text),
            Line::ChunkSize => match chunk_size(text) {
                None => self.lost(),
                Some(0) => Next::Line(Line::Trailer),
                Some(size) => Next::Bytes(size, Line::ChunkEnd),
            },
            Line::ChunkEnd if text.is_empty() => Next::Line(Line::ChunkSize),
            Line::ChunkEnd => self.lost(),
            Line::Trailer if text.is_empty() => Next::Line(Line::Request),
            Line::Trailer => Next::Line(Line::Trailer),
        }
    }

    fn header(&mut self, text: &[u8]) -> Next {
        let colon = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
        let (name, value) = text.split_at(colon);
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.has_encoding = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            // A length that is none hyper refuses, unless it reads by chunks.
            let length = str::from_utf8(value).ok().and_then(|value| value.parse().ok());
            self.length = Some(length.unwrap_or(u64::MAX));
        }
        Next::Line(Line::Header)
    }

    fn body(&self) -> Next {
        match (self.length, self.has_encoding) {
            (Some(_), true) => Next::Nothing,
            (None, true) => Next::Line(Line::ChunkSize),
            (None | Some(0), false) => Next::Line(Line::Request),
            (Some(length), false) => Next::Bytes(length, Line::Request),
        }
    }

    /// This is no HTTP, as far as it is understood here.
    fn lost(&mut self) -> Next {
        self.length = None;
        Next::Nothing
    }
}

/// The size of a chunk, from the line before it; `None` where it says none.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let digits = str::from_utf8(line.get(..digits)?).ok()?;
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str =
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 36\r\n\r\nContent-Length: 1\r\nTransfer-Encoding:";
    const CHUNKED: &str =
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n12;x=y\r\n\r\ncontent-length:\n\r\n0\r\nx: 1\r\n\r\n";
    const EMPTY: &str = "\r\nGET / HTTP/1.1\nhost: a\n\n";
    const BOTH: &str = "POST / HTTP/1.1\r\ncontent-LENGTH:5\r\nTransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    const OTHER_ORDER: &str = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: x\r\n\r\n0\r\n\r\n";

    /// The number of the request with two lengths, whichever way the bytes are cut.
    fn found(parts: &[&str]) -> Option<u64> {
        let text = parts.concat();
        let followed = |size: usize| {
            let mut follower = Follower::default();
            let found: Vec<u64> = text
                .as_bytes()
                .chunks(size)
                .filter_map(|bytes| follower.follow(bytes))
                .collect();
            assert!(
                found.len() < 2 && follower.line.capacity() <= 2 * LINE_BYTES_MAX,
                "{found:?}"
            );
            found.first().copied()
        };
        let all: Vec<_> = [1, 2, 3, 7, 50, text.len()].map(followed).into_iter().collect();
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{all:?} of {text}");
        all.first().copied().flatten()
    }

    #[test]
    fn two_lengths_are_seen_in_whichever_request_they_stand() {
        assert_eq!(found(&[BOTH]), Some(1));
        assert_eq!(found(&[OTHER_ORDER]), Some(1));
        assert_eq!(found(&[PLAIN, CHUNKED, EMPTY, CHUNKED, OTHER_ORDER, BOTH]), Some(5));
    }

    #[test]
    fn bodies_and_requests_with_one_length_are_left_alone() {
        assert_eq!(found(&[PLAIN, CHUNKED, EMPTY, PLAIN]), None);
        let long = format!("POST / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(10_000));
        assert_eq!(found(&[&long, PLAIN]), None);
        assert_eq!(found(&[&long, BOTH]), Some(2));
    }

    #[test]
    fn what_is_not_understood_is_left_to_hyper() {
        let no_size = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nnot hex\r\n";
        assert_eq!(found(&[no_size, BOTH]), None);
        let no_end = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n";
        assert_eq!(found(&[no_end, BOTH]), None);
    }
}
