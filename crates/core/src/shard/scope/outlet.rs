//! Outlets as keys of tables, found by borrowed texts.

use core::borrow::Borrow;
use core::cmp::Ordering;
use std::collections::BTreeMap;

/// An outlet: brand and site, in that order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Outlet {
    pub(super) brand: Box<str>,
    pub(super) site: Box<str>,
}

impl Outlet {
    pub(super) fn new(brand: &str, site: &str) -> Self {
        Self {
            brand: brand.into(),
            site: site.into(),
        }
    }
}

/// What a table holds of an outlet, put there where it held nothing.
pub(super) fn entry_of<'t, T: Default>(table: &'t mut BTreeMap<Outlet, T>, brand: &str, site: &str) -> &'t mut T {
    let name: &dyn OutletName = &(brand, site);
    // Two look-ups, for a table cannot be asked by borrowed texts and keep the place.
    if !table.contains_key(name) {
        table.insert(Outlet::new(brand, site), T::default());
    }
    table.get_mut(name).expect("it was just put there")
}

/// Whatever names an outlet, so that a table can be asked without an allocation. Compares as [`Outlet`] does.
pub(super) trait OutletName {
    fn name(&self) -> (&str, &str);
}

impl OutletName for Outlet {
    fn name(&self) -> (&str, &str) {
        (&self.brand, &self.site)
    }
}

impl OutletName for (&str, &str) {
    fn name(&self) -> (&str, &str) {
        *self
    }
}

impl<'a> Borrow<dyn OutletName + 'a> for Outlet {
    fn borrow(&self) -> &(dyn OutletName + 'a) {
        self
    }
}

impl PartialEq for dyn OutletName + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for dyn OutletName + '_ {}

impl PartialOrd for dyn OutletName + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for dyn OutletName + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name().cmp(&other.name())
    }
}
