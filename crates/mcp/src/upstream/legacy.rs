//! Requests to a server of the older era: translated on the way out, and its questions on the way back.

use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Value, json};

use super::call::Call;
use super::catalogue::Catalogue;
use super::counts::count;
use super::link::{Fault, Link, Outgoing};
use super::mailbox::{Facts, Incoming, ServerRequest};
use super::params::{Members, prefixed};
use super::park::{Answer, ParkedCalls, Place};
use super::request::{Leg, complete};
use super::{UpstreamError, meta, subscriptions, tasks};
use crate::exchange::{Client, Outbox, Request};
use crate::message::{Json, RpcError, code, json as to_json};

/// What a resource that does not exist was answered with (until 2025-11-25).
const RESOURCE_NOT_FOUND: i64 = -32002;
/// The server wants something done in a browser first (2025-11-25 only).
const URL_ELICITATION_REQUIRED: i64 = -32042;
/// `requestState` of an answer that asks for nothing but to be called again.
const CALL_AGAIN: &str = "bailiwick:call-again";

/// One request, with what it may need on the way.
pub(crate) struct Asking<'a> {
    pub link: &'a Arc<Link>,
    pub parked: &'a ParkedCalls,
    pub catalogue: &'a Catalogue,
    pub request: &'a Request,
    pub out: &'a Outbox,
}

impl Asking<'_> {
    pub async fn ask(&self) -> Result<Json, Fault> {
        let method = self.request.method.as_str();
        let mut params = Members::read(self.request.params.as_deref(), "params")?;
        let given = params.remove("_meta");
        let mut members = Members::read(given.as_deref(), "_meta")?;
        let state = params.text("requestState");
        params.remove("requestState");
        let responses = params.remove("inputResponses");
        let place = Place::of(self.request, &params);
        if let Some(state) = state.filter(|state| state != CALL_AGAIN) {
            return self.resume(&state, &place, responses.as_deref(), &mut members).await;
        }
        match method {
            "server/discover" => {
                let discovery = self.link.discovery().map(|discovery| &discovery.result);
                return Ok(to_json(&discovery.unwrap_or(&Value::Null))?);
            }
            "subscriptions/listen" => return subscriptions::listen(self.link, &params, self.out).await,
            "tasks/get" => return tasks::get(self, &params).await,
            "tasks/update" => return tasks::update(self, &params, responses.as_deref()).await,
            "tasks/cancel" => return tasks::cancel(self, &params).await,
            _ => {}
        }
        let id = self.link.hub.next_id();
        let leg = Leg::of(&mut members, id);
        meta::strip(&mut members);
        if !members.is_empty() {
            params.set("_meta", members.json()?);
        }
        if tasks::is_wanted(self, &params) {
            params.set("task", meta::raw("{}".to_owned()));
        }
        self.tell_log_level(&leg).await?;
        let params = if params.is_empty() { None } else { Some(params.json()?) };
        let facts = Facts { wants_log: leg.log_level.is_some(), ..Facts::plain(&self.request.client) };
        let call = self.link.call(Outgoing { id, method, params, headers: HeaderMap::new(), facts }).await?;
        self.run(Box::new(call), leg, &place).await
    }

    /// Goes on with a call that waited for an answer of the client.
    async fn resume(
        &self,
        state: &str,
        place: &Place,
        responses: Option<&serde_json::value::RawValue>,
        members: &mut Members<'_>,
    ) -> Result<Json, Fault> {
        match self.parked.answer(state, place, responses)? {
            Answer::StillMissing(result) => Ok(result),
            Answer::Given { call, question, response } => {
                let leg = Leg::of(members, call.id());
                call.link().reply(&question, Ok(response.get())).await?;
                self.run(call, leg, place).await
            }
        }
    }

    /// Passes on what is told until there is an answer, or a question for the client.
    async fn run(&self, mut call: Box<Call>, leg: Leg, place: &Place) -> Result<Json, Fault> {
        loop {
            match call.next().await? {
                Incoming::Notification(notification) => {
                    leg.forward(notification, call.link(), self.out).await
                }
                Incoming::Request(question) => match self.refusal(&question) {
                    Some(refusal) => {
                        count(&call.link().hub.counts.refused_requests);
                        call.link().reply(&question, Err(refusal)).await?;
                    }
                    None => return Ok(self.parked.park(call, question, place)?),
                },
                Incoming::Done(Ok(result)) => return Ok(canonical(&self.request.method, result)?),
                Incoming::Done(Err(UpstreamError::Rpc(error))) => {
                    return self.canonical_error(error).map_err(Fault::from);
                }
                Incoming::Done(Err(why)) => return Err(why.into()),
            }
        }
    }

    /// Why a question cannot be put to the client.
    pub fn refusal(&self, question: &ServerRequest) -> Option<RpcError> {
        if !understands(&self.request.client, question) {
            let why = format!("the client does not support `{}`", question.method);
            return Some(RpcError::new(code::METHOD_NOT_FOUND, why));
        }
        self.parked.is_full().then(|| RpcError::internal(super::park::TOO_MANY))
    }

    /// A session has one log level: the most verbose that a client asked for. Others are spared on the way back.
    async fn tell_log_level(&self, leg: &Leg) -> Result<(), Fault> {
        let Some(level) = leg.log_level else { return Ok(()) };
        let can_log = self
            .link
            .discovery()
            .is_some_and(|discovery| discovery.result["capabilities"]["logging"].is_object());
        if !can_log || !self.link.lowers_log_level(level) {
            return Ok(());
        }
        let outgoing = Outgoing {
            id: self.link.hub.next_id(),
            method: "logging/setLevel",
            params: Some(to_json(&json!({ "level": meta::level_name(level) }))?),
            headers: HeaderMap::new(),
            facts: Facts::plain(&self.request.client),
        };
        match self.link.call(outgoing).await?.result().await {
            // A server that says it logs and cannot be told how much is not worth failing a call for.
            Ok(_) | Err(UpstreamError::Rpc(_)) => Ok(()),
            Err(why) => Err(why.into()),
        }
    }

    fn canonical_error(&self, error: RpcError) -> Result<Json, UpstreamError> {
        match error.code {
            RESOURCE_NOT_FOUND if self.request.method == "resources/read" => {
                Err(RpcError { code: code::INVALID_PARAMS, ..error }.into())
            }
            URL_ELICITATION_REQUIRED => match urls(&error, &self.request.client) {
                Some(requests) => Ok(to_json(&json!({
                    "resultType": "input_required",
                    "inputRequests": requests,
                    "requestState": CALL_AGAIN,
                }))?),
                None => Err(error.into()),
            },
            _ => Err(error.into()),
        }
    }
}

/// The addresses a server wants opened before it is called again, as questions of the newer era.
fn urls(error: &RpcError, client: &Client) -> Option<Value> {
    if !client.capabilities["elicitation"]["url"].is_object() {
        return None;
    }
    let elicitations = error.data.as_ref()?.get("elicitations")?.as_array()?;
    let requests: serde_json::Map<_, _> = elicitations
        .iter()
        .enumerate()
        .map(|(at, params)| {
            (format!("url-{}", at + 1), json!({"method": "elicitation/create", "params": params}))
        })
        .collect();
    (!requests.is_empty()).then_some(Value::Object(requests))
}

/// Whether a client said that it can be asked this.
fn understands(client: &Client, question: &ServerRequest) -> bool {
    let capabilities = &client.capabilities;
    match question.method.as_str() {
        "roots/list" => capabilities["roots"].is_object(),
        "sampling/createMessage" => capabilities["sampling"].is_object(),
        "elicitation/create" => {
            let can = &capabilities["elicitation"];
            let mode = Members::read(question.params.as_deref(), "params")
                .ok()
                .and_then(|params| params.text("mode"));
            match mode.as_deref() {
                Some("url") => can["url"].is_object(),
                // A client that names no mode means this one.
                _ => can.is_object() && (can["form"].is_object() || !can["url"].is_object()),
            }
        }
        _ => false,
    }
}

/// Adds what results of the newer era must say and older ones do not.
fn canonical(method: &str, result: Json) -> Result<Json, RpcError> {
    if method == "tools/call"
        && let Some(task) = tasks::created(&result)
    {
        return to_json(&task);
    }
    let is_cacheable = matches!(
        method,
        "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list" | "resources/read"
    );
    if is_cacheable && !result.get().contains("\"ttlMs\"") && !result.get().contains("\"cacheScope\"") {
        let result = prefixed(&result, r#""ttlMs":0,"cacheScope":"private""#)?;
        return complete(result);
    }
    complete(result)
}
