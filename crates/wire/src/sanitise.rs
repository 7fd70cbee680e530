//! Raw numbers and names become tokens and facts; nothing raw goes further.

use sanbai_core::document::{self, DocumentKind, examine};
use sanbai_core::time::CivilDay;

use crate::code::Code;
use crate::facts;
use crate::person::{is_masked_name, is_masked_phone, name_fact};
use crate::proto::event::parcel_event::Happening;
use crate::proto::event::{Document, NameFact, NumberFacts, ParcelEvent, Party};
use crate::reject::Reject;
use crate::token::{Token, TokenKeys};

/// What becomes of raw numbers and names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RawValues {
    /// They become tokens and facts: at the edge, which holds the keys.
    #[default]
    Tokenise,
    /// They reject the event: behind the edge.
    Forbid,
}

/// A document without an end, as it is written.
pub(crate) const LONG_TERM: &str = "long-term";
/// The same on the document.
pub(crate) const LONG_TERM_ZH: &str = "长期";

/// How personal data is handled.
pub(crate) struct Sanitiser<'a> {
    pub(crate) keys: &'a TokenKeys,
    pub(crate) raw: RawValues,
    /// Key versions that tokens may name; `None` for any.
    pub(crate) known_versions: Option<&'a [String]>,
    /// The civil day of the event.
    pub(crate) today: CivilDay,
}

impl Sanitiser<'_> {
    /// Leaves nothing raw in the event.
    pub(crate) fn event(&self, event: &mut ParcelEvent) -> Result<(), Reject> {
        match &mut event.happening {
            Some(Happening::Accepted(accepted)) => {
                let sender = accepted.sender.as_mut().map_or(Ok(()), |sender| self.party(sender));
                sender.map_err(|reject| reject.under("sender").under("accepted"))
            }
            Some(Happening::IdentityChecked(checked)) => {
                for (name, document) in [
                    ("document", &mut checked.document),
                    ("agentDocument", &mut checked.agent_document),
                ] {
                    let check = document.as_mut().map_or(Ok(()), |document| self.document(document));
                    check.map_err(|reject| reject.under(name).under("identityChecked"))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn document(&self, document: &mut Document) -> Result<(), Reject> {
        if !document.number.is_empty() {
            let number = core::mem::take(&mut document.number);
            self.allow_raw("number")?;
            let kind = facts::document_kind(document.kind).unwrap_or(DocumentKind::Other);
            document.tokens = self.keys.identity(&number);
            document.facts = Some(number_facts(&examine(kind, &number, self.today)));
        }
        if document.expires_on == LONG_TERM_ZH {
            document.expires_on = LONG_TERM.to_owned();
        }
        self.tokens(&document.tokens, "tokens")
    }

    fn party(&self, party: &mut Party) -> Result<(), Reject> {
        if !party.name.is_empty() {
            let name = core::mem::take(&mut party.name);
            self.allow_raw("name")?;
            party.name_tokens = self.keys.name(&name);
            party.name_fact = name_fact(&name).into();
        }
        if !party.phone.is_empty() {
            let phone = core::mem::take(&mut party.phone);
            self.allow_raw("phone")?;
            party.phone_tokens = self.keys.phone(&phone);
        }
        if !is_masked_name(&party.masked_name) {
            party.masked_name.clear();
        } else if party.name_fact == i32::from(NameFact::Unspecified) {
            party.name_fact = NameFact::Masked.into();
        }
        if !is_masked_phone(&party.masked_phone) {
            party.masked_phone.clear();
        }
        self.tokens(&party.name_tokens, "nameTokens")?;
        self.tokens(&party.phone_tokens, "phoneTokens")
    }

    fn allow_raw(&self, field: &str) -> Result<(), Reject> {
        match self.raw {
            RawValues::Tokenise => Ok(()),
            RawValues::Forbid => {
                let detail = "a raw value stands where only tokens are allowed; send it through the gateway";
                Err(Reject::new(Code::PlaintextIdForbidden, detail).under(field))
            }
        }
    }

    fn tokens(&self, tokens: &[String], field: &str) -> Result<(), Reject> {
        let Some(known) = self.known_versions else {
            return Ok(());
        };
        for (index, token) in tokens.iter().enumerate() {
            let is_known = Token::parse(token).is_some_and(|token| known.iter().any(|known| known == token.version));
            if !is_known {
                let detail = "the token names a key version that is not in force; make it again with a current key";
                return Err(Reject::new(Code::TokenKeyUnknown, detail).under(index).under(field));
            }
        }
        Ok(())
    }
}

fn number_facts(known: &document::NumberFacts) -> NumberFacts {
    NumberFacts {
        format: facts::grade_number(known.format),
        checksum: facts::grade_number(known.checksum),
        birth_date: facts::grade_number(known.birth_date),
        region: facts::region_number(known.region),
        sex: known.sex.map_or(0, facts::sex_number),
        birth_year: known.birth_year.map_or(0, u32::from),
        valid_as: known.valid_as.iter().map(facts::document_kind_number).collect(),
    }
}
