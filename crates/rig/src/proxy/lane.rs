//! The way to one broker: its connections, and what happens to their bytes.

use std::collections::BTreeMap;
use std::io::{Read as _, Result, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Direction, Fault};

/// Most bytes that are read at once.
const CHUNK: usize = 16 << 10;

/// Chunks of a connection and direction on their way; then its sender must wait.
const CHUNKS: usize = 64;

/// How often a throttled connection gets its share.
const SLICE: Duration = Duration::from_millis(20);

/// Slices of a second.
const SLICES: u32 = 50;

/// Longest wait for a broker to take a connection.
const CONNECT_MOST: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Lane {
    broker: SocketAddr,
    state: Mutex<State>,
    /// The fault is another one, or everything is over.
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    fault: Fault,
    is_over: bool,
    next: u64,
    /// Both ends of each.
    connections: BTreeMap<u64, [TcpStream; 2]>,
}

/// Bytes, and when they came.
type Chunk = (Instant, Vec<u8>);

impl Lane {
    pub(super) fn new(broker: SocketAddr) -> Self {
        let state = State {
            fault: Fault::Pass,
            is_over: false,
            next: 0,
            connections: BTreeMap::new(),
        };
        Self {
            broker,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    pub(super) fn set(&self, fault: Fault) {
        self.lock().fault = fault;
        self.changed.notify_all();
        if fault == Fault::Cut {
            self.close_all();
        }
    }

    pub(super) fn end(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
        self.close_all();
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    pub(super) fn close_all(&self) {
        let connections = std::mem::take(&mut self.lock().connections);
        connections.values().for_each(close);
    }

    pub(super) fn connections(&self) -> usize {
        self.lock().connections.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a connection; `None` where it must not be.
    fn enter(&self, ends: [TcpStream; 2]) -> Option<u64> {
        let mut state = self.lock();
        if state.is_over || state.fault == Fault::Cut {
            close(&ends);
            return None;
        }
        let id = state.next;
        state.next += 1;
        state.connections.insert(id, ends);
        Some(id)
    }

    /// Closes a connection. Both directions come here.
    fn leave(&self, id: u64) {
        if let Some(ends) = self.lock().connections.remove(&id) {
            close(&ends);
        }
    }

    /// Waits until bytes that came then may go on; how many at once. `None`: never.
    fn permit(&self, direction: Direction, came: Instant) -> Option<usize> {
        let asked = Instant::now();
        let mut state = self.lock();
        loop {
            let (most, due) = match state.fault {
                _ if state.is_over => return None,
                Fault::Cut => return None,
                Fault::BlackHole(held) if held == direction || held == Direction::Both => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
                Fault::Pass | Fault::BlackHole(_) => return Some(usize::MAX),
                Fault::Delay(delay) => (usize::MAX, came + delay),
                Fault::Throttle(rate) => (
                    usize::try_from(rate / SLICES).unwrap_or(usize::MAX).max(1),
                    asked + SLICE,
                ),
            };
            let now = Instant::now();
            if now >= due {
                return Some(most);
            }
            let waited = self.changed.wait_timeout(state, due - now);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn close(ends: &[TcpStream; 2]) {
    for end in ends {
        // It may be closed already.
        drop(end.shutdown(Shutdown::Both));
    }
}

/// Connects a client with the broker, each direction by two threads of its own.
pub(super) fn connect(lane: &Arc<Lane>, client: TcpStream) -> Result<()> {
    let broker = TcpStream::connect_timeout(&lane.broker, CONNECT_MOST)?;
    for end in [&client, &broker] {
        end.set_nodelay(true)?;
    }
    let Some(id) = lane.enter([client.try_clone()?, broker.try_clone()?]) else {
        return Ok(());
    };
    let ways = [
        (Direction::ToBroker, client.try_clone()?, broker.try_clone()?),
        (Direction::ToClient, broker, client),
    ];
    for (direction, from, to) in ways {
        let (sent, chunks) = sync_channel(CHUNKS);
        thread::spawn(move || receive(from, &sent));
        let lane = Arc::clone(lane);
        thread::spawn(move || {
            forward(&lane, direction, &chunks, to);
            lane.leave(id);
        });
    }
    Ok(())
}

fn receive(mut from: TcpStream, sent: &SyncSender<Chunk>) {
    let mut buffer = vec![0; CHUNK];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let bytes = buffer.get(..length).unwrap_or_default().to_vec();
        if sent.send((Instant::now(), bytes)).is_err() {
            return;
        }
    }
}

/// Writes what came, when it may go on, until either side is closed.
fn forward(lane: &Lane, direction: Direction, chunks: &Receiver<Chunk>, mut to: TcpStream) {
    for (came, bytes) in chunks {
        let mut left = bytes.as_slice();
        while !left.is_empty() {
            let Some(most) = lane.permit(direction, came) else {
                return;
            };
            let (now, later) = left.split_at(most.min(left.len()));
            if to.write_all(now).is_err() {
                return;
            }
            left = later;
        }
    }
}
