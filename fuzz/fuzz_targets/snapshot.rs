//! Snapshots and their manifests: any bytes, cut anywhere, are read or get one error; rows that were read are written and
//! read again as the same. The checksum, which noise does not find, is put right for it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_wire::snapshot::{Manifest, SnapshotError, SnapshotReader, SnapshotWriter, verify};

fuzz_target!(|input: (u8, &[u8])| {
    let (size, file) = input;
    let size = usize::from(size).max(1);
    drop(Manifest::decode(file));
    let rows: Vec<_> = SnapshotReader::new(file.chunks(size)).map_while(Result::ok).collect();
    let mut writer = SnapshotWriter::new();
    let mut copy = Vec::new();
    for row in &rows {
        copy.extend_from_slice(writer.row(row).expect("was within its limits"));
    }
    let (end, summary) = writer.finish();
    copy.extend_from_slice(&end);
    assert_eq!(verify(copy.chunks(size)), Ok(summary));
    assert!(SnapshotReader::new([&copy]).eq(rows.into_iter().map(Ok::<_, SnapshotError>)));
    match verify([file]) {
        Ok(whole) => assert_eq!((whole, file), (summary, copy.as_slice())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    copy.pop();
    assert!(verify([&copy]).is_err());
});
