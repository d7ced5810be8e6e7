//! A call of the agent: values in, an outcome out.

use std::sync::Arc;

use domain::decision::Point;
use domain::journal::CallEnd;
use domain::tool::{ProgressSink, ToolOutcome, ToolProgress};
use mcp::exchange::{Notification, Outbox, Request};
use mcp::message::{Json, json};
use serde_json::{Value, json as value};

use super::Allowed;
use crate::call::Forwarded;
use crate::gateway::Gateway;
use crate::judge::{Answered, Judged, Passed};
use crate::ports::{McpServer, ServerError, ServerFailure};
use crate::servers::{Server, itself};

impl Allowed {
    pub(super) async fn run(&self, progress: ProgressSink) -> Result<ToolOutcome, ServerFailure> {
        let tool = &self.entry.known.tool.name;
        let arguments = &self.question.arguments;
        let progress = self.gateway.cleaned_progress(progress, &self.decision.obligations)?;
        match &self.entry.slot.server {
            Server::Local(server) => {
                Ok(server.call(&self.caller.workspace, tool, arguments.clone(), progress).await?)
            }
            Server::Own => self
                .gateway
                .search(&self.caller, arguments)
                .await
                .map_err(|error| ServerError(error.to_string()).into()),
            Server::Mcp(server) => self.request(server, progress).await,
        }
    }

    async fn request(
        &self,
        server: &Arc<dyn McpServer>,
        progress: ProgressSink,
    ) -> Result<ToolOutcome, ServerFailure> {
        let params = value!({
            "name": self.entry.known.tool.name,
            "arguments": self.question.arguments,
            "_meta": {"progressToken": self.call_id.to_string()},
        });
        let request = Request {
            method: "tools/call".into(),
            params: Some(json(&params).map_err(ServerFailure::Rpc)?),
            client: Arc::new(itself(&self.caller.key())),
        };
        let (out, mut inbox) = Outbox::new();
        let mut answer = server.request(request, out);
        let tell = |notification| {
            if let Some(text) = said(&notification) {
                progress(ToolProgress::Message { text });
            }
        };
        let answered = loop {
            tokio::select! {
                answered = &mut answer => break answered,
                Some(notification) = inbox.recv() => tell(notification),
            }
        };
        while let Ok(notification) = inbox.try_recv() {
            tell(notification);
        }
        outcome(answered?, &self.gateway)
    }

    /// Asks the policy about the outcome.
    pub(super) async fn judge(self: Box<Self>, outcome: ToolOutcome) -> Forwarded {
        let mut result = match serde_json::to_value(&outcome) {
            Ok(result) => result,
            Err(error) => return withheld(format!("the result cannot be written as JSON: {error}"), None),
        };
        let scrubbed = self.gateway.scrubber().is_some_and(|scrubber| scrubber.scrub_json(&mut result));
        let size = domain::json_bytes(&result);
        let judged = self
            .gateway
            .judge(Answered {
                caller: &self.caller,
                call_id: self.call_id,
                point: Point::ToolResult,
                question: self.question,
                asked: &self.decision,
                result,
                size,
                rewrite: scrubbed,
            })
            .await;
        let Judged { decision, passed } = match judged {
            Ok(judged) => judged,
            Err(error) => {
                let text = format!(
                    "the call ran, but the decision about its result could not be recorded, so the result is \
                     withheld: {error}"
                );
                return Forwarded { outcome: ToolOutcome::error(text), end: CallEnd::Failed, decision: None };
            }
        };
        match passed {
            Passed::AsItWas => Forwarded { outcome, end: CallEnd::Completed, decision: Some(decision) },
            Passed::Changed(value) => match serde_json::from_value(value) {
                Ok(outcome) => Forwarded { outcome, end: CallEnd::Completed, decision: Some(decision) },
                Err(_) => withheld("nothing was left of it after redaction".into(), Some(decision)),
            },
            Passed::Withheld(why) => withheld(why, Some(decision)),
        }
    }
}

pub(super) fn failed(gateway: &Gateway, failure: ServerFailure) -> Forwarded {
    let text = gateway.scrubbed(failure).to_string();
    Forwarded { outcome: ToolOutcome::error(text), end: CallEnd::Failed, decision: None }
}

fn withheld(why: String, decision: Option<domain::decision::Decision>) -> Forwarded {
    Forwarded { outcome: ToolOutcome::error(not_shown(&why)), end: CallEnd::ResultBlocked, decision }
}

/// What is told in place of a result.
pub(crate) fn not_shown(why: &str) -> String {
    format!("The call ran, but its result was withheld: {why}.")
}

/// A result of an MCP server as the agent reads it. Blocks of kinds that nobody here knows are kept.
fn outcome(result: Json, gateway: &Gateway) -> Result<ToolOutcome, ServerFailure> {
    let unreadable = |why: String| ServerError(format!("the server's result cannot be used: {why}"));
    let mut text = String::from(Box::<str>::from(result));
    if let Some(scrubber) = gateway.scrubber() {
        scrubber.scrub(&mut text);
    }
    let mut value: Value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    match value.get("resultType").and_then(Value::as_str) {
        None | Some("complete") => {}
        Some("input_required") => {
            return Err(unreadable("it asks its caller for input, which a task cannot give".into()).into());
        }
        Some(other) => return Err(unreadable(format!("its kind is {other}")).into()),
    }
    if let Some(members) = value.as_object_mut() {
        members.entry("content").or_insert_with(|| value!([]));
    }
    Ok(serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))?)
}

/// The text of a progress or log message.
fn said(notification: &Notification) -> Option<String> {
    let params: Value = serde_json::from_str(notification.params.as_ref()?.get()).ok()?;
    let text = match notification.method.as_str() {
        "notifications/progress" => params.get("message")?,
        "notifications/message" => params.get("data")?,
        _ => return None,
    };
    Some(text.as_str().map_or_else(|| text.to_string(), str::to_owned))
}
