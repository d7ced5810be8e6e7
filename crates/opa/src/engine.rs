//! A real OPA server in the place of the embedded engine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bytes::BytesMut;
use policy::{Answer, Question};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

/// Rule of the reason when the server could not be asked, or gave no clear answer.
const UNAVAILABLE: &str = "policy.opa";
const TOO_SLOW: &str = "policy.time_limit";
const TOO_LARGE: &str = "policy.question_size";
/// Longest part of a server's error text that is repeated in a reason.
const TOLD_BYTES_MAX: usize = 300;

/// `[policy.opa]`: where the real OPA listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpaConfig {
    /// Like `http://127.0.0.1:8181`; a path in it stays in front of `/v1/data/bailiwick` (`BAILIWICK_POLICY_OPA_URL`).
    pub url: Url,
    /// Sent as `Authorization: Bearer …` (`BAILIWICK_POLICY_OPA_TOKEN`).
    #[serde(default)]
    pub token: Option<SecretString>,
    /// Time one answer may take, milliseconds (`BAILIWICK_POLICY_OPA_TIMEOUT_MS`). Longer is deny.
    #[serde(default = "timeout_default")]
    pub timeout_ms: u64,
    /// Size of one question, bytes of JSON (`BAILIWICK_POLICY_OPA_QUESTION_BYTES_MAX`). Larger is deny.
    #[serde(default = "bytes_default")]
    pub question_bytes_max: usize,
    /// Size of one answer, bytes (`BAILIWICK_POLICY_OPA_ANSWER_BYTES_MAX`). Larger is deny.
    #[serde(default = "bytes_default")]
    pub answer_bytes_max: usize,
    /// What to record as the policy's revision while the server names none, which it does only for bundles. Without
    /// it, approvals outlive a change of the server's policy.
    #[serde(default)]
    pub revision: Option<String>,
}

fn timeout_default() -> u64 {
    1_000
}

fn bytes_default() -> usize {
    4 << 20
}

/// Asks a real OPA server. Cheap to clone; connections are the client's and are kept.
#[derive(Clone)]
pub struct OpaEngine {
    inner: Arc<Inner>,
}

struct Inner {
    config: OpaConfig,
    endpoint: Url,
    http: Client,
    revision: ArcSwap<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    input: &'a Question,
}

#[derive(Deserialize)]
struct Answered {
    result: Option<Value>,
    #[serde(default)]
    provenance: Provenance,
}

#[derive(Default, Deserialize)]
struct Provenance {
    #[serde(default)]
    revision: String,
    #[serde(default)]
    bundles: BTreeMap<String, BundleProvenance>,
}

#[derive(Deserialize)]
struct BundleProvenance {
    #[serde(default)]
    revision: String,
}

impl OpaEngine {
    pub fn new(config: OpaConfig, http: Client) -> Self {
        let mut endpoint = config.url.clone();
        let path = [config.url.path().trim_end_matches('/'), "/v1/data/bailiwick"].concat();
        endpoint.set_path(&path);
        endpoint.set_query(Some("provenance=true"));
        let revision = config.revision.clone().unwrap_or_else(|| "opa:unknown".into());
        Self { inner: Arc::new(Inner { config, endpoint, http, revision: ArcSwap::from_pointee(revision) }) }
    }

    /// Never fails: what cannot be answered is denied, with the reason.
    pub async fn decide(&self, question: &Question) -> Answer {
        self.decide_with_revision(question).await.0
    }

    /// The answer, and the revision of the policy that gave it.
    pub async fn decide_with_revision(&self, question: &Question) -> (Answer, Arc<String>) {
        let start = Instant::now();
        let limit = Duration::from_millis(self.inner.config.timeout_ms);
        let answered = match tokio::time::timeout(limit, self.ask(question)).await {
            Ok(answered) => answered,
            Err(_) => Err((
                TOO_SLOW,
                format!(
                    "the OPA server did not answer within {} ms; raise policy.opa.timeout_ms if it needs longer",
                    self.inner.config.timeout_ms
                ),
            )),
        };
        let answer = match answered {
            Ok(result) => Answer::from_opa(&result, start.elapsed()),
            Err((rule, message)) => Answer::refused(rule, message, start.elapsed()),
        };
        (answer, self.inner.revision.load_full())
    }

    /// Of the policy that answered last: `opa:NAME@REVISION` for each of the server's bundles, else what is configured.
    pub fn revision(&self) -> Arc<String> {
        self.inner.revision.load_full()
    }

    async fn ask(&self, question: &Question) -> Result<Value, (&'static str, String)> {
        let config = &self.inner.config;
        let body = serde_json::to_vec(&Body { input: question }).map_err(|error| unavailable(&error))?;
        if body.len() > config.question_bytes_max {
            return Err((
                TOO_LARGE,
                format!(
                    "the call is larger than {} bytes, the most that is put to the policy; raise \
                     policy.opa.question_bytes_max to allow more",
                    config.question_bytes_max
                ),
            ));
        }
        let mut request = self
            .inner
            .http
            .post(self.inner.endpoint.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(token) = &config.token {
            request = request.bearer_auth(token.expose_secret());
        }
        // The address may hold what nobody else should read; the reason names the setting instead.
        let response = request.send().await.map_err(|error| unavailable(&told(&error.without_url())))?;
        let status = response.status();
        let bytes = body_of(response, config.answer_bytes_max).await?;
        if status != StatusCode::OK {
            let said = String::from_utf8_lossy(&bytes);
            let said = said[..said.floor_char_boundary(TOLD_BYTES_MAX)].replace('\n', " ");
            return Err(unavailable(&format!("it answered {status}: {said}")));
        }
        let answered: Answered = serde_json::from_slice(&bytes)
            .map_err(|error| unavailable(&format!("its answer is no JSON: {error}")))?;
        self.note(&answered.provenance);
        answered.result.ok_or_else(|| unavailable(&"it has no package `bailiwick`: load the policy into it"))
    }

    /// Keeps the revision that the server names.
    fn note(&self, provenance: &Provenance) {
        let named: Vec<String> = provenance
            .bundles
            .iter()
            .filter(|(_, bundle)| !bundle.revision.is_empty())
            .map(|(name, bundle)| format!("opa:{name}@{}", bundle.revision))
            .collect();
        let revision = match named.is_empty() {
            false => named.join(" "),
            true if !provenance.revision.is_empty() => format!("opa:{}", provenance.revision),
            true => self.inner.config.revision.clone().unwrap_or_else(|| "opa:unknown".into()),
        };
        if **self.inner.revision.load() != revision {
            self.inner.revision.store(Arc::new(revision));
        }
    }
}

async fn body_of(mut response: Response, bytes_max: usize) -> Result<BytesMut, (&'static str, String)> {
    let mut body = BytesMut::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| unavailable(&told(&error.without_url())))?
    {
        if body.len() + chunk.len() > bytes_max {
            return Err(unavailable(&format!(
                "its answer is larger than {bytes_max} bytes; raise policy.opa.answer_bytes_max to allow more"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unavailable(why: &impl std::fmt::Display) -> (&'static str, String) {
    (UNAVAILABLE, format!("the OPA server of policy.opa.url gave no answer: {why}"))
}

/// An error with what caused it, on one line.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
