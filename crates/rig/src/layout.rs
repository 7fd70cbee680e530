//! Who listens where.

use std::io::{Error, ErrorKind, Result};

use crate::brokers::Listener;
use crate::ports::{Ports, is_free};

/// Most brokers of one rig.
pub(crate) const COUNT_MAX: u16 = 7;

/// Kinds of ports of each broker: [`Listener::ALL`], the controller, and where the proxied listener itself listens.
const KINDS: u16 = 7;

/// The ports of all brokers.
#[derive(Debug)]
pub(crate) struct Layout {
    first: u16,
    /// Between the ports of one kind and of the next.
    stride: u16,
    _ports: Option<Ports>,
}

impl Layout {
    /// Free ports.
    pub(crate) fn free(count: u16) -> Result<Self> {
        let ports = Ports::take(count * KINDS)?;
        Ok(Self {
            first: ports.first(),
            stride: count,
            _ports: Some(ports),
        })
    }

    /// Ports that a person can remember: broker 1 listens on `first`, its controller on `first + 100`, and so on.
    pub(crate) fn fixed(count: u16, first: u16) -> Result<Self> {
        let layout = Self {
            first,
            stride: 100,
            _ports: None,
        };
        let taken = (1..=count)
            .flat_map(|id| (0..KINDS).map(move |kind| (kind, id)))
            .map(|(kind, id)| layout.port(kind, id))
            .find(|port| !is_free(*port));
        match taken {
            None => Ok(layout),
            Some(port) => Err(Error::new(ErrorKind::AddrInUse, format!("port {port} is in use"))),
        }
    }

    fn port(&self, kind: u16, id: u16) -> u16 {
        self.first + kind * self.stride + id - 1
    }

    /// Where clients of a listener go.
    pub(crate) fn advertised(&self, listener: Listener, id: u16) -> u16 {
        let kind = match listener {
            Listener::Plain => 0,
            Listener::Proxied => 2,
            Listener::Tls => 3,
            Listener::Sasl => 4,
            Listener::SaslTls => 5,
        };
        self.port(kind, id)
    }

    pub(crate) fn controller(&self, id: u16) -> u16 {
        self.port(1, id)
    }

    /// Where the broker itself listens.
    pub(crate) fn listening(&self, listener: Listener, id: u16) -> u16 {
        match listener {
            Listener::Proxied => self.port(6, id),
            _ => self.advertised(listener, id),
        }
    }
}
