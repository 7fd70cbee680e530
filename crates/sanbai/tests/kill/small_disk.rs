//! A disk of a few megabytes, in a mount namespace of its own.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The disk, while the process lives that holds its namespace.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    holder: Child,
    place: TempDir,
}

impl SmallDisk {
    /// A disk of so many mebibytes.
    pub(crate) fn new(mebibytes: u32) -> Self {
        let place = tempfile::tempdir().expect("a directory");
        let mut command = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            command.arg("--map-root-user");
        }
        let script = format!(
            "mount -t tmpfs -o size={mebibytes}m,mode=0700 small-disk '{}' && echo mounted && exec cat",
            place.path().display()
        );
        command.args(["--mount", "sh", "-c", &script]);
        let mut holder = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare (util-linux) is installed");
        let mut line = String::new();
        let out = holder.stdout.as_mut().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("it says something");
        assert_eq!(
            line, "mounted\n",
            "this test mounts a small disk: run it as root, or where ordinary users may make user namespaces"
        );
        Self { holder, place }
    }

    /// Where it is for processes within.
    pub(crate) fn inside(&self) -> &Path {
        self.place.path()
    }

    /// Where it is for us.
    pub(crate) fn outside(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.place.path().strip_prefix("/").expect("a whole path"))
    }

    /// What runs a program within.
    pub(crate) fn enter(&self) -> Vec<OsString> {
        let mut words = vec!["nsenter".to_owned(), format!("--target={}", self.holder.id())];
        if !rustix::process::geteuid().is_root() {
            words.extend(["--user", "--preserve-credentials"].map(str::to_owned));
        }
        words.push("--mount".to_owned());
        words.into_iter().map(OsString::from).collect()
    }

    /// Fills it, but for so many bytes.
    pub(crate) fn fill(&self, but: u64) -> Ballast {
        let path = self.outside().join("ballast");
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .expect("a file");
        let piece = vec![7; 4_096];
        while self.free() > but && file.write_all(&piece).is_ok() {}
        Ballast(path)
    }

    fn free(&self) -> u64 {
        let all = rustix::fs::statvfs(self.outside()).expect("a disk");
        all.f_bavail * all.f_frsize
    }

    /// Everything on it, on an ordinary disk.
    pub(crate) fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().expect("a directory");
        let from = self.outside().join(".");
        let copied = Command::new("cp").arg("-a").arg(from).arg(copy.path()).status();
        assert!(copied.expect("cp is installed").success(), "the disk can be copied");
        copy
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.holder.kill().ok();
        self.holder.wait().ok();
    }
}

/// What fills a disk, until it is dropped.
#[derive(Debug)]
pub(crate) struct Ballast(PathBuf);

impl Drop for Ballast {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}
