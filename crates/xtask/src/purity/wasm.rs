//! Builds the pure crates for a machine without a system, and sees that they ask their host for nothing.

mod imports;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::process::{self, cargo};

/// The machine without a system.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// Builds each package with all of its functions kept, and fails if the result imports anything.
pub(super) fn run(root: &Path, packages: &[&str]) -> anyhow::Result<()> {
    let Some(compiler) = Compiler::find(root)? else {
        return process::missing(
            TARGET,
            "rustup target add wasm32-unknown-unknown, or Debian's rustc-web",
        );
    };
    let target_directory = root.join("target/wasm");
    for package in packages {
        process::run(&mut compiler.build(root, package, &target_directory))?;
        let file = format!("{TARGET}/debug/{}.wasm", package.replace('-', "_"));
        let path = target_directory.join(file);
        let module = std::fs::read(&path).with_context(|| path.display().to_string())?;
        if let Some(import) = imports::first(&module).with_context(|| path.display().to_string())? {
            anyhow::bail!("{package} asks its host for {import}");
        }
    }
    Ok(())
}

/// Who can build for [`TARGET`].
enum Compiler {
    /// The active toolchain: it has the standard library for the target.
    Active,
    /// The compiler of the system (Debian's rustc-web), which builds the standard library from its sources
    /// (rust-web-src). For machines whose rustup cannot fetch a target.
    System {
        /// The wasm linker that the active toolchain brings.
        linker: PathBuf,
    },
}

impl Compiler {
    fn find(root: &Path) -> anyhow::Result<Option<Self>> {
        let mut sysroot = Command::new("rustc");
        let sysroot = process::output(sysroot.current_dir(root).args(["--print", "sysroot"]))?;
        let library = Path::new(sysroot.trim()).join("lib/rustlib");
        if library.join(TARGET).is_dir() {
            return Ok(Some(Self::Active));
        }
        let linker = library.join("x86_64-unknown-linux-gnu/bin/rust-lld");
        let sources = Path::new("/usr/lib/rustlib/src/rust/library/Cargo.toml");
        Ok((sources.is_file() && linker.is_file()).then_some(Self::System { linker }))
    }

    /// The build of one package as a module of its own, in which nothing is dropped for not being called.
    fn build(&self, root: &Path, package: &str, target_directory: &Path) -> Command {
        let mut command = match self {
            Self::Active => cargo(root, &["rustc"]),
            Self::System { linker } => {
                let mut command = Command::new("/usr/bin/cargo");
                command
                    .current_dir(root)
                    .env_remove("RUSTUP_TOOLCHAIN")
                    .env("RUSTC", "/usr/bin/rustc");
                // `-Z` on a stable compiler; the product itself is never built this way.
                command
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                command.args(["-Zbuild-std=std,panic_abort", "rustc"]);
                command
            }
        };
        command.args([
            "--locked",
            "--package",
            package,
            "--lib",
            "--crate-type",
            "cdylib",
            "--target",
            TARGET,
        ]);
        command.arg("--target-dir").arg(target_directory);
        command.args(["--", "-C", "link-dead-code=yes", "-C", "link-arg=--no-gc-sections"]);
        command
    }
}
