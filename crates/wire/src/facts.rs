//! Words of the wire and of the core for the same things.

use sanbai_core::document::{DocumentKind, Grade, Region, Sex};
use sanbai_core::event;

use crate::proto::event as wire;

/// The kind of a document; `None` where the producer did not say.
pub(crate) fn document_kind(number: i32) -> Option<DocumentKind> {
    Some(match wire::DocumentKind::try_from(number).ok()? {
        wire::DocumentKind::Unspecified => return None,
        wire::DocumentKind::Resident => DocumentKind::Resident,
        wire::DocumentKind::TemporaryResident => DocumentKind::TemporaryResident,
        wire::DocumentKind::FirstGeneration => DocumentKind::FirstGeneration,
        wire::DocumentKind::ResidencePermit => DocumentKind::ResidencePermit,
        wire::DocumentKind::ForeignPermanent2023 => DocumentKind::ForeignPermanent2023,
        wire::DocumentKind::ForeignPermanent2017 => DocumentKind::ForeignPermanent2017,
        wire::DocumentKind::HkMoTravelPermit => DocumentKind::HkMoTravelPermit,
        wire::DocumentKind::TwTravelPermit => DocumentKind::TwTravelPermit,
        wire::DocumentKind::Passport => DocumentKind::Passport,
        wire::DocumentKind::Military => DocumentKind::Military,
        wire::DocumentKind::CreditCode => DocumentKind::CreditCode,
        wire::DocumentKind::HouseholdRegister => DocumentKind::HouseholdRegister,
        wire::DocumentKind::DrivingLicence => DocumentKind::DrivingLicence,
        wire::DocumentKind::Other => DocumentKind::Other,
    })
}

/// The number of a kind on the wire.
pub(crate) fn document_kind_number(kind: DocumentKind) -> i32 {
    let kind = match kind {
        DocumentKind::Resident => wire::DocumentKind::Resident,
        DocumentKind::TemporaryResident => wire::DocumentKind::TemporaryResident,
        DocumentKind::FirstGeneration => wire::DocumentKind::FirstGeneration,
        DocumentKind::ResidencePermit => wire::DocumentKind::ResidencePermit,
        DocumentKind::ForeignPermanent2023 => wire::DocumentKind::ForeignPermanent2023,
        DocumentKind::ForeignPermanent2017 => wire::DocumentKind::ForeignPermanent2017,
        DocumentKind::HkMoTravelPermit => wire::DocumentKind::HkMoTravelPermit,
        DocumentKind::TwTravelPermit => wire::DocumentKind::TwTravelPermit,
        DocumentKind::Passport => wire::DocumentKind::Passport,
        DocumentKind::Military => wire::DocumentKind::Military,
        DocumentKind::CreditCode => wire::DocumentKind::CreditCode,
        DocumentKind::HouseholdRegister => wire::DocumentKind::HouseholdRegister,
        DocumentKind::DrivingLicence => wire::DocumentKind::DrivingLicence,
        DocumentKind::Other => wire::DocumentKind::Other,
    };
    kind.into()
}

/// A grade; one that nobody gave is not applicable.
pub(crate) fn grade(number: i32) -> Grade {
    match wire::Grade::try_from(number) {
        Ok(wire::Grade::Ok) => Grade::Ok,
        Ok(wire::Grade::Wrong) => Grade::Wrong,
        Ok(wire::Grade::Implausible) => Grade::Implausible,
        Ok(wire::Grade::NotApplicable | wire::Grade::Unspecified) | Err(_) => Grade::NotApplicable,
    }
}

/// The number of a grade on the wire.
pub(crate) fn grade_number(grade: Grade) -> i32 {
    let grade = match grade {
        Grade::Ok => wire::Grade::Ok,
        Grade::Wrong => wire::Grade::Wrong,
        Grade::NotApplicable => wire::Grade::NotApplicable,
        Grade::Implausible => wire::Grade::Implausible,
    };
    grade.into()
}

/// The number of a region on the wire.
pub(crate) fn region_number(region: Region) -> i32 {
    let region = match region {
        Region::Known => wire::Region::Known,
        Region::Historic => wire::Region::Historic,
        Region::Unknown => wire::Region::Unknown,
        Region::NotApplicable => wire::Region::NotApplicable,
    };
    region.into()
}

/// The number of a sex on the wire.
pub(crate) fn sex_number(sex: Sex) -> i32 {
    let sex = match sex {
        Sex::Male => wire::Sex::Male,
        Sex::Female => wire::Sex::Female,
    };
    sex.into()
}

/// How a parcel travels; `None` where the producer did not say.
pub(crate) fn transport(number: i32) -> Option<event::Transport> {
    Some(match wire::Transport::try_from(number).ok()? {
        wire::Transport::Unspecified => return None,
        wire::Transport::Road => event::Transport::Road,
        wire::Transport::Rail => event::Transport::Rail,
        wire::Transport::HighSpeedRail => event::Transport::HighSpeedRail,
        wire::Transport::Air => event::Transport::Air,
        wire::Transport::Water => event::Transport::Water,
    })
}

/// How far a parcel travels; `None` where the producer did not say.
pub(crate) fn route(number: i32) -> Option<event::Route> {
    Some(match wire::Route::try_from(number).ok()? {
        wire::Route::Unspecified => return None,
        wire::Route::SameCity => event::Route::SameCity,
        wire::Route::IntraProvince => event::Route::IntraProvince,
        wire::Route::InterProvince => event::Route::InterProvince,
        wire::Route::HkMoTw => event::Route::HkMoTw,
        wire::Route::International => event::Route::International,
    })
}

/// How an identity check ended.
pub(crate) fn identity_result(number: i32) -> event::IdentityResult {
    match wire::IdentityResult::try_from(number) {
        Ok(wire::IdentityResult::Pass) => event::IdentityResult::Pass,
        Ok(wire::IdentityResult::Refused) => event::IdentityResult::Refused,
        Ok(wire::IdentityResult::Mismatch) => event::IdentityResult::Mismatch,
        Ok(wire::IdentityResult::PersonDiffers) => event::IdentityResult::PersonDiffers,
        Ok(wire::IdentityResult::RefusedRegistration) => event::IdentityResult::RefusedRegistration,
        Ok(wire::IdentityResult::Unspecified) | Err(_) => event::IdentityResult::Unspecified,
    }
}

/// How an inspection ended.
pub(crate) fn inspection_result(number: i32) -> event::InspectionResult {
    match wire::InspectionResult::try_from(number) {
        Ok(wire::InspectionResult::Pass) => event::InspectionResult::Pass,
        Ok(wire::InspectionResult::Refused) => event::InspectionResult::Refused,
        Ok(wire::InspectionResult::Failed) => event::InspectionResult::Failed,
        Ok(wire::InspectionResult::Prohibited) => event::InspectionResult::Prohibited,
        Ok(wire::InspectionResult::Unspecified) | Err(_) => event::InspectionResult::Unspecified,
    }
}

/// The kind of a departure; `None` where the producer did not say.
pub(crate) fn leg(number: i32) -> Option<event::Leg> {
    match wire::Leg::try_from(number) {
        Ok(wire::Leg::LineHaul) => Some(event::Leg::LineHaul),
        Ok(wire::Leg::Local) => Some(event::Leg::Local),
        Ok(wire::Leg::Unspecified) | Err(_) => None,
    }
}

/// What a screener decided.
pub(crate) fn xray_judgement(number: i32) -> event::XrayJudgement {
    match wire::XrayJudgement::try_from(number) {
        Ok(wire::XrayJudgement::Clear) => event::XrayJudgement::Clear,
        Ok(wire::XrayJudgement::Suspect) => event::XrayJudgement::Suspect,
        Ok(wire::XrayJudgement::Prohibited) => event::XrayJudgement::Prohibited,
        Ok(wire::XrayJudgement::Unspecified) | Err(_) => event::XrayJudgement::Unspecified,
    }
}

/// How an open check ended.
pub(crate) fn open_check_result(number: i32) -> event::OpenCheckResult {
    match wire::OpenCheckResult::try_from(number) {
        Ok(wire::OpenCheckResult::Pass) => event::OpenCheckResult::Pass,
        Ok(wire::OpenCheckResult::Prohibited) => event::OpenCheckResult::Prohibited,
        Ok(wire::OpenCheckResult::Refused) => event::OpenCheckResult::Refused,
        Ok(wire::OpenCheckResult::Unspecified) | Err(_) => event::OpenCheckResult::Unspecified,
    }
}
