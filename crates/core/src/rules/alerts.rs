//! When an alert on an outlet is raised and taken back, and when a pattern stands.

use serde::Deserialize;

use super::set::Severity;
use crate::time::Span;

/// Alerts on outlets: one for each rule, outlet and day.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    /// How long after its end a day is over. 0 to 2,880 min.
    pub day_closes_after_min: u32,
    /// The rate of a duty.
    pub rate: RateAlert,
    /// Many critical findings.
    pub burst: BurstAlert,
    /// OR-02: an outlet without a parcel.
    pub silent: SilentAlert,
    /// LC-04: fewer parcels than declared.
    pub volume: VolumeAlert,
}

impl Alerts {
    /// How long after its end a day is over.
    pub fn day_closes_after(&self) -> Span {
        Span::minutes(self.day_closes_after_min.into())
    }
}

/// An alert on the rate of a duty.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateAlert {
    /// From so many parcels, satisfied and failed, it is judged before the day is over. 1 to 100,000.
    pub parcels_min: u32,
    /// High below so many ten-thousandths. 0 to 10,000.
    pub high_below_per_10k: u32,
    /// Critical below so many ten-thousandths. 0 to the same of high.
    pub critical_below_per_10k: u32,
    /// How long it must be graver before it is said. 0 to 1,440 min.
    pub raise_hold_min: u32,
    /// How long it must be less grave before it is said. 0 to 1,440 min.
    pub ease_hold_min: u32,
}

/// An alert on many critical findings.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BurstAlert {
    /// High from so many. 1 to 100,000.
    pub critical_min: u32,
    /// Critical from so many. That of high to 100,000.
    pub grave_min: u32,
    /// How long it must be graver before it is said. 0 to 1,440 min.
    pub raise_hold_min: u32,
    /// How long it must be less grave before it is said. 0 to 1,440 min.
    pub ease_hold_min: u32,
}

/// OR-02: an alert on an outlet without a parcel on a working day.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SilentAlert {
    /// How grave it is.
    pub severity: Severity,
    /// How long it must hold before it is said. 0 to 1,440 min.
    pub raise_hold_min: u32,
    /// How long it must no longer hold before that is said. 0 to 1,440 min.
    pub ease_hold_min: u32,
}

/// LC-04: an alert on fewer parcels than the brand declares.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeAlert {
    /// Below so many ten-thousandths of what is declared. 0 to 10,000.
    pub reported_min_per_10k: u32,
    /// How grave it is.
    pub severity: Severity,
    /// How long it must hold before it is said. 0 to 1,440 min.
    pub raise_hold_min: u32,
    /// How long it must no longer hold before that is said. 0 to 1,440 min.
    pub ease_hold_min: u32,
}

/// What only many parcels of one subject show.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patterns {
    /// RN-08: parcels of one identity that one outlet may accept on one day. 1 to 100,000.
    pub identity_per_outlet_day_max: u32,
}
