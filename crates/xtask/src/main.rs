//! Everything a developer runs.
mod r#gen;
fn main() -> anyhow::Result<()> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let check = std::env::args().any(|a| a == "--check");
    r#gen::run(&root, check)
}
