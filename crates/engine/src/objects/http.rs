//! How requests reach a bucket: HTTP/1.1, one connection each, TLS by the OpenSSL of the system.
//!
//! A snapshot takes a handful of requests, so connections are not kept: none goes stale, and none is lost unseen. Nothing is
//! followed to another host.

use std::io;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use hyper::Uri;
use hyper::client::conn::http1::handshake;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslMethod};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_openssl::SslStream;

/// How long a connection may take until requests can be sent.
const CONNECT_MOST: Duration = Duration::from_secs(3);

/// Opens connections.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    tls: SslConnector,
    runtime: Handle,
}

impl Connections {
    /// Trusts what the system trusts, or the certificates of a file.
    pub(super) fn new(ca: Option<&Path>, runtime: Handle) -> Result<Self, ErrorStack> {
        let mut tls = SslConnector::builder(SslMethod::tls_client())?;
        if let Some(ca) = ca {
            tls.set_ca_file(ca)?;
        }
        Ok(Self {
            tls: tls.build(),
            runtime,
        })
    }

    async fn connect(&self, uri: &Uri) -> io::Result<TcpStream> {
        let host = uri.host().ok_or(io::ErrorKind::InvalidInput)?;
        let port = uri.port_u16().unwrap_or(if is_plain(uri) { 80 } else { 443 });
        let stream = TcpStream::connect((bare(host), port)).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn secure(&self, uri: &Uri, stream: TcpStream) -> io::Result<SslStream<TcpStream>> {
        let host = uri.host().unwrap_or_default();
        let ssl = self.tls.configure().and_then(|tls| tls.into_ssl(bare(host)))?;
        let mut stream = SslStream::new(ssl, stream)?;
        std::pin::Pin::new(&mut stream)
            .connect()
            .await
            .map_err(io::Error::other)?;
        Ok(stream)
    }

    async fn send<S>(&self, stream: S, request: HttpRequest) -> Result<HttpResponse, HttpError>
    where
        S: Read + Write + Unpin + Send + 'static,
    {
        let broken = |error| HttpError::new(HttpErrorKind::Interrupted, error);
        let (mut sender, connection) = handshake(stream).await.map_err(broken)?;
        // It ends with the answer, or when nobody waits for that any more.
        self.runtime.spawn(connection);
        let response = sender.send_request(request).await.map_err(broken)?;
        Ok(response.map(|body| HttpResponseBody::new(body.map_err(broken))))
    }
}

fn is_plain(uri: &Uri) -> bool {
    uri.scheme_str() == Some("http")
}

/// The host as it is resolved: without the brackets of an address.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// What stands behind the host, as the request line wants it.
fn origin_form(uri: &Uri) -> Uri {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    path.parse().unwrap_or_default()
}

#[async_trait]
impl HttpService for Connections {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let uri = std::mem::take(request.uri_mut());
        *request.uri_mut() = origin_form(&uri);
        if let Some(authority) = uri.authority()
            && let Ok(host) = authority.as_str().parse()
        {
            request.headers_mut().insert(hyper::header::HOST, host);
        }
        let connect = |error| HttpError::new(HttpErrorKind::Connect, error);
        let late = |_| connect(io::Error::from(io::ErrorKind::TimedOut));
        let connected = tokio::time::timeout(CONNECT_MOST, self.connect(&uri)).await;
        let stream = connected.map_err(late)?.map_err(connect)?;
        if is_plain(&uri) {
            return self.send(TokioIo::new(stream), request).await;
        }
        let secured = tokio::time::timeout(CONNECT_MOST, self.secure(&uri, stream)).await;
        let stream = secured.map_err(late)?.map_err(connect)?;
        self.send(TokioIo::new(stream), request).await
    }
}

impl HttpConnector for Connections {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}
