//! One question and one answer for numbers of any kind, postal item numbers among them.

use super::s10::{S10Facts, examine_s10};
use super::{Candidates, DocumentKind, NumberFacts, examine, identify};
use crate::time::CivilDay;

/// As what a number is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// As anything: what is it?
    Auto,
    /// As a kind of document.
    Document(DocumentKind),
    /// As a postal item number (UPU S10).
    S10,
}

impl Question {
    /// All questions: `auto`, `s10` and the kinds of documents in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Auto, Self::S10]
            .into_iter()
            .chain(DocumentKind::ALL.into_iter().map(Self::Document))
    }

    /// Reads `auto`, `s10`, the [code](DocumentKind::code) of a kind, or `uscc` for a credit code.
    ///
    /// ```
    /// use sanbai_core::document::{DocumentKind, ask::Question};
    ///
    /// assert_eq!(Question::parse("uscc"), Some(Question::Document(DocumentKind::CreditCode)));
    /// assert_eq!(Question::parse("visa"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        if text == "uscc" {
            return Some(Self::Document(DocumentKind::CreditCode));
        }
        Self::all().find(|question| question.code() == text)
    }

    /// Stable code, as [`parse`](Self::parse) reads it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Document(kind) => kind.code(),
            Self::S10 => "s10",
        }
    }
}

/// How a question came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Valid as asked; where `auto` was asked, as a kind with a check digit.
    Valid,
    /// Only where `auto` was asked: it has the format of a kind without a check digit.
    Possible,
    /// Not valid as asked.
    Invalid,
}

impl Outcome {
    /// Stable code: `valid`, `possible`, `invalid`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Possible => "possible",
            Self::Invalid => "invalid",
        }
    }
}

/// The answer for one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// How it came out.
    pub outcome: Outcome,
    /// What it may be, whatever was asked.
    pub candidates: Candidates,
    /// As the kind that was asked for; where `auto` was asked, as the first of the candidates, or as a resident number
    /// where there are none, so that somebody sees what is wrong with it.
    pub facts: Option<NumberFacts>,
    /// As a postal item number; only where that was asked for, or it is valid as one.
    pub s10: Option<S10Facts>,
}

/// Answers for one number; `today` is the civil day of the question.
///
/// ```
/// use sanbai_core::document::ask::{Outcome, Question, answer};
/// use sanbai_core::time::CivilDay;
///
/// let today = CivilDay::from_ymd(2026, 3, 10).expect("a day");
/// let outcome = |number| answer(Question::Auto, number, today).outcome;
/// assert_eq!(outcome("91350100M000100Y43"), Outcome::Valid);
/// assert_eq!(outcome("EE471108151FR"), Outcome::Valid);
/// assert_eq!(outcome("M12345678"), Outcome::Possible);
/// assert_eq!(outcome("111111111111111"), Outcome::Invalid);
/// ```
pub fn answer(question: Question, number: impl AsRef<[u8]>, today: CivilDay) -> Answer {
    let number = number.as_ref();
    let candidates = identify(number, today);
    let (outcome, facts) = match question {
        Question::Auto => {
            let kind = candidates.valid_as.iter().chain(candidates.possible.iter()).next();
            let outcome = if candidates.is_proved() {
                Outcome::Valid
            } else if candidates.is_empty() {
                Outcome::Invalid
            } else {
                Outcome::Possible
            };
            let nearest = || (!candidates.s10).then_some(DocumentKind::Resident);
            (outcome, kind.or_else(nearest).map(|kind| examine(kind, number, today)))
        }
        Question::Document(kind) => {
            let facts = examine(kind, number, today);
            (valid(facts.is_valid()), Some(facts))
        }
        Question::S10 => (valid(candidates.s10), None),
    };
    let s10 = (candidates.s10 || question == Question::S10).then(|| examine_s10(number));
    Answer {
        question,
        outcome,
        candidates,
        facts,
        s10,
    }
}

const fn valid(right: bool) -> Outcome {
    if right { Outcome::Valid } else { Outcome::Invalid }
}
