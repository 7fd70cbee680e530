//! Who may send: sources, each with its token.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use axum::http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};

use crate::refusal::{Refusal, Why};

/// Shortest token: 24 letters of base64 are 144 bits.
const TOKEN_BYTES_MIN: usize = 24;
/// Longest token.
const TOKEN_BYTES_MAX: usize = 512;
/// Longest name of a source.
const NAME_BYTES_MAX: usize = 64;
/// As many digits in a row as a number of a person has.
const DIGITS_MAX: usize = 10;
/// The source where none is configured: a process on this machine.
const LOCAL: &str = "local";

/// The token of a source. Only its digest is kept, and nothing of it is ever shown.
#[derive(Clone)]
pub struct SourceToken {
    digest: [u8; 32],
}

impl SourceToken {
    /// A token, without the blanks around it. Draw it at random: 32 bytes in base64 or hex.
    ///
    /// # Errors
    /// Where it has fewer than 24 or more than 512 characters, or others than visible ones of ASCII.
    pub fn new(text: &str) -> Result<Self, SourceError> {
        let text = text.trim();
        let is_long = (TOKEN_BYTES_MIN..=TOKEN_BYTES_MAX).contains(&text.len());
        if !is_long || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SourceError::Token);
        }
        Ok(Self {
            digest: digest(text.as_bytes()),
        })
    }
}

impl fmt::Debug for SourceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SourceToken(…)")
    }
}

/// Why sources are not as they must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceError {
    /// A name is no name.
    Name,
    /// A token is no token.
    Token,
    /// Two sources have one token.
    SameToken,
    /// No source is configured, and others than this machine can reach the listener.
    None,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => {
                "the name of a source has 1 to 64 letters, digits, `.`, `_`, `-`, `:` or `/`, and at most 10 digits in a row"
            }
            Self::Token => "the token of a source has 24 to 512 visible characters of ASCII",
            Self::SameToken => "two sources have the same token; draw one for each",
            Self::None => "without a source that may send, the intake listens on loopback only; configure a source",
        })
    }
}

impl std::error::Error for SourceError {}

/// Who may send.
#[derive(Clone, Debug)]
pub struct Sources {
    known: Vec<Source>,
    /// Who sends where nobody is configured.
    local: Source,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its name, which becomes the `source` of its events.
    pub(crate) name: Arc<str>,
    /// What it sends.
    pub(crate) counts: Arc<SourceCounts>,
    token: Option<SourceToken>,
}

/// What a source sends, in numbers.
#[derive(Debug, Default)]
pub struct SourceCounts {
    accepted: AtomicU64,
    refused: AtomicU64,
    /// Requests under way whose bodies are there.
    pub(crate) requests: AtomicUsize,
    /// Bytes of bodies under way.
    pub(crate) bytes: AtomicUsize,
}

impl SourceCounts {
    /// Events that were accepted, and are durable.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Events that were refused.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, accepted: usize, refused: usize) {
        self.accepted.fetch_add(accepted as u64, Ordering::Relaxed);
        self.refused.fetch_add(refused as u64, Ordering::Relaxed);
    }
}

impl Source {
    fn new(name: &str, token: Option<SourceToken>) -> Self {
        Self {
            name: name.into(),
            counts: Arc::default(),
            token,
        }
    }
}

impl Sources {
    /// Nobody in particular: any process on this machine, as the source `local`.
    pub fn local() -> Self {
        Self {
            known: Vec::new(),
            local: Source::new(LOCAL, None),
        }
    }

    /// Sources by name. A name may stand twice with two tokens, while one takes the place of the other. None at all is
    /// [`local`](Self::local).
    ///
    /// # Errors
    /// Where a name is none, or a token stands twice.
    ///
    /// ```
    /// use sanbai_gateway::{SourceError, SourceToken, Sources};
    ///
    /// let token = || SourceToken::new("c2FuYmFpLXRva2VuLW9mLW91dGxldC03");
    /// let sources = Sources::new([("outlet-7", token()?)])?;
    /// assert!(!format!("{sources:?}").contains("c2FuY"));
    /// assert!(sources.may_listen_on(([0, 0, 0, 0], 8080).into()).is_ok());
    /// assert_eq!(Sources::new([("a", token()?), ("b", token()?)]).err(), Some(SourceError::SameToken));
    /// assert_eq!(Sources::local().may_listen_on(([0, 0, 0, 0], 8080).into()), Err(SourceError::None));
    /// # Ok::<(), SourceError>(())
    /// ```
    pub fn new<'a>(sources: impl IntoIterator<Item = (&'a str, SourceToken)>) -> Result<Self, SourceError> {
        let mut all = Self::local();
        for (name, token) in sources {
            if !is_name(name) {
                return Err(SourceError::Name);
            }
            if all.find(&token.digest).is_some() {
                return Err(SourceError::SameToken);
            }
            let mut source = Source::new(name, Some(token));
            if let Some(same) = all.known.iter().find(|known| known.name == source.name) {
                source.counts = Arc::clone(&same.counts);
            }
            all.known.push(source);
        }
        Ok(all)
    }

    /// Each source with what it sends, once by its name; `local` alone where none is configured.
    pub fn counts(&self) -> impl Iterator<Item = (&str, &SourceCounts)> {
        let known = if self.known.is_empty() {
            std::slice::from_ref(&self.local)
        } else {
            &self.known
        };
        let is_first = |place: usize, name: &str| !known[..place].iter().any(|source| &*source.name == name);
        let named = known
            .iter()
            .enumerate()
            .filter(move |(place, source)| is_first(*place, &source.name));
        named.map(|(_, source)| (&*source.name, &*source.counts))
    }

    /// Counts what of a source is under way where it was counted before.
    pub(crate) fn go_on_from(&mut self, before: &Self) {
        self.local.counts = Arc::clone(&before.local.counts);
        for source in &mut self.known {
            if let Some(same) = before.known.iter().find(|known| known.name == source.name) {
                source.counts = Arc::clone(&same.counts);
            }
        }
    }

    /// Whether the intake may listen there.
    ///
    /// # Errors
    /// [`SourceError::None`] where anybody could send as anybody.
    pub const fn may_listen_on(&self, address: SocketAddr) -> Result<(), SourceError> {
        if self.known.is_empty() && !address.ip().is_loopback() {
            return Err(SourceError::None);
        }
        Ok(())
    }

    /// Who sends. Whatever is wrong, the answer is the same.
    pub(crate) fn who(&self, headers: &HeaderMap) -> Result<&Source, Refusal> {
        if self.known.is_empty() {
            return Ok(&self.local);
        }
        let source = token_of(headers).and_then(|token| self.find(&digest(token)));
        source.ok_or_else(|| {
            let detail = "send the token of a source that is known here: Authorization: Bearer …";
            Refusal::new(Why::AuthInvalid, detail)
        })
    }

    /// The source of a token. All are compared, each to its end: how long it takes says nothing.
    fn find(&self, digest: &[u8; 32]) -> Option<&Source> {
        let mut found = None;
        for source in &self.known {
            let is_it = source.token.as_ref().is_some_and(|token| equal(&token.digest, digest));
            found = if is_it { Some(source) } else { found };
        }
        found
    }
}

/// Whether two digests are equal, without stopping at the first difference.
fn equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let difference = one.iter().zip(other).fold(0, |seen, (a, b)| seen | (a ^ b));
    std::hint::black_box(difference) == 0
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The one bearer token of a request.
fn token_of(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.as_bytes().split_at_checked("bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':' | b'/');
    let digits = name.split(|letter: char| !letter.is_ascii_digit());
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(is_allowed)
        && digits.map(str::len).max().unwrap_or(0) <= DIGITS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let values = values
            .iter()
            .map(|value| (header::AUTHORIZATION, value.parse().expect("a value")));
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn a_token_names_its_source_and_anything_else_nobody() {
        let (one, two) = ("1".repeat(24), "2".repeat(24));
        let token = |text: &str| SourceToken::new(text).expect("a token");
        let sources = Sources::new([("a", token(&one)), ("b", token(&two))]).expect("two sources");
        let who = |values: &[&str]| sources.who(&headers(values)).map(|source| source.name.to_string()).ok();
        assert_eq!(who(&[&format!("Bearer {one}")]).as_deref(), Some("a"));
        assert_eq!(who(&[&format!("bEARER  {two} ")]).as_deref(), Some("b"));
        let both = [format!("Bearer {one}"), format!("Bearer {two}")];
        assert_eq!(who(&[&both[0], &both[1]]), None);
        for value in [one.as_str(), "Bearer ", "Bearer", "", "Basic MTox", "Bearer 1"] {
            assert_eq!(who(&[value]), None, "{value}");
        }
        assert_eq!(who(&[]), None);
    }

    #[test]
    fn names_and_tokens_are_checked() {
        for name in ["", "a b", "张", "13912345678", &"a".repeat(65)] {
            let token = SourceToken::new(&"x".repeat(24)).expect("a token");
            assert_eq!(Sources::new([(name, token)]).err(), Some(SourceError::Name), "{name}");
        }
        for token in ["short", &"x".repeat(513), "with a blank in its middle, long"] {
            assert_eq!(SourceToken::new(token).err(), Some(SourceError::Token), "{token}");
        }
    }
}
