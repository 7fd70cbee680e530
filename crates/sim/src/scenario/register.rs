//! Records of registers as a scenario writes them: `site GZ-0001 licensed, place 440117001, licence 2020-01-01..`.

use sanbai_core::time::CivilDay;
use sanbai_wire::proto::registry::registry_record::Value;
use sanbai_wire::proto::registry::{
    Agreement, Contract, DaySpan, KeyArea, Machine, Outage, RegistryRecord, Site, SiteKind, Staff, XrayWay,
};

use super::clock::{day as civil_day, next_word, time, to_proto};

/// Reads one record; its times without a date are on `day`.
pub(super) fn record(text: &str, brand: &str, day: CivilDay) -> Result<RegistryRecord, String> {
    let (kind, rest) = next_word(text);
    let (key, rest) = next_word(rest);
    let (key, rest) = key.strip_suffix(',').map_or((key, rest), |key| (key, rest));
    let attributes: Vec<(&str, &str)> = rest
        .split(',')
        .map(next_word)
        .filter(|(key, _)| !key.is_empty())
        .collect();
    let value = match kind {
        "site" => Value::Site(site(&attributes)?),
        "staff" => Value::Staff(staff(&attributes)?),
        "machine" => Value::Machine(machine(&attributes)?),
        "contract" => Value::Contract(contract(&attributes)?),
        "agreement" => Value::Agreement(agreement(&attributes)?),
        "key-area" => Value::KeyArea(key_area(key, &attributes, day)?),
        "outage" => Value::Outage(outage(key, &attributes, day)?),
        _ => return Err(format!("`{kind}` is no register")),
    };
    Ok(RegistryRecord {
        key: key.to_owned(),
        brand: brand.to_owned(),
        value: Some(value),
        ..Default::default()
    })
}

fn site(attributes: &[(&str, &str)]) -> Result<Site, String> {
    let mut site = Site::default();
    for (key, value) in attributes {
        match *key {
            "licensed" => site.kind = SiteKind::Licensed.into(),
            "branch" => site.kind = SiteKind::Branch.into(),
            "terminal" => site.kind = SiteKind::Terminal.into(),
            "processing-centre" => site.kind = SiteKind::ProcessingCentre.into(),
            "place" => (*value).clone_into(&mut site.place),
            "licence" => {
                "国邮20200001A".clone_into(&mut site.licence);
                (site.licence_from, site.licence_to) = days(value)?;
            }
            "opened" => site.opened_on = one_day(value)?,
            "filed" => site.filed_on = one_day(value)?,
            _ => return Err(unknown(key)),
        }
    }
    Ok(site)
}

fn staff(attributes: &[(&str, &str)]) -> Result<Staff, String> {
    let mut staff = Staff::default();
    for (key, value) in attributes {
        match *key {
            "trained" => staff.trained_until = one_day(value)?,
            "screener" => staff.screener_until = one_day(value)?,
            _ => return Err(unknown(key)),
        }
    }
    Ok(staff)
}

fn machine(attributes: &[(&str, &str)]) -> Result<Machine, String> {
    let mut machine = Machine::default();
    for (key, value) in attributes {
        match *key {
            "sites" => machine.sites = words(value),
            "service" => {
                let (from, to) = days(value)?;
                machine.in_service.push(DaySpan { from, to });
            }
            _ => return Err(unknown(key)),
        }
    }
    Ok(machine)
}

fn contract(attributes: &[(&str, &str)]) -> Result<Contract, String> {
    let mut contract = Contract::default();
    for (key, value) in attributes {
        match *key {
            "term" => (contract.from, contract.to) = days(value)?,
            _ => return Err(unknown(key)),
        }
    }
    Ok(contract)
}

fn agreement(attributes: &[(&str, &str)]) -> Result<Agreement, String> {
    let mut agreement = Agreement::default();
    for (key, value) in attributes {
        match *key {
            "full" => agreement.xray_way = XrayWay::Full.into(),
            "special" => agreement.xray_way = XrayWay::Special.into(),
            "signed" => agreement.signed_on = one_day(value)?,
            "filed" => agreement.filed_on = one_day(value)?,
            "term" => (agreement.from, agreement.to) = days(value)?,
            "sites" => agreement.sites = words(value),
            _ => return Err(unknown(key)),
        }
    }
    Ok(agreement)
}

fn key_area(division: &str, attributes: &[(&str, &str)], day: CivilDay) -> Result<KeyArea, String> {
    let mut area = KeyArea {
        division: division.to_owned(),
        ..Default::default()
    };
    for (key, value) in attributes {
        match *key {
            "from" => area.from = Some(to_proto(time(value, day)?)),
            "to" => area.to = Some(to_proto(time(value, day)?)),
            _ => return Err(unknown(key)),
        }
    }
    Ok(area)
}

/// Of a site, or of the whole brand where its key is `all`.
fn outage(site: &str, attributes: &[(&str, &str)], day: CivilDay) -> Result<Outage, String> {
    let site = if site == "all" { "" } else { site };
    let mut outage = Outage {
        site: site.to_owned(),
        ..Default::default()
    };
    for (key, value) in attributes {
        match *key {
            "from" => outage.from = Some(to_proto(time(value, day)?)),
            "to" => outage.to = Some(to_proto(time(value, day)?)),
            _ => return Err(unknown(key)),
        }
    }
    Ok(outage)
}

/// `FIRST..LAST`; either may be left out.
fn days(text: &str) -> Result<(String, String), String> {
    let (from, to) = text
        .split_once("..")
        .ok_or_else(|| format!("`{text}` is not FIRST..LAST"))?;
    for day in [from, to].into_iter().filter(|day| !day.is_empty()) {
        civil_day(day)?;
    }
    Ok((from.to_owned(), to.to_owned()))
}

fn one_day(text: &str) -> Result<String, String> {
    civil_day(text).map(|day| day.to_string())
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn unknown(key: &str) -> String {
    format!("this register has no `{key}`")
}
