//! Questions of the service to a legacy client: sent as requests of ours, answered by responses of theirs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::lane::Lane;
use crate::exchange::Client;
use crate::message::{Json, RpcError, code as rpc};
use crate::serve::Options;
use crate::serve::members::{Members, raw};
use crate::serve::modern::code;
use crate::serve::reply;

/// What is asked and not answered yet.
#[derive(Default)]
pub(super) struct Asked {
    last: AtomicU64,
    open: Mutex<HashMap<u64, oneshot::Sender<Result<Json, RpcError>>>>,
}

#[derive(Deserialize)]
struct Question<'a> {
    method: String,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

impl Asked {
    /// Asks all at once and gives the answers by key, as `inputResponses` wants them.
    pub(super) async fn ask(
        &self,
        questions: &[(String, Json)],
        client: &Client,
        lane: &Lane,
        options: &Options,
    ) -> Result<Json, RpcError> {
        let answers = try_join_all(questions.iter().map(async |(key, question)| {
            Ok::<_, RpcError>((key, self.ask_one(question, client, lane, options).await?))
        }))
        .await?;
        let mut responses = Members::default();
        for (key, answer) in answers {
            responses.set(key, answer);
        }
        Ok(responses.write())
    }

    async fn ask_one(
        &self,
        question: &RawValue,
        client: &Client,
        lane: &Lane,
        options: &Options,
    ) -> Result<Json, RpcError> {
        let Question { method, params } = serde_json::from_str(question.get()).map_err(|error| {
            RpcError::internal(format!("the server asked for input in a form that is none: {error}"))
        })?;
        let capability = match method.as_str() {
            "elicitation/create" => "elicitation",
            "sampling/createMessage" => "sampling",
            "roots/list" => "roots",
            _ => return Err(RpcError::internal(format!("the server may not ask a client for `{method}`"))),
        };
        if client.capabilities.get(capability).is_none() {
            let data = json!({"requiredCapabilities": {capability: {}}});
            let message = format!("this request needs a client with the capability `{capability}`");
            return Err(RpcError { code: code::MISSING_CAPABILITY, message, data: Some(data) });
        }
        let pending = self.open(options)?;
        if !lane.send(reply::request(pending.id, &method, params)).await {
            return Err(RpcError::internal("the client went away before it could be asked"));
        }
        match tokio::time::timeout(options.question(), pending.answer).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(error))) => declined(&method, error),
            Ok(Err(_)) => Err(RpcError::internal("the session ended before the client answered")),
            Err(_) => Err(RpcError::new(
                code::LIMIT,
                format!(
                    "the client did not answer `{method}` within {} seconds; `[clients] question_seconds_max` raises it",
                    options.question_seconds_max
                ),
            )),
        }
    }

    fn open(&self, options: &Options) -> Result<Pending<'_>, RpcError> {
        let mut open = self.lock();
        if open.len() >= options.pending_questions_max {
            let max = options.pending_questions_max;
            let text = format!(
                "more than {max} questions wait for this client; `[clients] pending_questions_max` raises it"
            );
            return Err(RpcError::new(code::LIMIT, text));
        }
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, answer) = oneshot::channel();
        open.insert(id, sender);
        Ok(Pending { id, answer, asked: Forget(self, id) })
    }

    /// The answer to a question; an answer to none is ignored (it may just be late).
    pub(super) fn answered(&self, id: Option<&RawValue>, outcome: Result<Json, RpcError>) {
        let sender = id.and_then(|id| id.get().parse().ok()).and_then(|id| self.lock().remove(&id));
        if let Some(sender) = sender {
            // Who asked may be gone.
            let _ = sender.send(outcome);
        }
    }

    /// Lets everybody who waits go.
    pub(super) fn close(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<Result<Json, RpcError>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Pending<'a> {
    id: u64,
    answer: oneshot::Receiver<Result<Json, RpcError>>,
    #[expect(
        dead_code,
        reason = "its end is what matters: nobody waits any more, so the question is forgotten"
    )]
    asked: Forget<'a>,
}

struct Forget<'a>(&'a Asked, u64);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

/// An error of the client. `inputResponses` has a place for a person who does not want to answer, and none for a
/// client that cannot: then the request itself fails with what the client said.
fn declined(method: &str, error: RpcError) -> Result<Json, RpcError> {
    if method == "elicitation/create" && error.code != rpc::METHOD_NOT_FOUND {
        return Ok(raw(Value::from_iter([("action", "cancel")]).to_string()));
    }
    Err(error)
}
