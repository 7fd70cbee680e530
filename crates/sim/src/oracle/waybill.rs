//! Waybill patterns of `domain.md` §4, by hand.

/// Whether the waybill fits a pattern of its brand. A brand without patterns has none to miss.
pub(super) fn fits(brand: &str, waybill: &str) -> bool {
    match brand {
        "SF" => numbered(waybill, "SF", &[13]) || numbered(waybill, "", &[12, 15]),
        "ZTO" => numbered(waybill, "", &[12, 14, 15]),
        "YTO" => numbered(waybill, "YT", &[13]) || numbered(waybill, "", &[18]) || waybill.len() == 10,
        "STO" => fits_sto(waybill),
        "YD" => numbered(waybill, "", &[13, 15]),
        "JTSD" => numbered(waybill, "JT", &[12, 13]),
        "JD" => fits_jd(waybill),
        "DBL" => numbered(waybill, "", &[8, 9, 10]) || (11..=37).any(|digits| numbered(waybill, "DPK", &[digits])),
        "EMS" | "YZPY" => fits_post(waybill),
        _ => true,
    }
}

/// `start`, then one of these numbers of digits.
fn numbered(waybill: &str, start: &str, digits: &[usize]) -> bool {
    let Some(rest) = waybill.strip_prefix(start) else {
        return false;
    };
    digits.contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit())
}

fn fits_sto(waybill: &str) -> bool {
    let starts = [
        "268", "368", "468", "568", "588", "668", "688", "768", "868", "888", "968",
    ];
    numbered(waybill, "77", &[13]) || starts.iter().any(|start| numbered(waybill, start, &[9, 10]))
}

fn fits_jd(waybill: &str) -> bool {
    let letter = ('A'..='Z').any(|letter| numbered(waybill, &format!("JDV{letter}"), &[11]));
    numbered(waybill, "JDX", &[12]) || numbered(waybill, "JDK", &[12]) || letter || numbered(waybill, "JD", &[13])
}

/// "S10, or 13 digits starting 10-12, 50-52, 95-99".
fn fits_post(waybill: &str) -> bool {
    let starts = ["10", "11", "12", "50", "51", "52", "95", "96", "97", "98", "99"];
    starts.iter().any(|start| numbered(waybill, start, &[11])) || fits_s10(waybill)
}

/// "2 letters + 8 digits + check + 2-letter country; weights 8,6,4,2,3,5,9,7; c = 11 - sum mod 11; 10->0, 11->5".
fn fits_s10(waybill: &str) -> bool {
    let bytes = waybill.as_bytes();
    let letters = |range: &[u8]| range.iter().all(u8::is_ascii_uppercase);
    if bytes.len() != 13 || !letters(&bytes[..2]) || !letters(&bytes[11..]) {
        return false;
    }
    if !bytes[2..11].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let weights = [8, 6, 4, 2, 3, 5, 9, 7];
    let sum: u32 = bytes[2..10]
        .iter()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        check => check,
    };
    u32::from(bytes[10] - b'0') == check
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn waybills_fit_their_brand() {
        assert!(fits("SF", "SF1234567890123"));
        assert!(!fits("SF", "SF12"));
        assert!(fits("EMS", "EE471108151FR"));
        assert!(!fits("EMS", "EE471108152FR"));
        assert!(fits("JD", "JDVA12345678901"));
        assert!(fits("STO", "268123456789"));
        assert!(fits("NEWBRAND", "whatever"));
    }
}
