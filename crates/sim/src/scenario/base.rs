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

/// A parcel by road to another province that kept all three duties.
pub const BASE: &[&str] = &[
    "e1 10:00 identityChecked pass",
    "e2 10:01 inspected pass",
    "e3 10:02 sealed",
    "e4 10:03 accepted, road, inter-province, to 510104, item 书籍, sender 13800138000",
    "e5 18:00 departed local, to GZ-HUB",
    "e6 18:30 arrived, from GZ-0001",
    "e7 20:00 xrayScreened clear",
    "e8 21:00 departed line-haul, to CD-HUB, at GZ-HUB, by H-05",
];

/// Registers in which everything about BASE is in order: `registry: complete`.
pub const COMPLETE: &[&str] = &[
    "site GZ-0001 licensed, place 440117001, licence 2020-01-01..2030-12-31",
    "site GZ-HUB processing-centre, place 440111, licence 2020-01-01..2030-12-31",
    "site CD-HUB processing-centre, place 510114, licence 2020-01-01..2030-12-31",
    "site CD-0007 licensed, place 510104, licence 2020-01-01..2030-12-31",
    "staff C-17 trained 2026-12-31",
    "staff H-05 trained 2026-12-31",
    "staff S-03 trained 2026-12-31, screener 2026-12-31",
    "machine X-01 sites GZ-HUB, service 2024-01-01..2027-12-31",
];

/// Site and operator of a happening where a scenario does not name them.
pub(super) fn whereabouts(name: &str) -> (&'static str, &'static str) {
    match name {
        "xrayScreened" => (HUB, SCREENER),
        "arrived" | "openChecked" | "held" | "released" | "reported" => (HUB, HANDLER),
        _ => (OUTLET, COURIER),
    }
}
