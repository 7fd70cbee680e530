//! Which outlets a scope shard answers for.

/// Which of `count` scope partitions an outlet (brand, site) belongs to, 0 to `count` − 1.
pub type Route = fn(brand: &str, site: &str, count: u32) -> u32;

/// The outlets that a scope shard answers for. What is *not* reported by an outlet can only be missed by the shard
/// that would have received it.
///
/// It is no state: it says which partition's shard this is, and so stands in no row.
///
/// ```
/// use sanbai_core::shard::scope::Territory;
///
/// assert!(Territory::ALL.holds("SF", "GZ-0001"));
/// let by_length = |_: &str, site: &str, count| u32::try_from(site.len()).unwrap_or(0).checked_rem(count).unwrap_or(0);
/// let odd = Territory::partition(1, 2, by_length);
/// assert!(odd.holds("SF", "GZ-0001") && !odd.holds("SF", "GZ-001"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Territory {
    /// Number of the partition, how many there are, and how outlets are spread over them; `None`: there is only one.
    part: Option<(u32, u32, Route)>,
}

impl Territory {
    /// All outlets: there is one scope partition.
    pub const ALL: Self = Self { part: None };

    /// Those of partition `number` (from 0) of `count`, as `route` spreads them. The same route must have brought the
    /// sections here.
    pub const fn partition(number: u32, count: u32, route: Route) -> Self {
        Self {
            part: Some((number, count, route)),
        }
    }

    /// Whether an outlet is one of them.
    pub fn holds(&self, brand: &str, site: &str) -> bool {
        self.part
            .is_none_or(|(number, count, route)| route(brand, site, count) == number)
    }
}
