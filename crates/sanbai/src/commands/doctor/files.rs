//! What can be seen from outside: the directory, and files that hold secrets.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Findings, Severity};
use crate::config::{Config, Duration};

/// An open parcel is published anew for so long; verdicts that are kept for less are missing from an export.
const OUTPUTS_DAYS_MIN: u64 = 10;

/// Looks at files; `false` where there is no directory to look further.
pub(super) fn look(config: &Config, findings: &mut Findings) -> bool {
    let directory = &config.data.directory;
    if config.data.keep_outputs < Duration::days(OUTPUTS_DAYS_MIN) {
        findings.add(
            Severity::Warning,
            "outputs_kept_short",
            [
                "输出保留时间短于快件的存续期，导出将不完整".to_owned(),
                "outputs are kept for less time than parcels stay open: an export misses some of them".to_owned(),
            ],
            [
                "把 data.keep-outputs 设为至少 10d。",
                "Set data.keep-outputs to 10d at least.",
            ],
        );
    }
    if config.kafka.brokers.is_none() && !directory.join("layout.json").is_file() {
        let name = directory.display();
        findings.add(
            Severity::Error,
            "directory_missing",
            [format!("{name} 不是数据目录"), format!("{name} is no data directory")],
            [
                "检查 --data-dir 或 data.directory；首次启动 `sanbai serve` 会创建它。",
                "Check --data-dir or data.directory; `sanbai serve` makes it when it is first started.",
            ],
        );
        return false;
    }
    private(directory, "directory_open", Severity::Warning, findings);
    let key_file = config.key_file();
    if key_file.is_file() {
        private(&key_file, "key_file_open", Severity::Error, findings);
    } else {
        let name = key_file.display();
        findings.add(
            Severity::Error,
            "key_file_missing",
            [
                format!("令牌密钥 {name} 不存在"),
                format!("the token key {name} is not there"),
            ],
            [
                "从备份恢复；没有它，同一证件将得到不同的令牌。",
                "Restore it from a backup: without it the same number becomes another token.",
            ],
        );
    }
    for source in &config.intake.sources {
        if let Some(file) = &source.token_file {
            private(file, "token_file_open", Severity::Error, findings);
        }
    }
    true
}

/// Whether only its owner may read a file.
fn private(path: &Path, code: &str, severity: Severity, findings: &mut Findings) {
    let Ok(metadata) = fs::metadata(path) else { return };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let name = path.display();
        findings.add(
            severity,
            code,
            [
                format!("{name} 的权限是 {mode:o}，他人可以读取"),
                format!("{name} has mode {mode:o}: others than its owner can reach it"),
            ],
            [
                "去掉组和其他用户的权限：chmod go= …",
                "Take the rights of group and others away: chmod go= …",
            ],
        );
    }
}
