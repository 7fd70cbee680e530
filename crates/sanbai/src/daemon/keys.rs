//! The key of tokens, which is made at the first start and kept.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use sanbai_wire::TokenKeys;

/// Reads the keys of a file.
///
/// # Errors
/// Where there is none, or it holds none.
pub(crate) fn load(path: &Path) -> anyhow::Result<TokenKeys> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the token keys of the daemons, {}", path.display()))?;
    TokenKeys::parse(&text).map_err(|error| anyhow!("{}: {error}", path.display()))
}

/// Reads the keys of a file; where there is none, makes one with a fresh key.
pub(crate) fn load_or_make(path: &Path) -> anyhow::Result<TokenKeys> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => make(path)?,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    TokenKeys::parse(&text).map_err(|error| anyhow!("{}: {error}", path.display()))
}

fn make(path: &Path) -> anyhow::Result<String> {
    let mut key = [0_u8; 32];
    getrandom::fill(&mut key).map_err(|error| anyhow!("no random key can be had: {error}"))?;
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let text =
        format!("# Whoever holds this key finds numbers again from their tokens (docs/tokens.md).\nhs256:1:{hex}\n");
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(text)
}
