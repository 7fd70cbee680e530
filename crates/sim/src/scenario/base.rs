//! The parcel from which most scenarios start (BASE), and a register in which everything about it is in order.

/// Outlet that accepts.
pub(super) const OUTLET: &str = "GZ-0001";
/// Processing centre of the origin.
pub(super) const HUB: &str = "GZ-HUB";
/// Courier of the outlet.
pub(super) const COURIER: &str = "C-17";
/// Hand of the processing centre.
pub(super) const HANDLER: &str = "H-05";
/// Screener of the processing centre.
pub(super) const SCREENER: &str = "S-03";
/// X-ray machine of the processing centre.
pub(super) const DEVICE: &str = "X-01";

/// A parcel by road to another province that kept all three duties: `start: base`.
pub const BASE: &str = include_str!("base.txt");

/// Registers in which everything about BASE is in order: `registry: complete`.
pub const COMPLETE: &str = include_str!("complete.txt");

/// Site and operator of a happening where a scenario does not name them.
pub(super) fn whereabouts(name: &str) -> (&'static str, &'static str) {
    match name {
        "xrayScreened" => (HUB, SCREENER),
        "arrived" | "openChecked" | "held" | "released" | "reported" => (HUB, HANDLER),
        _ => (OUTLET, COURIER),
    }
}
