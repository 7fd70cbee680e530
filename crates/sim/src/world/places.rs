//! Towns of the district and places elsewhere.

/// A town or street (镇街) of the district.
#[derive(Debug)]
pub(super) struct Town {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

const fn town(code: &'static str, name: &'static str, latitude: f64, longitude: f64) -> Town {
    Town {
        code,
        name,
        latitude,
        longitude,
    }
}

/// Division code of the district.
pub(super) const DISTRICT: &str = "440117";

/// Towns and streets of Conghua, with a point in each.
pub(super) static TOWNS: [Town; 8] = [
    town("440117001", "街口街道", 23.5486, 113.5866),
    town("440117002", "江埔街道", 23.5471, 113.6073),
    town("440117003", "城郊街道", 23.5640, 113.5721),
    town("440117103", "温泉镇", 23.6229, 113.6498),
    town("440117104", "良口镇", 23.7126, 113.7241),
    town("440117107", "吕田镇", 23.8072, 113.9390),
    town("440117111", "太平镇", 23.4519, 113.4893),
    town("440117113", "鳌头镇", 23.6263, 113.4156),
];

/// The town whose parcels are screened a second time.
pub(super) const KEY_TOWN: &str = "440117104";
/// A town that was a key area, long ago.
pub(super) const PAST_KEY_TOWN: &str = "440117111";
/// A district of the capital that is a key area, known here because parcels go there.
pub(super) const KEY_CAPITAL: &str = "110101";

/// The other districts of the city.
pub(super) static CITY: [&str; 10] = [
    "440103", "440104", "440105", "440106", "440111", "440112", "440113", "440114", "440115", "440118",
];

/// Other cities of the province.
pub(super) static PROVINCE: [&str; 14] = [
    "440304", "440305", "440306", "440402", "440507", "440605", "440606", "440802", "440902", "441302", "441802",
    "441900", "442000", "445122",
];

/// Other provinces.
pub(super) static COUNTRY: [&str; 30] = [
    "110101", "110105", "120101", "130102", "140105", "150102", "210102", "220102", "230102", "310115", "320505",
    "320583", "330106", "330110", "330782", "340104", "350203", "350582", "360102", "370202", "410105", "420106",
    "430102", "450103", "460106", "500112", "510107", "520102", "530102", "610113",
];

/// Hong Kong, Macao, Taiwan.
pub(super) static HK_MO_TW: [&str; 3] = ["810000", "820000", "710000"];

/// Where identity cards of people in the district were issued; some of these codes are history.
pub(super) static ISSUED_IN: [&str; 28] = [
    "440184", "440184", "440184", "440184", "440122", "440117", "440117", "440103", "440106", "440111", "440121",
    "440881", "440982", "441283", "441402", "441523", "445222", "430422", "431121", "432503", "422201", "420984",
    "360722", "362202", "450821", "452501", "512222", "341224",
];
