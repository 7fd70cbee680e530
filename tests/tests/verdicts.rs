//! A verdict says the same as a message and as JSON (docs/verdict.md).

use std::collections::BTreeSet;

use sanbai_core::parcel::Parcels;
use sanbai_core::registry::Registry;
use sanbai_core::rules::Rules;
use sanbai_core::time::{Span, Timestamp};
use sanbai_core::verdict::Judge;
use sanbai_sim::world::{Plan, World, generate};
use sanbai_wire::proto::verdict::{Clause, Duty, Find, Finding, Severity, Status, Unanswered, Verdict};
use sanbai_wire::verdict::{to_json, to_message};
use sanbai_wire::{Decoded, Decoder, Encoding, TokenKeys, encode_protobuf, proto, registers};
use serde_json::{Map, Value, json};

/// Leaves out what docs/verdict.md lets be absent: what says nothing.
fn object(always: Value, if_said: Value) -> Value {
    let mut fields: Map<String, Value> = always.as_object().cloned().expect("an object");
    let says_nothing = [json!(""), json!(false), json!([]), json!({}), json!(0), Value::Null];
    for (name, value) in if_said.as_object().cloned().expect("an object") {
        if !says_nothing.contains(&value) {
            fields.insert(name, value);
        }
    }
    Value::Object(fields)
}

fn time(at: Option<proto::Timestamp>) -> Value {
    let at = at.map(|at| Timestamp::from_parts(at.seconds, at.nanos).expect("in the range"));
    json!(at.map(|at| at.to_string()))
}

/// The JSON that a message stands for. Every field is named, so that a new one cannot be forgotten.
fn of_message(message: Verdict) -> Value {
    let Verdict {
        brand,
        waybill,
        revision,
        version,
        accepted_at,
        site,
        operator,
        credible,
        profile,
        rules,
        real_name,
        inspection,
        xray,
        findings,
        unanswered,
        counted,
        finds,
        at,
    } = message;
    assert_eq!((version.as_str(), at), ("", None), "a file has no positions");
    let [real_name, inspection, xray] = [real_name, inspection, xray].map(|status| of_duty(status.expect("is there")));
    let unanswered: Vec<Value> = unanswered
        .into_iter()
        .map(|Unanswered { code, register }| json!({"code": code, "register": register}))
        .collect();
    let finds: Vec<Value> = finds
        .into_iter()
        .map(|Find { event, class, urgent }| object(json!({"event": event, "urgent": urgent}), json!({"class": class})))
        .collect();
    object(
        json!({
            "brand": brand, "waybill": waybill, "revision": revision, "site": site, "operator": operator,
            "credible": credible, "counted": counted, "profile": profile, "rules": rules,
            "duties": {"realName": real_name, "inspection": inspection, "xray": xray},
            "findings": findings.into_iter().map(of_finding).collect::<Vec<Value>>(),
        }),
        json!({"acceptedAt": time(accepted_at), "unanswered": unanswered, "finds": finds}),
    )
}

fn of_duty(duty: Duty) -> Value {
    let status = match duty.status() {
        Status::Unspecified => "",
        Status::Pending => "pending",
        Status::Pass => "pass",
        Status::Fail => "fail",
        Status::NotApplicable => "not_applicable",
        Status::Unknown => "unknown",
    };
    let Duty {
        status: _,
        ground,
        deadline,
        events,
        performed_late,
        reported_late,
        credible,
    } = duty;
    object(
        json!({"status": status, "credible": credible}),
        json!({
            "ground": ground, "deadline": time(deadline), "events": events,
            "performedLate": performed_late, "reportedLate": reported_late,
        }),
    )
}

fn of_finding(finding: Finding) -> Value {
    let severity = match finding.severity() {
        Severity::Unspecified => "",
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    };
    let Finding {
        code,
        severity: _,
        duty,
        clauses,
        breaks,
        events,
        site,
        operator,
        values,
        next_zh,
        next_en,
        performed_late,
        urgent,
        title_zh,
        title_en,
    } = finding;
    let clauses: Vec<Value> = clauses
        .into_iter()
        .map(|Clause { law, version, article }| {
            object(json!({"law": law, "version": version}), json!({"article": article}))
        })
        .collect();
    object(
        json!({
            "code": code, "severity": severity, "clauses": clauses, "breaks": breaks, "events": events, "site": site,
            "operator": operator, "titleZh": title_zh, "titleEn": title_en, "nextZh": next_zh, "nextEn": next_en,
        }),
        json!({"duty": duty, "performedLate": performed_late, "urgent": urgent, "values": values}),
    )
}

/// Adds the names of all fields that a JSON value has, with the path of each.
fn fields(value: &Value, path: &str, seen: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = format!("{path}.{name}");
                fields(value, &path, seen);
                seen.insert(path);
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| fields(entry, path, seen)),
        _ => {}
    }
}

#[test]
fn the_message_and_the_json_of_a_verdict_say_the_same() {
    let rules = Rules::builtin();
    let keys = TokenKeys::single("test", [7; 32]).expect("a version of letters");
    let decoder = Decoder::new(keys, |brand| rules.brands().resolve(brand));
    let world = World::new(&Plan {
        parcels: 1_000,
        violation_rate_per_10k: 5_000,
        ..Plan::default()
    });
    let mut decoded: Vec<Decoded> = Vec::new();
    generate(
        &world,
        &mut |event| {
            let bytes = encode_protobuf(&event);
            decoded.push(decoder.decode(&bytes, Encoding::Protobuf).expect("is right"));
        },
        &mut |_| {},
    );
    let mut full = Registry::default();
    for (offset, record) in (0_u64..).zip(&world.registers()) {
        let record = registers::to_core(record, offset).expect("is right");
        record.into_iter().for_each(|record| full.insert(record));
    }
    let empty = Registry::default();
    let end = decoded.iter().map(Decoded::intake_at).max().expect("events");
    let (mut compared, mut seen) = (0, BTreeSet::new());
    for (registry, profile, hours_before) in [(&full, None, 0), (&full, Some("statutory"), 70), (&empty, None, 80)] {
        let as_of = end.minus(Span::hours(hours_before));
        let mut parcels = Parcels::default();
        for one in decoded.iter().filter(|one| one.intake_at() <= as_of) {
            parcels.apply(&one.event().expect("of a parcel")).expect("is short");
        }
        let judge = Judge {
            rules: &rules,
            registry: registry.view(),
            profile,
        };
        for evidence in parcels.iter() {
            let verdict = judge.verdict(&evidence, as_of).expect("a profile").expect("has events");
            let json = to_json(&verdict, &rules, profile, 3).expect("can be written");
            let json: Value = serde_json::from_str(&json).expect("is JSON");
            assert_eq!(of_message(to_message(&verdict, &rules, profile, 3)), json);
            fields(&json, "", &mut seen);
            compared += 1;
        }
    }
    assert!(compared > 2_000, "{compared} verdicts");
    let wanted = [
        ".acceptedAt",
        ".duties.realName.deadline",
        ".duties.realName.ground",
        ".duties.realName.performedLate",
        ".duties.xray.events",
        ".findings.clauses.article",
        ".findings.performedLate",
        ".findings.urgent",
        ".findings.values",
        ".finds.class",
        ".unanswered.register",
    ];
    let unseen: Vec<&str> = wanted.into_iter().filter(|path| !seen.contains(*path)).collect();
    assert_eq!(
        unseen, [""; 0],
        "every field that may be absent was there at least once"
    );
}
