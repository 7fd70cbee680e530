use super::*;
use crate::proto::Timestamp;
use crate::proto::registry::{Agreement, Outage, Site, Staff};

fn keys() -> TokenKeys {
    TokenKeys::single("1", [7; 32]).expect("a version")
}

fn csv(kind: Kind, text: &str) -> Read {
    read(kind, Format::Csv, text.as_bytes(), &keys())
}

fn json(kind: Kind, text: &str) -> Read {
    read(kind, Format::JsonLines, text.as_bytes(), &keys())
}

/// A register in which every column is filled, but for the raw ones.
fn full(kind: Kind) -> &'static str {
    match kind {
        Kind::Sites => {
            "key,brand,valid_from,valid_to,kind,place,latitude,longitude,licence,licence_from,licence_to,opened_on,filed_on,name\n\
             GZ-0117,SF,2026-01-01T00:00:00+08:00,2027-01-01T00:00:00+08:00,processing_centre,440117103000,23.5486,113.5864,\
             GZ-2024-0117,2024-01-01,2028-12-31,2024-01-02,2024-01-20,\"太平, 一店\"\n"
        }
        Kind::Staff => {
            "key,brand,valid_from,valid_to,trained_until,screener_until,site,identity_tokens,phone_tokens\n\
             SF00012,SF,2026-01-01T00:00:00+08:00,2027-01-01T00:00:00+08:00,2026-12-31,2026-06-30,GZ-0117,\
             hs256:1:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ,hs256:1:AAAAEjRWeJCrze8S;sm3:2:AAAAEjRWeJCrze8S\n"
        }
        Kind::Machines => {
            "key,brand,valid_from,valid_to,sites,owner,in_service,rated_per_hour\n\
             XR-1,SF,2026-01-01T00:00:00+08:00,2027-01-01T00:00:00+08:00,GZ-0117;GZ-0118,SECURE,\
             2026-01-01/2026-02-28;2026-03-02/,1200\n"
        }
        Kind::Contracts => {
            "key,brand,valid_from,valid_to,from,to\n\
             SECURE,SF,2026-01-01T00:00:00+08:00,2027-01-01T00:00:00+08:00,2026-01-01,2026-12-31\n"
        }
        Kind::Agreements => {
            "key,brand,valid_from,valid_to,sites,signed_on,filed_on,from,to,xray_way,customer_tokens\n\
             A-7,SF,2026-01-01T00:00:00+08:00,2027-01-01T00:00:00+08:00,GZ-0117,2025-12-30,2025-12-31,2026-01-01,\
             2026-12-31,special,hs256:1:AAAAEjRWeJCrze8S\n"
        }
        Kind::KeyAreas => {
            "key,brand,valid_from,valid_to,division,from,to\n\
             games,SF,2026-01-01T00:00:00+08:00,2027-01-01T00:00:00+08:00,1101,2026-03-01T00:00:00+08:00,2026-03-15T00:00:00+08:00\n"
        }
        Kind::Outages => {
            "key,brand,valid_from,valid_to,site,from,to\n\
             storm,SF,2026-01-01T00:00:00+08:00,2027-01-01T00:00:00+08:00,GZ-0117,2026-03-10T08:00:00+08:00,2026-03-10T12:00:00.500+08:00\n"
        }
        Kind::Calendar => {
            "key,brand,valid_from,valid_to,working\n\
             2026-10-01,SF,2026-01-01T00:00:00+08:00,2027-01-01T00:00:00+08:00,false\n"
        }
    }
}

#[test]
fn every_register_comes_back_from_both_formats() {
    for kind in Kind::ALL {
        let read = csv(kind, full(kind));
        assert_eq!(read.faults, [], "{kind:?}");
        assert_eq!(read.records.len(), 1, "{kind:?}");
        assert_eq!(
            String::from_utf8(write(kind, Format::Csv, &read.records)).expect("UTF-8"),
            full(kind)
        );
        let lines = write(kind, Format::JsonLines, &read.records);
        assert_eq!(super::read(kind, Format::JsonLines, &lines, &keys()), read, "{kind:?}");
        assert_eq!(Kind::of(&read.records[0]), Some(kind));
        let others = write(
            Kind::ALL[usize::from(kind == Kind::Sites)],
            Format::JsonLines,
            &read.records,
        );
        assert_eq!(others, b"", "a record of another register");
    }
}

#[test]
fn json_lines_have_the_same_columns_in_camel_case() {
    let sites = json(
        Kind::Sites,
        "\n{\"key\":\"GZ-1\",\"validFrom\":\"2026-01-01\",\"kind\":\"SITE_KIND_LICENSED\",\"latitude\":23.5,\"place\":440117}\n\n",
    );
    assert_eq!(sites.faults, []);
    let expected = RegistryRecord {
        key: "GZ-1".into(),
        valid_from: Some(Timestamp {
            seconds: 1_767_196_800,
            nanos: 0,
        }),
        value: Some(Value::Site(Site {
            kind: 1,
            latitude: Some(23.5),
            place: "440117".into(),
            ..Site::default()
        })),
        ..RegistryRecord::default()
    };
    assert_eq!(sites.records, [expected]);
    let machines = json(
        Kind::Machines,
        r#"{"key":"XR-1","sites":["GZ-1","GZ-2"],"in_service":"2026-01-01/"}"#,
    );
    let Some(Value::Machine(machine)) = &machines.records[0].value else {
        panic!("a machine")
    };
    assert_eq!((machine.sites.len(), machine.in_service.len()), (2, 1));
}

#[test]
fn raw_numbers_become_tokens_and_nothing_else() {
    let staff = csv(
        Kind::Staff,
        "key,identity_number,phone\nSF00012,440308199901101512,13912345678;+86 139 1234 5679\n",
    );
    let Some(Value::Staff(Staff {
        identity_tokens,
        phone_tokens,
        ..
    })) = &staff.records[0].value
    else {
        panic!("staff")
    };
    assert_eq!(*identity_tokens, keys().identity("440308199901101512"));
    assert_eq!(phone_tokens.len(), 2);
    let agreements = csv(
        Kind::Agreements,
        "key,identity_number,phone,name\nA-7,91350100M000100Y43,13912345678,某某公司\n",
    );
    let Some(Value::Agreement(Agreement { customer_tokens, .. })) = &agreements.records[0].value else {
        panic!("one")
    };
    assert_eq!(customer_tokens.len(), 3);
    let all = format!("{staff:?} {agreements:?}");
    for kind in [Kind::Staff, Kind::Agreements] {
        for format in [Format::Csv, Format::JsonLines] {
            let written = [
                write(kind, format, &staff.records),
                write(kind, format, &agreements.records),
            ]
            .concat();
            let said = [all.as_str(), &String::from_utf8(written).expect("UTF-8")].concat();
            assert!(
                !["440308", "139123", "91350100", "某某"]
                    .iter()
                    .any(|raw| said.contains(raw)),
                "{said}"
            );
        }
    }
}

#[test]
fn personal_data_in_other_columns_is_refused_or_removed() {
    let sites = csv(
        Kind::Sites,
        "key,name,licence\nGZ-1,联系13912345678,\nGZ-2,,440308199901101512\n13912345678,,\n",
    );
    let Some(Value::Site(site)) = &sites.records[0].value else {
        panic!("a site")
    };
    assert_eq!(site.name, "联系[removed]");
    let faults: Vec<_> = sites
        .faults
        .iter()
        .map(|fault| (fault.line, fault.column.as_str(), fault.code))
        .collect();
    assert_eq!(
        faults,
        [(3, "licence", Code::PiiInWrongField), (4, "key", Code::PiiInWrongField)]
    );
    let staff = csv(
        Kind::Staff,
        "key,phone_tokens\nS1,13912345678\nS2,hs256:1:13912345678-_AAAAAA\nS3,x\n",
    );
    let codes: Vec<Code> = staff.faults.iter().map(|fault| fault.code).collect();
    assert_eq!(
        codes,
        [
            Code::PlaintextIdForbidden,
            Code::PlaintextIdForbidden,
            Code::TokenKeyUnknown
        ]
    );
}

/// The rows of a register of which one is right, and what is wrong with the others: line, column, code.
fn expect_faults(kind: Kind, rows: &str, faults: &[(u64, &str, Code)]) {
    let read = csv(kind, rows);
    let found: Vec<_> = read
        .faults
        .iter()
        .map(|fault| (fault.line, fault.column.as_str(), fault.code))
        .collect();
    assert_eq!(found, faults, "{rows}");
    assert_eq!(read.records.len(), 1, "{rows}");
}

#[test]
fn a_site_that_is_wrong_is_named_and_the_others_are_read() {
    for (rows, faults) in [
        (
            "key,kind\nA,castle\nB,branch\n,branch\n",
            vec![(2, "kind", Code::EventTypeUnknown), (4, "key", Code::FieldMissing)],
        ),
        (
            "key,latitude\nA,91\nB,north\nC,-90\n",
            vec![(2, "latitude", Code::ValueRange), (3, "latitude", Code::TypeMismatch)],
        ),
        ("key,place\nA,Conghua\nB,440117\n", vec![(2, "place", Code::ValueRange)]),
        (
            "key,opened_on\nA,2026-02-30\nB,2026-02-28\n",
            vec![(2, "openedOn", Code::EventTimeInvalid)],
        ),
        (
            "key,valid_from\nA,tomorrow\nB,2026-02-28\nC,1021-08-22\n",
            vec![
                (2, "validFrom", Code::EventTimeInvalid),
                (4, "validFrom", Code::EventTimeInvalid),
            ],
        ),
        ("key,brand\nA B,SF\nB,SF\n", vec![(2, "key", Code::TextInvalid)]),
        (
            "key,brand\n街口营业部,SF\n440308199901101513,SF\n网点-7,SF\n",
            vec![(2, "key", Code::PiiInWrongField), (3, "key", Code::PiiInWrongField)],
        ),
        ("key,name\nA,x\u{202e}y\nB,ok\n", vec![(2, "name", Code::TextInvalid)]),
    ] {
        expect_faults(Kind::Sites, rows, &faults);
    }
}

#[test]
fn a_row_that_is_wrong_is_named_and_the_others_are_read() {
    for (kind, rows, faults) in [
        (
            Kind::Machines,
            "key,in_service\nA,2026-01-01\nB,/\n",
            vec![(2, "inService", Code::EventTimeInvalid)],
        ),
        (
            Kind::Machines,
            "key,rated_per_hour\nA,-1\nB,7\n",
            vec![(2, "ratedPerHour", Code::TypeMismatch)],
        ),
        (
            Kind::KeyAreas,
            "key,division\nA,\nB,11\n",
            vec![(2, "division", Code::FieldMissing)],
        ),
        (
            Kind::Outages,
            "key,from,to\nA,2026-03-10,\nB,2026-03-10,2026-03-11\n",
            vec![(2, "to", Code::FieldMissing)],
        ),
        (
            Kind::Calendar,
            "key,working\nMay Day,true\n2026-05-01,maybe\n2026-05-02,true\n",
            vec![(2, "key", Code::TextInvalid), (3, "working", Code::TypeMismatch)],
        ),
        (
            Kind::Contracts,
            "key,from\nA,2026-01-01,extra\nB,2026-01-01\n",
            vec![(2, "", Code::CsvSyntax)],
        ),
    ] {
        expect_faults(kind, rows, &faults);
    }
}

#[test]
fn everything_that_is_wrong_with_a_row_is_said() {
    let wrong = [
        (2, "key", Code::TextInvalid),
        (2, "place", Code::ValueRange),
        (2, "kind", Code::EventTypeUnknown),
        (2, "latitude", Code::ValueRange),
        (2, "openedOn", Code::EventTimeInvalid),
    ];
    let head = "key,kind,place,latitude,opened_on\n";
    expect_faults(
        Kind::Sites,
        &format!("{head}A B,castle,Conghua,91,soon\nC,,,,\n"),
        &wrong,
    );
    let lines = "{\"brand\":{},\"owner\":[1],\"from\":\"soon\",\"from\":1,\"to\":\"2026-02-30\"}\n{\"key\":7,\"to\":\"2026-13-01\",}\n";
    let read = json(Kind::Contracts, lines);
    let found: Vec<_> = read
        .faults
        .iter()
        .map(|fault| (fault.line, fault.column.as_str(), fault.code))
        .collect();
    let wrong = [
        (1, "brand", Code::TypeMismatch),
        (1, "", Code::UnknownField),
        (1, "from", Code::JsonDuplicateKey),
        (1, "key", Code::FieldMissing),
        (1, "to", Code::EventTimeInvalid),
        // What is no JSON is not read further.
        (2, "", Code::JsonSyntax),
    ];
    assert_eq!((found.as_slice(), read.records.len()), (wrong.as_slice(), 0));
}

#[test]
fn columns_that_a_register_does_not_have_are_named() {
    let read = csv(Kind::Contracts, "key,FROM,to,owner,from\nA,2026-01-01,,x,\n");
    let found: Vec<_> = read.faults.iter().map(|fault| (fault.line, fault.code)).collect();
    assert_eq!(found, [(1, Code::UnknownField), (1, Code::JsonDuplicateKey)]);
    let lines = "{\"key\":\"A\",\"owner\":1}\n{\"key\":\"B\",\"key\":\"C\"}\n{\"key\":{}}\n{\n{\"key\":\"D\"} x\n{\"key\":\"E\"}";
    let read = json(Kind::Contracts, lines);
    let found: Vec<_> = read.faults.iter().map(|fault| (fault.line, fault.code)).collect();
    let codes = [
        Code::UnknownField,
        Code::JsonDuplicateKey,
        Code::TypeMismatch,
        Code::JsonSyntax,
        Code::JsonSyntax,
    ];
    assert_eq!(found, (1..).zip(codes).collect::<Vec<(u64, Code)>>());
    assert_eq!(read.records.len(), 1);
}

#[test]
fn a_byte_order_mark_of_a_spreadsheet_and_its_line_ends_are_no_fault() {
    let marked = csv(Kind::Contracts, "\u{feff}Key,From\r\nA,2026-01-01\r\n");
    assert_eq!((marked.records.len(), marked.faults.len()), (1, 0));
    let broken = read(
        Kind::Contracts,
        Format::Csv,
        b"key,from\n\xff,2026-01-01\nB,\n",
        &keys(),
    );
    assert_eq!((broken.records.len(), broken.faults[0].code), (1, Code::TextInvalid));
}

#[test]
fn any_bytes_are_an_answer() {
    for bytes in [
        b"".as_slice(),
        b"\n",
        b"\"",
        b"\0\0",
        b"key\n\"",
        b"{",
        b"[]\n{}",
        &[0xff; 100],
    ] {
        for kind in Kind::ALL {
            for format in [Format::Csv, Format::JsonLines] {
                let read = read(kind, format, bytes, &keys());
                assert!(read.records.is_empty());
            }
        }
    }
}

#[test]
fn what_was_read_becomes_a_value_of_the_core() {
    for kind in Kind::ALL {
        let read = csv(kind, full(kind));
        let record = to_core(&read.records[0], 3).expect("a value").expect("of use");
        let is_day = matches!(record.value, sanbai_core::registry::Value::CalendarDay { .. });
        assert_eq!(is_day, kind == Kind::Calendar);
    }
    let endless = RegistryRecord {
        value: Some(Value::Outage(Outage::default())),
        ..RegistryRecord::default()
    };
    assert_eq!(to_core(&endless, 0).expect_err("no span").pointer, "/from");
    assert_eq!(
        to_core(&RegistryRecord::default(), 0).expect_err("no value").code,
        Code::FieldMissing
    );
}

/// Every column stands in `docs/registers.md`, below the heading of its register.
#[test]
fn the_page_names_every_column() {
    let page = include_str!("../../../../docs/registers.md");
    for kind in Kind::ALL {
        let section = page
            .split("\n## ")
            .find(|section| section.starts_with(&format!("`{}`", kind.name())));
        let section = section.unwrap_or_else(|| panic!("no section for {}", kind.name()));
        for (column, _) in columns::columns(kind).skip(4) {
            assert!(section.contains(&format!("| `{column}` |")), "{} {column}", kind.name());
        }
    }
}
