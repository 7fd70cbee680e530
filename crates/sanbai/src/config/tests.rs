//! What is read, and what is said of mistakes.

use super::{Config, Flags, layers};

fn read(text: &str, environment: &[(&str, &str)], flags: Flags) -> Result<Config, String> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    let flags = Flags {
        config: Some(file.path().to_owned()),
        ..flags
    };
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config: Config = layers::read(&flags, environment).map_err(|error| format!("{error:#}"))?;
    config.check().map_err(|error| format!("{error:#}"))?;
    Ok(config)
}

#[test]
fn flags_override_the_environment_and_that_overrides_the_file() {
    let text =
        "[intake]\naddress = \"127.0.0.1:1\"\n[metrics]\naddress = \"127.0.0.1:2\"\n[data]\nparcel-partitions = 7\n";
    let environment = [
        ("SANBAI__METRICS__ADDRESS", "127.0.0.1:3"),
        ("SANBAI__INTAKE__ADDRESS", "127.0.0.1:3"),
        ("SANBAI__METRICS__OUTLETS_MAX", "9"),
        ("OTHER", "1"),
    ];
    let flags = Flags {
        http: Some("127.0.0.1:4".parse().expect("an address")),
        ..Flags::default()
    };
    let config = read(text, &environment, flags).expect("all is right");
    assert_eq!(config.intake.address.port(), 4);
    assert_eq!(config.metrics.address.port(), 3);
    assert_eq!(config.metrics.outlets_max, 9);
    assert_eq!(config.data.parcel_partitions, 7);
}

#[test]
fn mistakes_are_named_with_their_place_and_never_with_a_value() {
    let cases = [
        ("[intake]\nadress = \"127.0.0.1:1\"\n", "intake.adress: unknown field"),
        (
            "[data]\nfree-min = 1.5\n",
            "data.free-min: out of range; allowed: 0.0 to 0.9",
        ),
        (
            "[data]\nkeep-events = \"7\"\n",
            "data.keep-events: a whole number with a unit",
        ),
        ("[data]\nscope-partitions = 9\n", "data.scope-partitions: out of range"),
        (
            "[data]\nparcel-partitions = 0\n",
            "data.parcel-partitions: out of range",
        ),
        (
            "[snapshots]\nurl = \"ftp://bucket\"\n",
            "snapshots.url: allowed: a directory",
        ),
        (
            "[snapshots]\nurl = \"s3://bucket\"\n",
            "snapshots.s3: says how the bucket",
        ),
        (
            "[snapshots]\nurl = \"s3:///prefix\"\n",
            "snapshots.url: a bucket is written s3://NAME/PREFIX",
        ),
        (
            "[snapshots.s3]\naccess-key = \"a\"\nsecret-key = \"SECRET\"\n",
            "snapshots.s3: is for a bucket",
        ),
        (
            "[snapshots]\nurl = \"s3://b/p\"\n[snapshots.s3]\naccess-key = \"a\"\n",
            "snapshots.s3: wants either secret-key or secret-key-file",
        ),
        (
            "[snapshots]\nurl = \"s3://b/p\"\n[snapshots.s3]\nendpoint = \"http://s3.example:9000\"\n",
            "snapshots.s3.endpoint: without TLS only on this machine",
        ),
        (
            "[snapshots]\nurl = \"s3://b/p\"\n[snapshots.s3]\nendpoint = \"https://a:SECRET@s3.example\"\n",
            "snapshots.s3.endpoint: is written",
        ),
        (
            "[[intake.sources]]\nname = \"a\"\ntoken = 7\n",
            "intake.sources[0].token: invalid type",
        ),
        ("[intake\naddress = 1\n", ":1: "),
        ("[intake]\naddress = \"x\"\naddress = \"SECRET\"\n", ":3: duplicate key"),
    ];
    for (text, wanted) in cases {
        let said = read(text, &[], Flags::default()).expect_err("something is wrong");
        assert!(said.contains(wanted), "{text:?}: {said}");
        assert!(!said.contains("SECRET"), "{said}");
    }
}

#[test]
fn what_is_shown_can_be_read_again_and_holds_no_secret() {
    let text = "[[intake.sources]]\nname = \"outlet-7\"\ntoken = \"SECRET-0123456789\"\n\
                [snapshots]\nurl = \"s3://shards/district-7\"\n\
                [snapshots.s3]\nendpoint = \"http://[::1]:9000\"\naccess-key = \"a\"\nsecret-key = \"SECRET-9876\"\n";
    let config = read(text, &[], Flags::default()).expect("all is right");
    let shown = config.to_toml().expect("TOML");
    assert!(!shown.contains("SECRET"), "{shown}");
    assert!(!format!("{config:?}").contains("SECRET"));
    let again = read(&shown, &[], Flags::default()).expect("what is shown is right");
    assert_eq!(again.to_toml().expect("TOML"), shown);
}

#[test]
fn the_schema_names_every_key_that_is_shown() {
    let schema: serde_json::Value = serde_json::from_str(&Config::schema().expect("a schema")).expect("JSON");
    let shown: toml::Table = Config::default().to_toml().expect("TOML").parse().expect("TOML");
    for (section, value) in &shown {
        let toml::Value::Table(keys) = value else {
            unreachable!("everything stands in a section")
        };
        let reference = &schema["properties"][section]["$ref"];
        let name = reference
            .as_str()
            .and_then(|path| path.rsplit('/').next())
            .expect("a section");
        for key in keys.keys() {
            assert!(!schema["$defs"][name]["properties"][key].is_null(), "{section}.{key}");
        }
    }
}
