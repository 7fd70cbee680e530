//! A disk that fails on purpose, and that forgets what was not made safe when its power is cut.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use super::super::disk::{Disk, OpenFile, RealDisk, Room};
use super::super::lock;
use super::rewrite;

/// What may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    Open,
    Create,
    Write,
    Cut,
    Sync,
    SyncFolder,
}

#[derive(Debug, Default)]
pub(super) struct FaultyDisk(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// How often each deed fails from now on.
    failures: BTreeMap<Deed, u32>,
    /// Every so many deeds one fails by chance.
    fails_one_in: Option<u64>,
    /// Bytes that one write takes at most, before it fails or not.
    write_max: Option<usize>,
    /// The share that is free; all of it where nothing is said.
    free: Option<u64>,
    /// Deeds until the power is cut.
    deeds_left: Option<u64>,
    dice: Dice,
    /// Files as they are after a power cut, at the least: what was made safe last.
    safe: BTreeMap<PathBuf, Vec<u8>>,
    /// Names that were given and not made safe: what was there before.
    named: Vec<(PathBuf, Option<Vec<u8>>)>,
}

/// Chance from a seed.
#[derive(Debug, Default)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most.max(1)
    }
}

impl FaultyDisk {
    pub(super) fn new(seed: u64) -> Self {
        let disk = Self::default();
        disk.state().dice = Dice(seed);
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    pub(super) fn fail(&self, deed: Deed, times: u32) {
        self.state().failures.insert(deed, times);
    }

    pub(super) fn fail_one_in(&self, deeds: Option<u64>) {
        self.state().fails_one_in = deeds;
    }

    pub(super) fn write_at_most(&self, bytes: Option<usize>) {
        self.state().write_max = bytes;
    }

    /// So many per cent of it are free.
    pub(super) fn free(&self, percent: u64) {
        self.state().free = Some(percent);
    }

    pub(super) fn cut_power_after(&self, deeds: u64) {
        self.state().deeds_left = Some(deeds);
    }

    pub(super) fn restore_power(&self) {
        self.state().deeds_left = None;
    }

    /// What is left of the files after the power was cut: what was made safe, and of the rest whatever chance left.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        let State { dice, safe, named, .. } = &mut *state;
        for (path, before) in named.drain(..).rev() {
            if dice.below(2) == 0 {
                match before {
                    Some(bytes) => rewrite(&path, bytes),
                    None => drop(fs::remove_file(&path)),
                }
            }
        }
        for (path, safe) in safe.iter() {
            let Ok(now) = fs::read(path) else { continue };
            let (short, long) = (safe.len().min(now.len()), safe.len().max(now.len()));
            let length = match dice.below(3) {
                0 => now.len(),
                1 => safe.len(),
                _ => short + dice.below((long - short) as u64 + 1) as usize,
            };
            let mut left = vec![0; length];
            for (number, sector) in left.chunks_mut(512).enumerate() {
                let source = if dice.below(2) == 0 { &now } else { safe };
                let source = source.get(number * 512..).unwrap_or_default();
                let count = source.len().min(sector.len());
                sector[..count].copy_from_slice(&source[..count]);
                // A file may end in what was never written.
                if dice.below(4) == 0 {
                    sector[count..].fill(0xa5);
                }
            }
            if left != now {
                rewrite(path, left);
            }
        }
        safe.clear();
    }

    /// Whether a deed is done; the error where it is not.
    fn may(&self, deed: Deed) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        if let Some(left) = &mut state.deeds_left {
            if *left == 0 {
                return Err(io::Error::other("no power"));
            }
            *left -= 1;
        }
        if let Some(times) = state.failures.get_mut(&deed).filter(|times| **times > 0) {
            *times -= 1;
            // ENOSPC for what takes room, EIO for the rest.
            let code = if matches!(deed, Deed::Write | Deed::Create) {
                28
            } else {
                5
            };
            return Err(io::Error::from_raw_os_error(code));
        }
        if let Some(one_in) = state.fails_one_in
            && state.dice.below(one_in) == 0
        {
            return Err(io::Error::from_raw_os_error(5));
        }
        Ok(state)
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<OpenFile> {
        let mut state = self.may(Deed::Create)?;
        state.safe.insert(path.to_owned(), Vec::new());
        RealDisk.create(path)
    }

    fn open(&self, path: &Path) -> io::Result<OpenFile> {
        drop(self.may(Deed::Open)?);
        RealDisk.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.may(Deed::Create)?;
        let before = fs::read(to).ok();
        state.named.push((to.to_owned(), before));
        let safe = state.safe.remove(from).unwrap_or_default();
        state.safe.insert(to.to_owned(), safe);
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.may(Deed::Create)?;
        let before = fs::read(path).ok();
        state.named.push((path.to_owned(), before));
        RealDisk.remove(path)
    }

    fn write(&self, file: &OpenFile, bytes: &[u8], at: u64) -> io::Result<usize> {
        match self.may(Deed::Write) {
            Ok(mut state) => {
                state.remember(&file.path);
                let most = state.write_max.unwrap_or(bytes.len()).min(bytes.len());
                RealDisk.write(file, &bytes[..most], at)
            }
            Err(error) => {
                // Some of what fails is written all the same, unless there is no power.
                let mut state = self.state();
                if state.deeds_left != Some(0) {
                    state.remember(&file.path);
                    RealDisk.write(file, &bytes[..bytes.len() / 2], at)?;
                }
                Err(error)
            }
        }
    }

    fn cut(&self, file: &OpenFile, length: u64) -> io::Result<()> {
        let mut state = self.may(Deed::Cut)?;
        state.remember(&file.path);
        RealDisk.cut(file, length)
    }

    fn sync(&self, file: &OpenFile) -> io::Result<()> {
        let mut state = self.may(Deed::Sync)?;
        let now = fs::read(&file.path)?;
        state.safe.insert(file.path.clone(), now);
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.may(Deed::SyncFolder)?;
        state.named.retain(|(named, _)| named.parent() != Some(path));
        Ok(())
    }

    fn room(&self, _: &Path) -> io::Result<Room> {
        let free = self.state().free.unwrap_or(100);
        Ok(Room { free, total: 100 })
    }
}

impl State {
    /// What a file holds before it is changed for the first time is safe.
    fn remember(&mut self, path: &Path) {
        if !self.safe.contains_key(path) {
            let safe = fs::read(path).unwrap_or_default();
            self.safe.insert(path.to_owned(), safe);
        }
    }
}
