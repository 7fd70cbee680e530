//! What a snapshot is of.

use prost::Message as _;
use sanbai_core::shard::input::Behaviour;
use sanbai_core::time::Timestamp;
use sha2::{Digest as _, Sha256};

use super::SnapshotError;
use crate::fields::{time_message, time_of};
use crate::proto;
use crate::proto::snapshot as message;

/// How the object of a manifest begins.
const MAGIC: [u8; 16] = *b"sanbai-manifest\n";

/// Most bytes of the object of a manifest.
const BYTES_MAX: usize = 64 * 1_024;

/// Most bytes of a digest of a record.
const DIGEST_BYTES_MAX: usize = 64;

/// What a snapshot is of, written after its rows: only then is it visible.
///
/// As bytes it is 16 that name it, the message of `proto/sanbai/snapshot/v1`, and the SHA-256 of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Number of the format of the rows. Whether it is [`Row::FORMAT`](sanbai_core::shard::row::Row::FORMAT) is for the
    /// reader to say.
    pub format: u32,
    /// Which shard.
    pub shard: ShardKind,
    /// Name of the topic whose partition the shard reads.
    pub topic: String,
    /// Id of the topic as its cluster gives it; empty where there is none.
    pub topic_id: String,
    /// Re-creations of the topic, from 1.
    pub generation: u16,
    /// Number of the partition.
    pub partition: u32,
    /// How many partitions the topic has.
    pub partitions: u32,
    /// First offset that is not in the state.
    pub offset: u64,
    /// Digest of the record before that, at most 64 bytes; empty where there is none.
    pub record_digest: Vec<u8>,
    /// Id of the registry's topic.
    pub registry_topic_id: String,
    /// The registry records before this offset are known.
    pub registry_offset: u64,
    /// Digest of the registry record before that, at most 64 bytes; empty where there is none.
    pub registry_digest: Vec<u8>,
    /// The behaviour that computed the state.
    pub behaviour: Behaviour,
    /// Name of the object with the rows.
    pub object: String,
    /// Bytes of that object as it is stored.
    pub object_bytes: u64,
    /// SHA-256 of that object as it is stored.
    pub object_sha256: [u8; 32],
    /// How it is compressed; empty where it is not.
    pub compression: String,
    /// How many rows are in it.
    pub rows: u64,
    /// The shard's clock at `offset`; `None` before its first tick.
    pub clock: Option<Timestamp>,
    /// When the snapshot was taken, by the clock of the machine. For people.
    pub taken_at: Timestamp,
}

/// Kinds of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShardKind {
    /// Joins the evidence of parcels and judges them.
    Parcel,
    /// Counts for outlets and weighs subjects.
    Scope,
}

impl Manifest {
    /// The manifest as an object.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::from(MAGIC);
        let message = self.message();
        bytes.reserve_exact(message.encoded_len().saturating_add(32));
        message.encode(&mut bytes).expect("a Vec takes everything");
        let sha256 = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sha256);
        bytes
    }

    /// Reads an object.
    ///
    /// # Errors
    ///
    /// Where it is no manifest, or a damaged one, or says what it cannot say.
    pub fn decode(bytes: &[u8]) -> Result<Self, SnapshotError> {
        if bytes.len() > BYTES_MAX {
            return Err(SnapshotError::TooLarge {
                bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
                limit: u64::try_from(BYTES_MAX).unwrap_or(u64::MAX),
            });
        }
        let message = bytes.strip_prefix(&MAGIC).ok_or(SnapshotError::NotASnapshot)?;
        let (message, sha256) = message.split_last_chunk::<32>().ok_or(SnapshotError::Truncated)?;
        let covered = MAGIC.len().saturating_add(message.len());
        let computed: [u8; 32] = Sha256::digest(bytes.get(..covered).unwrap_or_default()).into();
        if computed != *sha256 {
            return Err(SnapshotError::Damaged);
        }
        let message = message::Manifest::decode(message).map_err(|_| SnapshotError::Damaged)?;
        Self::check(message)
    }

    fn message(&self) -> message::Manifest {
        message::Manifest {
            format: self.format,
            shard: match self.shard {
                ShardKind::Parcel => message::Shard::Parcel.into(),
                ShardKind::Scope => message::Shard::Scope.into(),
            },
            topic: self.topic.clone(),
            topic_id: self.topic_id.clone(),
            generation: self.generation.into(),
            partition: self.partition,
            partitions: self.partitions,
            offset: self.offset,
            record_digest: self.record_digest.clone(),
            registry_topic_id: self.registry_topic_id.clone(),
            registry_offset: self.registry_offset,
            registry_digest: self.registry_digest.clone(),
            behaviour: self.behaviour.0,
            object: self.object.clone(),
            object_bytes: self.object_bytes,
            object_sha256: self.object_sha256.to_vec(),
            compression: self.compression.clone(),
            rows: self.rows,
            clock: self.clock.map(time_message),
            taken_at: Some(time_message(self.taken_at)),
        }
    }

    fn check(message: message::Manifest) -> Result<Self, SnapshotError> {
        let invalid = |name: &'static str| SnapshotError::Field { name };
        let time = |time: proto::Timestamp, name: &'static str| time_of(time).map_err(|_| invalid(name));
        for (digest, name) in [
            (&message.record_digest, "record_digest"),
            (&message.registry_digest, "registry_digest"),
        ] {
            if digest.len() > DIGEST_BYTES_MAX {
                return Err(invalid(name));
            }
        }
        if message.topic.is_empty() {
            return Err(invalid("topic"));
        }
        if message.partition >= message.partitions {
            return Err(invalid("partition"));
        }
        let generation = u16::try_from(message.generation).ok();
        let shard = match message::Shard::try_from(message.shard) {
            Ok(message::Shard::Parcel) => ShardKind::Parcel,
            Ok(message::Shard::Scope) => ShardKind::Scope,
            Ok(message::Shard::Unspecified) | Err(_) => return Err(invalid("shard")),
        };
        Ok(Self {
            format: message.format,
            shard,
            topic: message.topic,
            topic_id: message.topic_id,
            generation: generation.ok_or_else(|| invalid("generation"))?,
            partition: message.partition,
            partitions: message.partitions,
            offset: message.offset,
            record_digest: message.record_digest,
            registry_topic_id: message.registry_topic_id,
            registry_offset: message.registry_offset,
            registry_digest: message.registry_digest,
            behaviour: Behaviour(message.behaviour),
            object: message.object,
            object_bytes: message.object_bytes,
            object_sha256: message.object_sha256.try_into().map_err(|_| invalid("object_sha256"))?,
            compression: message.compression,
            rows: message.rows,
            clock: message.clock.map(|clock| time(clock, "clock")).transpose()?,
            taken_at: time(message.taken_at.ok_or_else(|| invalid("taken_at"))?, "taken_at")?,
        })
    }
}
