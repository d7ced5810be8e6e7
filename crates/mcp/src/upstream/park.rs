//! Calls that wait because the server asked the client something.
//!
//! A server of the older era asks while the call is under way and keeps it open. For the client the call is over for
//! now: it is told what is asked and calls again with the answer, and the call is found here by the state it brings.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use serde_json::value::RawValue;

use super::call::Call;
use super::mailbox::ServerRequest;
use super::params::Members;
use crate::exchange::Request;
use crate::message::{Json, RpcError, json as to_json};

/// Calls of one server that may wait at the same time.
const PARKED_MAX: usize = 256;
/// How long an answer may take; then the call is cancelled.
const PARKED_FOR: Duration = Duration::from_secs(600);
/// The one question of a round. A server that has more asks them one after the other.
const QUESTION: &str = "question";

pub(crate) const TOO_MANY: &str = "too many calls wait for an answer of their client; try again later";

#[derive(Default)]
pub(crate) struct ParkedCalls(Mutex<HashMap<String, Parked>>);

struct Parked {
    call: Box<Call>,
    question: ServerRequest,
    place: Place,
    until: Instant,
}

/// Whose call it is and which: only the same client with the same call may go on with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub conversation: String,
    method: String,
    /// All parameters but `_meta` and what is added to go on.
    params: String,
}

pub(crate) enum Answer {
    Given {
        call: Box<Call>,
        question: ServerRequest,
        response: Json,
    },
    /// The question again.
    StillMissing(Json),
}

impl Place {
    /// `params` without the members that differ between the first call and the next.
    pub fn of(request: &Request, params: &Members<'_>) -> Self {
        use sha2::Digest as _;
        let params = params.json().map(|json| json.get().to_owned()).unwrap_or_default();
        let digest = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(params));
        Self {
            conversation: request.client.conversation.clone(),
            method: request.method.clone(),
            params: digest,
        }
    }

    pub fn of_task(conversation: &str, task: &str) -> Self {
        Self { conversation: conversation.to_owned(), method: "tasks".to_owned(), params: task.to_owned() }
    }
}

impl ParkedCalls {
    pub fn is_full(&self) -> bool {
        self.lock().len() >= PARKED_MAX
    }

    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Keeps the call, and gives the result that asks the client.
    pub fn park(&self, call: Box<Call>, question: ServerRequest, place: &Place) -> Result<Json, RpcError> {
        let state = format!("bailiwick:{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>()));
        let result = asking(&question, &state)?;
        self.keep(state, call, question, place);
        Ok(result)
    }

    /// Keeps the call under a state of the caller's choice.
    pub fn keep(&self, state: String, call: Box<Call>, question: ServerRequest, place: &Place) {
        let until = Instant::now() + PARKED_FOR;
        let before = self.lock().insert(state, Parked { call, question, place: place.clone(), until });
        drop(before);
    }

    /// What is asked of the client by the call that waits under `state`.
    pub fn asked(&self, state: &str, place: &Place) -> Option<serde_json::Value> {
        let calls = self.lock();
        let parked = calls.get(state).filter(|parked| parked.place == *place)?;
        Some(input_requests(&parked.question))
    }

    /// Finds the call that `state` stands for, with the client's answer to its question.
    pub fn answer(
        &self,
        state: &str,
        place: &Place,
        responses: Option<&RawValue>,
    ) -> Result<Answer, RpcError> {
        let responses = Members::read(responses, "inputResponses")?;
        let mut calls = self.lock();
        // The same words for all of them: a guess learns nothing.
        let known = calls.get(state).filter(|parked| parked.place == *place && parked.until > Instant::now());
        let Some(known) = known else {
            return Err(RpcError::invalid_params(
                "`requestState` stands for no call of this client that waits for an answer (it may have waited too \
                 long, or the server was restarted); make the call again without it",
            ));
        };
        let Some(response) = responses.get(QUESTION).map(ToOwned::to_owned) else {
            return asking(&known.question, state).map(Answer::StillMissing);
        };
        let parked = calls.remove(state);
        drop(calls);
        match parked {
            Some(Parked { call, question, .. }) => Ok(Answer::Given { call, question, response }),
            None => Err(RpcError::internal("a call that waited is gone")),
        }
    }

    /// Forgets those that waited too long; dropping them cancels them.
    pub fn expire(&self) {
        let now = Instant::now();
        let expired: Vec<_> = self.lock().extract_if(|_, parked| parked.until <= now).collect();
        drop(expired);
    }

    pub fn forget(&self, conversation: &str) {
        let gone: Vec<_> =
            self.lock().extract_if(|_, parked| parked.place.conversation == conversation).collect();
        drop(gone);
    }

    pub fn clear(&self) {
        let gone = std::mem::take(&mut *self.lock());
        drop(gone);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Parked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn asking(question: &ServerRequest, state: &str) -> Result<Json, RpcError> {
    to_json(&json!({
        "resultType": "input_required",
        "inputRequests": input_requests(question),
        "requestState": state,
    }))
}

/// The question as the newer era writes it.
pub(crate) fn input_requests(question: &ServerRequest) -> serde_json::Value {
    let params = question.params.as_ref().and_then(|params| serde_json::from_str(params.get()).ok());
    let mut request = json!({"method": question.method});
    if let (Some(params), Some(members)) = (params, request.as_object_mut()) {
        members.insert("params".to_owned(), params);
    }
    json!({ QUESTION: request })
}
