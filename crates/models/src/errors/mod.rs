//! Why a model could not answer: what happened, what to do, and whether to try again.
//!
//! Texts are for a person. They name the setting that mends the matter, and never hold a key or a request.

mod refusal;

pub(crate) use refusal::Refusal;

use std::error::Error;
use std::io;
use std::time::Duration;

use domain::model::{ModelError, ModelErrorKind};
use secrecy::{ExposeSecret, SecretString};

use crate::config::{Api, OLLAMA_URL};
use crate::idle::Silent;
use crate::vendor::Target;

/// An error of one try.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub error: ModelError,
    pub retry: Retry,
}

/// Whether the same request may go better next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    Never,
    /// After the time the vendor asked for, or one of our choosing.
    After(Option<Duration>),
}

impl Failure {
    fn new(target: &Target, kind: ModelErrorKind, retry: Retry, message: &str) -> Self {
        Self { error: ModelError { kind, message: clean(message, target.key.as_ref()) }, retry }
    }

    fn again(target: &Target, kind: ModelErrorKind, message: &str) -> Self {
        Self::new(target, kind, Retry::After(None), message)
    }

    /// The connection did not come about, or broke.
    pub fn from_transport(target: &Target, error: &reqwest::Error) -> Self {
        let (provider, address) = (&target.provider, target.shown_address());
        if error.is_connect() && target.is_local() && refused(error) {
            let message = format!("{provider}: nothing answers at {address}. {}", start_hint(target));
            return Self::new(target, ModelErrorKind::Unavailable, Retry::Never, &message);
        }
        let message = if error.is_timeout() {
            format!("{provider}: no connection to {address} within `models.connect_seconds_max`.")
        } else if error.is_connect() {
            format!("{provider}: no connection to {address}: {}.", root_cause(error))
        } else {
            format!("{provider}: the connection to {address} broke: {}.", root_cause(error))
        };
        Self::again(target, ModelErrorKind::Unavailable, &message)
    }

    /// Nothing came for too long.
    pub fn silent(target: &Target, Silent(longest): Silent, setting: &str) -> Self {
        let message = format!(
            "{}: nothing came for {} s, the longest `models.{setting}` allows.",
            target.provider,
            longest.as_secs_f32()
        );
        Self::again(target, ModelErrorKind::Unavailable, &message)
    }

    /// The stream ended before the vendor said that the answer was complete.
    pub fn cut(target: &Target) -> Self {
        let message = format!("{}: the answer broke off before its end.", target.provider);
        Self::again(target, ModelErrorKind::Unavailable, &message)
    }

    /// The answer is not in the wire format.
    pub fn nonsense(target: &Target, what: &str) -> Self {
        let message = format!(
            "{}: the answer made no sense: {what}. If this stays so, look whether `base_url` ({}) and `api` of \
             `[models.providers.{}]` are right.",
            target.provider,
            target.shown_address(),
            target.provider
        );
        Self::again(target, ModelErrorKind::BadResponse, &message)
    }

    /// The answer has no end in sight.
    pub fn too_long(target: &Target, bytes_max: u64) -> Self {
        let message = format!(
            "{}: the answer is longer than {bytes_max} bytes, which `models.answer_bytes_max` allows.",
            target.provider
        );
        Self::new(target, ModelErrorKind::BadResponse, Retry::Never, &message)
    }

    /// The key holds characters that no header may.
    pub fn unusable_key(target: &Target) -> Self {
        let message = format!(
            "{}: the key holds characters that cannot be sent, such as a line break. {}",
            target.provider, target.key_hint
        );
        Self::new(target, ModelErrorKind::WrongKey, Retry::Never, &message)
    }
}

/// How a local model server is started.
fn start_hint(target: &Target) -> String {
    let ollama = target.api == Api::OpenaiChat
        && (target.provider == "ollama" || target.base.port() == Some(ollama_port()));
    if ollama {
        "Is Ollama running there? Start it with `ollama serve`.".to_owned()
    } else {
        format!(
            "Is the model server running there? Start it, or set `base_url` of `[models.providers.{}]`.",
            target.provider
        )
    }
}

fn ollama_port() -> u16 {
    url::Url::parse(OLLAMA_URL).ok().and_then(|url| url.port()).unwrap_or_default()
}

/// Whether the other side said that nobody listens.
fn refused(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused)
    })
}

/// The innermost cause; the outer ones only repeat the address.
fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_else(|| "no cause was given".to_owned())
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// Longest error text.
const MESSAGE_CHARS_MAX: usize = 1_200;

/// One line without the key, however it got there: some servers repeat the key they refuse.
fn clean(message: &str, key: Option<&SecretString>) -> String {
    let mut text = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(key) = key.map(ExposeSecret::expose_secret).filter(|key| !key.is_empty()) {
        text = text.replace(key, "[key]");
    }
    match text.char_indices().nth(MESSAGE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
