//! Rules are data: they are shown, checked, and laid over one another.

use serde_json::Value;

use crate::support::{AS_OF, Folder, base, sanbai};

#[test]
fn the_rules_are_shown() {
    let list = sanbai(&["rules", "list"]);
    assert_eq!(list.code, 0);
    for code in ["RN-01", "IN-01", "XR-01", "LC-05", "DQ-06"] {
        assert!(list.out.contains(code), "{code}");
        let one = sanbai(&["rules", "show", code]);
        assert_eq!(one.code, 0);
        assert!(one.out.starts_with(code), "{}", one.out);
    }
    let show = sanbai(&["rules", "show", "RN-01"]).out;
    assert!(
        show.contains("快递暂行条例") && show.contains("strict100: breaks, critical"),
        "{show}"
    );
    assert!(sanbai(&["rules", "show"]).out.contains("[spans]"));
}

#[test]
fn everything_that_is_wrong_with_a_rule_file_is_said_at_once() {
    let folder = Folder::new();
    let good = folder.write("good.toml", "version = \"2026.conghua\"\neffective = \"2026-01-01\"\n");
    let run = sanbai(&["rules", "check", &good]);
    assert_eq!(run.code, 0, "{}", run.out);
    assert!(run.out.contains("2026.conghua"));
    let bad = "version = \"x\"\neffective = \"2026-01-01\"\n[spans]\nxray_after_acceptance_h = 999999\n\
               [rule.RN-01]\nclauses = [\"zzz 3\"]\nprofiles = [\"nobody\"]\n";
    let run = sanbai(&["rules", "check", &folder.write("bad.toml", bad)]);
    assert_eq!(run.code, 1);
    for word in ["xray_after_acceptance_h", "RN-01.profiles", "RN-01.clauses"] {
        assert!(run.out.contains(word), "{word} is not in\n{}", run.out);
    }
    let unreadable = "version = \"x\"\neffective = \"2026-01-01\"\n[spans]\ngrace_min = \"long\"\nfuture_min = true\n\
                      [rule.ZZ-99]\nseverity = \"high\"\n";
    let run = sanbai(&["rules", "check", &folder.write("unreadable.toml", unreadable)]);
    assert_eq!(run.code, 1);
    for word in [
        "spans.grace_min",
        "spans.future_min",
        "rule.ZZ-99: no rule has that code",
    ] {
        assert!(run.out.contains(word), "{word} is not in\n{}", run.out);
    }
    let unheard = folder.write(
        "unheard.toml",
        "version = \"x\"\neffective = \"2026-01-01\"\nunheard = 1\n",
    );
    assert!(sanbai(&["rules", "check", &unheard]).out.contains("unheard"));
    assert_eq!(sanbai(&["rules", "check", &folder.join("missing")]).code, 2);
}

#[test]
fn an_overlay_changes_an_outcome_from_its_own_day() {
    let folder = Folder::new();
    // Screened 22 hours after its acceptance and before it left.
    let late = base("SF1000000000001")
        .join("\n")
        .replace("10T21:00:00", "11T09:00:00")
        .replace("10T20:00:00", "11T08:00:00");
    let file = folder.write("one.ndjson", late);
    let rules = |name: &str, effective: &str| {
        folder.write(
            name,
            format!("version = \"strict\"\neffective = \"{effective}\"\n[spans]\nxray_after_acceptance_h = 12\n"),
        )
    };
    let (now, later) = (rules("now.toml", "2026-03-10"), rules("later.toml", "2026-03-11"));
    let status = |more: &[&str]| {
        let run = sanbai(&[&["check", "--json", "--as-of", AS_OF, &file], more].concat());
        (run.json()[0]["duties"]["xray"].clone(), run.json()[0]["rules"].clone())
    };
    let (built_in, version) = status(&[]);
    assert_eq!(built_in["status"], "pass");
    assert_ne!(version, "strict");
    let (strict, version) = status(&["--rules", &now]);
    assert_eq!((&strict["status"], &version), (&"fail".into(), &"strict".into()));
    assert_eq!(strict["performedLate"], true);
    assert_eq!(
        status(&["--rules", &later]).0,
        built_in,
        "not in force on the day of the acceptance"
    );
}

#[test]
fn the_statutory_profile_asks_less() {
    let folder = Folder::new();
    let lines = base("SF1000000000001");
    let same_city: Vec<String> = lines
        .iter()
        .filter(|line| !line.contains("xrayScreened") && !line.contains("LINE_HAUL"))
        .map(|line| line.replace("INTER_PROVINCE", "SAME_CITY").replace("430100", "440117"))
        .chain([lines[7]
            .replace("2026-03-10T21", "2026-03-11T09")
            .replace(r#""departed":{"leg":"LINE_HAUL","to":"CS-HUB"}"#, r#""delivered":{}"#)])
        .collect();
    let file = folder.write("one.ndjson", same_city.join("\n"));
    let judged = |profile: &str| {
        let run = sanbai(&["check", "--json", "--as-of", AS_OF, "--profile", profile, &file]);
        let verdict: Value = run.json().remove(0);
        let xray = verdict["duties"]["xray"].clone();
        (
            xray["status"].clone(),
            xray["ground"].clone(),
            verdict["findings"][0]["severity"].clone(),
        )
    };
    assert_eq!(judged("strict100"), ("fail".into(), Value::Null, "high".into()));
    assert_eq!(
        judged("statutory"),
        ("not_applicable".into(), "as_needed".into(), "low".into())
    );
}
