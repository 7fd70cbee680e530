//! The configuration is read again while the daemon runs: all of it, or nothing.

use super::daemon::{Site, recent};

fn token(number: u8) -> String {
    format!("token-of-outlet-{number:0>12}")
}

fn source(number: u8) -> String {
    format!(
        "[[intake.sources]]\nname = \"outlet-{number}\"\ntoken = \"{}\"\n",
        token(number)
    )
}

#[test]
fn sources_change_at_once_and_a_wrong_file_changes_nothing() {
    let mut site = Site::new();
    site.folder.write("sanbai.toml", source(1));
    site.start();
    let status = |number: u8| site.post(&token(number), &recent("SF1000000000001")).0;
    assert_eq!((status(1), status(2)), (200, 401));
    site.folder.write("sanbai.toml", source(2));
    let config = site.folder.join("sanbai.toml");
    let done = site.json(&["reload", "--config", &config]);
    assert_eq!(
        (&done["sources"], &done["needsRestart"]),
        (&1.into(), &serde_json::json!([]))
    );
    assert_eq!((status(1), status(2)), (401, 200));
    // A wrong file names its key, and everything stays.
    site.folder.write("sanbai.toml", source(3) + "[data]\nunheard = 1\n");
    let run = site.run(&["reload"]);
    assert_eq!(run.code, 78, "{}", run.err);
    assert!(run.err.contains("data.unheard"), "{}", run.err);
    assert_eq!((status(2), status(3)), (200, 401));
    // By signal the same, and its log says what is wrong.
    site.folder
        .write("sanbai.toml", source(3) + "[logging]\nfilter = \"a=b=c\"\n");
    site.signal("HUP");
    site.eventually("the log says it", || {
        site.folder.read("log.txt").contains("logging.filter").then_some(())
    });
    assert_eq!((status(2), status(3)), (200, 401));
    site.folder.write(
        "sanbai.toml",
        source(3)
            + "[logging]\nfilter = \"debug\"\n[node]\nworkers = 7\n[metrics]\noutlets-max = 7\ncouriers-max = 7\n",
    );
    site.signal("HUP");
    site.eventually("the new token", || (status(3) == 200).then_some(()));
    assert_eq!(status(2), 401);
    let done = site.json(&["reload"]);
    assert_eq!(
        done["needsRestart"],
        serde_json::json!(["metrics.couriers-max", "metrics.outlets-max", "node.workers"])
    );
    assert!(!site.folder.read("log.txt").contains(&token(3)), "no secret in the log");
}
