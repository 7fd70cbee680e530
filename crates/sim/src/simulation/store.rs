//! A store in memory that several nodes share. It does not always answer, and things happen to what lies in it.

use std::collections::BTreeMap;

use sanbai_core::time::Timestamp;
use sanbai_engine::store::{Make, Store, StoreError, Writing};

use crate::world::dice::Dice;

/// Objects by name.
#[derive(Debug, Default)]
pub(super) struct SimStore {
    objects: BTreeMap<String, Vec<u8>>,
    /// Of ten thousand requests, how many are not answered.
    pub(super) unavailable_per_10k: u64,
    dice: Option<Dice>,
    /// What is being written, with how often it is said that it still is.
    writing: BTreeMap<Writing, (String, Vec<u8>, u64)>,
    begun: u64,
}

impl SimStore {
    pub(super) fn new(unavailable_per_10k: u64, dice: Dice) -> Self {
        Self {
            objects: BTreeMap::new(),
            unavailable_per_10k,
            dice: Some(dice),
            writing: BTreeMap::new(),
            begun: 0,
        }
    }

    fn answers(&mut self) -> Result<(), StoreError> {
        let dice = self.dice.as_mut();
        if dice.is_some_and(|dice| dice.chance(self.unavailable_per_10k)) {
            return Err(StoreError::Unavailable);
        }
        Ok(())
    }

    /// Whether the newest rows under a prefix have no manifest: their snapshot was begun, and not published.
    pub(super) fn has_begun(&self, prefix: &str) -> bool {
        let mut newest = (None, None);
        for name in self.objects.keys().filter(|name| name.starts_with(prefix)) {
            if let Some(rows) = name.strip_suffix(".rows") {
                newest.0 = Some(rows);
            } else if let Some(manifest) = name.strip_suffix(".manifest") {
                newest.1 = Some(manifest);
            }
        }
        newest.0.is_some() && newest.0 > newest.1
    }

    /// Damages or deletes an object behind everybody's back.
    pub(super) fn harm(&mut self, dice: &mut Dice) {
        let live = || self.objects.keys().filter(|name| !name.starts_with("damaged/"));
        let count = live().count() as u64;
        let Some(name) = live().nth(dice.below(count) as usize).cloned() else {
            return;
        };
        match dice.below(3) {
            0 => {
                self.objects.remove(&name);
            }
            1 => {
                if let Some(bytes) = self.objects.get_mut(&name) {
                    bytes.truncate(dice.below(bytes.len() as u64) as usize);
                }
            }
            _ => {
                if let Some(bytes) = self.objects.get_mut(&name) {
                    let place = dice.below(bytes.len() as u64) as usize;
                    if let Some(byte) = bytes.get_mut(place) {
                        *byte ^= 1 << dice.below(8);
                    }
                }
            }
        }
    }

    /// Objects that were set aside.
    pub(super) fn set_aside(&self) -> usize {
        self.objects.keys().filter(|name| name.starts_with("damaged/")).count()
    }
}

impl Store for SimStore {
    fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let answer = self.answers();
        // What was not answered may have been done.
        let is_done = answer.is_ok() || self.dice.as_mut().is_some_and(|dice| dice.chance(5_000));
        if is_done {
            self.objects.insert(name.to_owned(), bytes);
        }
        answer
    }

    fn get(&mut self, name: &str) -> Result<Vec<u8>, StoreError> {
        self.answers()?;
        self.objects.get(name).cloned().ok_or(StoreError::NotFound)
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.answers()?;
        let names = self.objects.range(prefix.to_owned()..);
        let names = names.map(|(name, _)| name).take_while(|name| name.starts_with(prefix));
        Ok(names.cloned().collect())
    }

    fn delete(&mut self, name: &str) -> Result<(), StoreError> {
        self.answers()?;
        self.objects.remove(name);
        Ok(())
    }

    fn is_busy(&self) -> bool {
        false
    }

    /// It has no clock, and nobody asks for more than that it says something.
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(0)
    }

    fn begin(&mut self, name: &str, make: Make) -> Writing {
        let writing = Writing(self.begun);
        self.begun += 1;
        let waits = self.dice.as_mut().map_or(0, |dice| dice.below(4));
        // What nobody asks for any more, after a crash, is never written.
        self.writing.insert(writing, (name.to_owned(), make(), waits));
        writing
    }

    fn written(&mut self, writing: Writing) -> Option<Result<(), StoreError>> {
        let (name, bytes, waits) = self.writing.remove(&writing)?;
        if let Some(waits) = waits.checked_sub(1) {
            self.writing.insert(writing, (name, bytes, waits));
            return None;
        }
        Some(self.put(&name, bytes))
    }
}
