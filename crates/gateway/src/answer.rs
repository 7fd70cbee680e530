//! Answers: what became of each event, or the problem with the whole.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use sanbai_wire::Reject;
use serde::Serialize;

use crate::judged::Judged;
use crate::refusal::{Refusal, Why};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is said of the events of a request.
#[derive(Serialize)]
struct Accepted<'a> {
    accepted: usize,
    refused: usize,
    events: Vec<EventAnswer<'a>>,
}

/// What became of one event.
#[derive(Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum EventAnswer<'a> {
    #[serde(rename_all = "camelCase")]
    Accepted { index: usize, event_id: String },
    Refused {
        index: usize,
        code: &'static str,
        pointer: &'a str,
        detail: &'a str,
    },
}

impl<'a> EventAnswer<'a> {
    fn refused(index: usize, reject: &'a Reject) -> Self {
        Self::Refused {
            index,
            code: reject.code.as_str(),
            pointer: &reject.pointer,
            detail: &reject.detail,
        }
    }
}

/// A problem document (RFC 9457).
#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: String,
    status: u16,
    code: &'static str,
    detail: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pointer: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventAnswer<'a>>,
}

/// What became of each event, when what was accepted is durable.
pub(crate) fn accepted(judged: &Judged, id: &str) -> Response {
    let refused = judged.refused();
    let events = judged.events.iter().enumerate();
    let answer = Accepted {
        accepted: judged.events.len() - refused,
        refused,
        events: events
            .map(|(index, event)| match event {
                Ok(event) => EventAnswer::Accepted {
                    index,
                    event_id: event.id().to_string(),
                },
                Err(reject) => EventAnswer::refused(index, reject),
            })
            .collect(),
    };
    respond(StatusCode::OK, "application/json", &answer, id)
}

/// Nothing was taken, for some events were refused.
pub(crate) fn none_accepted(judged: &Judged, id: &str) -> Response {
    let refused = judged.events.iter().enumerate();
    let events = refused.filter_map(|(index, event)| Some(EventAnswer::refused(index, event.as_ref().err()?)));
    let detail = "some events were refused, and all or none were to be accepted: none was";
    problem(&Refusal::new(Why::AtomicRefused, detail), events.collect(), id)
}

/// The whole request was refused.
pub(crate) fn refused(refusal: &Refusal, id: &str) -> Response {
    problem(refusal, Vec::new(), id)
}

fn problem(refusal: &Refusal, events: Vec<EventAnswer<'_>>, id: &str) -> Response {
    let why = refusal.why;
    let problem = Problem {
        r#type: format!("urn:sanbai:problem:{}", why.as_str()),
        title: why.as_str().replace('_', " "),
        status: why.status().as_u16(),
        code: why.as_str(),
        detail: &refusal.detail,
        pointer: &refusal.pointer,
        request_id: id,
        events,
    };
    let mut response = respond(why.status(), "application/problem+json", &problem, id);
    let headers = response.headers_mut();
    if let Some(seconds) = why.retry_after() {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    match why {
        Why::AuthInvalid => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Why::MethodNotAllowed => {
            headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        // What else comes on this connection cannot be told from the rest of the body.
        Why::RequestTimeout | Why::HttpFraming => {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}

fn respond(status: StatusCode, content_type: &'static str, answer: &impl Serialize, id: &str) -> Response {
    // Texts and numbers: nothing in it fails.
    let body = serde_json::to_vec(answer).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// Names for requests, for whoever asks about one. Ours alone: a name that a client chose is not repeated.
#[derive(Debug)]
pub(crate) struct RequestIds {
    /// Drawn when the process began.
    run: u64,
    count: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        Self {
            run: RandomState::new().build_hasher().finish(),
            count: AtomicU64::new(0),
        }
    }

    pub(crate) fn next(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{:08x}-{count:x}", self.run >> 32)
    }
}
