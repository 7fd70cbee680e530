//! Kinds of documents, and the words that say how a number came out.

/// Kinds of documents and of the numbers on them.
///
/// Which of them are accepted for sending is not said here: rule RN-04 says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// 居民身份证: 18 characters (GB 11643-1999).
    Resident,
    /// 临时居民身份证: carries the resident number.
    TemporaryResident,
    /// First-generation 居民身份证: 15 digits, no check digit (GB 11643-1989). Ended 2013-01-01.
    FirstGeneration,
    /// 港澳台居民居住证: 18 characters that begin with 810000, 820000 or 830000.
    ResidencePermit,
    /// 外国人永久居留身份证 of 2023: 18 characters that begin with 9.
    ForeignPermanent2023,
    /// 外国人永久居留身份证 of 2017: 15 characters that begin with a country.
    ForeignPermanent2017,
    /// 港澳居民来往内地通行证: H or M and 8 digits, older ones 10.
    HkMoTravelPermit,
    /// 台湾居民来往大陆通行证: 8 digits, older ones 10 and the number of the issue.
    TwTravelPermit,
    /// Passport: 5 to 17 letters and digits.
    Passport,
    /// 军官证, 武警证 and the like: no public standard.
    Military,
    /// 统一社会信用代码 of an organisation: 18 characters (GB 32100-2015).
    CreditCode,
    /// 户口簿: carries the resident number.
    HouseholdRegister,
    /// 驾驶证: carries the number of the holder's identity document.
    DrivingLicence,
    /// Anything else.
    Other,
}

impl DocumentKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 14] = [
        Self::Resident,
        Self::TemporaryResident,
        Self::FirstGeneration,
        Self::ResidencePermit,
        Self::ForeignPermanent2023,
        Self::ForeignPermanent2017,
        Self::HkMoTravelPermit,
        Self::TwTravelPermit,
        Self::Passport,
        Self::Military,
        Self::CreditCode,
        Self::HouseholdRegister,
        Self::DrivingLicence,
        Self::Other,
    ];

    /// Kinds whose numbers have a check digit of their own: only they can be proved by a number alone.
    pub const CHECKED: [Self; 5] = [
        Self::Resident,
        Self::ResidencePermit,
        Self::ForeignPermanent2023,
        Self::ForeignPermanent2017,
        Self::CreditCode,
    ];

    /// Whether it is one of the [`CHECKED`](Self::CHECKED).
    pub fn has_check_digit(self) -> bool {
        Self::CHECKED.contains(&self)
    }

    /// Stable code, such as `resident`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::TemporaryResident => "temporary_resident",
            Self::FirstGeneration => "first_generation",
            Self::ResidencePermit => "residence_permit",
            Self::ForeignPermanent2023 => "foreign_permanent_2023",
            Self::ForeignPermanent2017 => "foreign_permanent_2017",
            Self::HkMoTravelPermit => "hk_mo_travel_permit",
            Self::TwTravelPermit => "tw_travel_permit",
            Self::Passport => "passport",
            Self::Military => "military",
            Self::CreditCode => "credit_code",
            Self::HouseholdRegister => "household_register",
            Self::DrivingLicence => "driving_licence",
            Self::Other => "other",
        }
    }

    /// The kind with this [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Chinese name.
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Resident => "居民身份证",
            Self::TemporaryResident => "临时居民身份证",
            Self::FirstGeneration => "第一代居民身份证",
            Self::ResidencePermit => "港澳台居民居住证",
            Self::ForeignPermanent2023 => "外国人永久居留身份证（2023版）",
            Self::ForeignPermanent2017 => "外国人永久居留身份证（2017版）",
            Self::HkMoTravelPermit => "港澳居民来往内地通行证",
            Self::TwTravelPermit => "台湾居民来往大陆通行证",
            Self::Passport => "护照",
            Self::Military => "军人证件",
            Self::CreditCode => "统一社会信用代码",
            Self::HouseholdRegister => "户口簿",
            Self::DrivingLicence => "驾驶证",
            Self::Other => "其他证件",
        }
    }

    /// Stable number, 0 to 13, in the order of [`ALL`](Self::ALL): for stored state, where it never changes.
    pub const fn index(self) -> u8 {
        match self {
            Self::Resident => 0,
            Self::TemporaryResident => 1,
            Self::FirstGeneration => 2,
            Self::ResidencePermit => 3,
            Self::ForeignPermanent2023 => 4,
            Self::ForeignPermanent2017 => 5,
            Self::HkMoTravelPermit => 6,
            Self::TwTravelPermit => 7,
            Self::Passport => 8,
            Self::Military => 9,
            Self::CreditCode => 10,
            Self::HouseholdRegister => 11,
            Self::DrivingLicence => 12,
            Self::Other => 13,
        }
    }

    const fn bit(self) -> u16 {
        1 << self.index()
    }
}

/// A set of kinds.
///
/// ```
/// use sanbai_core::document::{DocumentKind, KindSet};
///
/// let set: KindSet = [DocumentKind::CreditCode, DocumentKind::Resident].into_iter().collect();
/// assert!(set.contains(DocumentKind::Resident));
/// assert_eq!(set.iter().map(DocumentKind::code).collect::<Vec<_>>(), ["resident", "credit_code"]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct KindSet(u16);

impl KindSet {
    /// No kind.
    pub const EMPTY: Self = Self(0);

    const ALL_BITS: u16 = (1 << DocumentKind::ALL.len()) - 1;

    /// From [`bits`](Self::bits); bits of no kind are dropped.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & Self::ALL_BITS)
    }

    /// One bit for each kind, at its [`index`](DocumentKind::index).
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.iter().count()
    }

    /// Whether the kind is one of them.
    pub const fn contains(self, kind: DocumentKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Adds a kind.
    pub const fn insert(&mut self, kind: DocumentKind) {
        self.0 |= kind.bit();
    }

    /// Takes a kind out.
    pub const fn remove(&mut self, kind: DocumentKind) {
        self.0 &= !kind.bit();
    }

    /// The kinds in their order.
    pub fn iter(self) -> impl Iterator<Item = DocumentKind> {
        DocumentKind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }
}

impl FromIterator<DocumentKind> for KindSet {
    fn from_iter<I: IntoIterator<Item = DocumentKind>>(kinds: I) -> Self {
        let mut set = Self::EMPTY;
        kinds.into_iter().for_each(|kind| set.insert(kind));
        set
    }
}

impl core::fmt::Debug for KindSet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.iter().map(DocumentKind::code)).finish()
    }
}

/// How one aspect of a number came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// As it should be.
    Ok,
    /// Impossible.
    Wrong,
    /// The kind has no public check for it, or the number is too malformed to look.
    NotApplicable,
    /// Possible, yet hard to believe. Never makes a number invalid.
    Implausible,
}

impl Grade {
    /// Stable code: `ok`, `wrong`, `not_applicable`, `implausible`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Wrong => "wrong",
            Self::NotApplicable => "not_applicable",
            Self::Implausible => "implausible",
        }
    }

    /// [`Ok`](Self::Ok) or [`Wrong`](Self::Wrong).
    pub(super) const fn of(right: bool) -> Self {
        if right { Self::Ok } else { Self::Wrong }
    }
}

/// Whether the division code in a number is known. Never decides validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// In today's list.
    Known,
    /// Was in a list once.
    Historic,
    /// Never in a list.
    Unknown,
    /// There is no division code in the number.
    NotApplicable,
}

impl Region {
    /// Stable code: `known`, `historic`, `unknown`, `not_applicable`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Historic => "historic",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// Sex as a number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// 男: the sequence is odd.
    Male,
    /// 女: the sequence is even.
    Female,
}

impl Sex {
    /// Stable code: `male`, `female`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}
