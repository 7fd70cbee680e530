//! The key of a parcel, and the partitions to which parcels, outlets and subjects lead.

use sanbai_core::shard::section::Subject;

use crate::fields::digest_text;

/// The key of a parcel: `<brand>:<waybill>`, both canonical. For an event without a waybill its subject stands there.
///
/// ```
/// use sanbai_wire::{key, partition};
///
/// let key = key("SF", "SF1234567890123");
/// assert_eq!(key, "SF:SF1234567890123");
/// assert_eq!(partition(&key, 12), Some(3));
/// ```
pub fn key(brand: &str, waybill: &str) -> String {
    [brand, ":", waybill].concat()
}

/// The partition of a key among `count`, as Kafka's Java client chooses it (librdkafka: `murmur2_random`).
///
/// `None` where there are no partitions.
pub fn partition(key: &str, count: u32) -> Option<u32> {
    // Java: `toPositive(murmur2(key)) % count`.
    (murmur2(key.as_bytes()) & 0x7fff_ffff).checked_rem(count)
}

/// The partition of `sanbai.sightings` in which an outlet is counted: that of the text `outlet:<brand>:<site>`.
///
/// `None` where there are no partitions.
pub fn scope_partition_of_outlet(brand: &str, site: &str, count: u32) -> Option<u32> {
    partition(&["outlet:", brand, ":", site].concat(), count)
}

/// The partition of `sanbai.sightings` in which a subject is weighed: that of the text `identity:<16 hex digits>`.
///
/// `None` where there are no partitions.
///
/// ```
/// use sanbai_core::shard::section::Subject;
///
/// let subject = Subject::Identity(0x0123_4567_89ab_cdef);
/// assert_eq!(
///     sanbai_wire::scope_partition_of_subject(subject, 12),
///     sanbai_wire::partition("identity:0123456789abcdef", 12),
/// );
/// ```
pub fn scope_partition_of_subject(subject: Subject, count: u32) -> Option<u32> {
    match subject {
        Subject::Identity(digest) => partition(&["identity:", &digest_text(digest)].concat(), count),
    }
}

const M: u32 = 0x5bd1_e995;
const SEED: u32 = 0x9747_b28c;

/// The 32-bit murmur2 of Kafka's `Utils.murmur2`.
fn murmur2(bytes: &[u8]) -> u32 {
    let (words, tail) = bytes.as_chunks::<4>();
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut hash = words.iter().fold(SEED ^ length, |hash, word| {
        let mixed = u32::from_le_bytes(*word).wrapping_mul(M);
        hash.wrapping_mul(M) ^ (mixed ^ mixed >> 24).wrapping_mul(M)
    });
    if !tail.is_empty() {
        let low = tail.iter().rev().fold(0_u32, |low, byte| low << 8 | u32::from(*byte));
        hash = (hash ^ low).wrapping_mul(M);
    }
    hash = (hash ^ hash >> 13).wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `UtilsTest.testMurmur2` of Apache Kafka.
    #[test]
    fn hashes_are_those_of_kafka() {
        for (text, hash) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()), hash.cast_unsigned(), "{text}");
        }
    }

    /// Published: whoever routes by other code can check it against these.
    #[test]
    fn outlets_and_subjects_lead_to_partitions_of_the_scope_shards() {
        for (brand, site, of) in [
            ("SF", "GZ-0001", [5, 1, 11]),
            ("ZTO", "GZ-0002", [1, 5, 25]),
            ("YTO", "网点-7", [6, 4, 2]),
        ] {
            let partitions = [12, 7, 50].map(|count| scope_partition_of_outlet(brand, site, count));
            assert_eq!(partitions, of.map(Some), "{brand} {site}");
        }
        for (digest, of) in [
            (0, [3, 1, 1]),
            (0x0123_4567_89ab_cdef, [3, 4, 47]),
            (u64::MAX, [0, 3, 30]),
        ] {
            let partitions = [12, 7, 50].map(|count| scope_partition_of_subject(Subject::Identity(digest), count));
            assert_eq!(partitions, of.map(Some), "{digest:x}");
        }
        assert_eq!(scope_partition_of_outlet("SF", "GZ-0001", 0), None);
        assert_eq!(scope_partition_of_subject(Subject::Identity(0), 0), None);
    }

    #[test]
    fn a_negative_hash_leads_to_a_partition_like_any_other() {
        assert_eq!(
            partition("foobar", 12),
            Some((-790_332_482_i32 & 0x7fff_ffff).cast_unsigned() % 12)
        );
        assert_eq!(partition("foobar", 1), Some(0));
        assert_eq!(partition("foobar", 0), None);
    }
}
