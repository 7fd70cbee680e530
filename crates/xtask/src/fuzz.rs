//! Fuzzing: every decoder and validator is given noise, and must answer.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Context as _;

use crate::process;

/// How long each target runs unless told otherwise, in seconds.
pub(crate) const SECONDS: u64 = 10;

/// One input may take this long, in seconds; far more than any should.
const SECONDS_PER_INPUT: u64 = 5;

/// Longest input that is tried, in bytes: above the longest line that is accepted.
const INPUT_BYTES_MAX: u64 = 1 << 17;

/// What to fuzz and for how long.
pub(crate) struct Session {
    /// For each target.
    pub(crate) seconds: u64,
    /// Whether inputs that reach new code are added to `fuzz/corpus/TARGET`.
    pub(crate) keep: bool,
    /// All there are, when empty.
    pub(crate) targets: Vec<String>,
}

impl Session {
    /// Every target for a short time, on the kept corpus.
    pub(crate) fn smoke() -> Self {
        Self {
            seconds: SECONDS,
            keep: false,
            targets: Vec::new(),
        }
    }
}

/// Builds and runs the targets one after the other. The input that broke one is left in `fuzz/artifacts/TARGET`.
pub(crate) fn run(root: &Path, session: &Session) -> anyhow::Result<()> {
    if !process::works(cargo_fuzz(root).arg("--version")) {
        let how = "rustup toolchain install nightly, then cargo install --locked cargo-fuzz";
        return process::missing("cargo-fuzz with a nightly toolchain", how);
    }
    let all = targets(root)?;
    if let Some(stranger) = session.targets.iter().find(|name| !all.contains(name)) {
        anyhow::bail!("no fuzz target `{stranger}`, there are: {}", all.join(", "));
    }
    process::run(cargo_fuzz(root).arg("build"))?;
    let chosen = if session.targets.is_empty() {
        &all
    } else {
        &session.targets
    };
    for target in chosen {
        let started = Instant::now();
        fuzz(root, target, session).with_context(|| format!("fuzz target {target}"))?;
        println!("{target}: ok, {:.1} s", started.elapsed().as_secs_f64());
    }
    Ok(())
}

/// Runs one target. New inputs go to a scratch folder first, so that a run leaves the work tree as it was.
fn fuzz(root: &Path, target: &str, session: &Session) -> anyhow::Result<()> {
    let found = root.join("fuzz/target/found").join(target);
    let corpus = root.join("fuzz/corpus").join(target);
    if found.exists() {
        std::fs::remove_dir_all(&found).with_context(|| found.display().to_string())?;
    }
    for folder in [&found, &corpus] {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let mut command = cargo_fuzz(root);
    command.args(["run", target]).args([&found, &corpus]);
    command.args(["--", &format!("-max_total_time={}", session.seconds)]);
    command.arg(format!("-timeout={SECONDS_PER_INPUT}"));
    command.arg(format!("-max_len={INPUT_BYTES_MAX}"));
    // Naming each function that is reached for the first time takes longer than reaching it.
    command.args(["-verbosity=0", "-print_funcs=0", "-print_final_stats=1"]);
    process::run(&mut command)?;
    if session.keep {
        let mut merge = cargo_fuzz(root);
        merge.args(["run", target]).args([&corpus, &found]);
        merge.args(["--", "-merge=1", "-verbosity=0"]);
        process::run(&mut merge)?;
    }
    Ok(())
}

/// The names of the targets, from the files in `fuzz/fuzz_targets`.
fn targets(root: &Path) -> anyhow::Result<Vec<String>> {
    let folder = root.join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
        }
    }
    names.sort();
    Ok(names)
}

/// `cargo fuzz` by the nightly compiler, which alone has the sanitizers.
fn cargo_fuzz(root: &Path) -> Command {
    let mut command = process::cargo(root, &["+nightly", "fuzz"]);
    // The version of the compiler that started us must not win over `+nightly`.
    command.env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC");
    command
}
