//! What the registers say: AG-01, IN-07, XR-04, XR-08, OR-01.

use crate::case::{Acceptance, Case};
use crate::checks::screening::mark;
use crate::duty::applicability::AgreementClaim;
use crate::duty::inspection;
use crate::duty::xray::{Screening, screenings};
use crate::finding::{Code, Findings, Value};
use crate::registry::{Lookup, Site, SiteKind};
use crate::time::CivilDay;

/// AG-01: exemption claimed, and the agreement is not worth it.
pub(crate) fn agreement<'a>(acceptance: &Acceptance<'a>, claim: AgreementClaim<'a>, findings: &mut Findings<'_, 'a>) {
    match claim {
        AgreementClaim::Invalid(reason) => {
            findings.raise(Code::Ag01, &[acceptance.place], &[("reason", Value::Word(reason))]);
        }
        AgreementClaim::NoRegister => findings.unanswered(Code::Ag01, "agreements"),
        AgreementClaim::None | AgreementClaim::Valid(_) => {}
    }
}

/// IN-07: the inspector is not registered, or the training is overdue.
pub(crate) fn inspector<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>, findings: &mut Findings<'_, 'a>) {
    let Some((place, event, _)) = inspection::deciding(case, acceptance) else {
        return;
    };
    let reason = match case.registers.staff(event.operator, case.reference()) {
        Lookup::NoRegister => return findings.unanswered(Code::In07, "staff"),
        Lookup::Absent => "not_registered",
        Lookup::Found(staff)
            if staff
                .trained_until
                .is_none_or(|last| last < event.occurred_at.civil_day()) =>
        {
            "training_overdue"
        }
        Lookup::Found(_) => return,
    };
    findings.raise(Code::In07, &[place], &[("reason", Value::Word(reason))]);
}

/// XR-04, XR-08 and XR-09 for every screening.
pub(crate) fn screening<'a>(case: &Case<'a>, findings: &mut Findings<'_, 'a>) {
    for screening in screenings(case) {
        machine(case, screening, findings);
        screener(case, screening, findings);
        third_party(case, screening, findings);
        mark(screening, findings);
    }
}

fn machine<'a>(case: &Case<'a>, (place, event, screened): Screening<'a>, findings: &mut Findings<'_, 'a>) {
    let day = event.occurred_at.civil_day();
    let reason = match case.registers.machine(screened.device, case.reference()) {
        Lookup::NoRegister => return findings.unanswered(Code::Xr04, "machines"),
        Lookup::Absent => "machine_not_registered",
        Lookup::Found(machine) if !machine.sites.is_empty() && !machine.sites.contains(event.site) => {
            "machine_of_another_site"
        }
        Lookup::Found(machine)
            if !machine.in_service.is_empty() && !machine.in_service.iter().any(|days| days.contains(day)) =>
        {
            "machine_out_of_service"
        }
        Lookup::Found(_) => return,
    };
    findings.raise(Code::Xr04, &[place], &[("reason", Value::Word(reason))]);
}

fn screener<'a>(case: &Case<'a>, (place, event, screened): Screening<'a>, findings: &mut Findings<'_, 'a>) {
    let name = if screened.screener.is_empty() {
        event.operator
    } else {
        screened.screener
    };
    let reason = match case.registers.staff(name, case.reference()) {
        Lookup::NoRegister => return findings.unanswered(Code::Xr04, "staff"),
        Lookup::Absent => "screener_not_registered",
        Lookup::Found(staff)
            if staff
                .screener_until
                .is_none_or(|last| last < event.occurred_at.civil_day()) =>
        {
            "screener_not_qualified"
        }
        Lookup::Found(_) => return,
    };
    findings.raise(Code::Xr04, &[place], &[("reason", Value::Word(reason))]);
}

fn third_party<'a>(case: &Case<'a>, (place, event, screened): Screening<'a>, findings: &mut Findings<'_, 'a>) {
    if screened.third_party.is_empty() {
        return;
    }
    let reason = match case.registers.contract(screened.third_party, case.reference()) {
        Lookup::NoRegister => return findings.unanswered(Code::Xr08, "contracts"),
        Lookup::Absent => "no_contract",
        Lookup::Found(contract) if !contract.term.contains(event.occurred_at.civil_day()) => "contract_expired",
        Lookup::Found(_) => return,
    };
    findings.raise(Code::Xr08, &[place], &[("reason", Value::Word(reason))]);
}

/// OR-01: the accepting outlet has no licence or filing, or it has expired.
pub(crate) fn outlet<'a>(case: &Case<'a>, acceptance: &Acceptance<'a>, findings: &mut Findings<'_, 'a>) {
    match case.site(acceptance.event.site) {
        Lookup::NoRegister | Lookup::Absent => findings.unanswered(Code::Or01, "sites"),
        Lookup::Found(site) => {
            let day = acceptance.event.occurred_at.civil_day();
            let days = case.rules.spans.terminal_filing_days;
            if let Some(reason) = unlicensed(site, day, i32::try_from(days).unwrap_or(i32::MAX)) {
                findings.raise(Code::Or01, &[acceptance.place], &[("reason", Value::Word(reason))]);
            }
        }
    }
}

/// Why a site may not accept parcels on a day.
fn unlicensed(site: &Site, day: CivilDay, filing_days: i32) -> Option<&'static str> {
    let is_filed = site.filed_on.is_some_and(|filed| filed <= day);
    let is_licensed = site.has_licence && site.licence.contains(day);
    let expired = if site.has_licence {
        "licence_expired"
    } else {
        "no_licence"
    };
    match site.kind {
        SiteKind::Licensed => (!is_licensed).then_some(expired),
        SiteKind::ProcessingCentre => None,
        SiteKind::Branch | SiteKind::Unspecified => (!is_licensed && !is_filed).then_some(if site.has_licence {
            "licence_expired"
        } else {
            "not_filed"
        }),
        SiteKind::Terminal => {
            let in_time = site
                .opened_on
                .is_some_and(|opened| day <= opened.plus_days(filing_days));
            (!is_filed && !in_time).then_some("terminal_not_filed")
        }
    }
}
