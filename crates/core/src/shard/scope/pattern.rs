//! RN-08: one identity with more parcels at one outlet on one day than one person sends.
//!
//! A window is the set of parcels that were last seen with an identity at an outlet on a day. While more stand in it
//! than the rule allows, every one of them has a hit. So the hits at rest are a function of the set of sightings.

use std::collections::BTreeMap;

use super::day::Day;
use super::outlet::Outlet;
use crate::digest::NameDigest;
use crate::finding::Code;
use crate::registry::RegistryView;
use crate::shard::section::{Sighting, Subject};
use crate::time::CivilDay;

const CODE: Code = Code::Rn08;

/// Parcels of one identity at one outlet on one day. Never empty between two sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IdentityWindow {
    pub(super) outlet: Outlet,
    /// Whether its parcels were marked.
    pub(super) stands: bool,
    /// In their order, without repetition.
    pub(super) waybills: Vec<Box<str>>,
}

/// Which window.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WindowName {
    pub(super) day: CivilDay,
    pub(super) subject: Subject,
    pub(super) outlet: Outlet,
}

impl WindowName {
    /// Names rule, subject and window in hits.
    fn id(&self) -> u64 {
        let Subject::Identity(identity) = self.subject;
        let digest = NameDigest::new().text(CODE.as_str()).number(identity);
        digest
            .text(&self.outlet.brand)
            .text(&self.outlet.site)
            .day(self.day)
            .finish()
    }
}

/// Of each window that a section changed, the parcels that went in or out, and whether they were in before it.
pub(super) type Moved = BTreeMap<WindowName, BTreeMap<Box<str>, bool>>;

/// What a pattern says of a parcel; sorts as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) brand: Box<str>,
    pub(super) waybill: Box<str>,
    pub(super) id: u64,
    pub(super) stands: bool,
}

/// Takes note of a sighting: the parcel leaves the window in which the subject was last seen with it, and enters
/// another. False where that day is frozen.
pub(super) fn see(
    days: &mut BTreeMap<CivilDay, Day>,
    frozen: impl Fn(CivilDay) -> bool,
    sighting: &Sighting<'_>,
    moved: &mut Moved,
) -> bool {
    let (subject, brand, waybill) = (sighting.subject, sighting.brand, sighting.waybill);
    let seen = sighting.seen.filter(|seen| !frozen(seen.day));
    let before = days
        .iter_mut()
        .find_map(|(day, kept)| leave(kept, subject, brand, waybill).map(|outlet| (*day, outlet)));
    let mut note = |day, outlet, was_in| {
        let name = WindowName { day, subject, outlet };
        moved.entry(name).or_default().entry(waybill.into()).or_insert(was_in);
    };
    if let Some((day, outlet)) = before {
        note(day, outlet, true);
    }
    if let Some(seen) = seen {
        let outlet = Outlet::new(brand, seen.site);
        enter(days.entry(seen.day).or_default(), subject, &outlet, waybill);
        note(seen.day, outlet, false);
    }
    seen.is_some() || sighting.seen.is_none()
}

fn leave(day: &mut Day, subject: Subject, brand: &str, waybill: &str) -> Option<Outlet> {
    let windows = day.windows.get_mut(&subject)?;
    windows.iter_mut().find_map(|window| {
        let place = (*window.outlet.brand == *brand).then_some(&window.waybills)?;
        let place = place.binary_search_by(|other| (**other).cmp(waybill)).ok()?;
        window.waybills.remove(place);
        Some(window.outlet.clone())
    })
}

fn enter(day: &mut Day, subject: Subject, outlet: &Outlet, waybill: &str) {
    // Nearly all have one outlet and one parcel.
    let windows = day.windows.entry(subject).or_insert_with(|| Vec::with_capacity(1));
    let place = windows.binary_search_by(|window| window.outlet.cmp(outlet));
    let place = place.unwrap_or_else(|place| {
        let window = IdentityWindow {
            outlet: outlet.clone(),
            stands: false,
            waybills: Vec::with_capacity(1),
        };
        windows.insert(place, window);
        place
    });
    let Some(window) = windows.get_mut(place) else { return };
    if let Err(place) = window.waybills.binary_search_by(|other| (**other).cmp(waybill)) {
        window.waybills.insert(place, waybill.into());
    }
}

/// Weighs the windows that changed: what their parcels gain and lose, in the order of brand and waybill. Windows that
/// became empty are dropped.
pub(super) fn weigh(days: &mut BTreeMap<CivilDay, Day>, moved: &Moved, registry: RegistryView<'_>) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (name, parcels) in moved {
        let Some(day) = days.get_mut(&name.day) else { continue };
        let Some(windows) = day.windows.get_mut(&name.subject) else {
            continue;
        };
        let Ok(place) = windows.binary_search_by(|window| window.outlet.cmp(&name.outlet)) else {
            continue;
        };
        let Some(window) = windows.get_mut(place) else { continue };
        let limit = registry.rules_in_force(name.day.start()).patterns;
        weigh_window(window, name, parcels, limit.identity_per_outlet_day_max, &mut marks);
        if window.waybills.is_empty() {
            windows.remove(place);
        }
        if windows.is_empty() {
            day.windows.remove(&name.subject);
        }
    }
    marks.sort_unstable();
    marks
}

fn weigh_window(
    window: &mut IdentityWindow,
    name: &WindowName,
    moved: &BTreeMap<Box<str>, bool>,
    limit: u32,
    marks: &mut Vec<Mark>,
) {
    let stood = window.stands;
    window.stands = u32::try_from(window.waybills.len()).unwrap_or(u32::MAX) > limit;
    let id = name.id();
    let is_in = |waybill: &str| window.waybills.binary_search_by(|other| (**other).cmp(waybill)).is_ok();
    let mut mark = |waybill: &str, stands| {
        let brand = name.outlet.brand.clone();
        let waybill = waybill.into();
        marks.push(Mark {
            brand,
            waybill,
            id,
            stands,
        });
    };
    for (waybill, was_in) in moved {
        let (had, has) = (stood && *was_in, window.stands && is_in(waybill));
        if had != has {
            mark(waybill, has);
        }
    }
    if stood != window.stands {
        let others = window.waybills.iter().filter(|waybill| !moved.contains_key(*waybill));
        others.for_each(|waybill| mark(waybill, window.stands));
    }
}
