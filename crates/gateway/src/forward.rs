//! The only way to a tool.

use std::fmt;
use std::time::{Duration, Instant};

use domain::CallId;
use domain::decision::{Decision, Obligations, Point, Verdict};
use domain::journal::CallEnd;
use domain::tool::{ProgressSink, ToolOutcome};
use policy::Question;
use tokio::task::AbortHandle;
use tracing::Instrument;

use crate::call::{Caller, Forwarded};
use crate::gateway::Gateway;
use crate::identify::Entry;
use crate::ports::ServerError;
use crate::record::{decision, record};
use crate::redact::redact;

/// Leave to run exactly one call, exactly as it was decided on.
pub struct Permit {
    allowed: Box<Allowed>,
}

/// A call that was answered with `allow`.
pub(crate) struct Allowed {
    pub(crate) gateway: Gateway,
    pub(crate) caller: Caller,
    pub(crate) call_id: CallId,
    pub(crate) entry: Entry,
    /// The question that was answered; its arguments are what the tool gets.
    pub(crate) question: Question,
    /// What the policy said of the call: its time limit, and which arguments are kept out of records.
    pub(crate) obligations: Obligations,
}

impl Permit {
    pub(crate) fn new(allowed: Allowed) -> Self {
        Self { allowed: Box::new(allowed) }
    }

    /// Runs the call and asks the policy about its result. Dropping the future stops the tool.
    pub async fn forward(self, progress: ProgressSink) -> Forwarded {
        let allowed = *self.allowed;
        let server = allowed.entry.server.name().to_owned();
        let tool = allowed.question.tool.name.clone();
        let began = Instant::now();
        let called = allowed.call(progress).await;
        let failed = called.as_ref().map_or(true, |outcome| outcome.is_error);
        telemetry::metrics().tool_finished(&server, &tool, failed, began.elapsed());
        match called {
            Ok(outcome) => {
                let span = telemetry::spans::decision(Point::ToolResult, &tool);
                let forwarded = allowed.judge(outcome).instrument(span.clone()).await;
                if let Some(decision) = &forwarded.decision {
                    telemetry::spans::decided(&span, decision);
                }
                forwarded
            }
            Err(ServerError(text)) => {
                Forwarded { outcome: ToolOutcome::error(text), end: CallEnd::Failed, decision: None }
            }
        }
    }
}

impl Allowed {
    /// Runs the call in a task of its own, so that a server that panics takes nobody with it.
    async fn call(&self, progress: ProgressSink) -> Result<ToolOutcome, ServerError> {
        let server = self.entry.server.clone();
        let tool = self.entry.known.tool.name.clone();
        let workspace = self.caller.workspace.clone();
        let arguments = self.question.arguments.clone();
        let running = async move { server.call(&workspace, &tool, arguments, progress).await };
        let running = tokio::spawn(running.in_current_span());
        let _stop = StopOnDrop(running.abort_handle());
        let ended = match self.obligations.time_limit_ms {
            None => running.await,
            Some(limit) => {
                tokio::time::timeout(Duration::from_millis(limit), running).await.map_err(|_| {
                    ServerError(format!(
                        "stopped after {limit} ms, the time_limit_ms that the policy gives this call"
                    ))
                })?
            }
        };
        ended.map_err(|_| {
            ServerError(format!(
                "the tool server {} broke down while it ran {}; what the call did up to then is not known",
                self.entry.server.name(),
                self.entry.known.tool.name
            ))
        })?
    }

    async fn judge(self, outcome: ToolOutcome) -> Forwarded {
        let policy = self.gateway.policy();
        let mut question = self.question;
        question.point = Point::ToolResult;
        let result = match serde_json::to_value(&outcome) {
            Ok(result) => result,
            Err(error) => return withheld(format!("the result cannot be written as JSON: {error}"), None),
        };
        question.result = Some(result.clone());
        let answer = policy.decide(&question);
        redact(&mut question.arguments, &self.obligations.redact);
        let decision = decision(&question, answer, policy.revision());
        let text_max = self.gateway.inner.config.recorded_text_bytes_max;
        if let Err(error) = record(&self.caller, Some(self.call_id), question, &decision, text_max).await {
            let text = format!(
                "the call ran, but the decision about its result could not be recorded, so the result is \
                 withheld: {error}"
            );
            return Forwarded { outcome: ToolOutcome::error(text), end: CallEnd::Failed, decision: None };
        }
        if decision.verdict != Verdict::Allow {
            return withheld(reasons(&decision), Some(decision));
        }
        match redacted(outcome, result, &decision) {
            Some(outcome) => Forwarded { outcome, end: CallEnd::Completed, decision: Some(decision) },
            None => withheld("nothing was left of it after redaction".into(), Some(decision)),
        }
    }
}

/// Stops the tool when the future of its call is dropped.
struct StopOnDrop(AbortHandle);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The outcome without what the policy wants out of sight; `None` when it no longer is one.
fn redacted(outcome: ToolOutcome, mut result: serde_json::Value, decision: &Decision) -> Option<ToolOutcome> {
    if decision.obligations.redact.is_empty() {
        return Some(outcome);
    }
    redact(&mut result, &decision.obligations.redact);
    serde_json::from_value(result).ok()
}

fn withheld(why: String, decision: Option<Decision>) -> Forwarded {
    let text = format!("The call ran, but its result was withheld: {why}.");
    Forwarded { outcome: ToolOutcome::error(text), end: CallEnd::ResultBlocked, decision }
}

/// What the rules said for the verdict; at a result, `ask` withholds as well, because the person would be asked
/// after the fact.
fn reasons(decision: &Decision) -> String {
    let said: Vec<&str> = decision
        .reasons
        .iter()
        .filter(|reason| reason.verdict == decision.verdict)
        .map(|reason| reason.message.trim_end_matches('.'))
        .collect();
    said.join("; ")
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("call_id", &self.allowed.call_id)
            .field("server", &self.allowed.entry.server.name())
            .field("tool", &self.allowed.entry.known.tool.name)
            .finish_non_exhaustive()
    }
}
