//! Sends one batch until it is answered.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use sanbai_wire::Encoding;
use serde::Deserialize;
use ureq::Agent;
use ureq::http::{HeaderMap, HeaderValue, Uri, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use crate::push::batch::Batch;
use crate::push::note;
use crate::push::report::Answer;

/// Where events are posted.
const PATH: &str = "/v1/events";
/// The first wait before a batch is sent again; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait, unless a daemon asks for more.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// The longest wait that a daemon may ask for.
const ASKED_MAX: Duration = Duration::from_secs(60);
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may take in all: a daemon gives up after 60 s.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(75);
/// Connections that are idle for longer are not used again: a daemon closes them after 10 s.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// Where a daemon takes events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    url: String,
    host: String,
    is_tls: bool,
}

impl Target {
    /// Whether it is reached by TLS.
    pub(crate) const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Whether it is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "an address is written https://sanbai.example or http://127.0.0.1:8080".to_owned();
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let scheme = uri.scheme_str().unwrap_or_default();
        if !matches!(scheme, "http" | "https") {
            return Err(wrong());
        }
        let authority = uri.authority().ok_or_else(wrong)?;
        if uri.query().is_some() || authority.as_str().contains('@') {
            return Err("an address holds no user and no query; the token comes from --token-file".to_owned());
        }
        let path = match uri.path().trim_end_matches('/') {
            "" => PATH,
            path if path.ends_with(PATH) => path,
            _ => return Err(format!("events go to {PATH}; write the address without a path")),
        };
        Ok(Self {
            url: format!("{scheme}://{authority}{path}"),
            host: authority.host().to_owned(),
            is_tls: scheme == "https",
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// Whether everybody is to stop, and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    is_now: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(crate) fn now(&self) {
        *self.is_now.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_now(&self) -> bool {
        *self.is_now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits so long, or until it is time to stop; then `true`.
    fn within(&self, time: Duration) -> bool {
        let is_now = self.is_now.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(is_now, time, |is_now| !*is_now);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Sends batches.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    target: Target,
    authorization: Option<HeaderValue>,
    give_up_after: Option<Duration>,
    repeated: AtomicU64,
}

/// What is to be done after a try.
enum Next {
    Done(Answer),
    /// Send it again, after the time that the daemon asks for.
    Again {
        why: String,
        asked: Option<Duration>,
    },
}

/// What a daemon says of a whole request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    detail: String,
}

impl Client {
    /// Whom it trusts are the authorities of the system, or those of a file.
    pub(crate) fn new(
        target: Target,
        token: Option<&str>,
        authorities: Option<&Path>,
        give_up_after: Option<Duration>,
    ) -> anyhow::Result<Self> {
        let authorization = token.map(|token| {
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            let mut value = value.map_err(|_| anyhow!("the token of the source is none"))?;
            value.set_sensitive(true);
            Ok::<_, anyhow::Error>(value)
        });
        // Neither a proxy nor another address: events go where they were told to go.
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent("sanbai")
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(REQUEST_TIMEOUT))
            .max_idle_age(IDLE_MAX)
            .tls_config(tls(authorities)?)
            .build();
        Ok(Self {
            agent: config.new_agent(),
            target,
            authorization: authorization.transpose()?,
            give_up_after,
            repeated: AtomicU64::new(0),
        })
    }

    /// How many times a batch was sent again.
    pub(crate) fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }

    /// Sends a batch until it is answered; `None` where it is time to stop.
    pub(crate) fn send(&self, batch: &Batch, stop: &Stop) -> anyhow::Result<Option<Answer>> {
        let begun = Instant::now();
        for turn in 0_u32.. {
            let (why, asked) = match self.once(batch)? {
                Next::Done(answer) => {
                    if turn > 0 {
                        note(&format!("继续 {} answers again", self.target));
                    }
                    return Ok(Some(answer));
                }
                Next::Again { why, asked } => (why, asked),
            };
            if turn == 0 {
                note(&format!("等待 waiting for {}: {why}", self.target));
            }
            if self.give_up_after.is_some_and(|time| begun.elapsed() >= time) {
                bail!("{} did not take it in time: {why}", self.target);
            }
            if stop.within(wait(turn, asked)) {
                return Ok(None);
            }
            self.repeated.fetch_add(1, Ordering::Relaxed);
        }
        Ok(None)
    }

    fn once(&self, batch: &Batch) -> anyhow::Result<Next> {
        let content_type = match batch.encoding {
            Encoding::Protobuf => "application/protobuf; encoding=delimited",
            Encoding::Json | Encoding::CloudEvent => "application/x-ndjson",
        };
        let mut request = self
            .agent
            .post(&self.target.url)
            .header(header::CONTENT_TYPE, content_type);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let again = |why: String, asked| Ok(Next::Again { why, asked });
        let mut response = match request.send(batch.body.as_slice()) {
            Ok(response) => response,
            Err(error @ (ureq::Error::BadUri(_) | ureq::Error::InvalidProxyUrl)) => return Err(error.into()),
            // Whoever answers there is not the one that was meant, and waiting makes nobody else of it.
            Err(error @ (ureq::Error::NativeTls(_) | ureq::Error::Tls(_))) => {
                bail!("{} cannot be trusted, and was sent nothing: {error}", self.target);
            }
            Err(error) => return again(error.to_string(), None),
        };
        let status = response.status().as_u16();
        let asked = asked_for(response.headers());
        let text = match response.body_mut().read_to_vec() {
            Ok(text) => text,
            Err(error) => return again(error.to_string(), asked),
        };
        if status == 200 {
            let answer =
                serde_json::from_slice(&text).context("the answer is none of an intake; is the address right?")?;
            return Ok(Next::Done(answer));
        }
        let Problem { code, detail } = serde_json::from_slice(&text).unwrap_or_default();
        let why = format!("status {status} {code} {detail}").replace(char::is_control, " ");
        match status {
            408 | 429 | 500..=599 => again(why.trim_end().to_owned(), asked),
            _ => bail!("{} refuses what is sent: {}", self.target, why.trim_end()),
        }
    }
}

/// Whom to trust: the authorities of the system, or only those of a file in PEM.
fn tls(authorities: Option<&Path>) -> anyhow::Result<TlsConfig> {
    let roots = match authorities {
        None => RootCerts::PlatformVerifier,
        Some(file) => {
            let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            let mut certificates = Vec::new();
            for item in parse_pem(&pem) {
                // A key beside them is none of ours.
                if let PemItem::Certificate(certificate) =
                    item.with_context(|| format!("{} is no PEM", file.display()))?
                {
                    certificates.push(certificate);
                }
            }
            if certificates.is_empty() {
                bail!("{} holds no certificate", file.display());
            }
            RootCerts::new_with_certs(&certificates)
        }
    };
    let provider = TlsProvider::NativeTls;
    Ok(TlsConfig::builder().provider(provider).root_certs(roots).build())
}

/// How long a daemon asks to wait.
fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(ASKED_MAX))
}

/// How long to wait before the next turn: at random, so that not all come at once, and as long as was asked for.
fn wait(turn: u32, asked: Option<Duration>) -> Duration {
    let longest = FIRST_WAIT.saturating_mul(1 << turn.min(10)).min(WAIT_MAX);
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    let share = f64::from(random) / f64::from(u32::MAX);
    let jitter = longest.mul_f64(0.5 + share / 2.0);
    asked.map_or(jitter, |asked| asked + jitter.min(asked / 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        let is_loopback = |text: &str| {
            text.parse()
                .map(|target: Target| (target.to_string(), target.is_loopback()))
        };
        for (text, url, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/events", true),
            ("http://LocalHost/", "http://LocalHost/v1/events", true),
            ("http://[::1]:80/v1/events", "http://[::1]:80/v1/events", true),
            ("http://10.0.0.1", "http://10.0.0.1/v1/events", false),
            ("https://sanbai.example", "https://sanbai.example/v1/events", false),
            ("http://localhost.example", "http://localhost.example/v1/events", false),
            ("http://127.0.0.1.example", "http://127.0.0.1.example/v1/events", false),
        ] {
            assert_eq!(is_loopback(text), Ok((url.to_owned(), expected)), "{text}");
        }
        for text in [
            "127.0.0.1:8080",
            "http://a:b@127.0.0.1",
            "http://x/y",
            "http://x/?q",
            "ftp://x",
        ] {
            assert!(is_loopback(text).is_err(), "{text}");
        }
    }

    #[test]
    fn waits_grow_and_end() {
        for turn in 0..40 {
            let time = wait(turn, None);
            let longest = Duration::from_millis(200 * (1 << turn.min(20))).min(WAIT_MAX);
            assert!(time >= longest / 2 && time <= longest, "{turn}: {time:?}");
        }
        let asked = Duration::from_secs(30);
        assert!(wait(0, Some(asked)) >= asked);
    }
}
