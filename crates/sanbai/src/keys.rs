//! The keys of tokens: from a file, or a fresh one for this run.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use sanbai_wire::TokenKeys;

/// Version of the key of a run without a key file; nobody can link its tokens to those of another run.
const RUN_VERSION: &str = "run";

/// The keys of a file, or a fresh key that is forgotten when the run ends.
pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<TokenKeys> {
    match file {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            TokenKeys::parse(&text).map_err(|error| anyhow!("{}: {error}", file.display()))
        }
        None => {
            let mut key = [0_u8; 32];
            getrandom::fill(&mut key).map_err(|error| anyhow!("no random key can be had: {error}"))?;
            TokenKeys::single(RUN_VERSION, key).map_err(|error| anyhow!("the key of this run: {error}"))
        }
    }
}
