//! Ports that nobody else uses.

use std::fs::{self, File, TryLockError};
use std::io::{Error, Result};
use std::net::{Ipv4Addr, TcpListener};

/// Below those that systems give out by themselves, so that no connection takes one of them meanwhile.
const FIRST: u16 = 20_000;

/// Ports of one block: enough for all listeners of one rig.
const BLOCK: u16 = 64;

const BLOCKS: u16 = 180;

/// A block of ports, ours until it is dropped; other rigs see the lock.
#[derive(Debug)]
pub(crate) struct Ports {
    first: u16,
    _lock: File,
}

impl Ports {
    /// The first block that no other rig has and on whose first `count` ports nobody listens.
    pub(crate) fn take(count: u16) -> Result<Self> {
        let folder = std::env::temp_dir().join("sanbai-rig-ports");
        fs::create_dir_all(&folder)?;
        // Rigs that start at once begin at different blocks.
        let begin = u16::try_from(std::process::id() % u32::from(BLOCKS)).unwrap_or_default();
        for number in (0..BLOCKS).map(|step| (begin + step) % BLOCKS) {
            let lock = File::create(folder.join(number.to_string()))?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(error)) => return Err(error),
            }
            let first = FIRST + number * BLOCK;
            if count <= BLOCK && (first..first + count).all(is_free) {
                return Ok(Self { first, _lock: lock });
            }
        }
        Err(Error::other(format!("no block of {count} free ports")))
    }

    pub(crate) fn first(&self) -> u16 {
        self.first
    }
}

pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rigs_have_different_ports() {
        let (one, other) = (Ports::take(20).unwrap(), Ports::take(20).unwrap());
        assert!(one.first().abs_diff(other.first()) >= BLOCK);
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, one.first() + 3)).unwrap();
        let first = one.first();
        drop(one);
        assert_ne!(Ports::take(20).unwrap().first(), first, "somebody listens there");
    }
}
