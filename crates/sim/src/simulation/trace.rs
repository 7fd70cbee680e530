//! What a run did, as one number: two runs that did the same have the same.

use super::log::Place;

/// FNV-1a of 64 bits over whatever was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trace(u64);

impl Default for Trace {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Trace {
    pub(super) fn number(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x0100_0000_01b3);
    }

    pub(super) fn record(&mut self, (topic, partition): Place, offset: u64, value: Option<&[u8]>) {
        self.number(topic as u64);
        self.number(u64::from(partition) ^ offset << 8);
        let mut words = value.unwrap_or_default().chunks_exact(8);
        for word in &mut words {
            self.number(word.try_into().map_or(0, u64::from_le_bytes));
        }
        for byte in words.remainder() {
            self.number(u64::from(*byte));
        }
    }

    pub(super) const fn finish(self) -> u64 {
        self.0
    }
}
