//! A few brokers that belong together.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Error, Read as _, Result};
use std::path::{Path, PathBuf};
use std::thread;

use rustix::process::Signal;

use crate::broker::Broker;
use crate::certificates::{self, Certificates};
use crate::folder::Folder;
use crate::kafka::Kafka;
use crate::layout::{COUNT_MAX, Layout};
use crate::{GIVEN, settings};

/// The user that brokers with SASL know.
const USER: &str = "sanbai";

/// What to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Brokers, each also a controller: 1 to 7. From 3 on, topics have three copies and need two of them.
    pub count: u16,
    /// With listeners for TLS.
    pub tls: bool,
    /// With listeners for SASL (SCRAM-SHA-512); with [`tls`](Self::tls), also over TLS.
    pub sasl: bool,
    /// With a listener that is reached through a proxy of the test: see [`Brokers::proxied`].
    pub proxied: bool,
    /// The port of the first broker, for people: the second has the next one. Free ports where it is `None`.
    pub first_port: Option<u16>,
    /// More settings of the brokers; they win.
    pub settings: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            count: 1,
            tls: false,
            sasl: false,
            proxied: false,
            first_port: None,
            settings: Vec::new(),
        }
    }
}

impl Options {
    pub(crate) fn has(&self, listener: Listener) -> bool {
        match listener {
            Listener::Plain => true,
            Listener::Proxied => self.proxied,
            Listener::Tls => self.tls,
            Listener::Sasl => self.sasl,
            Listener::SaslTls => self.tls && self.sasl,
        }
    }
}

/// A way to reach the brokers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// Without TLS and without a user.
    Plain,
    /// The same, through a proxy of the test.
    Proxied,
    /// TLS; a client may show a certificate.
    Tls,
    /// A user with SCRAM-SHA-512, without TLS.
    Sasl,
    /// A user with SCRAM-SHA-512, over TLS.
    SaslTls,
}

impl Listener {
    pub(crate) const ALL: [Self; 5] = [Self::Plain, Self::Proxied, Self::Tls, Self::Sasl, Self::SaslTls];
}

/// What a client needs for TLS and SASL.
#[derive(Debug)]
pub struct Security {
    pub(crate) certificates: Option<Certificates>,
    password: String,
}

impl Security {
    /// The certificate of the authority, in PEM; `None` without TLS.
    #[must_use]
    pub fn authority(&self) -> Option<&Path> {
        self.certificates.as_ref().map(|made| made.authority.as_path())
    }

    /// Certificate and key of a client, in PEM; `None` without TLS.
    #[must_use]
    pub fn client(&self) -> Option<(&Path, &Path)> {
        let made = self.certificates.as_ref()?;
        Some((&made.client, &made.client_key))
    }

    /// Name of the user.
    #[must_use]
    pub fn user(&self) -> &'static str {
        USER
    }

    /// Password of the user, another one in each rig.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }
}

/// Brokers that run until this is dropped, or brokers that somebody else runs.
#[derive(Debug)]
pub struct Brokers(Kind);

#[derive(Debug)]
enum Kind {
    /// Their addresses.
    Given(String),
    Own(Box<Own>),
}

/// In the order in which they go: processes, then their folder, then their ports.
#[derive(Debug)]
struct Own {
    list: Vec<Broker>,
    security: Option<Security>,
    folder: Folder,
    layout: Layout,
    options: Options,
}

impl Brokers {
    /// Starts brokers, and waits until all of them take requests.
    ///
    /// # Errors
    /// [`NotFound`](std::io::ErrorKind::NotFound) where Java, Maven, the jars or OpenSSL cannot be had; otherwise why they
    /// do not start, with the end of a broker's log.
    pub fn start(options: Options) -> Result<Self> {
        if !(1..=COUNT_MAX).contains(&options.count) {
            return Err(Error::other(format!("{} brokers, not 1 to {COUNT_MAX}", options.count)));
        }
        let kafka = Kafka::ready()?;
        let layout = match options.first_port {
            None => Layout::free(options.count)?,
            Some(port) => Layout::fixed(options.count, port)?,
        };
        let folder = Folder::new()?;
        let security = security(&options, folder.path())?;
        let mut own = Own {
            list: Vec::new(),
            security,
            folder,
            layout,
            options,
        };
        own.list = own.prepare(&kafka)?;
        let mut brokers = Self(Kind::Own(Box::new(own)));
        brokers.start_all_again()?;
        Ok(brokers)
    }

    /// The brokers that [`GIVEN`] names, or ones as [`start`](Self::start) makes them.
    ///
    /// # Errors
    /// As there; and where brokers are named although their security or their proxy is asked for.
    pub fn given_or_start(options: &Options) -> Result<Self> {
        match std::env::var(GIVEN) {
            Ok(given) if options.tls || options.sasl || options.proxied => Err(Error::other(format!(
                "{GIVEN} names {given}, but this needs TLS, SASL or a proxy: unset it"
            ))),
            Ok(given) if !given.is_empty() => Ok(Self(Kind::Given(given))),
            _ => Self::start(options.clone()),
        }
    }

    /// `host:port,…` of all brokers, for clients without TLS.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        match &self.0 {
            Kind::Given(given) => given.clone(),
            Kind::Own(own) => own.addresses(Listener::Plain),
        }
    }

    /// `host:port,…` of all brokers at another listener; `None` where they have none.
    #[must_use]
    pub fn bootstrap_of(&self, listener: Listener) -> Option<String> {
        match &self.0 {
            Kind::Given(given) => (listener == Listener::Plain).then(|| given.clone()),
            Kind::Own(own) => own.options.has(listener).then(|| own.addresses(listener)),
        }
    }

    /// What clients need for TLS and SASL, where either was asked for.
    #[must_use]
    pub fn security(&self) -> Option<&Security> {
        match &self.0 {
            Kind::Given(_) => None,
            Kind::Own(own) => own.security.as_ref(),
        }
    }

    /// For the proxy of a test: of each broker the port that clients are told, where the proxy listens, and the port
    /// where the broker itself does. Empty unless it was asked for.
    #[must_use]
    pub fn proxied(&self) -> Vec<(u16, u16)> {
        let port = |own: &Own, id| {
            let told = own.layout.advertised(Listener::Proxied, id);
            (told, own.layout.listening(Listener::Proxied, id))
        };
        match &self.0 {
            Kind::Own(own) if own.options.proxied => (1..=own.options.count).map(|id| port(own, id)).collect(),
            _ => Vec::new(),
        }
    }

    /// Kills broker `id` (1 to count) where it stands: nothing is flushed.
    ///
    /// # Errors
    /// Where there is no such broker, or the brokers are not ours.
    pub fn kill(&mut self, id: u16) -> Result<()> {
        self.broker(id)?.kill()
    }

    /// Tells broker `id` to stop in order, and waits until it is gone.
    ///
    /// # Errors
    /// As [`kill`](Self::kill).
    pub fn stop(&mut self, id: u16) -> Result<()> {
        self.broker(id)?.stop()
    }

    /// Lets broker `id` stand still: its connections stay open, and nobody answers.
    ///
    /// # Errors
    /// As [`kill`](Self::kill); and where it does not run.
    pub fn pause(&mut self, id: u16) -> Result<()> {
        self.broker(id)?.signal(Signal::STOP)
    }

    /// Lets a paused broker go on.
    ///
    /// # Errors
    /// As [`pause`](Self::pause).
    pub fn resume(&mut self, id: u16) -> Result<()> {
        self.broker(id)?.signal(Signal::CONT)
    }

    /// Starts a killed or stopped broker with what lies in its folder, and waits until it takes requests.
    ///
    /// Of three brokers two must run for that: after killing more, use [`start_all_again`](Self::start_all_again).
    ///
    /// # Errors
    /// As [`kill`](Self::kill); and where it runs already or does not start.
    pub fn start_again(&mut self, id: u16) -> Result<()> {
        let broker = self.broker(id)?;
        broker.launch()?;
        broker.wait_until_ready()
    }

    /// Starts all brokers that do not run, at once, and waits until they take requests.
    ///
    /// # Errors
    /// Where one does not start, or the brokers are not ours.
    pub fn start_all_again(&mut self) -> Result<()> {
        let list = &mut self.own()?.list;
        let mut launched: Vec<&mut Broker> = list.iter_mut().filter(|broker| !broker.is_running()).collect();
        for broker in &mut launched {
            broker.launch()?;
        }
        launched.into_iter().try_for_each(Broker::wait_until_ready)
    }

    /// The log of broker `id`, for a test that fails. `None` where the brokers are not ours.
    #[must_use]
    pub fn log(&self, id: u16) -> Option<PathBuf> {
        let Kind::Own(own) = &self.0 else { return None };
        let at = usize::from(id).checked_sub(1)?;
        own.list.get(at).map(Broker::log)
    }

    fn broker(&mut self, id: u16) -> Result<&mut Broker> {
        let list = &mut self.own()?.list;
        let count = list.len();
        let broker = usize::from(id).checked_sub(1).and_then(|at| list.get_mut(at));
        broker.ok_or_else(|| Error::other(format!("no broker {id}: they are numbered 1 to {count}")))
    }

    fn own(&mut self) -> Result<&mut Own> {
        match &mut self.0 {
            Kind::Own(own) => Ok(own),
            Kind::Given(given) => Err(Error::other(format!("the brokers {given} are not ours to touch"))),
        }
    }
}

impl Own {
    /// Makes the folders of all brokers, at once: each takes the start of a Java machine.
    fn prepare(&self, kafka: &Kafka) -> Result<Vec<Broker>> {
        let user = self.options.sasl.then_some(self.security.as_ref()).flatten();
        let user = user.map(|security| (USER, security.password()));
        thread::scope(|scope| {
            let made: Vec<_> = (1..=self.options.count)
                .map(|id| {
                    scope.spawn(move || {
                        let folder = self.folder.path().join(format!("broker-{id}"));
                        let properties =
                            settings::properties(&self.options, &self.layout, self.security.as_ref(), id, &folder);
                        Broker::new(id, kafka, &folder, &properties, user)
                    })
                })
                .collect();
            made.into_iter()
                .map(|made| {
                    made.join()
                        .unwrap_or_else(|_| Err(Error::other("preparing a broker panicked")))
                })
                .collect()
        })
    }

    fn addresses(&self, listener: Listener) -> String {
        let address = |id| format!("127.0.0.1:{}", self.layout.advertised(listener, id));
        (1..=self.options.count).map(address).collect::<Vec<_>>().join(",")
    }
}

fn security(options: &Options, folder: &Path) -> Result<Option<Security>> {
    if !options.tls && !options.sasl {
        return Ok(None);
    }
    let certificates = options.tls.then(|| certificates::make(folder)).transpose()?;
    let mut random = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut random)?;
    let mut password = String::new();
    for byte in random {
        write!(password, "{byte:02x}").map_err(Error::other)?;
    }
    Ok(Some(Security { certificates, password }))
}
