//! A small source of chance: the same seed gives the same throws on every machine (SplitMix64).

/// What a stream of throws is for, so that two uses of one number never share their throws.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use {
    Network = 1,
    Person,
    Outage,
    Clock,
    Anchor,
    Parcel,
    Planted,
    EventId,
    Digest,
    Waybill,
    Machine,
    Count,
    Plan,
    Traffic,
    Schedule,
}

/// A stream of throws.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream of a seed, a use and a number within that use.
    pub(crate) fn new(seed: u64, purpose: Use, number: u64) -> Self {
        let mixed = mix(seed ^ (purpose as u64).wrapping_mul(0xA076_1D64_78BD_642F));
        Self(mix(mixed ^ number.wrapping_mul(0xE703_7ED1_A0B4_28DB)))
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number from 0 to `limit - 1`; 0 where the limit is 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(limit)) >> 64) as u64
    }

    /// A number between two, both included.
    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        from + self.below(to.abs_diff(from) + 1) as i64
    }

    /// True in so many of ten thousand throws.
    pub(crate) fn chance(&mut self, per_10k: u64) -> bool {
        self.below(10_000) < per_10k
    }

    /// One of several.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, of: &'a [impl AsRef<T>]) -> &'a T {
        of[self.below(of.len() as u64) as usize].as_ref()
    }

    /// The place of one of several, by weight.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut left = self.below(weights.clone().map(u64::from).sum());
        for (place, weight) in weights.enumerate() {
            if left < u64::from(weight) {
                return place;
            }
            left -= u64::from(weight);
        }
        0
    }

    /// Digits, as many as asked for.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }
}

/// An id shaped like a UUID of version 4.
pub(crate) fn uuid(dice: &mut Dice) -> String {
    let (high, low) = (dice.bits(), dice.bits());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFF,
        8 + (low >> 62),
        (low >> 48) & 0xFFF,
        low & 0xFFFF_FFFF_FFFF,
    )
}

/// The finaliser of SplitMix64.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
