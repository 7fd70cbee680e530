//! The values of which a record names one by its place in a list.

use sanbai_core::document::Grade;
use sanbai_core::event::{
    Accepted, ContentDigest, Document, Event, EventId, Expiry, Happening, IdentityChecked, IdentityResult, Inspected,
    InspectionResult, Leg, Mark, Number, OpenCheckResult, OpenChecked, Route, TokenSet, Transport, XrayJudgement,
    XrayScreened,
};
use sanbai_core::time::Timestamp;

pub(super) const NO_DOCUMENT: Document = Document {
    kind: None,
    number: Number::Absent,
    expiry: Expiry::Unanswered,
};

pub(super) const GRADES: [Grade; 4] = [Grade::Ok, Grade::Wrong, Grade::NotApplicable, Grade::Implausible];
pub(super) const ANSWERS: [Option<bool>; 3] = [None, Some(false), Some(true)];
pub(super) const LEGS: [Leg; 2] = [Leg::LineHaul, Leg::Local];
pub(super) const IDENTITY_RESULTS: [IdentityResult; 6] = [
    IdentityResult::Pass,
    IdentityResult::Refused,
    IdentityResult::Mismatch,
    IdentityResult::PersonDiffers,
    IdentityResult::RefusedRegistration,
    IdentityResult::Unspecified,
];
pub(super) const INSPECTION_RESULTS: [InspectionResult; 5] = [
    InspectionResult::Pass,
    InspectionResult::Refused,
    InspectionResult::Failed,
    InspectionResult::Prohibited,
    InspectionResult::Unspecified,
];
pub(super) const OPEN_CHECK_RESULTS: [OpenCheckResult; 4] = [
    OpenCheckResult::Pass,
    OpenCheckResult::Prohibited,
    OpenCheckResult::Refused,
    OpenCheckResult::Unspecified,
];
pub(super) const JUDGEMENTS: [XrayJudgement; 4] = [
    XrayJudgement::Clear,
    XrayJudgement::Suspect,
    XrayJudgement::Prohibited,
    XrayJudgement::Unspecified,
];
pub(super) const TRANSPORTS: [Option<Transport>; 6] = [
    None,
    Some(Transport::Road),
    Some(Transport::Rail),
    Some(Transport::HighSpeedRail),
    Some(Transport::Air),
    Some(Transport::Water),
];
pub(super) const ROUTES: [Option<Route>; 6] = [
    None,
    Some(Route::SameCity),
    Some(Route::IntraProvince),
    Some(Route::InterProvince),
    Some(Route::HkMoTw),
    Some(Route::International),
];

/// Everything that can happen, with what it carries still to be read.
pub(super) const KINDS: [Happening<'static>; 16] = [
    Happening::Accepted(Accepted {
        letter: false,
        transport: None,
        route: None,
        agreement: "",
        declared_item: "",
        destination: None,
        sender: TokenSet::EMPTY,
        by_agent: false,
    }),
    Happening::IdentityChecked(IdentityChecked {
        result: IdentityResult::Unspecified,
        document: NO_DOCUMENT,
        agent: None,
        name_matches: None,
    }),
    Happening::Inspected(Inspected {
        result: InspectionResult::Unspecified,
        prohibited_class: None,
        matches_declared: None,
        mark: Mark::NONE,
    }),
    Happening::Sealed,
    Happening::XrayScreened(XrayScreened {
        device: "",
        screener: "",
        judgement: XrayJudgement::Unspecified,
        at_destination: false,
        mark: Mark::NONE,
        third_party: "",
        prohibited_class: None,
    }),
    Happening::Departed(Leg::LineHaul),
    Happening::Arrived(""),
    Happening::Delivered,
    Happening::OpenChecked(OpenChecked {
        result: OpenCheckResult::Unspecified,
        prohibited_class: None,
    }),
    Happening::Held,
    Happening::Released,
    Happening::Reported,
    Happening::Rejected,
    Happening::Returned,
    Happening::Voided,
    Happening::Retracted(EventId::from_bits(0, false)),
];

/// An event of a parcel, with all else still to be read.
pub(super) const fn unread<'a>(brand: &'a str, waybill: &'a str) -> (Event<'a>, bool) {
    let event = Event {
        id: EventId::from_bits(0, false),
        digest: ContentDigest(0),
        brand,
        waybill,
        site: "",
        operator: "",
        place: None,
        occurred_at: Timestamp::from_nanos(0),
        uploaded_at: None,
        intake_at: Timestamp::from_nanos(0),
        source: "",
        redacted: false,
        happening: Happening::Sealed,
    };
    (event, false)
}
