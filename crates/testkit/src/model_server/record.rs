//! What the server remembers: which turns are left, what was asked, and which signatures it gave out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};

use axum::http::HeaderMap;
use serde_json::Value;

use super::check::Last;
use super::script::{Api, Script, Turn};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub api: Api,
    pub path: String,
    /// Names in lower case. Keys are in the clear: tests look at them.
    pub headers: BTreeMap<String, String>,
    pub body: Value,
    pub stream: bool,
    /// Why the request was refused as malformed, in the vendor's words.
    pub refused: Option<String>,
}

#[derive(Debug)]
pub(super) struct State {
    pub script: Script,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    used: HashSet<usize>,
    requests: Vec<Recorded>,
    signatures: HashSet<String>,
    /// Signature that a call was given out with, by the call's mark.
    bound: HashMap<String, String>,
    numbers: u64,
}

impl State {
    pub fn new(script: Script) -> Self {
        Self { script, inner: Mutex::default() }
    }

    /// A panic elsewhere leaves nothing half-done in here, so a poisoned lock is as good as any.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn requests(&self) -> Vec<Recorded> {
        self.inner().requests.clone()
    }

    pub fn turns_left(&self) -> usize {
        let inner = self.inner();
        self.script
            .turns
            .iter()
            .enumerate()
            .filter(|(at, turn)| !turn.repeat && !inner.used.contains(at))
            .count()
    }

    pub fn record(&self, recorded: Recorded) {
        self.inner().requests.push(recorded);
    }

    /// The first turn left that fits.
    pub fn take(&self, last: &Last) -> Option<Turn> {
        let mut inner = self.inner();
        let (at, turn) = self
            .script
            .turns
            .iter()
            .enumerate()
            .find(|(at, turn)| !inner.used.contains(at) && fits(turn, last))?;
        if !turn.repeat {
            inner.used.insert(at);
        }
        Some(turn.clone())
    }

    /// A number that no one has yet, for ids.
    pub fn number(&self) -> u64 {
        let mut inner = self.inner();
        inner.numbers += 1;
        inner.numbers
    }

    /// A signature to give out with these calls, which must come back with them.
    pub fn sign<'a>(&self, marks: impl IntoIterator<Item = &'a String>) -> String {
        let number = self.number();
        // Base64, as the real ones, and in either of its alphabets: clients decode it and encode it again.
        let signature = format!("c2lnbmVkLWJ5LXRoZS1zY3JpcHQA{number:08}");
        let mut inner = self.inner();
        inner.signatures.insert(signature.clone());
        inner.bound.extend(marks.into_iter().map(|mark| (mark.clone(), signature.clone())));
        signature
    }

    pub fn gave_out(&self, signature: &str) -> bool {
        self.inner().signatures.contains(signature)
    }

    /// The signature that must come with a call.
    pub fn bound_to(&self, mark: &str) -> Option<String> {
        self.inner().bound.get(mark).cloned()
    }
}

fn fits(turn: &Turn, last: &Last) -> bool {
    let Some(when) = &turn.when else { return true };
    when.last_contains.as_ref().is_none_or(|text| last.text.contains(text))
        && when.last_role.is_none_or(|role| role == last.role)
}

/// Headers as a test reads them.
pub(super) fn readable(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
