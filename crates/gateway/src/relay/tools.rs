//! `tools/call`.

use domain::CallId;
use domain::approval::Binding;
use domain::decision::{Decision, Point};
use domain::journal::CallTarget;
use domain::tool::ToolOutcome;
use mcp::exchange::{Outbox, Request};
use mcp::message::{Json, RpcError, json};
use mcp::serve::headers::Params;
use serde_json::value::RawValue;
use serde_json::{Value, json as value};

use super::approval::Answered;
use super::caller::out_of_order;
use super::members::Members;
use super::state::{Held, Round};
use super::tasks::Route;
use super::{Relay, strict};
use crate::ask::bound_yes;
use crate::call::{Call, Caller, Ruling};
use crate::explain::explain;
use crate::forward::{Permit, complete, progress_token};
use crate::question::Subject;

/// A call may be approved and then asked about again because the tool or the policy changed meanwhile; not for ever.
const QUESTIONS_MAX: usize = 3;

/// A call that may run, or what the client is told instead.
enum Decided {
    Run(Box<Running>),
    Refused(String),
}

struct Running {
    permit: Permit,
    decision: Decision,
    target: CallTarget,
}

impl Relay {
    pub(super) async fn call_tool(&self, mut request: Request, out: Outbox) -> Result<Json, RpcError> {
        let caller = self.caller(&request.client).await?;
        let params = request.params.take();
        let members = Members::of(params.as_deref())?;
        let name = members.text("name")?;
        let arguments = match arguments(&members) {
            Ok(arguments) => arguments,
            Err(why) => {
                let (point, subject) = (Point::ToolCall, Subject::unknown(&name));
                return self.refuse(&caller, point, subject, "gateway.ambiguous_arguments", why).await;
            }
        };
        self.check_headers(&caller, &request, &name, &arguments).await?;
        let held = self.held(&caller, &request, &members, &name).await?;
        let before = held.as_ref().map(|held| &held.round);
        let goes_on = held.as_ref().and_then(|held| held.goes_on.clone());

        let token = progress_token(params.as_deref());
        let again = || arguments_of(params.as_deref());
        let decided = self
            .decided(&caller, &name, arguments, again, (before, goes_on), (token.as_deref(), &out))
            .await?;
        let Running { permit, decision, target } = match decided {
            Decided::Run(running) => *running,
            Decided::Refused(text) => return complete(&ToolOutcome::error(text)),
        };
        let round = round(&target);
        let goes_on = bound_yes(&caller, &decision, &target.tool_digest, &target.arguments_digest);
        let route = Route::of_call(&permit, &decision);
        request.params = Some(sent(&permit, members, &name, held)?.map_or_else(|| whole(params), Ok)?);
        let conversation = request.client.conversation.clone();
        let relayed = permit.relay(request, out).await?;
        match relayed.kind.as_deref() {
            Some("input_required") => self.next_round(&conversation, round, goes_on, relayed.result),
            Some("task") => self.task_made(&conversation, route, relayed.result),
            _ => Ok(relayed.result),
        }
    }

    /// Whether headers of the request repeat arguments as the tool's schema wants it. Who routes by the headers would
    /// else see another call than the policy does.
    async fn check_headers(
        &self,
        caller: &Caller,
        request: &Request,
        name: &str,
        arguments: &Value,
    ) -> Result<(), RpcError> {
        let Some(headers) = request.client.extensions.get::<Params>() else { return Ok(()) };
        let mut catalogue = self.gateway.known_catalogue(&caller.tenant).await.map_err(out_of_order)?;
        if catalogue.find(name).is_none() {
            catalogue = self.gateway.catalogue(&caller.tenant).await.map_err(out_of_order)?;
        }
        let Some(entry) = catalogue.find(name) else { return Ok(()) };
        match entry.known.definition.get("inputSchema") {
            Some(schema) => headers.check(schema, arguments),
            None => Ok(()),
        }
    }

    /// Decides, and waits for a person where the policy asks.
    async fn decided(
        &self,
        caller: &Caller,
        name: &str,
        arguments: Value,
        again: impl Fn() -> Result<Value, String>,
        (before, goes_on): (Option<&Round>, Option<Binding>),
        (token, out): (Option<&RawValue>, &Outbox),
    ) -> Result<Decided, RpcError> {
        let mut first = Some(arguments);
        for _ in 0..QUESTIONS_MAX {
            let arguments = match first.take() {
                Some(arguments) => arguments,
                None => again().map_err(RpcError::invalid_params)?,
            };
            let call = Call { id: CallId::new(), name: name.to_owned(), arguments, approval: None };
            let ruling =
                self.gateway.decide_call(caller, call, goes_on.clone()).await.map_err(out_of_order)?;
            if let Some(before) = before
                && *before != round(ruling.decided().1)
            {
                let why = "the requestState belongs to another call than this one: the tool or its arguments are not \
                           those it was given for"
                    .to_owned();
                let (point, subject) = (Point::ToolCall, Subject::unknown(name));
                return self.refuse(caller, point, subject, "gateway.request_state", why).await;
            }
            match ruling {
                Ruling::Allow { decision, target, permit } => {
                    return Ok(Decided::Run(Box::new(Running { permit, decision, target })));
                }
                Ruling::Deny { decision, target } => {
                    return Ok(Decided::Refused(explain(&decision, &target.server, &target.tool)));
                }
                Ruling::Ask { approval, .. } => match self.ask(*approval, token, out).await? {
                    Answered::Yes => {}
                    Answered::No(why) | Answered::NotYet(why) => return Ok(Decided::Refused(why)),
                },
            }
        }
        Ok(Decided::Refused(
            "the tool or the policy changed while a person was asked; make the call again".into(),
        ))
    }

    /// The round that this request goes on with, when it brings a `requestState`.
    pub(super) async fn held(
        &self,
        caller: &Caller,
        request: &Request,
        members: &Members<'_>,
        name: &str,
    ) -> Result<Option<Held>, RpcError> {
        let Some(ticket) = members.text_if_there("requestState")? else { return Ok(None) };
        if let Some(held) = self.states.take(&request.client.conversation, &ticket) {
            return Ok(Some(held));
        }
        let why =
            "this requestState is not known here: it was used, is too old, or was given to another client; \
                   begin the call anew"
                .to_owned();
        let (point, subject) = (Point::McpRequest, Subject::unknown(name));
        self.refuse(caller, point, subject, "gateway.request_state", why).await
    }

    /// Records a refusal and tells the client.
    pub(super) async fn refuse<T>(
        &self,
        caller: &Caller,
        point: Point,
        subject: Subject,
        rule: &str,
        why: String,
    ) -> Result<T, RpcError> {
        let recorded = self.gateway.record_refusal(caller, point, subject, rule, &why).await;
        recorded.map_err(|error| out_of_order(error.into()))?;
        Err(RpcError { data: Some(value!({"rule": rule})), ..RpcError::invalid_params(why) })
    }

    /// Puts a ticket of ours in place of the server's state.
    pub(super) fn next_round(
        &self,
        conversation: &str,
        round: Round,
        goes_on: Option<Binding>,
        result: Json,
    ) -> Result<Json, RpcError> {
        let mut members = Members::of(Some(&result))?;
        let state = members.text_if_there("requestState")?;
        let ticket = self.states.keep(conversation, round, state, goes_on);
        members.set("requestState", json(&ticket)?);
        members.write()
    }
}

fn round(target: &CallTarget) -> Round {
    Round {
        method: "tools/call".into(),
        server: target.server.clone(),
        name: target.tool.clone(),
        arguments: target.arguments_digest.clone(),
    }
}

fn arguments(members: &Members<'_>) -> Result<Value, String> {
    match members.get("arguments") {
        None => Ok(value!({})),
        Some(raw) => strict::read(raw)?.only("the arguments"),
    }
}

fn arguments_of(params: Option<&RawValue>) -> Result<Value, String> {
    arguments(&Members::of(params).map_err(|error| error.message)?)
}

/// The params as the server gets them, when they are not those of the client.
fn sent(
    permit: &Permit,
    mut members: Members<'_>,
    name: &str,
    held: Option<Held>,
) -> Result<Option<Json>, RpcError> {
    let allowed = permit.allowed();
    let real = &allowed.entry.known.tool.name;
    if real == name && held.is_none() {
        return Ok(None);
    }
    members.set("name", json(real)?);
    if allowed.through_search {
        let inner = Members::of(members.get("arguments"))?.get("arguments").map(ToOwned::to_owned);
        match inner {
            Some(inner) => members.set("arguments", inner),
            None => members.remove("arguments"),
        }
    }
    if let Some(held) = held {
        restore_state(&mut members, held.state)?;
    }
    members.write().map(Some)
}

/// The server sees the state that it gave, or none when it gave none.
pub(super) fn restore_state(members: &mut Members<'_>, state: Option<String>) -> Result<(), RpcError> {
    match state {
        Some(state) => members.set("requestState", json(&state)?),
        None => members.remove("requestState"),
    }
    Ok(())
}

fn whole(params: Option<Json>) -> Result<Json, RpcError> {
    params.ok_or_else(|| RpcError::invalid_params("`params` is missing"))
}
