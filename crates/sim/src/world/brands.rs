//! Brands and their waybill numbers.

use super::dice::{Dice, Use};

/// A brand of the district.
#[derive(Debug)]
pub(super) struct Brand {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// Share of the parcels.
    pub(super) weight: u32,
    /// Who screens for it, where it does not screen itself.
    pub(super) third_party: Option<&'static str>,
    /// Whether its processing centre lies in the district; else it lies next to it.
    pub(super) hub_in_district: bool,
    waybill: Waybill,
}

/// How a waybill number is written.
#[derive(Debug)]
enum Waybill {
    /// A prefix, and digits up to a length.
    Digits { prefix: &'static str, digits: usize },
    /// As above; out of the country and to Hong Kong, Macao and Taiwan a postal item number (UPU S10).
    Postal { prefix: &'static str, digits: usize },
}

/// Provider of screenings with a contract.
pub(super) const PROVIDER: &str = "GDAJ";
/// Provider whose contracts have expired.
pub(super) const PAST_PROVIDER: &str = "ZHAJ";
/// Provider without a contract.
pub(super) const NO_PROVIDER: &str = "WXAJ";

const fn brand(code: &'static str, name: &'static str, weight: u32, prefix: &'static str, digits: usize) -> Brand {
    let waybill = Waybill::Digits { prefix, digits };
    Brand {
        code,
        name,
        weight,
        third_party: None,
        hub_in_district: false,
        waybill,
    }
}

/// The ten brands.
pub(super) static BRANDS: [Brand; 10] = [
    Brand {
        hub_in_district: true,
        ..brand("SF", "顺丰速运", 9, "SF1", 12)
    },
    Brand {
        hub_in_district: true,
        ..brand("ZTO", "中通快递", 22, "78", 12)
    },
    brand("YTO", "圆通速递", 16, "YT8", 12),
    brand("STO", "申通快递", 13, "773", 12),
    brand("YD", "韵达快递", 15, "43", 11),
    Brand {
        hub_in_district: true,
        ..brand("JTSD", "极兔速递", 13, "JT5", 12)
    },
    brand("JD", "京东快递", 5, "JDX0", 11),
    Brand {
        third_party: Some(PROVIDER),
        ..brand("DBL", "德邦快递", 2, "DPK3", 11)
    },
    Brand {
        third_party: Some(PROVIDER),
        waybill: Waybill::Postal {
            prefix: "11",
            digits: 11,
        },
        ..brand("EMS", "邮政速递物流", 3, "11", 11)
    },
    Brand {
        third_party: Some(PROVIDER),
        ..brand("YZPY", "邮政快递包裹", 2, "98", 11)
    },
];

impl Brand {
    /// The waybill number of a parcel; no two parcels share one.
    pub(super) fn waybill(&self, seed: u64, index: u64, abroad: bool) -> String {
        match self.waybill {
            Waybill::Postal { .. } if abroad => s10(scattered(seed, index, 100_000_000)),
            Waybill::Digits { prefix, digits } | Waybill::Postal { prefix, digits } => {
                format!("{prefix}{:0digits$}", scattered(seed, index, 10_u64.pow(digits as u32)))
            }
        }
    }

    /// A number that fits no pattern of any brand.
    pub(super) fn strange_waybill(seed: u64, index: u64) -> String {
        format!("QTX{:09}", scattered(seed, index, 1_000_000_000))
    }
}

/// A number below a power of ten that no other index has: multiplication by a number without the factors 2 and 5.
fn scattered(seed: u64, index: u64, limit: u64) -> u64 {
    let start = Dice::new(seed, Use::Waybill, 0).below(limit);
    ((u128::from(index) * 73_856_093 + u128::from(start)) % u128::from(limit)) as u64
}

/// A postal item number: service, eight digits, check digit, country.
fn s10(number: u64) -> String {
    let digits = format!("{number:08}");
    let sum: u64 = digits
        .bytes()
        .zip([8, 6, 4, 2, 3, 5, 9, 7])
        .map(|(digit, weight)| u64::from(digit - b'0') * weight)
        .sum();
    let check = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        digit => digit,
    };
    format!("EA{digits}{check}CN")
}

#[cfg(test)]
mod tests {
    use super::s10;

    #[test]
    fn a_postal_number_has_the_published_check_digit() {
        assert_eq!(s10(47_110_815), "EA471108151CN");
        assert_eq!(s10(71_759), "EA000717595CN");
    }
}
