//! The only way to a tool.

mod agent;
mod client;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::CallId;
use domain::decision::Decision;
use domain::tool::ProgressSink;
use mcp::exchange::{Outbox, Request};
use mcp::message::{Json, RpcError};
use policy::Question;
use tokio::task::AbortHandle;
use tracing::Instrument;

use crate::call::{Caller, Forwarded};
use crate::gateway::Gateway;
use crate::identify::Entry;
use crate::ports::{ServerError, ServerFailure};

/// Leave to run exactly one call, exactly as it was decided on.
pub struct Permit {
    allowed: Box<Allowed>,
}

/// A call that was answered with `allow`.
pub(crate) struct Allowed {
    pub(crate) gateway: Gateway,
    pub(crate) caller: Caller,
    pub(crate) call_id: CallId,
    pub(crate) entry: Arc<Entry>,
    /// The question that was answered; its arguments are what the tool gets.
    pub(crate) question: Question,
    /// Its obligations hold for the call and its result: time limit, detectors, what is kept out of records.
    pub(crate) decision: Decision,
    /// The caller named the tool in the arguments of `call_tool`.
    pub(crate) through_search: bool,
}

/// A result on its way to an MCP client, as the policy lets it pass.
pub(crate) struct Relayed {
    pub(crate) result: Json,
    /// `resultType`, when the server gave one.
    pub(crate) kind: Option<String>,
}

pub(crate) use agent::not_shown;
pub(crate) use client::{complete, note, progress_token};

impl Permit {
    pub(crate) fn new(allowed: Allowed) -> Self {
        Self { allowed: Box::new(allowed) }
    }

    pub(crate) fn allowed(&self) -> &Allowed {
        &self.allowed
    }

    /// Runs the call and asks the policy about its result. Dropping the future stops the tool.
    pub async fn forward(self, progress: ProgressSink) -> Forwarded {
        let allowed = self.allowed;
        let about = About::of(&allowed);
        let called = about
            .guard(async move {
                let called = allowed.in_time(allowed.run(progress)).await;
                (allowed, called)
            })
            .await;
        let failed = |called: &Result<domain::tool::ToolOutcome, _>| {
            called.as_ref().map_or(true, |outcome| outcome.is_error)
        };
        match called {
            Ok((allowed, called)) => {
                about.finished(failed(&called));
                match called {
                    Ok(outcome) => allowed.judge(outcome).await,
                    Err(failure) => agent::failed(&allowed.gateway, failure),
                }
            }
            Err((gateway, failure)) => {
                about.finished(true);
                agent::failed(&gateway, failure)
            }
        }
    }

    /// The same for an MCP client: its request goes on as it is, and so does the result when nothing is taken out.
    pub(crate) async fn relay(self, request: Request, out: Outbox) -> Result<Relayed, RpcError> {
        let allowed = self.allowed;
        let about = About::of(&allowed);
        let called = about
            .guard(async move {
                let called = allowed.in_time(allowed.run_raw(request, out)).await;
                (allowed, called)
            })
            .await;
        match called {
            Ok((allowed, called)) => {
                about.finished(called.is_err());
                match called {
                    Ok(result) => allowed.judge_raw(result).await,
                    Err(failure) => Err(allowed.gateway.scrubbed(failure).into_rpc(&about.server)),
                }
            }
            Err((gateway, failure)) => {
                about.finished(true);
                Err(gateway.scrubbed(failure).into_rpc(&about.server))
            }
        }
    }
}

impl Allowed {
    /// Not longer than the policy gives this call.
    async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<T, ServerFailure>>,
    ) -> Result<T, ServerFailure> {
        match self.decision.obligations.time_limit_ms {
            None => call.await,
            Some(limit) => match tokio::time::timeout(Duration::from_millis(limit), call).await {
                Ok(called) => called,
                Err(_) => Err(too_long(limit)),
            },
        }
    }
}

pub(crate) fn too_long(limit_ms: u64) -> ServerFailure {
    ServerError(format!("stopped after {limit_ms} ms, the time_limit_ms that the policy gives this call"))
        .into()
}

/// What is told of a call when it is gone.
struct About {
    gateway: Gateway,
    server: String,
    tool: String,
    began: Instant,
}

impl About {
    fn of(allowed: &Allowed) -> Self {
        Self {
            gateway: allowed.gateway.clone(),
            server: allowed.entry.slot.name.clone(),
            tool: allowed.entry.known.tool.name.clone(),
            began: Instant::now(),
        }
    }

    /// Runs a call in a task of its own, so that a server that panics takes nobody with it.
    async fn guard<T: Send + 'static>(
        &self,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, (Gateway, ServerFailure)> {
        let running = tokio::spawn(call.in_current_span());
        let _stop = StopOnDrop(running.abort_handle());
        running.await.map_err(|_| {
            let text = format!(
                "the tool server {} broke down while it ran {}; what the call did up to then is not known",
                self.server, self.tool
            );
            (self.gateway.clone(), ServerError(text).into())
        })
    }

    fn finished(&self, failed: bool) {
        telemetry::metrics().tool_finished(&self.server, &self.tool, failed, self.began.elapsed());
    }
}

/// Stops the tool when the future of its call is dropped.
struct StopOnDrop(AbortHandle);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Gateway {
    /// A failure without values of secrets in it.
    pub(crate) fn scrubbed(&self, failure: ServerFailure) -> ServerFailure {
        let Some(scrubber) = self.scrubber() else { return failure };
        match failure {
            ServerFailure::Rpc(mut error) => {
                scrubber.scrub(&mut error.message);
                if let Some(data) = &mut error.data {
                    scrubber.scrub_json(data);
                }
                ServerFailure::Rpc(error)
            }
            ServerFailure::Server(ServerError(mut text)) => {
                scrubber.scrub(&mut text);
                ServerError(text).into()
            }
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("call_id", &self.allowed.call_id)
            .field("server", &self.allowed.entry.slot.name)
            .field("tool", &self.allowed.entry.known.tool.name)
            .finish_non_exhaustive()
    }
}
