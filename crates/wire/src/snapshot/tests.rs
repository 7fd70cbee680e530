//! Snapshots come back as they were written, however they are cut, and any damage is found.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sanbai_core::shard::input::Behaviour;
use sanbai_core::shard::row::{Row, RowKind};
use sanbai_core::time::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{
    BODY_BYTES_MAX, KEY_BYTES_MAX, Manifest, ShardKind, SnapshotError, SnapshotReader, SnapshotWriter, Summary, verify,
};
use crate::tests::arbitrary;

fn written(rows: &[Row]) -> (Vec<u8>, Summary) {
    let (mut file, mut writer) = (Vec::new(), SnapshotWriter::new());
    for row in rows {
        file.extend_from_slice(writer.row(row).expect("small"));
    }
    let (end, summary) = writer.finish();
    file.extend_from_slice(&end);
    (file, summary)
}

fn read(file: &[u8]) -> Result<Vec<Row>, SnapshotError> {
    SnapshotReader::new([file]).collect()
}

fn manifest() -> impl Strategy<Value = Manifest> {
    let names = (
        arbitrary::name(),
        [arbitrary::name_or_none(), arbitrary::name_or_none()],
    );
    let place = (any::<u16>(), 0_u32..9, 1_u32..9, any::<[u64; 4]>());
    let digests = (vec(any::<u8>(), 0..=64), vec(any::<u8>(), 0..=64), any::<[u8; 32]>());
    let rest = (
        any::<bool>(),
        any::<[u32; 2]>(),
        option::of(arbitrary::time()),
        arbitrary::time(),
    );
    (names, place, digests, rest).prop_map(
        |((topic, [topic_id, object]), (generation, partition, more, numbers), digests, rest)| {
            let (is_parcel, [format, behaviour], clock, taken_at) = rest;
            let [offset, registry_offset, object_bytes, rows] = numbers;
            Manifest {
                format,
                shard: if is_parcel { ShardKind::Parcel } else { ShardKind::Scope },
                topic: topic.to_owned(),
                topic_id: topic_id.to_owned(),
                generation,
                partition,
                partitions: partition.saturating_add(more),
                offset,
                record_digest: digests.0,
                registry_topic_id: topic_id.to_owned(),
                registry_offset,
                registry_digest: digests.1,
                behaviour: Behaviour(behaviour),
                object: object.to_owned(),
                object_bytes,
                object_sha256: digests.2,
                compression: "zstd".to_owned(),
                rows,
                clock,
                taken_at,
            }
        },
    )
}

proptest! {
    #[test]
    fn rows_come_back_however_they_are_cut(rows in vec(arbitrary::row(), 0..6), size in 1_usize..40) {
        let (file, summary) = written(&rows);
        prop_assert_eq!(summary.bytes, u64::try_from(file.len()).expect("few"));
        prop_assert_eq!(verify(file.chunks(size)), Ok(summary));
        let mut reader = SnapshotReader::new(file.chunks(size));
        let read: Result<Vec<_>, _> = reader.by_ref().collect();
        prop_assert_eq!(read, Ok(rows));
        prop_assert_eq!(reader.summary(), Some(summary));
    }

    #[test]
    fn a_flipped_bit_and_a_missing_end_are_found(
        rows in vec(arbitrary::row(), 0..4),
        at: prop::sample::Index,
        bit in 0..8,
    ) {
        let (mut file, _) = written(&rows);
        let at = at.index(file.len());
        prop_assert!(verify([&file[..at]]).is_err());
        file[at] ^= 1_u8 << bit;
        prop_assert!(verify([&file]).is_err());
    }

    #[test]
    fn noise_is_read_without_a_panic(noise: Vec<u8>, tail: Vec<u8>) {
        prop_assert!(read(&noise).is_err());
        let (head, _) = written(&[]);
        let file = [&head[..20], &tail].concat();
        prop_assert!(read(&file).is_err());
        prop_assert!(Manifest::decode(&noise).is_err());
    }

    #[test]
    fn manifests_come_back(manifest in manifest()) {
        prop_assert_eq!(Manifest::decode(&manifest.encode()), Ok(manifest));
    }

    #[test]
    fn a_damaged_manifest_is_found(manifest in manifest(), at: prop::sample::Index, bit in 0..8) {
        let mut bytes = manifest.encode();
        let at = at.index(bytes.len());
        prop_assert!(Manifest::decode(&bytes[..at]).is_err());
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(Manifest::decode(&bytes).is_err());
    }
}

fn row(key: &[u8], body: &[u8]) -> Row {
    Row {
        kind: RowKind::Parcel,
        key: key.to_vec(),
        body: body.to_vec(),
    }
}

#[test]
fn the_bytes_are_those_that_are_documented() {
    let (file, summary) = written(&[row(b"k", b"body")]);
    let covered = [
        b"sanbai-snapshot\n".as_slice(),
        &[1, 0, 0, 0],
        &[2, 1, b'k', 4, b'b', b'o', b'd', b'y'],
        &[0, 1, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let sha256: [u8; 32] = Sha256::digest(&covered).into();
    assert_eq!(file, [covered.as_slice(), &sha256].concat());
    assert_eq!(
        summary,
        Summary {
            rows: 1,
            bytes: 69,
            sha256
        }
    );
}

#[test]
fn what_stands_behind_the_end_is_found() {
    let (mut file, summary) = written(&[row(b"k", b"body")]);
    assert_eq!(verify([&file[..], &[]]), Ok(summary), "nothing stands there");
    file.push(0);
    assert_eq!(verify([&file]), Err(SnapshotError::Damaged));
}

#[test]
fn another_file_and_another_format_are_told_apart() {
    let (mut file, _) = written(&[]);
    assert_eq!(verify([b"PK\x03\x04 and more of it"]), Err(SnapshotError::NotASnapshot));
    assert_eq!(verify([b""]), Err(SnapshotError::Truncated));
    file[16] = 2;
    assert_eq!(verify([&file]), Err(SnapshotError::AnotherFormat { found: 2 }));
}

#[test]
fn a_row_that_is_too_large_is_neither_written_nor_read() {
    let mut writer = SnapshotWriter::new();
    let limit = u64::try_from(KEY_BYTES_MAX).expect("small");
    let too_large = SnapshotError::TooLarge {
        bytes: limit + 1,
        limit,
    };
    assert_eq!(writer.row(&row(&vec![0; KEY_BYTES_MAX + 1], b"")), Err(too_large));
    assert_eq!(writer.finish().1.rows, 0);

    let (mut file, _) = written(&[]);
    file.truncate(20);
    file.extend_from_slice(&[2, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    let limit = u64::try_from(BODY_BYTES_MAX).expect("small");
    let bytes = u32::MAX.into();
    assert_eq!(verify([&file]), Err(SnapshotError::TooLarge { bytes, limit }));
    file.truncate(20);
    file.push(99);
    assert_eq!(verify([&file]), Err(SnapshotError::UnknownKind { number: 99 }));
}

#[test]
fn nothing_comes_after_an_error() {
    let (file, _) = written(&[row(b"k", b"body")]);
    let mut reader = SnapshotReader::new([&file[..30]]);
    assert_eq!(reader.next(), Some(Ok(row(b"k", b"body"))));
    assert_eq!(reader.next(), Some(Err(SnapshotError::Truncated)));
    assert_eq!((reader.next(), reader.summary()), (None, None));
}

#[test]
fn a_manifest_that_cannot_be_is_rejected() {
    let good = Manifest {
        format: Row::FORMAT,
        shard: ShardKind::Parcel,
        topic: "sanbai.parcel-events".into(),
        topic_id: String::new(),
        generation: 1,
        partition: 3,
        partitions: 12,
        offset: 1_234,
        record_digest: vec![7; 32],
        registry_topic_id: String::new(),
        registry_offset: 9,
        registry_digest: vec![8; 32],
        behaviour: Behaviour::CURRENT,
        object: "rows".into(),
        object_bytes: 69,
        object_sha256: [9; 32],
        compression: "zstd".into(),
        rows: 1,
        clock: None,
        taken_at: Timestamp::parse("2026-03-10T12:00:00+08:00").expect("a time"),
    };
    let said = |change: fn(&mut Manifest)| {
        let mut manifest = good.clone();
        change(&mut manifest);
        Manifest::decode(&manifest.encode()).map(|_| ())
    };
    assert_eq!(said(|_| ()), Ok(()));
    let field = |name| Err(SnapshotError::Field { name });
    assert_eq!(said(|manifest| manifest.topic.clear()), field("topic"));
    assert_eq!(said(|manifest| manifest.partition = 12), field("partition"));
    assert_eq!(
        said(|manifest| manifest.record_digest = vec![0; 65]),
        field("record_digest")
    );
    assert_eq!(Manifest::decode(b"sanbai-manifest\n"), Err(SnapshotError::Truncated));
    assert_eq!(Manifest::decode(b"sanbai-snapshot\n"), Err(SnapshotError::NotASnapshot));
    let code = SnapshotError::Field { name: "topic" }.code();
    assert_eq!(code, "field_invalid");
}
