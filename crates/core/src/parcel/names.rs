//! Texts that recur, kept once.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher as _;

/// Texts by number. Number 0 is the empty text.
#[derive(Clone, Debug)]
pub(super) struct Names {
    texts: Vec<Box<str>>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            texts: vec!["".into()],
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl Names {
    /// The number of a text, new or known.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        if let Some(number) = self.find(text) {
            return number;
        }
        let number = u32::try_from(self.texts.len()).expect("four thousand million texts do not fit in memory");
        self.texts.push(text.into());
        let Self { texts, numbers, hasher } = self;
        numbers.insert_unique(hasher.hash_one(text), number, |number| {
            hasher.hash_one(text_of(texts, *number))
        });
        number
    }

    /// The number of a known text.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        if text.is_empty() {
            return Some(0);
        }
        self.numbers
            .find(self.hasher.hash_one(text), |number| self.text(*number) == text)
            .copied()
    }

    /// The text of a number; empty for a number that was never given out.
    pub(super) fn text(&self, number: u32) -> &str {
        text_of(&self.texts, number)
    }

    /// Bytes in use.
    pub(super) fn bytes(&self) -> usize {
        let texts: usize = self.texts.iter().map(|text| text.len()).sum();
        texts
            .saturating_add(self.texts.capacity().saturating_mul(size_of::<Box<str>>()))
            .saturating_add(self.numbers.allocation_size())
    }
}

fn text_of(texts: &[Box<str>], number: u32) -> &str {
    usize::try_from(number)
        .ok()
        .and_then(|number| texts.get(number))
        .map_or("", |text| text)
}
