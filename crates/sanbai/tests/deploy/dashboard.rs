//! The queries of the dashboard, and what holds of its panels.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::text;

/// What stands for a choice of the reader. The longer names first.
const CHOICES: [(&str, &str); 4] = [
    ("$__rate_interval", "10s"),
    ("$brand", ".*"),
    ("$place", ".*"),
    ("$day", "yesterday"),
];

/// Titles of panels with their queries, for all brands and places of yesterday.
pub(crate) fn queries() -> Vec<(String, String)> {
    let mut queries = Vec::new();
    for panel in panels() {
        let title = panel["title"].as_str().expect("a title").to_owned();
        for target in panel["targets"].as_array().into_iter().flatten() {
            let mut query = target["expr"].as_str().expect("a query").to_owned();
            for (name, choice) in CHOICES {
                query = query.replace(name, choice);
            }
            assert!(!query.contains('$'), "{title}: {query}");
            queries.push((title.clone(), query));
        }
    }
    queries
}

fn panels() -> Vec<Value> {
    let page: Value = serde_json::from_str(&text("deploy/grafana/overview.json")).expect("JSON");
    page["panels"].as_array().expect("panels").clone()
}

fn is_chinese(character: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&character)
}

#[test]
fn panels_have_chinese_titles_first_and_do_not_overlap() {
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels() {
        let title = panel["title"].as_str().expect("a title");
        assert!(
            title.starts_with(is_chinese) && title.contains(|c: char| c.is_ascii_alphabetic()),
            "{title}"
        );
        assert!(ids.insert(panel["id"].as_u64().expect("an id")), "{title}");
        let at = |key: &str| panel["gridPos"][key].as_u64().expect("a number");
        assert!(at("x") + at("w") <= 24, "{title}");
        for cell in (at("x")..at("x") + at("w")).flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{title} lies over another panel");
        }
    }
    assert!(ids.len() > 30);
}
