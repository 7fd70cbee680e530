//! `id`: one graded answer a line, in order, and never the number.

use serde_json::Value;

use crate::support::sanbai_with;

fn answers(input: &[u8], more: &[&str]) -> Vec<Value> {
    sanbai_with(input, &[&["id", "--json", "--as-of", "2026-03-10"], more].concat()).json()
}

fn kinds(answer: &Value) -> Vec<&str> {
    answer["kinds"]
        .as_array()
        .expect("kinds")
        .iter()
        .map(|kind| kind.as_str().expect("a kind"))
        .collect()
}

#[test]
fn numbers_are_judged_as_published() {
    let vectors: &[(&str, bool, &[&str])] = &[
        ("830000199201300022", true, &["residence_permit"]),
        ("810000199408230021", true, &["residence_permit"]),
        ("932682198501010017", true, &["foreign_permanent_2023"]),
        ("371001198010082394", true, &["resident"]),
        ("321083197812162119", true, &["resident"]),
        ("500154199804106120", true, &["resident"]),
        ("411082198901010002", true, &["resident"]),
        ("321119197310306324", true, &["resident"]),
        ("111111111111111", false, &[]),
        ("440308199901101512", true, &["resident"]),
        ("440308199901101513", false, &[]),
        ("44030820990110151X", false, &[]),
        ("91350100M000100Y43", true, &["credit_code"]),
        ("91350100M000100Y44", false, &[]),
        ("362322198709086409", true, &["resident", "credit_code"]),
        ("KAZ110090123105", true, &["foreign_permanent_2017"]),
        ("EE471108151FR", true, &["s10"]),
        ("H12345678", false, &[]),
        ("赵卡纳瑞赵卡", false, &[]),
        ("４４０３０８１９９９０１１０１５１２", true, &["resident"]),
        ("11010519491231002x", true, &["resident"]),
        ("", false, &[]),
    ];
    let numbers: Vec<&str> = vectors.iter().map(|(number, ..)| *number).collect();
    let answers = answers(format!("{}\n", numbers.join("\n")).as_bytes(), &[]);
    assert_eq!(answers.len(), vectors.len());
    for (index, (answer, (number, valid, expected))) in answers.iter().zip(vectors).enumerate() {
        assert_eq!(answer["line"], index as u64 + 1);
        assert_eq!(
            (&answer["valid"], kinds(answer).as_slice()),
            (&Value::from(*valid), *expected),
            "{number}"
        );
    }
    let region = |index: usize| answers[index]["region"].as_str().expect("a region");
    assert_eq!((region(3), region(7), region(9)), ("historic", "unknown", "known"));
    assert_eq!(answers[17]["outcome"], "possible");
    assert_eq!(
        (&answers[10]["checksum"], &answers[10]["birthDate"]),
        (&"wrong".into(), &"ok".into())
    );
    assert_eq!(
        answers[11]["birthDate"], "wrong",
        "a birth in the future: {}",
        answers[11]
    );
}

#[test]
fn a_credit_code_may_begin_with_a_letter() {
    let code = (0..10).map(|check| format!("A1350100M000100Y4{check}"));
    let letters = "ABCDEFGHJKLMNPQRTUWXY"
        .chars()
        .map(|check| format!("A1350100M000100Y4{check}"));
    let all: Vec<String> = code.chain(letters).collect();
    let answers = answers(all.join("\n").as_bytes(), &["--kind", "uscc"]);
    assert_eq!(
        answers.iter().filter(|answer| answer["valid"] == true).count(),
        1,
        "one check character is right"
    );
}

#[test]
fn every_line_has_its_answer_and_none_is_echoed() {
    let noise = "7".repeat(1 << 20);
    let lines: Vec<&[u8]> = vec![
        b"440308199901101512",
        b"",
        noise.as_bytes(),
        b"\xff\xfe\x00440308199901101512",
        "４４０３０８１９９９０１１０１５１２".as_bytes(),
        b"  440308199901101512\r",
        "赵卡纳瑞 13912345678".as_bytes(),
        b"\x1b[31m440308199901101512",
    ];
    for more in [&["--json"][..], &[]] {
        let run = sanbai_with(&lines.join(&b'\n'), &[&["id", "--as-of", "2026-03-10"], more].concat());
        assert_eq!(run.code, 1);
        assert_eq!(run.out.lines().count(), lines.len(), "{}", run.out);
        for part in ["440308", "199901", "101512", "赵卡", "139123", "7777", "\x1b", "４４"] {
            assert!(!run.out.contains(part) && !run.err.contains(part), "{part}");
        }
    }
    let answers = answers(&lines.join(&b'\n'), &[]);
    let valid: Vec<bool> = answers.iter().map(|answer| answer["valid"] == true).collect();
    assert_eq!(valid, [true, false, false, false, true, true, false, false]);
    assert_eq!(
        (&answers[4]["normalised"], &answers[0]["normalised"]),
        (&true.into(), &false.into())
    );
}

#[test]
fn the_kind_that_is_asked_for_decides() {
    let number = b"362322198709086409\n";
    assert_eq!(answers(number, &["--kind", "resident"])[0]["valid"], true);
    assert_eq!(answers(number, &["--kind", "uscc"])[0]["valid"], true);
    assert_eq!(answers(number, &["--kind", "s10"])[0]["valid"], false);
    let travel = answers(b"H12345678\n", &["--kind", "hk_mo_travel_permit"]);
    assert_eq!(
        (&travel[0]["valid"], &travel[0]["checksum"]),
        (&true.into(), &"not_applicable".into())
    );
    let run = sanbai_with(b"440308199901101512\n", &["id"]);
    assert_eq!(run.code, 0, "all are valid");
    assert_eq!(sanbai_with(b"", &["id"]).code, 0);
    let missing = sanbai_with(b"", &["id", "/no/such/file"]);
    assert_eq!((missing.code, missing.out.as_str()), (2, ""));
}

#[test]
fn the_clock_is_an_argument() {
    let born_in_2026 = |day| {
        let lines: Vec<String> = "0123456789X"
            .chars()
            .map(|check| format!("44030820260601151{check}"))
            .collect();
        let run = sanbai_with(lines.join("\n").as_bytes(), &["id", "--json", "--as-of", day]);
        run.json().iter().filter(|answer| answer["valid"] == true).count()
    };
    assert_eq!((born_in_2026("2026-05-31"), born_in_2026("2026-06-01")), (0, 1));
}
