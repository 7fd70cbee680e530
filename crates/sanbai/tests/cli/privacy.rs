//! Marked personal data in every text field of every happening appears in no output.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value, json};

use crate::support::{AS_OF, Folder, base, event_id, repository, sanbai};

/// ID and phone numbers as people write them.
const NUMBERS: [&str; 5] = [
    "440308199901101512",
    "13912345678",
    "４４０３０８１９９９０１１０１５１２",
    "139 1234 5678",
    "电话13912345678",
];
const NAME: &str = "赵卡纳瑞";

/// Message -> its fields: (JSON name, type, is it repeated).
type Schema = BTreeMap<String, Vec<(String, String, bool)>>;

/// The messages of the event contract, as its text says: a field that comes later is tested without a change here.
fn schema() -> Schema {
    let text = fs::read_to_string(repository().join("proto/sanbai/event/v1/event.proto")).expect("the contract");
    let (mut schema, mut message) = (Schema::new(), String::new());
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("message ") {
            message = name.split(' ').next().unwrap_or_default().to_owned();
            schema.entry(message.clone()).or_default();
        } else if line.starts_with("enum ") {
            message = "enum".into();
        } else if let Some((field, _)) = line
            .split_once(" = ")
            .filter(|_| !line.starts_with("//") && message != "enum")
        {
            let words: Vec<&str> = field.split(' ').collect();
            let [.., kind, name] = words[..] else { continue };
            let fields = schema.entry(message.clone()).or_default();
            fields.push((json_name(name), kind.to_owned(), words[0] == "repeated"));
        }
    }
    schema
}

fn json_name(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

/// Paths of all text fields under a message: names from the outside in, and whether the last is a list.
fn paths(schema: &Schema, message: &str) -> Vec<(Vec<String>, bool)> {
    let mut all = Vec::new();
    for (name, kind, repeated) in &schema[message] {
        if kind == "string" {
            all.push((vec![name.clone()], *repeated));
        } else if let Some(inner) = schema.get(kind).map(|_| paths(schema, kind)) {
            all.extend(
                inner
                    .into_iter()
                    .map(|(path, repeated)| ([vec![name.clone()], path].concat(), repeated)),
            );
        }
    }
    all
}

/// An event of the parcel that is right but for `value` at `path`.
fn marked(waybill: &str, path: &[String], repeated: bool, value: &str) -> Value {
    let mut event = json!({
        "eventId": event_id(waybill, 50), "brand": "SF", "waybill": waybill, "site": "GZ-0001", "operator": "C-17",
        "occurredAt": "2026-03-10T16:00:00+08:00",
    });
    let happening = if path.len() == 1 { "sealed" } else { path[0].as_str() };
    event[happening] = match happening {
        "departed" => json!({"leg": "LOCAL"}),
        "arrived" => json!({"from": "GZ-0002"}),
        "retracted" => json!({"eventId": event_id(waybill, 2)}),
        _ => json!({}),
    };
    if ["deviceState", "screenerShift", "declaredVolume"].contains(&happening) {
        event["subject"] = "XR-1".into();
        event
            .as_object_mut()
            .map(|fields: &mut Map<String, Value>| fields.remove("waybill"));
    }
    let mut place = &mut event;
    for name in path {
        if place.get(name).is_none() {
            place[name] = json!({});
        }
        place = &mut place[name];
    }
    *place = if repeated { json!([value]) } else { value.into() };
    event
}

/// A number for each case, and a base parcel around it, so that its verdict has something to say.
fn waybill(index: usize) -> String {
    format!("SF1{index:012}")
}

fn outputs(value: &str, only: &dyn Fn(&[String]) -> bool) -> (usize, Vec<(String, String)>) {
    let schema = schema();
    let paths: Vec<_> = paths(&schema, "ParcelEvent")
        .into_iter()
        .filter(|(path, _)| only(path))
        .collect();
    let mut lines = Vec::new();
    for (index, (path, repeated)) in paths.iter().enumerate() {
        let waybill = waybill(index);
        lines.extend(base(&waybill));
        lines.push(marked(&waybill, path, *repeated, value).to_string());
    }
    let folder = Folder::new();
    let file = folder.write("marked.ndjson", lines.join("\n"));
    let rejects = folder.join("rejects.ndjson");
    let mut all = Vec::new();
    let common = ["--as-of", AS_OF, "--rejects", &rejects, &file];
    for command in [&["check"][..], &["check", "--json"]] {
        let run = sanbai(&[command, &common].concat());
        assert_eq!(run.ledger("events"), lines.len() as u64, "{}", run.err);
        all.extend([(command.join(" "), run.out), ("its standard error".into(), run.err)]);
        all.push(("the rejects".into(), folder.read("rejects.ndjson")));
    }
    for (index, (path, _)) in paths.iter().enumerate() {
        let run = sanbai(&[&["explain", &waybill(index)], &common[..]].concat());
        all.extend([
            (format!("explain, {}", path.join(".")), run.out),
            ("its standard error".into(), run.err),
        ]);
    }
    (paths.len(), all)
}

#[test]
fn numbers_of_persons_appear_in_no_output() {
    for value in NUMBERS {
        let (fields, outputs) = outputs(value, &|_| true);
        assert!(fields > 50, "{fields} text fields are in the contract");
        for (name, text) in outputs {
            for part in [
                "44030819",
                "199901101512",
                "13912345678",
                "４４０３",
                "1234 5678",
                "139 1234",
            ] {
                assert!(!text.contains(part), "{value}: {part} in the output of {name}:\n{text}");
            }
        }
    }
}

#[test]
fn names_of_persons_appear_in_no_output() {
    // Codes are shown, for they say where and how; the contract forbids names in them.
    let codes = ["waybill", "from", "to", "agreement"];
    let (_, outputs) = outputs(NAME, &|path| {
        !path.last().is_some_and(|name| codes.contains(&name.as_str()))
    });
    for (name, text) in outputs {
        assert!(
            !text.contains(NAME) && !text.contains("卡纳"),
            "in the output of {name}:\n{text}"
        );
    }
}
