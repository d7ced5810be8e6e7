//! A call of an MCP client: its own words in, the server's own words out.

use std::convert::Infallible;
use std::sync::Arc;

use domain::decision::Point;
use domain::tool::{ProgressSink, ToolOutcome, ToolProgress};
use mcp::exchange::{Notification, Outbox, Request};
use mcp::message::{Json, RpcError, json};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::agent::not_shown;
use super::{Allowed, Relayed};
use crate::judge::{Answered, Judged, Passed};
use crate::ports::{ServerError, ServerFailure};
use crate::relay::members::Members;
use crate::relay::raw;
use crate::servers::Server;

/// Lines of output that may wait for a slow client; what is more is not shown.
const PROGRESS_MAX: usize = 64;

impl Allowed {
    pub(super) async fn run_raw(&self, request: Request, out: Outbox) -> Result<Json, ServerFailure> {
        let tool = &self.entry.known.tool.name;
        let (out, notes) = self.gateway.cleaned(out, &self.decision.obligations)?;
        let outcome = match &self.entry.slot.server {
            Server::Mcp(server) => {
                let answered = server.request(request, out).await;
                notes.told().await;
                return answered;
            }
            Server::Own => self
                .gateway
                .search(&self.caller, &self.question.arguments)
                .await
                .map_err(|error| ServerError(error.to_string()))?,
            Server::Local(server) => {
                let (progress, lines) = progress(&request);
                let arguments = self.question.arguments.clone();
                let call = server.call(&self.caller.workspace, tool, arguments, progress);
                tokio::select! {
                    outcome = call => outcome?,
                    never = tell(lines, out) => match never {},
                }
            }
        };
        complete(&outcome).map_err(ServerFailure::Rpc)
    }

    /// Asks the policy about the result.
    pub(super) async fn judge_raw(self: Box<Self>, result: Json) -> Result<Relayed, RpcError> {
        let gateway = self.gateway.clone();
        let read = match raw::read_result(&gateway, result) {
            Ok(read) => read,
            Err(why) => return refused(&why),
        };
        let kind = read.value.get("resultType").and_then(Value::as_str).map(str::to_owned);
        let judged = gateway
            .judge(Answered {
                caller: &self.caller,
                call_id: self.call_id,
                point: Point::ToolResult,
                question: self.question,
                asked: &self.decision,
                result: read.value,
                size: read.text.get().len(),
                rewrite: read.rewrite,
            })
            .await;
        match judged {
            Ok(Judged { passed: Passed::AsItWas, .. }) => Ok(Relayed { result: read.text, kind }),
            Ok(Judged { passed: Passed::Changed(value), .. }) => Ok(Relayed { result: json(&value)?, kind }),
            Ok(Judged { passed: Passed::Withheld(why), .. }) => refused(&why),
            Err(error) => refused(&error.to_string()),
        }
    }
}

fn refused(why: &str) -> Result<Relayed, RpcError> {
    Ok(Relayed { result: complete(&ToolOutcome::error(not_shown(why)))?, kind: None })
}

/// An outcome as a result of `tools/call`.
pub(crate) fn complete(outcome: &ToolOutcome) -> Result<Json, RpcError> {
    let mut result = serde_json::to_value(outcome).map_err(|error| RpcError::internal(error.to_string()))?;
    result["resultType"] = Value::from("complete");
    json(&result)
}

/// What a local tool prints, and the token under which the client wants to hear of it.
type Lines = (mpsc::Receiver<String>, Json);

/// Where a local tool's progress goes: nowhere, unless the client gave a token for it.
fn progress(request: &Request) -> (ProgressSink, Option<Lines>) {
    let Some(token) = progress_token(request.params.as_deref()) else { return (Arc::new(|_| {}), None) };
    let (sender, receiver) = mpsc::channel(PROGRESS_MAX);
    let sink = move |progress| {
        let (ToolProgress::Stdout { text } | ToolProgress::Stderr { text } | ToolProgress::Message { text }) =
            progress;
        // A client that reads slowly misses lines; the result has them all.
        let _ = sender.try_send(text);
    };
    (Arc::new(sink), Some((receiver, token)))
}

/// `_meta.progressToken`, as it was written.
pub(crate) fn progress_token(params: Option<&RawValue>) -> Option<Json> {
    let params = Members::of(params).ok()?;
    let meta = Members::of(params.get("_meta")).ok()?;
    meta.get("progressToken").map(ToOwned::to_owned)
}

/// Passes lines on until the call ends; never ends by itself while somebody reads.
async fn tell(lines: Option<Lines>, out: Outbox) -> Infallible {
    if let Some((mut lines, token)) = lines {
        let mut count = 0_u32;
        while let Some(text) = lines.recv().await {
            count = count.saturating_add(1);
            let notification = note(&token, f64::from(count), &text);
            if !out.send(notification).await {
                break;
            }
        }
    }
    std::future::pending().await
}

/// A progress notification.
pub(crate) fn note(token: &RawValue, progress: f64, message: &str) -> Notification {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Progress<'a> {
        progress_token: &'a RawValue,
        progress: f64,
        message: &'a str,
    }
    let params = json(&Progress { progress_token: token, progress, message }).ok();
    Notification { method: "notifications/progress".into(), params }
}
