//! Texts and places that recur, kept once.

use std::hash::{BuildHasher as _, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};
use sanbai_core::event::Place;

use super::bytes::Numbering;

/// Texts and places by number. Number 0 is the empty text, or no place.
#[derive(Debug)]
pub(super) struct Names {
    texts: Numbered<Box<str>>,
    places: Numbered<Option<Place>>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            texts: Numbered::from("".into()),
            places: Numbered::from(None),
        }
    }
}

impl Names {
    /// The number of a text, new or known.
    pub(super) fn number(&mut self, text: &str) -> u64 {
        if text.is_empty() {
            return 0;
        }
        self.texts.number(text, |known| known, |text| text.into())
    }

    /// The text of a number that was given out.
    pub(super) fn text(&self, number: u64) -> &str {
        &self.texts.values[number as usize]
    }

    /// The place of a number that was given out.
    pub(super) fn place(&self, number: u64) -> Option<Place> {
        self.places.values[number as usize]
    }
}

/// Gives numbers to what is new.
impl Numbering for &mut Names {
    fn of_text(&mut self, text: &str) -> u64 {
        self.number(text)
    }

    fn of_place(&mut self, place: Place) -> u64 {
        self.places.number(&Some(place), |known| known, |place| *place)
    }
}

/// Of what is all known.
impl Numbering for &Names {
    fn of_text(&mut self, text: &str) -> u64 {
        if text.is_empty() {
            return 0;
        }
        self.texts.find(text, |known| known).unwrap_or(0)
    }

    fn of_place(&mut self, place: Place) -> u64 {
        self.places.find(&Some(place), |known| known).unwrap_or(0)
    }
}

/// Values and their numbers.
#[derive(Debug)]
struct Numbered<T> {
    values: Vec<T>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<T> Numbered<T> {
    /// With one value, which has the number 0 and is not looked for.
    fn from(first: T) -> Self {
        Self {
            values: vec![first],
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    fn number<Q: Hash + Eq + ?Sized>(&mut self, value: &Q, borrow: fn(&T) -> &Q, own: fn(&Q) -> T) -> u64 {
        if let Some(number) = self.find(value, borrow) {
            return number;
        }
        let Self {
            values,
            numbers,
            hasher,
        } = self;
        let number = u32::try_from(values.len()).expect("four thousand million values do not fit in memory");
        values.push(own(value));
        numbers.insert_unique(hasher.hash_one(value), number, |number| {
            hasher.hash_one(borrow(&values[*number as usize]))
        });
        u64::from(number)
    }

    fn find<Q: Hash + Eq + ?Sized>(&self, value: &Q, borrow: fn(&T) -> &Q) -> Option<u64> {
        let hash = self.hasher.hash_one(value);
        let number = self
            .numbers
            .find(hash, |number| borrow(&self.values[*number as usize]) == value);
        number.copied().map(u64::from)
    }
}
