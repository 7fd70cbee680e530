//! Clients that send at the same time.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use sanbai_wire::proto::event::ParcelEvent;

use crate::client::{Batch, Client, Got};
use crate::daemon::Daemon;

/// Clients that send at the same time.
const CLIENTS: usize = 8;
/// Events of a request.
const BATCH: usize = 40;

/// Clients, sending.
#[derive(Debug)]
pub(crate) struct Crowd {
    clients: Vec<JoinHandle<()>>,
    got: Arc<Mutex<Got>>,
}

impl Crowd {
    /// Sends all events, each not before its time.
    pub(crate) fn send(daemon: &Daemon, told: Vec<ParcelEvent>) -> Self {
        Self::send_batches(daemon, Batch::cut(told, BATCH))
    }

    /// Sends all events at once.
    pub(crate) fn send_at_once(daemon: &Daemon, told: Vec<ParcelEvent>) -> Self {
        let batches = Batch::cut(told, BATCH).into_iter().map(Batch::at_once);
        Self::send_batches(daemon, batches.collect())
    }

    fn send_batches(daemon: &Daemon, batches: Vec<Batch>) -> Self {
        let got = Arc::new(Mutex::new(Got::default()));
        let mut hands: Vec<Vec<Batch>> = (0..CLIENTS).map(|_| Vec::new()).collect();
        for (number, batch) in batches.into_iter().enumerate() {
            hands[number % CLIENTS].push(batch);
        }
        let clients = hands.into_iter().map(|batches| {
            let client = Client::new(daemon);
            let got = Arc::clone(&got);
            std::thread::spawn(move || client.send_all(batches, &got))
        });
        Self {
            clients: clients.collect(),
            got,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.clients.iter().all(JoinHandle::is_finished)
    }

    /// Events that were accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.got.lock().expect("no client panics").accepted.len()
    }

    /// Requests that were turned away with a code so far.
    pub(crate) fn turned_away(&self, code: &str) -> u64 {
        let got = self.got.lock().expect("no client panics");
        got.turned_away.get(code).copied().unwrap_or(0)
    }

    /// Waits for all of them.
    pub(crate) fn finish(self) -> Got {
        self.clients
            .into_iter()
            .for_each(|client| client.join().expect("no client panics"));
        let got = Arc::into_inner(self.got).expect("nobody else has it");
        got.into_inner().expect("no client panics")
    }
}
