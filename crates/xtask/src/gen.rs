//! Generated files: prost code from `proto/`.

use std::path::{Path, PathBuf};

/// Writes the generated code, or says what is stale.
pub(crate) fn run(root: &Path, check: bool) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let files: Vec<PathBuf> = ["event", "registry", "verdict"]
        .iter()
        .map(|name| root.join(format!("proto/sanbai/{name}/v1/{name}.proto")))
        .collect();
    let descriptors = protox::compile(&files, [root.join("proto")])?;
    prost_build::Config::new()
        .out_dir(scratch.path())
        .extern_path(".google.protobuf.Timestamp", "crate::proto::Timestamp")
        .btree_map(["."])
        .compile_fds(descriptors)?;
    for name in ["event", "registry", "verdict"] {
        let code = std::fs::read_to_string(scratch.path().join(format!("sanbai.{name}.v1.rs")))?;
        let target = root.join(format!("crates/wire/src/proto/{name}_v1.rs"));
        if check {
            let committed = std::fs::read_to_string(&target).unwrap_or_default();
            anyhow::ensure!(committed == code, "{} is stale: run `cargo xtask gen`", target.display());
        } else {
            std::fs::create_dir_all(target.parent().unwrap_or(root))?;
            std::fs::write(&target, code)?;
        }
    }
    Ok(())
}
