//! The intake: from a request to its answer.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{Request, State};
use axum::response::Response;
use axum::{Router, routing};
use sanbai_core::rules::Rules;
use sanbai_engine::clock::Clock;
use sanbai_engine::log::{Append, Busy, Message};
use sanbai_engine::stage::Layout;
use sanbai_wire::{Code, TokenKeys};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::answer::{self, RequestIds};
use crate::body::{self, too_much};
use crate::counts::IntakeCounts;
use crate::form::{Form, Packing};
use crate::framing::TwoLengths;
use crate::hold::{Hold, take_of_each};
use crate::judged::Judged;
use crate::refusal::{Refusal, Why};
use crate::settings::Settings;
use crate::source::{Source, Sources};

/// Where events are posted.
const PATH: &str = "/v1/events";
/// The rules that are in force.
#[derive(Clone, Debug)]
pub struct Known {
    /// All of them.
    pub rules: Arc<Rules>,
    /// Those before this offset of the registry count. It must be one that every shard has reached: what a shard does not
    /// know yet it would refuse after it was accepted here.
    pub up_to: u64,
}

/// Knows what is in force.
pub trait Knows: Send + Sync + 'static {
    /// What is in force now. Asked once for each request; must not wait.
    fn known(&self) -> Known;
}

impl<F: Fn() -> Known + Send + Sync + 'static> Knows for F {
    fn known(&self) -> Known {
        self()
    }
}

/// What an intake is made of.
pub struct Parts {
    /// Where events go.
    pub append: Arc<dyn Append>,
    /// How the topics are laid out.
    pub layout: Layout,
    /// When an event reached us.
    pub clock: Clock,
    /// Makes tokens of numbers and names.
    pub keys: TokenKeys,
    /// What is in force.
    pub knows: Arc<dyn Knows>,
    /// Who may send.
    pub sources: Sources,
    /// Limits.
    pub settings: Settings,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("layout", &self.layout)
            .field("sources", &self.sources)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Takes events over HTTP, and answers when they are durable.
#[derive(Debug)]
pub struct Intake {
    parts: Parts,
    /// Those of the parts, until others take their place.
    sources: RwLock<Arc<Sources>>,
    counts: IntakeCounts,
    ids: RequestIds,
    /// As many bodies are decoded at a time.
    decoders: Arc<Semaphore>,
}

impl Intake {
    /// An intake.
    pub fn new(mut parts: Parts) -> Arc<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Arc::new(Self {
            sources: RwLock::new(Arc::new(std::mem::replace(&mut parts.sources, Sources::local()))),
            parts,
            counts: IntakeCounts::default(),
            ids: RequestIds::new(),
            decoders: Arc::new(Semaphore::new(cores)),
        })
    }

    /// What it has done.
    pub const fn counts(&self) -> &IntakeCounts {
        &self.counts
    }

    /// Who may send.
    pub fn sources(&self) -> Arc<Sources> {
        Arc::clone(&self.sources.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From the next request on these may send. What of a source is under way stays counted under its name.
    pub fn replace_sources(&self, mut sources: Sources) {
        let mut current = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        sources.go_on_from(&current);
        *current = Arc::new(sources);
    }

    /// Its limits.
    pub const fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    /// Its paths, with an answer to all others.
    pub fn router(self: &Arc<Self>) -> Router {
        let post = routing::post(post).fallback(wrong_method);
        Router::new()
            .route(PATH, post)
            .fallback(nothing_here)
            .with_state(Arc::clone(self))
    }

    async fn take(self: &Arc<Self>, id: &str, source: &Source, request: Request) -> Result<Response, Refusal> {
        let settings = &self.parts.settings;
        let until = Instant::now() + settings.request_timeout;
        let is_atomic = is_atomic(request.uri().query())?;
        let form = Form::of(request.headers())?;
        let packing = Packing::of(request.headers())?;
        let mut bytes = [
            Hold::of(&self.counts.bytes, settings.in_flight_bytes_max),
            Hold::of(&source.counts.bytes, settings.source_bytes_max),
        ];
        let body = body::read(request.into_body(), settings, until, &mut bytes).await?;
        self.counts.body(body.len());
        if packing != Packing::Plain && !take_of_each(&mut bytes, settings.expanded_bytes_max) {
            return Err(too_much());
        }
        let mut requests = Hold::of(&source.counts.requests, settings.source_requests_max);
        if !requests.take(1) {
            let detail = "the source has as many requests under way as it may have; wait for their answers";
            return Err(Refusal::new(Why::RateLimited, detail));
        }
        if body.is_empty() {
            return Err(Refusal::code(
                Code::EmptyBody,
                "the body has no bytes; send an event or a batch",
            ));
        }
        let (judged, messages) = self.judged(body, form, packing, source).await?;
        let refused = judged.refused();
        if let ([Err(reject)], true) = (judged.events.as_slice(), judged.is_single) {
            self.count(source, &judged);
            return Ok(answer::refused(&reject.clone().into(), id));
        }
        if is_atomic && refused > 0 {
            self.counts.turn_away(Why::AtomicRefused);
            return Ok(answer::none_accepted(&judged, id));
        }
        if !messages.is_empty() {
            self.durable(messages, until).await?;
        }
        self.count(source, &judged);
        Ok(answer::accepted(&judged, id))
    }

    /// Reads the events of a body where it holds nobody up, and where a fault of ours ends nothing else.
    async fn judged(
        self: &Arc<Self>,
        body: Vec<u8>,
        form: Form,
        packing: Packing,
        source: &Source,
    ) -> Result<(Judged, Vec<Message>), Refusal> {
        let internal = || Refusal::new(Why::Internal, "a fault of ours; send it again, and tell us if it stays");
        let permit = Arc::clone(&self.decoders)
            .acquire_owned()
            .await
            .map_err(|_| internal())?;
        let (intake, name) = (Arc::clone(self), Arc::clone(&source.name));
        let judged = tokio::task::spawn_blocking(move || {
            let judged = intake.judge(body, form, packing, &name);
            drop(permit);
            judged
        });
        judged.await.map_err(|_| internal())?
    }

    fn judge(
        &self,
        body: Vec<u8>,
        form: Form,
        packing: Packing,
        source: &str,
    ) -> Result<(Judged, Vec<Message>), Refusal> {
        let body = body::unpack(body, packing, self.parts.settings.expanded_bytes_max)?;
        let events = form.events(&body)?;
        let (now, known) = (self.parts.clock.now(), self.parts.knows.known());
        let judged = Judged::of(&events, source, now, &self.parts.keys, &known);
        let messages = judged.messages(self.parts.layout.parcels);
        Ok((judged, messages))
    }

    /// Counts what was accepted and what was refused.
    fn count(&self, source: &Source, judged: &Judged) {
        let refused = judged.refused();
        let accepted = judged.events.len() - refused;
        self.counts.accept(accepted);
        source.counts.add(accepted, refused);
        for event in &judged.events {
            match event {
                Ok(event) => self.counts.pass_over(event.unknown_fields()),
                Err(reject) => self.counts.refuse(reject.code),
            }
        }
    }

    /// Appends messages and waits until they are durable. Where they may not be, nothing is claimed of them: events that
    /// are sent again under their ids change nothing.
    async fn durable(&self, messages: Vec<Message>, until: Instant) -> Result<(), Refusal> {
        let (done, is_done) = oneshot::channel();
        let done = Box::new(move |result| {
            // Whoever waited may have gone.
            done.send(result).ok();
        });
        self.parts.append.append(messages, done).map_err(|busy| match busy {
            Busy::Full => Refusal::new(
                Why::Backpressure,
                "as much waits to be kept as may wait; send it again later",
            ),
            Busy::Closing => Refusal::new(Why::Backpressure, "the intake is being closed; send it again later"),
            Busy::NoRoom => Refusal::new(Why::NoRoom, "the disk is nearly full; send it again later"),
        })?;
        match timeout_at(until, is_done).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(_)) | Err(_)) => {
                let detail = "the log could not keep it; send it again, with the same event ids";
                Err(Refusal::new(Why::Backpressure, detail))
            }
            Err(_) => {
                let detail = "the log has not kept it in time; send it again, with the same event ids";
                Err(Refusal::new(Why::Backpressure, detail))
            }
        }
    }

    /// The answer to a request, which is counted and, where it was refused, noted.
    fn answered(&self, id: &str, source: Option<&str>, answer: Result<Response, Refusal>) -> Response {
        let response = answer.unwrap_or_else(|refusal| {
            let (code, source) = (refusal.why.as_str(), source.unwrap_or_default());
            match refusal.why.status().as_u16() {
                // Everybody meets it, again and again: the log has said it once.
                503 => tracing::debug!(id, source, code, "request refused, its client will send it again"),
                500.. => tracing::warn!(id, source, code, "request refused, its client will send it again"),
                401 => tracing::info!(id, "request refused, its source is not known"),
                _ => tracing::debug!(id, source, code, "request refused"),
            }
            self.counts.turn_away(refusal.why);
            answer::refused(&refusal, id)
        });
        self.counts.answer(response.status().as_u16());
        response
    }
}

async fn post(State(intake): State<Arc<Intake>>, request: Request) -> Response {
    let mut requests = Hold::of(&intake.counts.requests, usize::MAX);
    requests.take(1);
    let id = intake.ids.next();
    if request.extensions().get::<TwoLengths>().is_some() {
        let detail = "the length of the body stands there twice, as Content-Length and as Transfer-Encoding; send one";
        return intake.answered(&id, None, Err(Refusal::new(Why::HttpFraming, detail)));
    }
    let known = intake.sources();
    let source = match known.who(request.headers()) {
        Ok(source) => source.clone(),
        Err(refusal) => return intake.answered(&id, None, Err(refusal)),
    };
    let answer = intake.take(&id, &source, request).await;
    intake.answered(&id, Some(&source.name), answer)
}

async fn wrong_method(State(intake): State<Arc<Intake>>) -> Response {
    let refusal = Refusal::new(Why::MethodNotAllowed, "events are posted: POST /v1/events");
    intake.answered(&intake.ids.next(), None, Err(refusal))
}

async fn nothing_here(State(intake): State<Arc<Intake>>) -> Response {
    let detail = "nothing is at this path; events go to POST /v1/events";
    intake.answered(&intake.ids.next(), None, Err(Refusal::new(Why::NotFound, detail)))
}

/// Whether all or none of the events are to be accepted: `?atomic=true`.
fn is_atomic(query: Option<&str>) -> Result<bool, Refusal> {
    match query {
        None | Some("" | "atomic=false") => Ok(false),
        Some("atomic=true") => Ok(true),
        Some(_) => {
            let detail = "the query knows atomic=true and atomic=false, once, and nothing else";
            Err(Refusal::new(Why::QueryInvalid, detail))
        }
    }
}
