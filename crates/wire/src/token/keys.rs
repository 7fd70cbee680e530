//! The keys under which tokens are made, and what is put in.

use core::fmt;
use std::sync::Arc;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use sanbai_core::document::Canonical;
use sanbai_core::event::TokenSet;
use sha2::Sha256;
use sm3::Sm3;
use zeroize::Zeroizing;

use super::is_version;
use crate::text::fold;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// What a token is of. Tokens of different purposes never agree, whatever was put in.
#[derive(Clone, Copy)]
enum Purpose {
    Identity,
    Phone,
    Name,
}

impl Purpose {
    const fn prefix(self) -> &'static [u8] {
        match self {
            Self::Identity => b"cn-id\0",
            Self::Phone => b"cn-phone\0",
            Self::Name => b"cn-name\0",
        }
    }
}

/// The keys in force. Each value gets a token under each of them, in their order, so that a change of keys loses nobody.
///
/// A key file has a key a line, `<algorithm>:<key version>:<key>`, the newest first, at most four: algorithm `hs256`
/// (HMAC-SHA-256) or `sm3` (HMAC-SM3), key of 32 random bytes in base64url or hex. Blank lines and lines that begin with
/// `#` are passed over. See `docs/tokens.md`.
///
/// Neither `Debug` nor an error prints any part of a key; the memory of a key is overwritten when it is dropped.
///
/// ```
/// use sanbai_wire::TokenKeys;
///
/// let keys = TokenKeys::parse("# rotated 2026-01-01\nhs256:2026a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n")?;
/// assert_eq!(keys.versions().collect::<Vec<_>>(), ["2026a"]);
/// assert_eq!(keys.identity("440308 19990110 1512"), keys.identity("440308199901101512"));
/// assert_ne!(keys.identity("13912345678"), keys.phone("13912345678"));
/// # Ok::<(), sanbai_wire::KeyFileError>(())
/// ```
#[derive(Clone)]
pub struct TokenKeys {
    /// Shared by all decoders that have them.
    keys: Arc<Vec<TokenKey>>,
}

#[derive(Clone)]
struct TokenKey {
    version: String,
    keyed: Keyed,
}

/// A hash that has taken in its key.
#[derive(Clone)]
enum Keyed {
    Sha256(Hmac<Sha256>),
    Sm3(Hmac<Sm3>),
}

/// Why a key was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// Not three parts with colons between.
    Form,
    /// Neither `hs256` nor `sm3`.
    Algorithm,
    /// Not 1 to 16 letters, digits, `.`, `_` or `-`.
    Version,
    /// Not 32 bytes in base64url without padding or in hex.
    Key,
    /// A key of this algorithm and version is there already.
    Twice,
    /// More than four keys.
    TooMany,
    /// No key at all.
    None,
}

/// Why a key file was not taken, and in which line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyFileError {
    /// The line, counted from 1; 0 for the whole file.
    pub line: usize,
    /// What is wrong with it.
    pub error: KeyError,
}

impl TokenKeys {
    /// Reads a key file.
    ///
    /// # Errors
    ///
    /// The first line that is wrong, and why; never any part of it.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut keys = Self { keys: Arc::default() };
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                let number = index.saturating_add(1);
                keys.add(line).map_err(|error| KeyFileError { line: number, error })?;
            }
        }
        if keys.keys.is_empty() {
            return Err(KeyFileError {
                line: 0,
                error: KeyError::None,
            });
        }
        Ok(keys)
    }

    /// One HMAC-SHA-256 key, such as a fresh one for a run whose tokens nobody keeps.
    ///
    /// # Errors
    ///
    /// [`KeyError::Version`] where the version has other characters than are allowed, or too many.
    pub fn single(version: &str, key: [u8; KEY_BYTES]) -> Result<Self, KeyError> {
        let mut keys = Self { keys: Arc::default() };
        keys.push("hs256", version, &Zeroizing::new(key))?;
        Ok(keys)
    }

    fn add(&mut self, line: &str) -> Result<(), KeyError> {
        let mut parts = line.splitn(3, ':');
        let (Some(algorithm), Some(version), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        let encoding = if key.len() == 2 * KEY_BYTES {
            &HEXLOWER_PERMISSIVE
        } else {
            &BASE64URL_NOPAD
        };
        let bytes = Zeroizing::new(encoding.decode(key.as_bytes()).map_err(|_| KeyError::Key)?);
        let key = <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| KeyError::Key)?;
        self.push(algorithm, version, &Zeroizing::new(key))
    }

    fn push(&mut self, algorithm: &str, version: &str, key: &[u8; KEY_BYTES]) -> Result<(), KeyError> {
        if !is_version(version) {
            return Err(KeyError::Version);
        }
        if self.keys.len() >= TokenSet::MAX {
            return Err(KeyError::TooMany);
        }
        let keyed = match algorithm {
            "hs256" => Keyed::Sha256(Hmac::new_from_slice(key).map_err(|_| KeyError::Key)?),
            "sm3" => Keyed::Sm3(Hmac::new_from_slice(key).map_err(|_| KeyError::Key)?),
            _ => return Err(KeyError::Algorithm),
        };
        if self
            .keys
            .iter()
            .any(|known| known.version == version && known.keyed.algorithm() == algorithm)
        {
            return Err(KeyError::Twice);
        }
        Arc::make_mut(&mut self.keys).push(TokenKey {
            version: version.to_owned(),
            keyed,
        });
        Ok(())
    }

    /// The key versions, the newest first.
    pub fn versions(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.version.as_str())
    }

    /// Tokens of an ID number of any kind; none where there is nothing in it or its middle is hidden.
    ///
    /// Blanks, hyphens, full-width characters and small letters make no difference.
    pub fn identity(&self, number: &str) -> Vec<String> {
        match Canonical::of(number) {
            Some(canonical) => self.tokens(Purpose::Identity, canonical.as_bytes()),
            None => self.tokens(Purpose::Identity, plain(number).as_bytes()),
        }
    }

    /// Tokens of a phone number; none where there are no digits in it or some are hidden.
    ///
    /// Only its digits count, without the 86 of China in front of a mobile number.
    pub fn phone(&self, number: &str) -> Vec<String> {
        let digits: Zeroizing<String> = Zeroizing::new(number.chars().map(fold).filter(char::is_ascii_digit).collect());
        let national = digits.strip_prefix("00").unwrap_or(&digits);
        let mobile = national
            .strip_prefix("86")
            .filter(|rest| rest.len() == 11 && rest.starts_with('1'));
        let hidden = is_hidden(number);
        self.tokens(
            Purpose::Phone,
            if hidden {
                &[]
            } else {
                mobile.unwrap_or(&digits).as_bytes()
            },
        )
    }

    /// Tokens of a name; none where there is nothing in it or it is masked.
    ///
    /// Blanks, full-width letters and the case of letters make no difference.
    pub fn name(&self, name: &str) -> Vec<String> {
        self.tokens(Purpose::Name, plain(name).as_bytes())
    }

    fn tokens(&self, purpose: Purpose, value: &[u8]) -> Vec<String> {
        if value.is_empty() {
            return Vec::new();
        }
        self.keys.iter().map(|key| key.token(purpose, value)).collect()
    }
}

/// A text without blanks, in capitals and without full-width letters; empty where some of it is hidden.
fn plain(text: &str) -> Zeroizing<String> {
    if is_hidden(text) {
        return Zeroizing::default();
    }
    let letters = text.chars().map(fold).filter(|letter| !letter.is_whitespace());
    Zeroizing::new(letters.flat_map(char::to_uppercase).collect())
}

/// Whether stars stand for something.
fn is_hidden(text: &str) -> bool {
    text.contains(['*', '＊', '×', '●'])
}

impl TokenKey {
    fn token(&self, purpose: Purpose, value: &[u8]) -> String {
        let digest = match &self.keyed {
            Keyed::Sha256(mac) => mac
                .clone()
                .chain_update(purpose.prefix())
                .chain_update(value)
                .finalize()
                .into_bytes(),
            Keyed::Sm3(mac) => mac
                .clone()
                .chain_update(purpose.prefix())
                .chain_update(value)
                .finalize()
                .into_bytes(),
        };
        let algorithm = self.keyed.algorithm();
        let mut token = String::with_capacity(64);
        token.push_str(algorithm);
        token.push(':');
        token.push_str(&self.version);
        token.push(':');
        BASE64URL_NOPAD.encode_append(&digest, &mut token);
        token
    }
}

impl Keyed {
    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "hs256",
            Self::Sm3(_) => "sm3",
        }
    }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(
                self.keys
                    .iter()
                    .map(|key| format!("{}:{}", key.keyed.algorithm(), key.version)),
            )
            .finish()
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "a key is written <algorithm>:<key version>:<key>",
            Self::Algorithm => "the algorithm is neither hs256 nor sm3",
            Self::Version => "a key version has 1 to 16 letters, digits, dots, underscores and hyphens",
            Self::Key => "a key has 32 bytes in base64url without padding, or in hex",
            Self::Twice => "a key of this algorithm and version is there already",
            Self::TooMany => "more than four keys are in force",
            Self::None => "there is no key in it",
        })
    }
}

impl core::error::Error for KeyError {}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "key file: {}", self.error),
            line => write!(f, "key file, line {line}: {}", self.error),
        }
    }
}

impl core::error::Error for KeyFileError {}
