//! Sections: any bytes are read or get one code; what was read is written and read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sanbai_wire::sighting::{SectionWriter, decode_sections};

fuzz_target!(|record: &[u8]| {
    let Ok(sections) = decode_sections(record) else {
        return;
    };
    for section in sections {
        let mut writer = SectionWriter::new(section.source, section.from);
        for (at, entry) in &section.entries {
            writer.push(*at, entry);
        }
        let size = writer.size();
        let record = writer.finish(section.to, section.clock, section.registry_offset);
        assert!(record.len() <= size);
        assert_eq!(decode_sections(&record).expect("was accepted before"), [section]);
    }
});
