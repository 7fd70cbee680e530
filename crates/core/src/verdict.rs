//! What Sanbai says of a parcel.

use crate::case::{Acceptance, Case, Evidence, Item};
use crate::checks::screening::{SecondScreening, Uncleared};
use crate::checks::{data, goods, life, registers, upload};
use crate::duty::applicability::{AgreementClaim, Course};
use crate::duty::{Cause, DutyStatus, Ground, Status, inspection, real_name, xray};
use crate::event::{Event, Kinds};
use crate::finding::{Code, Finding, Findings, Unanswered};
use crate::registry::RegistryView;
use crate::rules::{Duty, Rules, Severity};
use crate::time::Timestamp;

pub use crate::case::{Mark, Marks};
pub use crate::checks::goods::Find;

/// Whether the three duties were kept for one parcel, as known at one moment.
///
/// The body is a function of the set of events, the rules, the registers and the clock: neither order nor repetition of
/// the events changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// Brand code.
    pub brand: &'a str,
    /// Waybill number.
    pub waybill: &'a str,
    /// When the counting acceptance happened.
    pub accepted_at: Option<Timestamp>,
    /// Instant as of which rules and registers count: the acceptance, else the earliest event.
    pub reference: Timestamp,
    /// Outlet of the counting acceptance; without one, site of the first movement, else of the first event.
    pub site: &'a str,
    /// Operator of the same event.
    pub operator: &'a str,
    /// When the same event happened: the day and hour in which the parcel counts.
    pub happened_at: Timestamp,
    /// Whether the parcel counts in the rates: accepted, and neither voided nor rejected.
    pub counted: bool,
    /// Whether the parcel is a letter.
    pub letter: bool,
    /// Real-name sending, inspection, X-ray screening.
    pub duties: [DutyStatus; 3],
    /// All findings, in the order of their codes.
    pub findings: Vec<Finding<'a>>,
    /// Rules that could not be answered.
    pub unanswered: Vec<Unanswered>,
    /// Prohibited goods found, rightly handled or not.
    pub finds: Vec<Find<'a>>,
    /// The next moment at which time alone may change the body; before it, it does not. `None`: never.
    pub next_change: Option<Timestamp>,
    /// What must happen next for anything to change but by time.
    pub(crate) awaited: Kinds,
}

impl Verdict<'_> {
    /// How one duty stands.
    pub fn duty(&self, duty: Duty) -> &DutyStatus {
        let [real_name, inspection, xray] = &self.duties;
        match duty {
            Duty::RealName => real_name,
            Duty::Inspection => inspection,
            Duty::Xray => xray,
        }
    }

    /// Whether no hit has marked a duty.
    pub fn is_credible(&self) -> bool {
        self.duties.iter().all(|duty| duty.credible)
    }

    /// The gravest finding; `None` where there is none.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// Whether nothing graver than an information was found.
    pub fn is_clean(&self) -> bool {
        self.severity().is_none_or(|severity| severity <= Severity::Info)
    }

    /// Whether it may be published for the first time: all duties judged, one failed, or something that cannot wait.
    ///
    /// A parcel that nobody has accepted yet is judged, and there is nothing to publish of it until LC-03 says that nothing
    /// came of it.
    pub fn is_publishable(&self) -> bool {
        let statuses = || self.duties.iter().map(|duty| duty.status);
        let has_ended = self.findings.iter().any(|finding| finding.code == Code::Lc03);
        let is_awaited = |status| match status {
            Status::Pending => true,
            Status::NotApplicable(ground) => ground == Ground::NotAccepted && !has_ended,
            Status::Pass | Status::Fail | Status::Unknown(_) => false,
        };
        !statuses().any(is_awaited)
            || statuses().any(|status| status == Status::Fail)
            || self.findings.iter().any(|finding| finding.code.is_urgent())
    }

    /// Nothing more comes: what is still pending is unknown (`not_seen`).
    pub(crate) fn end(&mut self) {
        for duty in &mut self.duties {
            if duty.status == Status::Pending {
                *duty = DutyStatus {
                    credible: duty.credible,
                    ..DutyStatus::unknown(Cause::NotSeen)
                };
            }
        }
    }
}

/// A profile that nobody defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile {
    /// Its name.
    pub name: String,
    /// The version of the rule set that was in force and lacks it.
    pub version: String,
}

impl std::fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "profile {} is not in rule set {}", self.name, self.version)
    }
}

impl std::error::Error for UnknownProfile {}

/// Everything that one parcel is judged by, save its events.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// Rule sets; that in force at the acceptance counts.
    pub rules: &'a Rules,
    /// Registers as known at R.
    pub registry: RegistryView<'a>,
    /// Profile that decides; `None`: the one that the rules in force name.
    pub profile: Option<&'a str>,
}

impl<'a> Judge<'a> {
    /// The built-in rules' or given rules' own profile, and no registers.
    pub fn new(rules: &'a Rules, registry: RegistryView<'a>) -> Self {
        Self {
            rules,
            registry,
            profile: None,
        }
    }

    /// By the rules and the registers on file.
    pub fn of(registry: RegistryView<'a>) -> Self {
        Self::new(registry.rules(), registry)
    }

    /// Judges the set of events of one parcel at an instant; `None` for no events.
    ///
    /// # Errors
    /// Where the profile is not in the rule set that was in force.
    pub fn verdict<'e>(&self, evidence: &'e Evidence<'e>, now: Timestamp) -> Result<Option<Verdict<'e>>, UnknownProfile>
    where
        'a: 'e,
    {
        self.marked_verdict(evidence, now, Marks::default())
    }

    /// The same at the retirement of a parcel: what is still pending is unknown from now on (`not_seen`).
    ///
    /// # Errors
    /// As [`verdict`](Self::verdict).
    pub fn last_verdict<'e>(
        &self,
        evidence: &'e Evidence<'e>,
        now: Timestamp,
        marks: Marks<'e>,
    ) -> Result<Option<Verdict<'e>>, UnknownProfile>
    where
        'a: 'e,
    {
        let mut verdict = self.marked_verdict(evidence, now, marks)?;
        verdict.iter_mut().for_each(Verdict::end);
        Ok(verdict)
    }

    /// The same with what is known beside the events: a hit is a finding and takes the credit of its duty; it changes no
    /// status.
    ///
    /// # Errors
    /// As [`verdict`](Self::verdict).
    pub fn marked_verdict<'e>(
        &self,
        evidence: &'e Evidence<'e>,
        now: Timestamp,
        marks: Marks<'e>,
    ) -> Result<Option<Verdict<'e>>, UnknownProfile>
    where
        'a: 'e,
    {
        let case = self.case_of(evidence, now, marks)?;
        Ok(case.as_ref().map(judge))
    }

    /// What there is to be judged; `None` for no events.
    ///
    /// # Errors
    /// As [`verdict`](Self::verdict).
    pub(crate) fn case_of<'e>(
        &self,
        evidence: &'e Evidence<'e>,
        now: Timestamp,
        marks: Marks<'e>,
    ) -> Result<Option<Case<'e>>, UnknownProfile>
    where
        'a: 'e,
    {
        let reference = evidence.reference();
        reference
            .map(|reference| self.case(evidence.items(), reference, marks, now))
            .transpose()
    }

    /// Whether an event is plain: it says nothing by itself and happened where no second screening is asked for, in a parcel
    /// whose rules and registers count as of an instant.
    /// Where the verdict of that parcel does not await its kind either and the event comes behind all others in canonical
    /// order, the verdict stays as it is with the event: see [`crate::case`].
    pub(crate) fn is_plain(&self, event: &Event<'_>, reference: Timestamp) -> bool {
        let items = [Item::of(*event, false)];
        let case = self.case(&items, reference, Marks::default(), reference);
        case.is_ok_and(|case| {
            let case = case.as_of(reference);
            let mut findings = Findings::new(&case);
            each_event(&case, &mut findings);
            let mut ends = items.iter().filter(|item| item.kinds.has_any(SecondScreening::ENDS));
            findings.is_empty() && ends.all(|item| SecondScreening::is_outside_key_areas(&case, &item.event))
        })
    }

    fn case<'e>(
        &self,
        items: &'e [Item<'e>],
        reference: Timestamp,
        marks: Marks<'e>,
        now: Timestamp,
    ) -> Result<Case<'e>, UnknownProfile>
    where
        'a: 'e,
    {
        let rules = self.rules.in_force_as_known(reference, self.registry.up_to());
        let name = self.profile.unwrap_or(&rules.profile);
        let Some(profile) = rules.profile_set.get(name) else {
            return Err(UnknownProfile {
                name: name.to_owned(),
                version: rules.version.clone(),
            });
        };
        Ok(Case::new(items, rules, profile, self.registry, marks, now))
    }
}

/// The rules that look at each event by itself.
fn each_event<'a>(case: &Case<'a>, findings: &mut Findings<'_, 'a>) {
    for (place, item) in case.reported() {
        data::event(case, place, item, findings);
        upload::event(case, place, &item.event, findings);
    }
}

/// Judges a case.
pub(crate) fn judge<'a>(case: &Case<'a>) -> Verdict<'a> {
    let mut findings = Findings::new(case);
    let course = Course::of(case);
    let uncleared = Uncleared::find(case);
    let mut duties = duties(case, &course, uncleared.as_ref(), &mut findings);
    take_credit(case, &mut duties, &mut findings);
    if let Some(uncleared) = &uncleared {
        uncleared.raise(&mut findings);
    }
    let counting = course.acceptance();
    let acceptance = case.acceptance();
    goods::judge(case, &mut findings);
    data::waybill(case, &mut findings);
    registers::screening(case, &mut findings);
    each_event(case, &mut findings);
    upload::received_after_departure(case, counting.as_ref(), &duties, &mut findings);
    life::unmoved(case, acceptance.as_ref(), &mut findings);
    life::voided_yet_moved(case, acceptance.as_ref(), &mut findings);
    let (findings, unanswered) = findings.finish();

    let first = acceptance
        .map(|acceptance| acceptance.event)
        .or_else(|| case.first_movement().map(|(_, event)| event))
        .or_else(|| case.first());
    Verdict {
        brand: case.brand(),
        waybill: first.map_or("", |event| event.waybill),
        accepted_at: acceptance.map(|acceptance| acceptance.event.occurred_at),
        reference: case.reference(),
        site: first.map_or("", |event| event.site),
        operator: first.map_or("", |event| event.operator),
        happened_at: first.map_or_else(|| case.reference(), |event| event.occurred_at),
        counted: counting.is_some(),
        letter: acceptance.is_some_and(|acceptance| acceptance.accepted.letter),
        duties,
        findings,
        unanswered,
        finds: goods::finds(case).collect(),
        next_change: case.next_change(),
        awaited: case.awaited(),
    }
}

/// Raises the hits; each takes the credit of its duty, whatever its status is.
fn take_credit(case: &Case<'_>, duties: &mut [DutyStatus; 3], findings: &mut Findings<'_, '_>) {
    for mark in case.marks.hits {
        let [real_name, inspection, xray] = &mut *duties;
        let duty = match mark.duty {
            Duty::RealName => real_name,
            Duty::Inspection => inspection,
            Duty::Xray => xray,
        };
        duty.credible = false;
        findings.raise(mark.code, &case.places(&duty.events), &[]);
    }
}

/// The three duties, and the rules that go with an acceptance.
fn duties<'a>(
    case: &Case<'a>,
    course: &Course<'a>,
    uncleared: Option<&Uncleared<'a>>,
    findings: &mut Findings<'_, 'a>,
) -> [DutyStatus; 3] {
    match course {
        Course::Out(ground) => {
            if let Some(acceptance) = case.acceptance() {
                let agreement = AgreementClaim::of(case, &acceptance);
                beside_acceptance(case, &acceptance, agreement, findings);
            }
            each(&DutyStatus::exempt(*ground, Vec::new()))
        }
        Course::Awaited => {
            SecondScreening::of_delivered(case).raise(findings);
            each(&DutyStatus::pending(None))
        }
        Course::Unknown(cause) => {
            SecondScreening::of_delivered(case).raise(findings);
            if *cause == Cause::NoAcceptance {
                life::unreported(case, findings);
            } else {
                findings.unanswered(Code::Lc01, "sites");
            }
            each(&DutyStatus::unknown(*cause))
        }
        Course::Inbound => {
            let second = SecondScreening::of(case);
            second.raise(findings);
            let exempt = DutyStatus::exempt(Ground::Inbound, Vec::new());
            [exempt.clone(), exempt, xray::judge_inbound(&second)]
        }
        Course::Accepted(acceptance) => {
            let agreement = AgreementClaim::of(case, acceptance);
            beside_acceptance(case, acceptance, agreement, findings);
            registers::inspector(case, acceptance, findings);
            data::inspected_item(case, acceptance, findings);
            life::moved_before(case, acceptance, findings);
            SecondScreening::of_delivered(case).raise(findings);
            [
                real_name::judge(case, acceptance, agreement, findings),
                inspection::judge(case, acceptance, findings),
                xray::judge(case, acceptance, agreement, uncleared, findings),
            ]
        }
    }
}

/// The rules that go with an acceptance, whatever became of the parcel.
fn beside_acceptance<'a>(
    case: &Case<'a>,
    acceptance: &Acceptance<'a>,
    agreement: AgreementClaim<'a>,
    findings: &mut Findings<'_, 'a>,
) {
    registers::agreement(acceptance, agreement, findings);
    registers::outlet(case, acceptance, findings);
    data::route(case, acceptance, findings);
    data::declared_item(case, acceptance, findings);
    life::second_acceptance(case, acceptance, findings);
}

fn each(status: &DutyStatus) -> [DutyStatus; 3] {
    [status.clone(), status.clone(), status.clone()]
}
