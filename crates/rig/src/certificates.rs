//! An authority of our own with a certificate for the brokers and one for clients, made anew for each rig.

use std::fs::{self, OpenOptions};
use std::io::{Result, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;

const HOW_TO_GET: &str = "install OpenSSL (Debian: openssl)";

/// Days that a certificate is good for: longer than any test, shorter than anybody's memory.
const DAYS: &str = "2";

/// Files in PEM.
#[derive(Debug)]
pub(crate) struct Certificates {
    pub(crate) authority: PathBuf,
    /// Key, certificate: what a broker takes as its key store.
    pub(crate) broker: PathBuf,
    pub(crate) client: PathBuf,
    pub(crate) client_key: PathBuf,
}

/// Makes all of them in a folder.
pub(crate) fn make(folder: &Path) -> Result<Certificates> {
    process::find("openssl", HOW_TO_GET)?;
    let at = |name: &str| folder.join(name);
    key(&at("authority.key"))?;
    let mut authority = Command::new("openssl");
    authority
        .args(["req", "-x509", "-new", "-days", DAYS, "-subj", "/CN=sanbai-rig", "-key"])
        .arg(at("authority.key"))
        .arg("-out")
        .arg(at("authority.pem"));
    process::run(&mut authority)?;
    signed(folder, "broker", "subjectAltName=IP:127.0.0.1,DNS:localhost")?;
    signed(folder, "client", "extendedKeyUsage=clientAuth")?;
    let broker = [fs::read(at("broker.key"))?, fs::read(at("broker.pem"))?].concat();
    private(&at("broker-store.pem"), &broker)?;
    Ok(Certificates {
        authority: at("authority.pem"),
        broker: at("broker-store.pem"),
        client: at("client.pem"),
        client_key: at("client.key"),
    })
}

fn key(file: &Path) -> Result<()> {
    // Made before OpenSSL writes it, so that it is never open to others.
    private(file, b"")?;
    let mut command = Command::new("openssl");
    command
        .args([
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
        ])
        .arg(file);
    process::run(&mut command).map(drop)
}

/// A key and a certificate of the authority.
fn signed(folder: &Path, name: &str, extension: &str) -> Result<()> {
    let at = |end: &str| folder.join(format!("{name}.{end}"));
    key(&at("key"))?;
    let mut request = Command::new("openssl");
    request
        .args(["req", "-new", "-subj", &format!("/CN=sanbai-rig-{name}"), "-key"])
        .arg(at("key"))
        .arg("-out")
        .arg(at("request"));
    process::run(&mut request)?;
    fs::write(at("extension"), extension)?;
    let mut sign = Command::new("openssl");
    sign.args(["x509", "-req", "-days", DAYS, "-CAcreateserial", "-in"])
        .arg(at("request"))
        .arg("-CA")
        .arg(folder.join("authority.pem"))
        .arg("-CAkey")
        .arg(folder.join("authority.key"))
        .arg("-extfile")
        .arg(at("extension"))
        .arg("-out")
        .arg(at("pem"));
    process::run(&mut sign).map(drop)
}

/// Writes a file that only we may read.
pub(crate) fn private(file: &Path, content: &[u8]) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(file)?.write_all(content)
}
