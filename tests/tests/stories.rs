//! Every story prints what it says.

use std::path::Path;

use sanbai_sim::scenario::parse_stories;

#[test]
fn every_story_prints_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/replay");
    let mut report = String::new();
    let mut told = 0;
    for entry in std::fs::read_dir(&folder).expect("the folder of stories") {
        let path = entry.expect("an entry").path();
        let name = format!(
            "tests/scenarios/replay/{}",
            path.file_name().unwrap_or_default().display()
        );
        let text = std::fs::read_to_string(&path).expect("a text");
        let stories = parse_stories(&text)
            .map_err(|fault| format!("{name}: {fault}"))
            .expect("every line is understood");
        for story in stories {
            told += 1;
            let differences = story.differences();
            if !differences.is_empty() {
                let head = format!("{name}:{} {}", story.line, story.title);
                report.push_str(&format!("\n{head}\n  {}\n", differences.join("\n  ")));
            }
        }
    }
    assert!(report.is_empty(), "{report}");
    assert!(told >= 10, "{told} stories");
}

#[test]
fn one_identity_behind_21_parcels_marks_all_of_them() {
    let mut text = "story 同一证件一天在一个网点寄了21件\nregistry: complete\n".to_owned();
    for number in 1..=21 {
        text.push_str(&format!("waybill: SF20000000000{number:02}\nstart: base\n"));
    }
    text.push_str("as-of: 03-11 00:00\nprints:\n");
    let stories = parse_stories(&text).expect("every line is understood");
    let printed = stories[0].printed();
    let marked = "realName pass, inspection pass, xray pass, not credible · RN-08";
    let count = |end: &str| printed.iter().filter(|line| line.ends_with(end)).count();
    // The pattern was seen before the screening came in, so that each parcel is published once.
    assert_eq!((printed.len(), count(marked)), (22, 21), "{printed:#?}");
    let row = "row GZ-0001 2026-03-10 C-17: 21 counted, realName 21/21, inspection 21/21, xray 21/21 · RN-08 21";
    assert_eq!(count(row), 1, "{printed:#?}");
}
