//! `explain`: one parcel's story, in two languages.

use serde_json::Value;

use crate::support::{AS_OF, Folder, base, day, judge, sanbai};

#[test]
fn the_story_of_a_parcel_with_findings_is_told_in_both_languages() {
    let verdicts = judge(&[&day().events]).json();
    let is_severe = |verdict: &&Value| {
        verdict["findings"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["severity"] == "critical"))
    };
    for verdict in verdicts.iter().filter(is_severe).take(4) {
        let waybill = verdict["waybill"].as_str().expect("a waybill");
        let brand = verdict["brand"].as_str().expect("a brand");
        let parcel = format!("{brand}:{waybill}");
        let tell = |lang: &str, parcel: &str| {
            sanbai(&[
                "explain",
                "--registry",
                &day().registry,
                "--lang",
                lang,
                parcel,
                &day().events,
            ])
        };
        let (zh, en) = (tell("zh", &parcel), tell("en", &parcel));
        assert_eq!((zh.code, en.code), (1, 1));
        for finding in verdict["findings"].as_array().expect("findings") {
            for (story, title, next) in [(&zh, "titleZh", "nextZh"), (&en, "titleEn", "nextEn")] {
                for text in ["code", title, next].map(|name| finding[name].as_str().expect("a text")) {
                    assert!(story.out.contains(text), "{text} is missing in\n{}", story.out);
                }
            }
        }
        // Names of sites are proper names, in both languages.
        let sites = std::fs::read_to_string(format!("{}/sites.csv", day().registry)).expect("sites");
        let names = sites.lines().filter_map(|row| row.rsplit(',').next());
        let words = names.fold(en.out.clone(), |story, name| story.replace(name, ""));
        assert!(
            words
                .chars()
                .all(|letter| !('\u{3000}'..='\u{9fff}').contains(&letter)
                    && !('\u{ff00}'..='\u{ffef}').contains(&letter)),
            "English only:\n{words}"
        );
        assert_eq!(tell("zh", waybill).out, zh.out, "the brand may be left out");
        assert_eq!(tell("zh", &waybill.to_lowercase()).out, zh.out, "and the case is free");
    }
}

#[test]
fn steps_stand_in_the_order_in_which_they_happened() {
    let folder = Folder::new();
    let mut lines = base("SF1000000000001");
    lines.reverse();
    lines.extend(base("SF1000000000002"));
    let file = folder.write("two.ndjson", lines.join("\n"));
    let run = sanbai(&["explain", "SF1000000000001", &file, "--as-of", AS_OF]);
    assert_eq!(run.code, 0, "{}", run.out);
    let words = [
        "实名查验",
        "收寄验视 · 通过",
        "封装",
        "收寄 · ",
        "支线发出",
        "到达",
        "过机安检 · 未见异常",
        "干线发出",
    ];
    let places: Vec<usize> = words.iter().map(|word| run.out.find(word).expect(word)).collect();
    assert!(places.is_sorted(), "{}", run.out);
    assert!(!run.out.contains("SF1000000000002"));
    assert_eq!((run.ledger("merged"), run.ledger("其他运单 other")), (8, 8));
}
