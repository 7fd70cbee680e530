//! The listener: `/metrics`, `/livez`, `/readyz`.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use sanbai_gateway::{Connections, Settings};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use super::health::{self, Check};
use super::{Form, Metrics};

/// Whoever scrapes so soon after another, or while another does, gets the same.
const SHARED_FOR: Duration = Duration::from_secs(1);

const PLAIN: &str = "text/plain; charset=utf-8";

/// What all requests share.
struct Shared {
    metrics: Arc<Metrics>,
    /// The last page. One request makes it while others wait: there are no more than connections.
    last: Mutex<Option<(Instant, Form, Bytes)>>,
}

/// Answers on a listener until `shutdown`.
///
/// # Errors
/// Where the listener has no address.
pub(crate) async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let settings = Settings {
        connections_max: 64,
        address_connections_max: 32,
        shutdown_timeout: Duration::from_secs(1),
        ..Settings::default()
    };
    Connections::apart(settings)
        .run(listener, router(metrics), shutdown)
        .await
}

fn router(metrics: Arc<Metrics>) -> Router {
    let shared = Shared {
        metrics,
        last: Mutex::new(None),
    };
    Router::new()
        .route("/metrics", get(page))
        .route("/livez", get(lives))
        .route("/-/healthy", get(lives))
        .route("/readyz", get(ready))
        .route("/-/ready", get(ready))
        .fallback(async || answer(StatusCode::NOT_FOUND, PLAIN, "nothing is at this path\n"))
        .method_not_allowed_fallback(async || answer(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "only GET\n"))
        .with_state(Arc::new(shared))
}

async fn page(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let form = Form::of(accept);
    let mut last = shared.last.lock().await;
    if let Some((made, as_form, page)) = &*last
        && *as_form == form
        && made.elapsed() < SHARED_FOR
    {
        return answer(StatusCode::OK, form.content_type(), page.clone());
    }
    let metrics = Arc::clone(&shared.metrics);
    // It asks the disk for its room, and may be long.
    let Ok(page) = tokio::task::spawn_blocking(move || Bytes::from(metrics.page(form))).await else {
        return answer(StatusCode::INTERNAL_SERVER_ERROR, PLAIN, "a fault of ours\n");
    };
    *last = Some((Instant::now(), form, page.clone()));
    drop(last);
    answer(StatusCode::OK, form.content_type(), page)
}

async fn lives(State(shared): State<Arc<Shared>>) -> Response {
    checked(shared, Metrics::lives).await
}

async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    checked(shared, Metrics::readiness).await
}

async fn checked(shared: Arc<Shared>, look: fn(&Metrics) -> Vec<Check>) -> Response {
    let looked = tokio::task::spawn_blocking(move || look(&shared.metrics)).await;
    let Ok(checks) = looked else {
        return answer(StatusCode::INTERNAL_SERVER_ERROR, PLAIN, "a fault of ours\n");
    };
    let status = if checks.iter().all(|check| check.is_ok) {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    answer(status, PLAIN, health::body(&checks))
}

fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
