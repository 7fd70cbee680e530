//! A bucket for tests: a real implementation of S3 on a folder, which can be told to misbehave.

use std::convert::Infallible;
use std::io::{Error, ErrorKind, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::{BodyExt as _, Collected};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::CONTENT_LENGTH;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use s3s::Body;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::folder::Folder;
use crate::tls::Tls;

/// How a bucket behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Manner {
    /// As it should.
    #[default]
    Well,
    /// Every connection is closed at once.
    Away,
    /// Nothing is ever answered.
    Silent,
    /// Every answer is an error of the server.
    Errors,
    /// Every answer comes that much later.
    Slow(Duration),
    /// Answers break off in the middle of their bodies.
    BreaksOff,
}

/// A server of S3 on loopback with one bucket; gone when it is dropped.
#[derive(Debug)]
pub struct Bucket {
    address: SocketAddr,
    tls: Option<Tls>,
    shared: Arc<Shared>,
    folder: Folder,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    manner: Mutex<Manner>,
    requests: AtomicU64,
}

impl Bucket {
    /// Its name.
    pub const NAME: &'static str = "shards";
    /// Who may use it.
    pub const ACCESS_KEY: &'static str = "sanbai-test";
    /// What proves it.
    pub const SECRET_KEY: &'static str = "SECRET-of-the-bucket-0123456789";

    /// An empty one, over plain HTTP.
    ///
    /// # Errors
    /// Where there is no port or no folder for it.
    pub fn start() -> Result<Self> {
        Self::with(None)
    }

    /// An empty one, over TLS with a certificate for `localhost` that nobody trusts but who is given [`Bucket::ca`].
    ///
    /// # Errors
    /// As [`Bucket::start`].
    pub fn start_secure() -> Result<Self> {
        Self::with(Some(Tls::new()?))
    }

    fn with(tls: Option<Tls>) -> Result<Self> {
        let folder = Folder::new()?;
        std::fs::create_dir(folder.path().join(Self::NAME))?;
        if let Some(tls) = &tls {
            std::fs::write(folder.path().join("ca.pem"), tls.certificate()?)?;
        }
        let files = FileSystem::new(folder.path()).map_err(|error| Error::other(format!("{error:?}")))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(Self::ACCESS_KEY, Self::SECRET_KEY));
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            manner: Mutex::default(),
            requests: AtomicU64::new(0),
        });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (serving, service, of_tls) = (Arc::clone(&shared), service.build(), tls.clone());
        let thread = std::thread::Builder::new().name("bucket".to_owned()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else {
                    return;
                };
                tokio::select! {
                    () = accept(&listener, &service, &serving, of_tls.as_ref()) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self {
            address,
            tls,
            shared,
            folder,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it is, as `http://127.0.0.1:1234` or `https://localhost:1234`.
    pub fn endpoint(&self) -> String {
        match &self.tls {
            None => format!("http://{}", self.address),
            Some(_) => format!("https://localhost:{}", self.address.port()),
        }
    }

    /// The file with the certificate to be trusted, of a secure one.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Where its objects lie, by their names.
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join(Self::NAME)
    }

    /// From now on it behaves so.
    pub fn be(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// Requests that came so far, however they were answered.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Shared {
    fn manner(&self) -> Manner {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: &TcpListener, service: &S3Service, shared: &Arc<Shared>, tls: Option<&Tls>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        if shared.manner() == Manner::Away {
            continue;
        }
        let (service, shared, tls) = (service.clone(), Arc::clone(shared), tls.cloned());
        tokio::spawn(async move { connection(stream, service, shared, tls).await });
    }
}

async fn connection(stream: TcpStream, service: S3Service, shared: Arc<Shared>, tls: Option<Tls>) {
    match tls {
        None => serve(stream, service, shared).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, service, shared).await;
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, service: S3Service, shared: Arc<Shared>) {
    let answer = service_fn(move |request| {
        let (service, shared) = (service.clone(), Arc::clone(&shared));
        async move { answer(request, &service, &shared).await }
    });
    // Whoever asked may be gone.
    http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer)
        .await
        .ok();
}

fn error() -> Response<Body> {
    let mut response = Response::new(Body::from("<Error><Code>InternalError</Code></Error>".to_owned()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

async fn answer(
    request: Request<Incoming>,
    service: &S3Service,
    shared: &Shared,
) -> std::result::Result<Response<Body>, Infallible> {
    shared.requests.fetch_add(1, Ordering::Relaxed);
    match shared.manner() {
        Manner::Silent => std::future::pending().await,
        Manner::Errors => return Ok(error()),
        Manner::Slow(by) => tokio::time::sleep(by).await,
        Manner::Well | Manner::Away | Manner::BreaksOff => {}
    }
    let response = service.call(request.map(Body::from)).await.unwrap_or_else(|_| error());
    if shared.manner() == Manner::BreaksOff {
        return Ok(broken_off(response).await);
    }
    Ok(response)
}

/// The same with half of its body: its length still says all of it.
async fn broken_off(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let whole = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    head.headers.insert(CONTENT_LENGTH, whole.len().into());
    let half = whole.slice(..whole.len() / 2);
    Response::from_parts(head, Body::http_body(Half(Some(half))))
}

/// Some bytes, then an error.
#[derive(Debug)]
struct Half(Option<Bytes>);

impl hyper::body::Body for Half {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        let next = self.0.take();
        Poll::Ready(Some(
            next.map(Frame::data).ok_or_else(|| ErrorKind::UnexpectedEof.into()),
        ))
    }
}
