//! Connections: accepted within limits, read against a clock, closed in order.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::counts::IntakeCounts;
use crate::framing::Watched;
use crate::intake::Intake;
use crate::settings::Settings;

/// Bytes of a connection that are read ahead.
const BUFFER_BYTES: usize = 64 << 10;
/// How long to wait after a connection could not be accepted: mostly, there are no more files to be had.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Runs an intake on a listener until `shutdown`, then lets the requests under way end.
///
/// # Errors
/// As [`Connections::run`].
pub async fn serve(listener: TcpListener, intake: Arc<Intake>, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let router = intake.router();
    Connections::new(intake).run(listener, router, shutdown).await
}

/// The connections of a listener.
#[derive(Debug)]
pub struct Connections {
    settings: Settings,
    counter: Counter,
    room: Arc<Semaphore>,
    addresses: Mutex<HashMap<IpAddr, usize>>,
}

/// Who counts connections.
#[derive(Debug)]
enum Counter {
    Intake(Arc<Intake>),
    Own(Box<IntakeCounts>),
}

impl Counter {
    fn counts(&self) -> &IntakeCounts {
        match self {
            Self::Intake(intake) => intake.counts(),
            Self::Own(counts) => counts,
        }
    }
}

impl Connections {
    /// With the limits of an intake, which counts them.
    pub fn new(intake: Arc<Intake>) -> Arc<Self> {
        Self::with(intake.settings().clone(), Counter::Intake(intake))
    }

    /// With limits of its own, for a listener that has nothing to do with an intake. Those for bodies do not count.
    pub fn apart(settings: Settings) -> Arc<Self> {
        Self::with(settings, Counter::Own(Box::default()))
    }

    fn with(settings: Settings, counter: Counter) -> Arc<Self> {
        let room = settings.connections_max.min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            settings,
            counter,
            room: Arc::new(Semaphore::new(room)),
            addresses: Mutex::default(),
        })
    }

    /// Serves a router, which may have more paths than those of the intake, until `shutdown`; then no connection is
    /// accepted, and those that are open end with the answer under way, at the latest after the shutdown timeout.
    ///
    /// # Errors
    /// Where the listener of an intake may be reached from elsewhere, and no source is configured.
    pub async fn run(
        self: Arc<Self>,
        listener: TcpListener,
        router: Router,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        if let Counter::Intake(intake) = &self.counter {
            let may_listen = intake.sources().may_listen_on(listener.local_addr()?);
            may_listen.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        }
        let settings = self.settings.clone();
        let graceful = GracefulShutdown::new();
        let mut tasks = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = tasks.join_next() => continue,
                accepted = self.accept(&listener) => accepted,
            };
            let Some((stream, guard)) = accepted else { continue };
            let (stream, requests) = Watched::new(stream);
            let service = TowerToHyperService::new(router.clone());
            let service = service_fn(move |mut request| {
                requests.mark(&mut request);
                service.call(request)
            });
            let connection = builder(&settings).serve_connection(TokioIo::new(stream), service);
            let connection = graceful.watch(connection);
            tasks.spawn(async move {
                // How it ended, its client knows.
                drop(connection.await);
                drop(guard);
            });
        }
        drop(listener);
        if tokio::time::timeout(settings.shutdown_timeout, graceful.shutdown())
            .await
            .is_err()
        {
            tasks.shutdown().await;
        }
        while tasks.join_next().await.is_some() {}
        Ok(())
    }

    /// The next connection; `None` where it was not accepted.
    async fn accept(self: &Arc<Self>, listener: &TcpListener) -> Option<(TcpStream, Guard)> {
        let permit = Arc::clone(&self.room).acquire_owned().await.ok()?;
        match listener.accept().await {
            Ok((stream, peer)) => {
                tune(&stream, &self.settings);
                let guard = Guard::new(self, peer);
                if guard.is_none() {
                    self.counter.counts().close_connection();
                }
                let mut guard = guard?;
                guard.permit = Some(permit);
                Some((stream, guard))
            }
            Err(_) => {
                drop(permit);
                tokio::time::sleep(ACCEPT_PAUSE).await;
                None
            }
        }
    }

    fn addresses(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the kernel what is not in HTTP. A connection on which it cannot be told works without.
fn tune(stream: &TcpStream, settings: &Settings) {
    // Answers are short, and waited for.
    stream.set_nodelay(true).ok();
    // An answer that nobody reads would keep its connection for ever.
    #[cfg(target_os = "linux")]
    {
        let millis = u32::try_from(settings.answer_timeout.as_millis()).unwrap_or(u32::MAX);
        rustix::net::sockopt::set_tcp_user_timeout(stream, millis).ok();
    }
    #[cfg(not(target_os = "linux"))]
    let _ = settings;
}

fn builder(settings: &Settings) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(settings.head_timeout)
        .max_headers(settings.headers_max)
        .max_header_size(settings.head_bytes_max)
        .max_buf_size(BUFFER_BYTES.max(settings.head_bytes_max))
        .half_close(false)
        .keep_alive(true);
    builder
}

/// Counts a connection while it is open.
struct Guard {
    connections: Arc<Connections>,
    address: IpAddr,
    permit: Option<tokio::sync::OwnedSemaphorePermit>,
}

impl Guard {
    /// `None` where the address has as many connections as it may have.
    fn new(connections: &Arc<Connections>, peer: SocketAddr) -> Option<Self> {
        let address = peer.ip();
        let max = connections.settings.address_connections_max;
        let mut addresses = connections.addresses();
        let count = addresses.get(&address).copied().unwrap_or(0);
        if count >= max {
            return None;
        }
        addresses.insert(address, count + 1);
        drop(addresses);
        let open = &connections.counter.counts().connections;
        open.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Some(Self {
            connections: Arc::clone(connections),
            address,
            permit: None,
        })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut addresses = self.connections.addresses();
        match addresses.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => {
                addresses.remove(&self.address);
            }
        }
        drop(addresses);
        let open = &self.connections.counter.counts().connections;
        open.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
    }
}
