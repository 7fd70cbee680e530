//! Texts that recur, kept once for as long as somebody holds them.

use hashbrown::{DefaultHashBuilder, HashTable};
use smol_str::SmolStr;
use std::hash::BuildHasher as _;

/// Texts by number. Number 0 is the empty text, which nobody needs to hold.
///
/// Which number a text has depends on what was held before it and never leaves the memory of one process.
#[derive(Clone, Debug)]
pub struct Names {
    texts: Vec<Held>,
    free: Vec<u32>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Held {
    text: SmolStr,
    times: u32,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            texts: vec![Held {
                text: SmolStr::default(),
                times: 0,
            }],
            free: Vec::new(),
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            bytes: 0,
        }
    }
}

impl Names {
    /// The number of a text, new or known, held once more.
    pub fn hold(&mut self, text: &str) -> u32 {
        if let Some(number) = self.find(text) {
            self.hold_again(number);
            return number;
        }
        let held = Held {
            text: text.into(),
            times: 1,
        };
        self.bytes = self.bytes.saturating_add(apart(&held.text));
        let number = match self.free.pop() {
            Some(number) => {
                if let Some(place) = self.place_mut(number) {
                    *place = held;
                }
                number
            }
            None => {
                let number = u32::try_from(self.texts.len()).expect("four thousand million texts do not fit in memory");
                self.texts.push(held);
                number
            }
        };
        let Self {
            texts, numbers, hasher, ..
        } = self;
        numbers.insert_unique(hasher.hash_one(text.as_bytes()), number, |number| {
            hasher.hash_one(text_of(texts, *number).as_bytes())
        });
        number
    }

    /// Holds a known number once more.
    pub fn hold_again(&mut self, number: u32) {
        if let Some(held) = self.place_mut(number).filter(|_| number != 0) {
            held.times = held.times.saturating_add(1);
        }
    }

    /// Lets a number go; it is forgotten when nobody holds it.
    pub fn release(&mut self, number: u32) {
        let Some(held) = self.place_mut(number).filter(|_| number != 0) else {
            return;
        };
        held.times = held.times.saturating_sub(1);
        if held.times > 0 {
            return;
        }
        let text = std::mem::take(&mut held.text);
        self.bytes = self.bytes.saturating_sub(apart(&text));
        let hash = self.hasher.hash_one(text.as_bytes());
        if let Ok(entry) = self.numbers.find_entry(hash, |known| *known == number) {
            entry.remove();
        }
        self.free.push(number);
    }

    /// The number of a known text.
    pub fn find(&self, text: &str) -> Option<u32> {
        if text.is_empty() {
            return Some(0);
        }
        self.numbers
            .find(self.hasher.hash_one(text.as_bytes()), |number| {
                self.text(*number) == text
            })
            .copied()
    }

    /// The text of a number; empty for a number that nobody holds.
    #[inline]
    pub fn text(&self, number: u32) -> &str {
        text_of(&self.texts, number)
    }

    /// How many texts are held.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Bytes in use.
    pub fn bytes(&self) -> usize {
        self.bytes
            .saturating_add(self.texts.capacity().saturating_mul(size_of::<Held>()))
            .saturating_add(self.free.capacity().saturating_mul(size_of::<u32>()))
            .saturating_add(self.numbers.allocation_size())
    }

    fn place_mut(&mut self, number: u32) -> Option<&mut Held> {
        self.texts.get_mut(usize::try_from(number).ok()?)
    }
}

/// Bytes of a text that stand in memory of its own: a short one has none.
fn apart(text: &SmolStr) -> usize {
    if text.is_heap_allocated() { text.len() } else { 0 }
}

#[inline]
fn text_of(texts: &[Held], number: u32) -> &str {
    usize::try_from(number)
        .ok()
        .and_then(|number| texts.get(number))
        .map_or("", |held| &held.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_forgotten_when_nobody_holds_it() {
        let mut names = Names::default();
        let outlet = names.hold("GZ-0001");
        assert_eq!(names.hold("GZ-0001"), outlet);
        names.release(outlet);
        assert_eq!(names.find("GZ-0001"), Some(outlet), "still held once");
        names.release(outlet);
        assert_eq!((names.find("GZ-0001"), names.len()), (None, 0));
        assert_eq!(names.hold("GZ-0002"), outlet, "its number is used again");
        assert_eq!(names.text(outlet), "GZ-0002");
        assert_eq!(names.find(""), Some(0), "the empty text needs no holding");
    }
}
