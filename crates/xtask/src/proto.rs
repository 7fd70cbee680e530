//! The schemas under `proto/`, compiled without `protoc`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use protox::prost_reflect::prost_types::FileDescriptorSet;

/// Every schema, compiled, with its comments and what it imports.
pub(crate) fn compile(root: &Path) -> anyhow::Result<FileDescriptorSet> {
    let include = root.join("proto");
    let mut schemas = Vec::new();
    find(&include, &mut schemas)?;
    schemas.sort();
    Ok(protox::compile(&schemas, [include])?)
}

fn find(directory: &Path, schemas: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, schemas)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            schemas.push(path);
        }
    }
    Ok(())
}
