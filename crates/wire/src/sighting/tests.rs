//! Sections come back as they were written, and are what the schema says.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;
use sanbai_core::shard::position::Position;
use sanbai_core::shard::section::{Entry, Section};
use sanbai_core::time::Timestamp;

use super::{RECORD_BYTES_MAX, SECTION_BYTES_MAX, SectionWriter, decode_sections};
use crate::Code;
use crate::proto::sighting as message;
use crate::tests::arbitrary;

/// Sections of one source, one after the other: entries at rising positions, and where each ends.
fn sections() -> impl Strategy<Value = Vec<Section<'static>>> {
    let step = (0_u64..3, 0_u32..3);
    let section = (
        vec((step.clone(), arbitrary::entry()), 0..4),
        step,
        option::of(arbitrary::time()),
        any::<u64>(),
    );
    (any::<u32>(), vec(section, 0..4)).prop_map(|(source, parts)| {
        let mut at = Position {
            generation: 1,
            offset: 7,
            index: 0,
        };
        let mut sections = Vec::new();
        for (steps, end, clock, registry_offset) in parts {
            let from = at;
            go(&mut at, (0, 1));
            let mut entries = Vec::new();
            for (step, entry) in steps {
                go(&mut at, step);
                entries.push((at, entry));
            }
            go(&mut at, end);
            sections.push(Section {
                source,
                from,
                to: at,
                clock,
                registry_offset,
                entries,
            });
        }
        sections
    })
}

fn go(at: &mut Position, (offset, index): (u64, u32)) {
    at.offset = at.offset.saturating_add(offset);
    at.index = if offset > 0 {
        index
    } else {
        at.index.saturating_add(index)
    };
}

/// One record for each section.
fn written(sections: &[Section<'_>]) -> Vec<Vec<u8>> {
    let Some(first) = sections.first() else {
        return Vec::new();
    };
    let mut writer = SectionWriter::new(first.source, first.from);
    let mut records = Vec::new();
    for section in sections {
        assert_eq!((writer.from(), writer.is_empty()), (section.from, true));
        for (at, entry) in &section.entries {
            writer.push(*at, entry);
            assert_eq!(writer.last(), *at);
        }
        let size = writer.size();
        let record = writer.finish(section.to, section.clock, section.registry_offset);
        assert!(
            record.len() <= size,
            "{} bytes, said to be at most {size}",
            record.len()
        );
        records.push(record);
    }
    records
}

proptest! {
    #[test]
    fn sections_come_back_alone_and_together(sections in sections()) {
        let records = written(&sections);
        for (record, section) in records.iter().zip(&sections) {
            prop_assert_eq!(decode_sections(record).expect("as written"), std::slice::from_ref(section));
        }
        let all = records.concat();
        prop_assert_eq!(decode_sections(&all).expect("as written"), sections);
    }

    #[test]
    fn what_is_written_by_hand_is_what_prost_writes(sections in sections()) {
        let bytes = written(&sections).concat();
        let message = message::Sightings::decode(bytes.as_slice()).expect("of the schema");
        prop_assert_eq!(message.sections.len(), sections.len());
        prop_assert_eq!(message.encode_to_vec(), bytes);
    }

    #[test]
    fn noise_is_read_without_a_panic(noise in vec(any::<u8>(), 0..200)) {
        drop(decode_sections(&noise));
    }

    #[test]
    fn a_changed_byte_never_panics_and_a_cut_is_found(sections in sections(), at: prop::sample::Index, byte: u8) {
        let mut bytes = written(&sections).concat();
        if bytes.is_empty() {
            return Ok(());
        }
        let at = at.index(bytes.len());
        let whole = decode_sections(&bytes).expect("as written").len();
        let cut = decode_sections(&bytes[..at]);
        prop_assert!(cut.map_or(true, |sections| sections.len() < whole));
        bytes[at] = byte;
        drop(decode_sections(&bytes));
    }
}

fn entry() -> Entry<'static> {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    arbitrary::entry().new_tree(&mut runner).expect("a value").current()
}

const fn at(offset: u64) -> Position {
    Position {
        generation: 1,
        offset,
        index: 0,
    }
}

#[test]
fn a_section_that_is_cut_at_its_size_fits_a_record() {
    let (entry, mut writer, mut records) = (entry(), SectionWriter::new(1, at(0)), Vec::new());
    for offset in 1..20_000 {
        if writer.size() >= SECTION_BYTES_MAX {
            records.push(writer.finish(writer.last(), Some(Timestamp::MAX), u64::MAX));
        }
        writer.push(at(offset), &entry);
    }
    records.push(writer.finish(at(20_000), Some(Timestamp::MAX), u64::MAX));
    assert!(records.len() > 2);
    let mut covered = at(0);
    for record in &records {
        assert!(record.len() < RECORD_BYTES_MAX);
        let sections = decode_sections(record).expect("as written");
        assert_eq!(sections[0].from, covered);
        covered = sections[0].to;
    }
    assert_eq!(covered, at(20_000));
}

#[test]
fn a_writer_begins_where_the_last_section_ended() {
    let mut writer = SectionWriter::new(1, at(3));
    writer.finish(at(9), None, 0);
    assert_eq!((writer.from(), writer.last(), writer.is_empty()), (at(9), at(9), true));
}

/// The code for which a section with this end and these entries is rejected.
fn rejected(from: Position, to: Position, entries: &[Position]) -> Option<Code> {
    let position = |position: Position| message::Position {
        generation: position.generation.into(),
        offset: position.offset,
        index: position.index,
    };
    let record = message::Sightings {
        sections: vec![message::Section {
            from: Some(position(from)),
            to: Some(position(to)),
            entries: entries
                .iter()
                .map(|at| message::Entry {
                    at: Some(position(*at)),
                    what: Some(message::entry::What::Sighting(message::Sighting {
                        subject: Some(message::sighting::Subject::Identity(7)),
                        ..message::Sighting::default()
                    })),
                })
                .collect(),
            ..message::Section::default()
        }],
    };
    decode_sections(&record.encode_to_vec()).err().map(|reject| reject.code)
}

#[test]
fn entries_lie_in_their_order_where_their_section_covers_them() {
    assert_eq!(rejected(at(3), at(3), &[]), None);
    assert_eq!(rejected(at(3), at(5), &[at(4), at(4), at(5)]), None);
    let out_of_range = Some(Code::ValueRange);
    assert_eq!(rejected(at(3), at(2), &[]), out_of_range, "ends before its beginning");
    assert_eq!(rejected(at(3), at(5), &[at(3)]), out_of_range, "was covered before");
    assert_eq!(rejected(at(3), at(5), &[at(6)]), out_of_range, "after its end");
    assert_eq!(rejected(at(3), at(5), &[at(5), at(4)]), out_of_range, "out of order");
}

#[test]
fn what_could_be_counted_wrongly_is_rejected() {
    let entry = |change| message::Sightings {
        sections: vec![message::Section {
            to: Some(message::Position {
                offset: 9,
                ..message::Position::default()
            }),
            entries: vec![message::Entry {
                at: Some(message::Position {
                    offset: 9,
                    ..message::Position::default()
                }),
                what: change,
            }],
            ..message::Section::default()
        }],
    };
    let share = |outcome: i32, ground: i32| {
        Some(message::Share {
            outcome,
            ground,
            ..message::Share::default()
        })
    };
    let contribution = |outcome, ground, hour| message::Contribution {
        hour,
        real_name: share(outcome, ground),
        inspection: share(1, 0),
        xray: share(1, 0),
        ..message::Contribution::default()
    };
    let code = |what| {
        let record = entry(what).encode_to_vec();
        decode_sections(&record).err().map(|reject| reject.code)
    };
    let new = |contribution| {
        let (old, new) = (None, Some(contribution));
        Some(message::entry::What::Change(message::Change { old, new }))
    };
    assert_eq!(code(new(contribution(1, 0, 23))), None);
    assert_eq!(code(None), Some(Code::FieldMissing));
    assert_eq!(
        code(Some(message::entry::What::Change(message::Change::default()))),
        Some(Code::FieldMissing)
    );
    assert_eq!(code(new(contribution(0, 0, 0))), Some(Code::FieldMissing), "no outcome");
    assert_eq!(code(new(contribution(6, 0, 0))), Some(Code::EventTypeUnknown));
    assert_eq!(code(new(contribution(4, 0, 0))), Some(Code::FieldMissing), "no ground");
    assert_eq!(code(new(contribution(4, 10, 0))), Some(Code::EventTypeUnknown));
    assert_eq!(code(new(contribution(1, 0, 24))), Some(Code::ValueRange));
    assert_eq!(code(new(message::Contribution::default())), Some(Code::FieldMissing));
}

#[test]
fn a_record_over_its_limit_is_not_looked_at() {
    let record = vec![0; RECORD_BYTES_MAX + 1];
    assert_eq!(
        decode_sections(&record).err().map(|reject| reject.code),
        Some(Code::EventTooLarge)
    );
    assert_eq!(decode_sections(&[]), Ok(Vec::new()));
}
