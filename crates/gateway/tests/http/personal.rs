//! Personal data that was marked is sent everywhere, and searched for everywhere.

use crate::support::{Running, event};

/// An ID number, a phone number and a name.
const MARKED: [&str; 3] = ["440308199901101512", "13912345678", "欧阳翠花"];

#[test]
fn personal_data_is_in_no_answer_and_only_as_tokens_in_the_log() {
    let running = Running::new();
    let [number, phone, name] = MARKED;
    let document = format!(r#"{{"kind":"resident","number":"{number}"}}"#);
    let sender = format!(r#"{{"name":"{name}","phone":"{phone}"}}"#);
    let right = [
        event(
            "SF1",
            &format!(r#","identityChecked":{{"document":{document},"result":"pass"}}"#),
        ),
        event("SF1", &format!(r#","accepted":{{"sender":{sender}}}"#)),
        event("SF1", &format!(r#","held":{{"reason":"call {phone} of {number}"}}"#)),
        event("SF1", &format!(r#","sealed":{{}},"source":"{name} {phone}""#)),
    ];
    let mut wrong = Vec::new();
    for value in MARKED {
        let good = event("SF1", r#","sealed":{}"#);
        wrong.push(good.replace("GZ-1", value).replace("SF1", value));
        wrong.push(good.replace("\"GZ-1\"", &format!("{{\"{value}\":1}}")));
        wrong.push(good.replace("{\"eventId\"", &format!("{{\"{value}\":1,\"{value}\":2,\"eventId\"")));
        wrong.push(good.replace("0190a8b2", value));
        wrong.push(good.replace("2026-03", value));
        wrong.push(good.replace("\"SF\"", &format!("\"{value}\"")));
        wrong.push(event(
            "SF1",
            &format!(r#","identityChecked":{{"document":{{"tokens":["{value}"]}}}}"#),
        ));
        wrong.push(event(
            "SF1",
            &format!(r#","xrayScreened":{{"imageId":"http://{value}/x"}}"#),
        ));
        wrong.push(format!("{good}{value}"));
    }
    let mut answers = String::new();
    let answer = running.post_lines(&right.join("\n"));
    assert_eq!(answer.json()["accepted"], 4, "{answer:?}");
    answers.push_str(&answer.body);
    let answer = running.post_lines(&wrong.join("\n"));
    assert_eq!(answer.json()["accepted"], 0, "{answer:?}");
    answers.push_str(&answer.body);
    for body in right.iter().chain(&wrong) {
        let answer = running.post_json(body);
        answers.push_str(&answer.head);
        answers.push_str(&answer.body);
    }
    for value in MARKED {
        let headers = [
            ("content-type", value),
            ("x-request-id", value),
            ("authorization", value),
            ("content-encoding", value),
        ];
        let answer = running.post(&format!("/v1/events?{phone}"), &headers, value.as_bytes());
        answers.push_str(&answer.head);
        answers.push_str(&answer.body);
    }
    let logged: String = running
        .log
        .messages()
        .iter()
        .map(|message| format!("{:?}{}", message.key, String::from_utf8_lossy(&message.value)))
        .collect();
    assert!(logged.contains("hs256:1:"));
    for value in MARKED {
        assert!(!answers.contains(value), "{value} in an answer");
        assert!(!logged.contains(value), "{value} in the log");
    }
    assert!(!answers.contains("hs256:"), "whoever saw tokens could test guesses");
}
