//! Generated files: written by `gen`, committed, and found stale by `gen --check` and by a test.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use protox::prost_reflect::prost_types::FileDescriptorSet;

use crate::{metrics_doc, proto, rules_doc, schema};

/// A file that is made from others and committed, so that a build needs no generator.
struct Generated {
    /// Below the root of the workspace.
    path: PathBuf,
    text: String,
}

/// Writes the generated files, or names every one that is stale.
pub(crate) fn run(root: &Path, check: bool) -> anyhow::Result<()> {
    let mut stale = Vec::new();
    for file in all(root)? {
        let path = root.join(&file.path);
        if std::fs::read_to_string(&path).is_ok_and(|committed| committed == file.text) {
            continue;
        }
        if check {
            stale.push(file.path.display().to_string());
        } else {
            std::fs::write(&path, &file.text).with_context(|| format!("cannot write {}", path.display()))?;
            println!("wrote {}", file.path.display());
        }
    }
    anyhow::ensure!(stale.is_empty(), "stale, run `cargo xtask gen`: {}", stale.join(", "));
    Ok(())
}

/// Every generated file of the repository.
fn all(root: &Path) -> anyhow::Result<Vec<Generated>> {
    let schemas = proto::compile(root)?;
    let mut files = messages(&schemas)?;
    files.push(Generated {
        path: "crates/wire/src/proto/schema_v1.rs".into(),
        text: schema::table(&schemas, "sanbai.event.v1")?,
    });
    files.push(Generated {
        path: "docs/rules.md".into(),
        text: rules_doc::page(root)?,
    });
    files.push(Generated {
        path: "docs/metrics.md".into(),
        text: metrics_doc::page(root)?,
    });
    Ok(files)
}

/// The prost code of `proto/sanbai/NAME/vN`, as `crates/wire/src/proto/NAME_vN.rs`.
fn messages(schemas: &FileDescriptorSet) -> anyhow::Result<Vec<Generated>> {
    let scratch = tempfile::tempdir()?;
    let mut packages: Vec<String> = schemas.file.iter().map(|file| file.package().to_owned()).collect();
    packages.sort();
    packages.dedup();
    prost_build::Config::new()
        .out_dir(scratch.path())
        .extern_path(".google.protobuf.Timestamp", "crate::proto::Timestamp")
        .btree_map(["."])
        .compile_fds(schemas.clone())?;
    let ours = packages
        .iter()
        .filter_map(|package| Some((package, package.strip_prefix("sanbai.")?)));
    ours.map(|(package, name)| {
        let path = format!("crates/wire/src/proto/{}.rs", name.replace('.', "_"));
        let text = std::fs::read_to_string(scratch.path().join(format!("{package}.rs")))?;
        Ok(Generated {
            path: path.into(),
            text,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn generated_files_are_current() {
        super::run(&crate::root().unwrap(), true).unwrap();
    }
}
