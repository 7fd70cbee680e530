//! Division codes.

use sanbai_wire::proto::event::Route;

const LEVELS: [usize; 5] = [2, 4, 6, 9, 12];

/// "Place codes are compared level by level (2, 4, 6, 9, 12 digits); zeros at the end go no further."
///
/// The code up to its last level that says something; empty if it says nothing.
pub(super) fn said(code: &str) -> &str {
    if !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return "";
    }
    let mut levels: Vec<usize> = LEVELS.into_iter().filter(|level| *level <= code.len()).collect();
    while let Some(last) = levels.pop() {
        let start = levels.last().copied().unwrap_or(0);
        if code[start..last].bytes().any(|digit| digit != b'0') {
            return &code[..last];
        }
    }
    ""
}

/// Whether two codes say different places, as far as both go.
pub(super) fn differ(one: &str, other: &str) -> bool {
    let (one, other) = (said(one), said(other));
    let common = one.len().min(other.len());
    one[..common] != other[..common]
}

/// Whether `code` lies in the division `area`; a code that goes less far than the area does not.
pub(super) fn lies_in(code: &str, area: &str) -> bool {
    let (code, area) = (said(code), said(area));
    !area.is_empty() && code.starts_with(area)
}

/// "4 digits equal: same city; 2: same province; 71/81/82: HK-MO-TW", else inter-province.
///
/// `None` if either code says nothing.
pub(super) fn route_between(from: &str, to: &str) -> Option<Route> {
    let (from, to) = (said(from), said(to));
    if from.is_empty() || to.is_empty() {
        return None;
    }
    if from.len() >= 4 && to.len() >= 4 && from[..4] == to[..4] {
        return Some(Route::SameCity);
    }
    if from[..2] == to[..2] {
        return Some(Route::IntraProvince);
    }
    let outside = ["71", "81", "82"];
    if outside.contains(&&from[..2]) || outside.contains(&&to[..2]) {
        return Some(Route::HkMoTw);
    }
    Some(Route::InterProvince)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_at_the_end_go_no_further() {
        assert_eq!(said("440117001000"), "440117001");
        assert_eq!(said("440100"), "4401");
        assert_eq!(said("440000000000"), "44");
        assert_eq!(said("44011"), "4401");
        assert_eq!(said("000000"), "");
        assert_eq!(said("44x1"), "");
    }

    #[test]
    fn places_differ_only_as_far_as_both_go() {
        assert!(!differ("440117", "440100"));
        assert!(!differ("440117", ""));
        assert!(differ("440117", "440118"));
        assert!(lies_in("440117001", "4401"));
        assert!(!lies_in("440000", "4401"));
    }

    #[test]
    fn a_route_follows_from_two_places() {
        assert_eq!(route_between("440117", "440103"), Some(Route::SameCity));
        assert_eq!(route_between("440117", "440300"), Some(Route::IntraProvince));
        assert_eq!(route_between("440117", "44"), Some(Route::IntraProvince));
        assert_eq!(route_between("440117", "810000"), Some(Route::HkMoTw));
        assert_eq!(route_between("440117", "110105"), Some(Route::InterProvince));
        assert_eq!(route_between("440117", ""), None);
    }
}
