//! A network that a test can break: plain TCP, between clients and brokers.

mod lane;

use std::io::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use lane::Lane;

/// What happens on the way to a broker and back, for connections that there are and for those to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: bytes pass.
    Pass,
    /// Each byte arrives so much later; both ways.
    Delay(Duration),
    /// Bytes of one direction are held, as if packets were lost, and arrive once that is over; connections stay open.
    BlackHole(Direction),
    /// At most so many bytes a second, for each connection and direction; at least 50.
    Throttle(u32),
    /// Connections are closed, and new ones as soon as they come.
    Cut,
}

/// A way through the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What clients send.
    ToBroker,
    /// What brokers answer.
    ToClient,
    /// Both.
    Both,
}

/// One listener for each broker; all pass until they are told otherwise. Gone when dropped.
#[derive(Debug)]
pub struct Proxy {
    lanes: Vec<Arc<Lane>>,
    addresses: Vec<SocketAddr>,
    accepting: Vec<JoinHandle<()>>,
}

impl Proxy {
    /// Listens for each pair on the first port (0: any) and passes on to the second, on loopback: of
    /// [`Brokers::proxied`](crate::Brokers::proxied).
    ///
    /// # Errors
    /// Where it cannot listen.
    pub fn start(ports: &[(u16, u16)]) -> Result<Self> {
        let mut proxy = Self {
            lanes: Vec::new(),
            addresses: Vec::new(),
            accepting: Vec::new(),
        };
        for (from, to) in ports {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, *from))?;
            let lane = Arc::new(Lane::new(SocketAddr::from((Ipv4Addr::LOCALHOST, *to))));
            proxy.addresses.push(listener.local_addr()?);
            proxy.lanes.push(Arc::clone(&lane));
            proxy.accepting.push(thread::spawn(move || accept(&listener, &lane)));
        }
        Ok(proxy)
    }

    /// `host:port,…` of all listeners.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        let addresses = self.addresses.iter().map(SocketAddr::to_string);
        addresses.collect::<Vec<_>>().join(",")
    }

    /// What happens to the way to one broker (1 to count) from now on.
    ///
    /// # Errors
    /// Where there is no such broker.
    pub fn set(&self, broker: u16, fault: Fault) -> Result<()> {
        self.lane(broker)?.set(fault);
        Ok(())
    }

    /// The same for all of them.
    pub fn set_all(&self, fault: Fault) {
        for lane in &self.lanes {
            lane.set(fault);
        }
    }

    /// Closes the connections to one broker; new ones pass as before.
    ///
    /// # Errors
    /// Where there is no such broker.
    pub fn cut_once(&self, broker: u16) -> Result<()> {
        self.lane(broker)?.close_all();
        Ok(())
    }

    /// Connections to one broker that are open.
    ///
    /// # Errors
    /// Where there is no such broker.
    pub fn connections(&self, broker: u16) -> Result<usize> {
        Ok(self.lane(broker)?.connections())
    }

    fn lane(&self, broker: u16) -> Result<&Lane> {
        let lane = usize::from(broker).checked_sub(1).and_then(|at| self.lanes.get(at));
        let count = self.lanes.len();
        let missing = || Error::other(format!("no broker {broker}: they are numbered 1 to {count}"));
        lane.map(Arc::as_ref).ok_or_else(missing)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        for (lane, address) in self.lanes.iter().zip(&self.addresses) {
            lane.end();
            // Whoever waits for a connection is woken by one.
            drop(TcpStream::connect(address));
        }
        for accepting in self.accepting.drain(..) {
            // One that panicked has said so.
            drop(accepting.join());
        }
    }
}

fn accept(listener: &TcpListener, lane: &Arc<Lane>) {
    for client in listener.incoming() {
        if lane.is_over() {
            return;
        }
        // A client that gave up, a broker that is not there: the client sees a closed connection.
        drop(client.and_then(|client| lane::connect(lane, client)));
    }
}
