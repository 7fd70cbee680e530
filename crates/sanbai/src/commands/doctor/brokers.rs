//! The brokers, the topics on them, and the group.

use std::collections::BTreeMap;

use sanbai_engine::kafka::Topics;
use serde_json::Value;

use super::{Findings, Severity};
use crate::config::Config;

/// Shards are slower than what is read, where so much of the buffer is in use.
const BUFFER_NEARLY_FULL: f64 = 0.8;

/// No broker answers.
pub(super) fn silent(error: &anyhow::Error, findings: &mut Findings) {
    findings.add(
        Severity::Error,
        "brokers_silent",
        [
            "Kafka 无应答或主题缺失".to_owned(),
            format!("brokers do not answer, or topics are missing: {error:#}"),
        ],
        [
            "检查 kafka.brokers、网络、证书与口令；缺主题时运行 `sanbai topics create`。",
            "Check kafka.brokers, the network, certificates and passwords; `sanbai topics create` makes missing topics.",
        ],
    );
}

/// Looks at what the daemon says of the brokers, and at the settings of topics.
pub(super) fn look(config: &Config, status: &Value, findings: &mut Findings) {
    let kafka = &status["kafka"];
    if kafka.is_null() {
        return;
    }
    group(config, kafka, status, findings);
    match config.kafka.settings().map(|settings| settings.map(Topics::new)) {
        Ok(Some(Ok(topics))) => match topics.check(config.rehearsal.is_some()) {
            Ok(wrong) => settings(&wrong, findings),
            Err(error) => silent(&error.into(), findings),
        },
        Ok(Some(Err(error))) => silent(&error.into(), findings),
        Err(error) => silent(&error, findings),
        Ok(None) => {}
    }
}

fn group(config: &Config, kafka: &Value, status: &Value, findings: &mut Findings) {
    if let Some(seconds) = kafka["downSeconds"].as_u64() {
        let reason = kafka["downReason"].as_str().unwrap_or_default();
        findings.add(
            Severity::Error,
            "brokers_down",
            [
                format!("{seconds} 秒没有 Kafka 节点应答：{reason}"),
                format!("no broker has answered for {seconds} s: {reason}"),
            ],
            [
                "检查 Kafka 节点和网络；恢复后自动继续，数据不丢。",
                "Look at the brokers and the network; everything goes on by itself, and nothing is lost.",
            ],
        );
    }
    if let Some(reason) = kafka["fatal"].as_str() {
        findings.add(
            Severity::Error,
            "client_dead",
            [
                format!("Kafka 客户端已不可用：{reason}"),
                format!("a client of Kafka cannot go on: {reason}"),
            ],
            ["重启守护进程。", "Start the daemon again."],
        );
    }
    let ours = |kind: &str| kafka["ours"][kind].as_u64().unwrap_or_default();
    if !status["daemon"].is_null() && ours("parcels") + ours("scopes") == 0 {
        findings.add(
            Severity::Warning,
            "no_partitions",
            [
                "本进程没有分到任何分区".to_owned(),
                "this daemon works on no partition".to_owned(),
            ],
            [
                "若进程数多于分区数则正常；否则检查 kafka.group 与 kafka.assignment。",
                "Right if there are more daemons than partitions; else look at kafka.group and kafka.assignment.",
            ],
        );
    }
    let most = (config.kafka.buffer_mb << 20) as f64;
    if kafka["readBytes"].as_f64().unwrap_or_default() > most * BUFFER_NEARLY_FULL {
        findings.add(
            Severity::Notice,
            "shards_slower",
            [
                "分片处理慢于读取".to_owned(),
                "shards are slower than what is read".to_owned(),
            ],
            [
                "追赶积压时正常；长期如此则增加进程。",
                "Right while they catch up; if it stays, start more daemons.",
            ],
        );
    }
}

/// Topics that are wrong in the same way are one finding.
fn settings(wrong: &[sanbai_engine::kafka::Finding], findings: &mut Findings) {
    let mut topics: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for finding in wrong {
        let alike = (!finding.is_grave, &finding.setting, &finding.found, &finding.wanted);
        topics.entry(alike).or_default().push(&finding.topic);
    }
    for ((is_light, setting, found, wanted), topics) in topics {
        let severity = if is_light { Severity::Notice } else { Severity::Error };
        findings.add(
            severity,
            "topic_setting",
            [
                format!("主题 {} 的 {setting} 是 {found}", topics.join("、")),
                format!("{setting} is {found} on {}", topics.join(", ")),
            ],
            [&format!("应为 {wanted}。"), &format!("It must be {wanted}.")],
        );
    }
}

#[cfg(test)]
mod tests {
    use sanbai_engine::kafka::Finding;

    use super::*;

    #[test]
    fn topics_that_are_wrong_in_the_same_way_are_one_finding() {
        let wrong = |topic: &str, is_grave| Finding {
            topic: topic.to_owned(),
            setting: "retention.ms",
            found: "1".to_owned(),
            wanted: "2 or more".to_owned(),
            is_grave,
        };
        let mut findings = Findings::default();
        settings(&[wrong("a", false), wrong("b", true), wrong("c", false)], &mut findings);
        let said: Vec<_> = findings
            .0
            .iter()
            .map(|finding| (finding.severity, finding.en.as_str()))
            .collect();
        let expected = [
            (Severity::Error, "retention.ms is 1 on b"),
            (Severity::Notice, "retention.ms is 1 on a, c"),
        ];
        assert_eq!(said, expected);
    }
}
