//! Sections: how what parcel shards found reaches those who count and weigh, `proto/sanbai/sighting/v1`.
//!
//! A [`SectionWriter`] makes records for one scope shard, [`decode_sections`] reads them. Texts are borrowed from the
//! bytes, and an entry allocates nothing but the list of its findings, where there are any.

mod choices;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::decode_sections;
pub use write::SectionWriter;

/// The size from which a section is cut: finish it between two positions once [`SectionWriter::size`] reaches this.
///
/// Below [`RECORD_BYTES_MAX`], so that what one position adds to it still fits.
pub const SECTION_BYTES_MAX: usize = 200 * 1_024;

/// Most bytes of a record of sections. Over it `event_too_large`.
pub const RECORD_BYTES_MAX: usize = 256 * 1_024;

/// Numbers of the fields, as in the schema. A test holds them against the generated messages.
mod number {
    pub(super) const SECTIONS: u32 = 1;

    pub(super) const SECTION_SOURCE: u32 = 1;
    pub(super) const SECTION_FROM: u32 = 2;
    pub(super) const SECTION_TO: u32 = 3;
    pub(super) const SECTION_CLOCK: u32 = 4;
    pub(super) const SECTION_REGISTRY_OFFSET: u32 = 5;
    pub(super) const SECTION_ENTRIES: u32 = 6;

    pub(super) const POSITION_GENERATION: u32 = 1;
    pub(super) const POSITION_OFFSET: u32 = 2;
    pub(super) const POSITION_INDEX: u32 = 3;

    pub(super) const ENTRY_AT: u32 = 1;
    pub(super) const ENTRY_CHANGE: u32 = 2;
    pub(super) const ENTRY_SIGHTING: u32 = 3;
    pub(super) const ENTRY_SUBJECT: u32 = 4;

    pub(super) const CHANGE_OLD: u32 = 1;
    pub(super) const CHANGE_NEW: u32 = 2;

    pub(super) const CONTRIBUTION_BRAND: u32 = 1;
    pub(super) const CONTRIBUTION_SITE: u32 = 2;
    pub(super) const CONTRIBUTION_OPERATOR: u32 = 3;
    pub(super) const CONTRIBUTION_DAY: u32 = 4;
    pub(super) const CONTRIBUTION_HOUR: u32 = 5;
    pub(super) const CONTRIBUTION_COUNTED: u32 = 6;
    pub(super) const CONTRIBUTION_LETTER: u32 = 7;
    pub(super) const CONTRIBUTION_REAL_NAME: u32 = 8;
    pub(super) const CONTRIBUTION_INSPECTION: u32 = 9;
    pub(super) const CONTRIBUTION_XRAY: u32 = 10;
    pub(super) const CONTRIBUTION_FINDINGS: u32 = 11;

    pub(super) const SHARE_OUTCOME: u32 = 1;
    pub(super) const SHARE_GROUND: u32 = 2;
    pub(super) const SHARE_PERFORMED_LATE: u32 = 3;
    pub(super) const SHARE_REPORTED_LATE: u32 = 4;
    pub(super) const SHARE_MARKED: u32 = 5;
    pub(super) const SHARE_DELAY: u32 = 6;

    pub(super) const FINDING_CODE: u32 = 1;
    pub(super) const FINDING_SEVERITY: u32 = 2;

    pub(super) const SIGHTING_IDENTITY: u32 = 1;
    pub(super) const SIGHTING_BRAND: u32 = 2;
    pub(super) const SIGHTING_WAYBILL: u32 = 3;
    pub(super) const SIGHTING_SEEN: u32 = 4;

    pub(super) const SEEN_SITE: u32 = 1;
    pub(super) const SEEN_OPERATOR: u32 = 2;
    pub(super) const SEEN_DAY: u32 = 3;
    pub(super) const SEEN_EVENT: u32 = 4;
    pub(super) const SEEN_OCCURRED_AT: u32 = 5;

    pub(super) const EVENT_ID_BITS: u32 = 1;
    pub(super) const EVENT_ID_ULID: u32 = 2;

    pub(super) const SUBJECT_ID: u32 = 1;
    pub(super) const SUBJECT_BRAND: u32 = 2;
    pub(super) const SUBJECT_SUBJECT: u32 = 3;
    pub(super) const SUBJECT_SITE: u32 = 4;
    pub(super) const SUBJECT_OCCURRED_AT: u32 = 5;
    pub(super) const SUBJECT_INTAKE_AT: u32 = 6;
    pub(super) const SUBJECT_DEVICE_STATE: u32 = 7;
    pub(super) const SUBJECT_SCREENER_SHIFT: u32 = 8;
    pub(super) const SUBJECT_DECLARED_VOLUME: u32 = 9;

    pub(super) const DEVICE_POWER: u32 = 1;
    pub(super) const SHIFT_IN: u32 = 1;
    pub(super) const SHIFT_DEVICE: u32 = 2;
    pub(super) const VOLUME_DAY: u32 = 1;
    pub(super) const VOLUME_ACCEPTED: u32 = 2;
}
