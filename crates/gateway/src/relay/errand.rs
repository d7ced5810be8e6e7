//! Requests to one server that are no tool calls: decided on, passed on, and what comes back judged.

use std::sync::Arc;
use std::time::Duration;

use domain::CallId;
use domain::decision::{Decision, Point, Verdict};
use domain::digest::Digest;
use mcp::exchange::{Outbox, Request};
use mcp::message::{Json, RpcError, json};
use policy::Resources;
use serde_json::{Value, json as value};

use super::approval::Answered;
use super::caller::out_of_order;
use super::members::Members;
use super::raw::{ResultRead, read_result};
use super::state::Round;
use super::tools::restore_state;
use super::{Relay, code, strict};
use crate::ask::{Matter, Ruled};
use crate::call::Caller;
use crate::explain::explain;
use crate::forward::{not_shown, progress_token, too_long};
use crate::judge::{Answered as ToJudge, Judged, Passed};
use crate::ports::ServerFailure;
use crate::question::Subject;
use crate::servers::Slot;

/// As in calls of tools.
const QUESTIONS_MAX: usize = 3;

/// One request to one server.
pub(super) struct Errand {
    pub(super) slot: Arc<Slot>,
    /// Resource, prompt or method, as the policy sees it.
    pub(super) name: String,
    /// Of what the server said of it; approvals are bound to it.
    pub(super) digest: Digest,
    pub(super) point: Point,
    /// Where the result is judged; `None`: only limits and detectors of the request hold for it.
    pub(super) result_point: Option<Point>,
    pub(super) arguments: Value,
    pub(super) resources: Resources,
}

impl Relay {
    /// `members` are the params as the server is to see them; `request` is the client's, without them.
    pub(super) async fn run(
        &self,
        caller: &Caller,
        errand: Errand,
        request: Request,
        mut members: Members<'_>,
        out: Outbox,
    ) -> Result<Json, RpcError> {
        let held = self.held(caller, &request, &members, &errand.name).await?;
        let round = Round {
            method: request.method.clone(),
            server: errand.slot.name.clone(),
            name: errand.name.clone(),
            arguments: Digest::of(&errand.arguments),
        };
        let mut goes_on = None;
        if let Some(held) = held {
            if held.round != round {
                let why = "the requestState belongs to another request than this one".to_owned();
                let subject = Subject::other(&errand.slot, &errand.name, errand.digest);
                return self.refuse(caller, errand.point, subject, "gateway.request_state", why).await;
            }
            goes_on = held.goes_on;
            restore_state(&mut members, held.state)?;
        }
        let params = members.write()?;
        let token = progress_token(Some(&params));
        let mut asked = 0;
        let (call_id, ruled) = loop {
            let call_id = CallId::new();
            let subject = Subject::other(&errand.slot, &errand.name, errand.digest.clone());
            let question =
                subject.question(errand.point, caller, errand.arguments.clone(), errand.resources.clone());
            let arguments_digest = round.arguments.clone();
            let goes_on = goes_on.clone();
            let matter = Matter { question, call_id, arguments_digest, approval: None, goes_on };
            let mut ruled = self.gateway.rule_on(caller, matter).await.map_err(out_of_order)?;
            match (ruled.decision.verdict, ruled.approval.take()) {
                (Verdict::Allow, _) => break (call_id, ruled),
                (Verdict::Ask, Some(approval)) if asked < QUESTIONS_MAX => {
                    asked += 1;
                    match self.ask(*approval, token.as_deref(), &out).await? {
                        Answered::Yes => {}
                        Answered::No(why) => return Err(denied(why, &ruled.decision)),
                        Answered::NotYet(how) => return Err(RpcError::new(code::APPROVAL_NEEDED, how)),
                    }
                }
                _ => {
                    let why = explain(&ruled.decision, &errand.slot.name, &errand.name);
                    return Err(denied(why, &ruled.decision));
                }
            }
        };
        let goes_on = ruled.goes_on(caller, &round.arguments);
        let conversation = request.client.conversation.clone();
        let answered = self.sent(&errand, Request { params: Some(params), ..request }, &ruled, out).await;
        let result =
            answered.map_err(|failure| self.gateway.scrubbed(failure).into_rpc(&errand.slot.name))?;
        let (result, is_round) = self.judged(caller, &errand, call_id, ruled, result).await?;
        if is_round { self.next_round(&conversation, round, goes_on, result) } else { Ok(result) }
    }

    async fn sent(
        &self,
        errand: &Errand,
        request: Request,
        ruled: &Ruled,
        out: Outbox,
    ) -> Result<Json, ServerFailure> {
        let Some(server) = errand.slot.mcp() else {
            return Err(ServerFailure::Rpc(RpcError::method_not_found(&request.method)));
        };
        let obligations = &ruled.decision.obligations;
        let (out, notes) = self.gateway.cleaned(out, obligations)?;
        let answered = match obligations.time_limit_ms {
            None => server.request(request, out).await,
            Some(limit) => {
                let answer = server.request(request, out);
                tokio::time::timeout(Duration::from_millis(limit), answer)
                    .await
                    .unwrap_or_else(|_| Err(too_long(limit)))
            }
        };
        notes.told().await;
        answered
    }

    /// The result as it may be handed over, and whether it asks for another round.
    async fn judged(
        &self,
        caller: &Caller,
        errand: &Errand,
        call_id: CallId,
        ruled: Ruled,
        result: Json,
    ) -> Result<(Json, bool), RpcError> {
        let ResultRead { value, text, rewrite } =
            read_result(&self.gateway, result).map_err(|why| withheld(&why))?;
        let is_round = value.get("resultType").and_then(Value::as_str) == Some("input_required");
        let size = text.get().len();
        let passed = match errand.result_point {
            Some(point) => {
                let judged = self
                    .gateway
                    .judge(ToJudge {
                        caller,
                        call_id,
                        point,
                        question: ruled.question,
                        asked: &ruled.decision,
                        result: value,
                        size,
                        rewrite,
                    })
                    .await;
                let Judged { passed, .. } = judged.map_err(|error| withheld(&error.to_string()))?;
                passed
            }
            None => self
                .gateway
                .limited(&ruled.decision.obligations, value, size, rewrite)
                .unwrap_or_else(Passed::Withheld),
        };
        match passed {
            Passed::AsItWas => Ok((text, is_round)),
            Passed::Changed(value) => Ok((json(&value)?, is_round)),
            Passed::Withheld(why) => Err(withheld(&why)),
        }
    }
}

pub(super) fn denied(why: String, decision: &Decision) -> RpcError {
    let rules: Vec<&str> = decision.reasons.iter().map(|reason| reason.rule.as_str()).collect();
    let data = value!({"decision": decision.id.to_string(), "rules": rules});
    RpcError { data: Some(data), ..RpcError::new(code::DENIED, why) }
}

pub(super) fn withheld(why: &str) -> RpcError {
    RpcError::new(code::WITHHELD, not_shown(why))
}

/// A request that is nothing else to a policy than its method and params.
pub(super) fn as_request(method: &str, members: &Members<'_>) -> Result<Value, RpcError> {
    Ok(value!({"method": method, "params": seen(members)?}))
}

/// The params as a policy sees them: everything but `_meta` and what belongs to rounds.
pub(super) fn seen(members: &Members<'_>) -> Result<Value, RpcError> {
    let mut all = serde_json::Map::new();
    for (name, raw) in members.iter() {
        if !matches!(name, "_meta" | "requestState" | "inputResponses") {
            let value = strict::read(raw).and_then(|read| read.only("the params"));
            all.insert(name.to_owned(), value.map_err(RpcError::invalid_params)?);
        }
    }
    Ok(Value::Object(all))
}
