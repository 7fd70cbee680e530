//! A parcel's story, step by step, in the words of an inspector.

use std::fmt::Write as _;

use sanbai_core::case::{Evidence, Item};
use sanbai_core::document::DocumentKind;
use sanbai_core::duty::{DutyStatus, Status};
use sanbai_core::event::{
    Accepted, Happening, IdentityResult, InspectionResult, Leg, OpenCheckResult, Transport, XrayJudgement,
};
use sanbai_core::finding::Finding;
use sanbai_core::registry::RegistryView;
use sanbai_core::rules::{Duty, RuleSet};
use sanbai_core::time::Timestamp;
use sanbai_core::verdict::{Judge, Verdict};

use crate::table::site_name;

/// In which language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl Language {
    /// The word in this language.
    pub(crate) fn of<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The word in brackets.
    fn aside(self, zh: &str, en: &str) -> String {
        match self {
            Self::Zh => format!("（{zh}）"),
            Self::En => format!(" ({en})"),
        }
    }
}

/// Tells the story of one parcel.
pub(crate) fn tell(
    evidence: &Evidence<'_>,
    verdict: &Verdict<'_>,
    judge: &Judge<'_>,
    as_of: Timestamp,
    language: Language,
) -> String {
    let set = judge.rules.in_force(verdict.reference);
    let mut story = String::new();
    let (brand_zh, brand_en) = set
        .brand
        .get(verdict.brand)
        .map_or(("", ""), |brand| (brand.zh.as_str(), brand.en.as_str()));
    let waybill = language.of("运单", "Waybill");
    line(
        &mut story,
        &format!(
            "{waybill} {}:{} {}",
            verdict.brand,
            verdict.waybill,
            language.of(brand_zh, brand_en)
        ),
    );
    let judged = language.of("判定时刻", "Judged as of");
    let by = language.of("口径", "profile");
    let profile = judge.profile.unwrap_or(&set.profile);
    let rules_word = language.of("规则", "rules");
    line(
        &mut story,
        &format!(
            "{judged} {} · {by} {profile} · {rules_word} {}",
            clock(as_of),
            set.version
        ),
    );
    line(&mut story, "");
    line(&mut story, language.of("经过", "What happened"));
    for item in evidence.items() {
        line(&mut story, &step(item, judge.registry, language));
    }
    line(&mut story, "");
    line(&mut story, language.of("三项义务", "The three duties"));
    for duty in Duty::ALL {
        let (zh, en) = duty.title();
        line(
            &mut story,
            &format!(
                "  {}{}{}",
                language.of(zh, en),
                language.of("：", ": "),
                standing(verdict.duty(duty), language)
            ),
        );
    }
    line(&mut story, "");
    if verdict.findings.is_empty() {
        line(&mut story, language.of("没有发现问题。", "Nothing was found."));
    } else {
        line(
            &mut story,
            language.of("发现的问题（线索，须经核实）", "Findings (leads, to be confirmed)"),
        );
    }
    for finding in &verdict.findings {
        tell_finding(&mut story, finding, set, verdict.reference, language);
    }
    if !verdict.unanswered.is_empty() {
        let unanswered: Vec<String> = verdict
            .unanswered
            .iter()
            .map(|one| format!("{} ({})", one.code, one.missing))
            .collect();
        let head = language.of("缺数据，无法回答", "Cannot be answered for want of data");
        line(&mut story, &format!("{head}: {}", unanswered.join(", ")));
    }
    story
}

fn line(story: &mut String, text: &str) {
    story.push_str(text);
    story.push('\n');
}

/// Civil time without the zone, which is always +08:00.
fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    text.trim_end_matches("+08:00").replace('T', " ")
}

fn step(item: &Item<'_>, registry: RegistryView<'_>, language: Language) -> String {
    let event = &item.event;
    let mut text = format!(
        "  {}  {}",
        clock(event.occurred_at),
        happening(&event.happening, language)
    );
    let site = language.of("网点", "site");
    let received = language.of("收到", "received");
    append(&mut text, &format!("  · {site} {}", event.site));
    let name = site_name(registry, event.brand, event.site, event.occurred_at);
    if !name.is_empty() {
        append(&mut text, &format!(" {name}"));
    }
    if !event.operator.is_empty() {
        append(
            &mut text,
            &format!(" · {} {}", language.of("人员", "operator"), event.operator),
        );
    }
    append(&mut text, &format!(" · {received} {}", clock(event.intake_at)));
    if item.retracted {
        append(
            &mut text,
            language.of("（已撤回，不计）", " (taken back, does not count)"),
        );
    }
    if item.conflicted {
        append(
            &mut text,
            language.of("（同一编号两种内容）", " (two contents under one id)"),
        );
    }
    text
}

fn append(text: &mut String, more: &str) {
    text.push_str(more);
}

fn accepted_words(accepted: &Accepted<'_>, language: Language) -> String {
    let mut text = language.of("收寄", "accepted").to_owned();
    append(
        &mut text,
        if accepted.letter {
            language.of("（信件）", " (letter)")
        } else {
            ""
        },
    );
    if let Some(transport) = accepted.transport {
        let (zh, en) = transport_words(transport);
        append(&mut text, &format!(" · {}", language.of(zh, en)));
    }
    if !accepted.agreement.is_empty() {
        append(
            &mut text,
            &format!(" · {} {}", language.of("协议", "agreement"), accepted.agreement),
        );
    }
    if let Some(place) = accepted.destination {
        append(&mut text, &format!(" · {} {place}", language.of("寄往", "to")));
    }
    text
}

fn happening(happening: &Happening<'_>, language: Language) -> String {
    let (zh, en) = match happening {
        Happening::Accepted(accepted) => return accepted_words(accepted, language),
        Happening::IdentityChecked(check) => {
            let (zh, en) = identity_words(check.result);
            let kind = check
                .document
                .kind
                .map_or(language.of("证件", "document"), |kind| kind_words(kind, language));
            return format!(
                "{} · {kind} · {}",
                language.of("实名查验", "identity check"),
                language.of(zh, en)
            );
        }
        Happening::Inspected(inspected) => {
            let (zh, en) = inspection_words(inspected.result);
            return format!("{} · {}", language.of("收寄验视", "inspection"), language.of(zh, en));
        }
        Happening::Sealed => ("封装", "sealed"),
        Happening::XrayScreened(screened) => {
            let (zh, en) = judgement_words(screened.judgement);
            let stage = if screened.at_destination {
                language.of("二次安检", "second screening")
            } else {
                language.of("过机安检", "X-ray screening")
            };
            return format!(
                "{stage} · {} · {} {}",
                language.of(zh, en),
                language.of("机器", "machine"),
                screened.device
            );
        }
        Happening::Departed(Leg::LineHaul) => ("干线发出", "departed, line-haul"),
        Happening::Departed(Leg::Local) => ("支线发出", "departed, local leg"),
        Happening::Arrived(from) => return format!("{} {from}", language.of("到达，来自", "arrived from")),
        Happening::Delivered => ("签收", "delivered"),
        Happening::OpenChecked(check) => match check.result {
            OpenCheckResult::Pass => ("开箱检查 · 未见异常", "open check · nothing found"),
            OpenCheckResult::Prohibited => ("开箱检查 · 发现禁寄物品", "open check · prohibited goods found"),
            OpenCheckResult::Refused => ("开箱检查 · 被拒绝", "open check · refused"),
            OpenCheckResult::Unspecified => ("开箱检查 · 未报结果", "open check · no result stated"),
        },
        Happening::Held => ("扣留", "held"),
        Happening::Released => ("放行", "released"),
        Happening::Reported => ("上报", "reported to an authority"),
        Happening::Rejected => ("拒收", "rejected"),
        Happening::Returned => ("退回", "returned"),
        Happening::Voided => ("运单作废", "waybill voided"),
        Happening::Retracted(target) => return format!("{} {target}", language.of("撤回事件", "took back event")),
    };
    language.of(zh, en).to_owned()
}

fn kind_words(kind: DocumentKind, language: Language) -> &'static str {
    language.of(kind.name_zh(), kind.code())
}

fn transport_words(transport: Transport) -> (&'static str, &'static str) {
    match transport {
        Transport::Road => ("公路", "road"),
        Transport::Rail => ("铁路", "rail"),
        Transport::HighSpeedRail => ("高铁", "high-speed rail"),
        Transport::Air => ("航空", "air"),
        Transport::Water => ("水运", "water"),
    }
}

fn identity_words(result: IdentityResult) -> (&'static str, &'static str) {
    match result {
        IdentityResult::Pass => ("通过", "passed"),
        IdentityResult::Refused => ("拒绝出示证件", "document refused"),
        IdentityResult::Mismatch => ("单证不符", "form differs from document"),
        IdentityResult::PersonDiffers => ("人证不一致", "person differs from document"),
        IdentityResult::RefusedRegistration => ("拒绝登记", "registration refused"),
        IdentityResult::Unspecified => ("未报结果", "no result stated"),
    }
}

fn inspection_words(result: InspectionResult) -> (&'static str, &'static str) {
    match result {
        InspectionResult::Pass => ("通过", "passed"),
        InspectionResult::Refused => ("拒绝验视", "refused"),
        InspectionResult::Failed => ("不通过", "failed"),
        InspectionResult::Prohibited => ("发现禁寄物品", "prohibited goods found"),
        InspectionResult::Unspecified => ("未报结果", "no result stated"),
    }
}

fn judgement_words(judgement: XrayJudgement) -> (&'static str, &'static str) {
    match judgement {
        XrayJudgement::Clear => ("未见异常", "clear"),
        XrayJudgement::Suspect => ("图像可疑", "suspect"),
        XrayJudgement::Prohibited => ("发现禁寄物品", "prohibited goods seen"),
        XrayJudgement::Unspecified => ("未报判图结果", "no judgement stated"),
    }
}

fn standing(duty: &DutyStatus, language: Language) -> String {
    let mut text = match duty.status {
        Status::Pass => language.of("已落实", "kept").to_owned(),
        Status::Fail => language.of("未落实", "not kept").to_owned(),
        Status::Pending => language.of("待定", "pending").to_owned(),
        Status::NotApplicable(ground) => {
            let (zh, en) = ground.title();
            format!("{}{}", language.of("不适用", "does not apply"), language.aside(zh, en))
        }
        Status::Unknown(cause) => {
            let (zh, en) = cause.title();
            format!("{}{}", language.of("无法判断", "cannot tell"), language.aside(zh, en))
        }
    };
    if duty.performed_late {
        append(&mut text, language.of("，事后补录", ", performed late"));
    }
    if duty.reported_late {
        append(&mut text, language.of("，迟报", ", reported late"));
    }
    if let Some(deadline) = duty.deadline {
        append(
            &mut text,
            &format!("{} {}", language.of("，期限", ", deadline"), clock(deadline)),
        );
    }
    text
}

fn tell_finding(story: &mut String, finding: &Finding<'_>, set: &RuleSet, reference: Timestamp, language: Language) {
    let Some(rule) = set.rule(finding.code) else { return };
    let title = language.of(&rule.title_zh, &rule.title_en);
    line(
        story,
        &format!("  {} [{}] {title}", finding.code, finding.severity.letter()),
    );
    let clauses: Vec<String> = set
        .clauses(finding.code, reference.civil_day())
        .into_iter()
        .map(|clause| {
            let law = language.of(clause.law_zh, clause.law_en);
            match (clause.article, language) {
                ("", _) => format!("{law} ({})", clause.version),
                (article, Language::Zh) => format!("《{law}》({})第{article}条", clause.version),
                (article, Language::En) => format!("{law} ({}) art. {article}", clause.version),
            }
        })
        .collect();
    if !clauses.is_empty() {
        line(
            story,
            &format!(
                "      {}: {}",
                language.of("依据", "Basis"),
                clauses.join(language.of("；", "; "))
            ),
        );
    }
    let mut values = String::new();
    for (name, value) in &finding.values {
        let written = write!(values, " {name}={value}");
        debug_assert!(written.is_ok(), "a String takes every text");
    }
    if !values.is_empty() {
        line(story, &format!("      {}:{values}", language.of("数值", "Values")));
    }
    let next = language.of(&rule.next_zh, &rule.next_en);
    line(story, &format!("      {}: {next}", language.of("下一步", "Next")));
}
