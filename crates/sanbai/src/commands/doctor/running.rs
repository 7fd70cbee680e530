//! What the daemon says, or the directory where none runs.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::{Findings, Severity};
use crate::config::Config;

/// A shard whose clock is further behind does not get on.
const CLOCK_BEHIND_SECONDS_MAX: i64 = 60;

/// A clock may be so far ahead of the machine's.
const CLOCK_AHEAD_SECONDS_MAX: i64 = 60;

/// Records that may wait before it is worth a word.
const LAG_MAX: u64 = 100_000;

/// How long a listener may take to answer.
const REACH_TIMEOUT: Duration = Duration::from_secs(2);

/// Looks at everything in a status.
pub(super) fn look(config: &Config, status: &Value, findings: &mut Findings) {
    match &status["daemon"] {
        Value::Null => findings.add(
            Severity::Error,
            "daemon_stopped",
            [
                "守护进程没有运行".to_owned(),
                "no daemon runs on this directory".to_owned(),
            ],
            ["启动 `sanbai serve`。", "Start `sanbai serve`."],
        ),
        daemon => listeners(daemon, findings),
    }
    disk(&status["disk"], findings);
    registry(&status["registry"], findings);
    snapshot_store(&status["snapshots"], findings);
    for line in status["shards"].as_array().into_iter().flatten() {
        let shard = Shard {
            line,
            kind: line["shard"].as_str().unwrap_or("-"),
            partition: line["partition"].as_u64().unwrap_or_default(),
        };
        shard.look(config, findings);
    }
    let damaged = status["damaged"].as_array().map_or(0, Vec::len);
    if damaged > 0 {
        findings.add(
            Severity::Warning,
            "snapshots_damaged",
            [
                format!("快照存储的 damaged/ 下有 {damaged} 个损坏的对象"),
                format!("{damaged} damaged objects were set aside under damaged/ of the snapshot store"),
            ],
            [
                "检查磁盘；运行 `sanbai snapshot verify`，之后可删除 damaged/。",
                "Check the disk, run `sanbai snapshot verify`, then delete damaged/.",
            ],
        );
    }
}

/// Whether what should listen does.
fn listeners(daemon: &Value, findings: &mut Findings) {
    for (name, address) in daemon.as_object().into_iter().flatten() {
        let Some(mut address) = address.as_str().and_then(|text| text.parse::<SocketAddr>().ok()) else {
            continue;
        };
        if address.ip().is_unspecified() {
            let loopback: std::net::IpAddr = if address.is_ipv4() {
                std::net::Ipv4Addr::LOCALHOST.into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            };
            address.set_ip(loopback);
        }
        if let Err(error) = TcpStream::connect_timeout(&address, REACH_TIMEOUT) {
            findings.add(
                Severity::Error,
                "listener_unreachable",
                [
                    format!("{name} 的监听地址 {address} 连接不上"),
                    format!("{name} cannot be reached at {address}: {error}"),
                ],
                [
                    "查看守护进程的日志和本机防火墙。",
                    "Read the log of the daemon, and look at the firewall of this machine.",
                ],
            );
        }
    }
}

/// Whether snapshots can be read and written.
fn snapshot_store(store: &Value, findings: &mut Findings) {
    let Some(seconds) = store["unansweredSeconds"].as_u64() else {
        return;
    };
    let reason = store["unansweredReason"].as_str().unwrap_or_default();
    findings.add(
        Severity::Error,
        "snapshot_store_unavailable",
        [
            format!("快照存储已有 {seconds} 秒没有正常应答：{reason}"),
            format!("the snapshot store does not answer as it should for {seconds} s: {reason}"),
        ],
        [
            "检查 snapshots.url 和 snapshots.s3、存储服务及其权限；恢复后守护进程会自行继续，不必重启。",
            "Look at snapshots.url and snapshots.s3, at the store and what it lets us do; the daemon goes on by itself once \
             it answers, without a restart.",
        ],
    );
}

fn disk(disk: &Value, findings: &mut Findings) {
    if disk.is_null() {
        return;
    }
    let share = |name: &str| disk[name].as_f64().unwrap_or(1.0);
    let (free, least) = (share("freeShare"), share("freeMin"));
    if let Some(since) = disk["stalledSince"].as_str() {
        let reason = disk["stalledReason"].as_str().unwrap_or_default();
        findings.add(
            Severity::Error,
            "log_stalled",
            [
                format!("自 {since} 起无法写入磁盘，暂停收件：{reason}"),
                format!("the disk cannot be written since {since}, and nothing is taken: {reason}"),
            ],
            [
                "腾出空间或修复磁盘；守护进程会自行继续，不必重启。",
                "Make room or put the disk right; the daemon goes on by itself, without a restart.",
            ],
        );
    }
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    if free < least {
        findings.add(
            Severity::Error,
            "disk_full",
            [
                format!("磁盘空闲 {}，低于 {}，不再收件", percent(free), percent(least)),
                format!(
                    "{} of the disk is free, below {}: nothing more is taken",
                    percent(free),
                    percent(least)
                ),
            ],
            [
                "腾出空间，或缩短 data.keep-events 和 data.keep-outputs。",
                "Make room, or keep less: data.keep-events, data.keep-outputs.",
            ],
        );
    } else if free < least + 0.05 {
        findings.add(
            Severity::Warning,
            "disk_low",
            [
                format!("磁盘空闲 {}，低于 {} 时停止收件", percent(free), percent(least)),
                format!(
                    "{} of the disk is free; below {} nothing more is taken",
                    percent(free),
                    percent(least)
                ),
            ],
            ["尽快腾出空间。", "Make room soon."],
        );
    }
    let damaged = disk["damagedOffsets"].as_u64().unwrap_or_default();
    if damaged > 0 {
        findings.add(
            Severity::Error,
            "log_damaged",
            [
                format!("日志中有 {damaged} 条记录无法读取"),
                format!("{damaged} records of the log cannot be read"),
            ],
            [
                "检查磁盘；从备份恢复该段，或对停住的分片使用 `sanbai skip`。",
                "Check the disk; restore the segment from a copy, or use `sanbai skip` for a shard that is parked there.",
            ],
        );
    }
}

fn registry(registry: &Value, findings: &mut Findings) {
    if registry["to"] == 0 {
        findings.add(
            Severity::Notice,
            "registry_empty",
            [
                "登记册是空的，依赖它的规则无法回答".to_owned(),
                "the registry is empty: rules that ask it stay unanswered".to_owned(),
            ],
            ["运行 `sanbai registry import`。", "Run `sanbai registry import`."],
        );
    }
    let unreadable = registry["unreadable"].as_u64().unwrap_or_default();
    if unreadable > 0 {
        findings.add(
            Severity::Warning,
            "registry_unreadable",
            [
                format!("登记册中有 {unreadable} 条记录无法读取"),
                format!("{unreadable} records of the registry cannot be read"),
            ],
            [
                "是否由更新的版本写入？升级本程序。",
                "Did a newer version write them? Then use that one.",
            ],
        );
    }
}

/// A shard in a status.
struct Shard<'s> {
    line: &'s Value,
    kind: &'s str,
    partition: u64,
}

impl Shard<'_> {
    fn look(&self, config: &Config, findings: &mut Findings) {
        let (kind, partition) = (self.kind, self.partition);
        self.parked(findings);
        if self.line["state"] == "unavailable" {
            findings.add(
                Severity::Error,
                "shard_unavailable",
                [
                    format!("分片 {kind} {partition} 无法读取日志或快照"),
                    format!("shard {kind} {partition} cannot read the log or the snapshots"),
                ],
                [
                    "检查磁盘和快照存储；好了之后会自行继续。",
                    "Check the disk and the snapshot store; it goes on by itself.",
                ],
            );
        }
        self.clock(findings);
        let is_running = self.line["state"] != "stopped";
        let lag = self.line["lag"].as_u64().unwrap_or_default();
        if is_running && lag > LAG_MAX {
            findings.add(
                Severity::Warning,
                "shard_lags",
                [
                    format!("分片 {kind} {partition} 积压 {lag} 条记录"),
                    format!("{lag} records wait for shard {kind} {partition}"),
                ],
                [
                    "若积压持续增长，增加 node.workers 或更快的磁盘。",
                    "If it grows, give the daemon more node.workers or a faster disk.",
                ],
            );
        }
        let age = self.line["snapshotAgeSeconds"].as_u64().unwrap_or_default();
        if is_running && age > 2 * config.snapshots.at_most_every.get().as_secs() + 60 {
            findings.add(
                Severity::Warning,
                "snapshot_old",
                [
                    format!("分片 {kind} {partition} 的快照已有 {age} 秒"),
                    format!("the newest snapshot of shard {kind} {partition} is {age} s old"),
                ],
                [
                    "检查快照存储的空间和权限，再运行 `sanbai snapshot take`。",
                    "Look at room and rights of the snapshot store, then run `sanbai snapshot take`.",
                ],
            );
        }
        for (code, count) in self.line["alarms"].as_object().into_iter().flatten() {
            findings.add(
                Severity::Notice,
                code,
                [
                    format!("分片 {kind} {partition} 启动以来报警 {count} 次"),
                    format!("shard {kind} {partition} raised this alarm {count} times since the start"),
                ],
                ["见 docs/operating.md。", "See docs/operating.md."],
            );
        }
    }

    fn clock(&self, findings: &mut Findings) {
        let (kind, partition) = (self.kind, self.partition);
        let Some(behind) = self.line["clockBehindSeconds"].as_i64() else {
            return;
        };
        if behind < -CLOCK_AHEAD_SECONDS_MAX {
            let ahead = behind.unsigned_abs();
            findings.add(
                Severity::Error,
                "clock_ahead",
                [
                    format!("分片 {kind} {partition} 的时钟比本机快 {ahead} 秒"),
                    format!("the clock of shard {kind} {partition} is {ahead} s ahead of this machine's"),
                ],
                [
                    "校准本机时钟；若日志的时钟确实错了，运行 `sanbai clock set now`。",
                    "Set the clock of this machine right; if it is the log that is wrong, run `sanbai clock set now`.",
                ],
            );
        } else if behind > CLOCK_BEHIND_SECONDS_MAX && self.line["state"] == "running" {
            findings.add(
                Severity::Warning,
                "clock_behind",
                [
                    format!("分片 {kind} {partition} 的时钟落后 {behind} 秒"),
                    format!("the clock of shard {kind} {partition} is {behind} s behind"),
                ],
                [
                    "停机之后会以每 5 秒 10 分钟的速度追上；若不追上，查看积压。",
                    "After a stop it catches up, ten minutes every 5 s; if it does not, look at what waits.",
                ],
            );
        }
    }

    fn parked(&self, findings: &mut Findings) {
        let parked = &self.line["parked"];
        let Some(code) = parked["code"].as_str() else { return };
        let (kind, partition) = (self.kind, self.partition);
        findings.add(
            Severity::Error,
            code,
            [
                format!("分片 {kind} {partition} 停住了，等待处理"),
                format!("shard {kind} {partition} is parked until somebody acts"),
            ],
            [to_do_zh(code), parked["whatToDo"].as_str().unwrap_or_default()],
        );
    }
}

/// What a parked shard needs.
fn to_do_zh(code: &str) -> &'static str {
    match code {
        "behaviour_changed" => "启动日志所指明的版本。",
        "log_diverged" => "日志不是生成该快照的日志：换回正确的日志，或移走该分片的快照后从头重建。",
        "data_gap" => "有记录已不存在且没有快照覆盖：恢复更早的日志或更新的快照，或移走快照并接受损失。",
        "registry_diverged" => "登记册不是生成该快照时的登记册：换回正确的，或移走该分片的快照后重建。",
        "topic_recreated" => "主题被重建：移走旧的快照。",
        "partition_count_changed" => "分区数改变了：恢复原来的分区数。",
        "output_refused" => "同一输出被拒绝两次：在守护进程日志中查明原因，然后 `sanbai resume`。",
        "snapshot_store_not_shared" => {
            "别的守护进程公布的快照不在此处：让所有守护进程使用同一快照位置，或 `sanbai resume` 从现有内容重建。"
        }
        "snapshot_format" => "快照由另一种格式的版本写成：启动那个版本，或移走该分片的快照后重建。",
        "record_unreadable" => "磁盘返回的内容与写入的不同：从备份恢复这些记录，或 `sanbai skip` 并接受损失。",
        "panicked" => "分片无法处理这条记录：上报，急需时 `sanbai skip`。",
        _ => "见 docs/operating.md。",
    }
}

#[cfg(test)]
mod tests {
    use sanbai_engine::task::Parked;

    #[test]
    fn for_every_code_there_is_something_to_do() {
        for code in Parked::CODES {
            assert_ne!(super::to_do_zh(code), super::to_do_zh(""), "{code}");
        }
    }
}
