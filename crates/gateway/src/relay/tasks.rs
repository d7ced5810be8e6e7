//! `tasks/…`: to the server that made the task, and only for the client it was made for. What a task comes to is
//! judged as the result of the call that made it.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::CallId;
use domain::decision::{Decision, Point};
use domain::digest::Digest;
use domain::tool::ToolOutcome;
use lru::LruCache;
use mcp::exchange::{Client, Outbox, Request};
use mcp::message::{Json, RpcError, json};
use serde_json::{Value, json as value};

use super::Relay;
use super::errand::{Errand, as_request, withheld};
use super::members::Members;
use super::raw::read_result;
use crate::call::Caller;
use crate::forward::{Permit, complete};
use crate::judge::{Answered, Judged, Passed};
use crate::question::Subject;
use crate::servers::Slot;

/// Tasks that are known to have been made; of older ones their server has to be named.
const TASKS_MAX: NonZeroUsize = NonZeroUsize::new(16_384).expect("not zero");

/// Where a task is, and what call it is the result of.
#[derive(Clone)]
pub(super) struct Route {
    server: String,
    subject: Subject,
    decision: Decision,
    call_id: CallId,
}

impl Route {
    pub(super) fn of_call(permit: &Permit, decision: &Decision) -> Self {
        let allowed = permit.allowed();
        Self {
            server: allowed.entry.slot.name.clone(),
            subject: Subject::of(&allowed.entry),
            decision: decision.clone(),
            call_id: allowed.call_id,
        }
    }
}

/// By conversation and task.
pub(super) struct Tasks {
    known: Mutex<LruCache<(String, String), Route>>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { known: Mutex::new(LruCache::new(TASKS_MAX)) }
    }
}

impl Tasks {
    fn get(&self, conversation: &str, task: &str) -> Option<Route> {
        let key = (conversation.to_owned(), task.to_owned());
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// False when another server has made a task of that id for this client: which is meant could not be told.
    fn add(&self, conversation: &str, task: String, route: Route) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let there = known.get_or_insert((conversation.to_owned(), task), || route.clone());
        there.server == route.server
    }

    pub(super) fn forget(&self, conversation: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<_> =
            known.iter().filter(|(key, _)| key.0 == conversation).map(|(key, _)| key.clone()).collect();
        for key in gone {
            known.pop(&key);
        }
    }
}

impl Relay {
    /// A call was answered with a task: from now on its id leads to the server.
    pub(super) fn task_made(&self, conversation: &str, route: Route, result: Json) -> Result<Json, RpcError> {
        let made: Value =
            serde_json::from_str(result.get()).map_err(|error| RpcError::internal(error.to_string()))?;
        let id = made.get("taskId").or_else(|| made.pointer("/task/taskId")).and_then(Value::as_str);
        match id {
            Some(id) if self.tasks.add(conversation, id.to_owned(), route) => Ok(result),
            Some(_) => complete(&ToolOutcome::error(
                "The server made a task with an id that another server's task has; it cannot be followed here.",
            )),
            None => Ok(result),
        }
    }

    pub(super) async fn task_request(&self, mut request: Request, out: Outbox) -> Result<Json, RpcError> {
        let caller = self.caller(&request.client).await?;
        let params = request.params.take();
        let members = Members::of(params.as_deref())?;
        let task = members.text_if_there("taskId")?;
        let route = task.as_ref().and_then(|task| self.tasks.get(&request.client.conversation, task));
        let slot = match &route {
            Some(route) => self.gateway.inner.servers.get(&route.server),
            None => self.addressed(&members)?,
        };
        let Some(slot) = slot else {
            let error = RpcError::invalid_params(
                "this task is not known here; name its server in `_meta[\"bailiwick/server\"]`",
            );
            return self.unknown(&caller, Point::McpRequest, &request.method, error).await;
        };
        let errand = Errand {
            slot,
            name: request.method.clone(),
            digest: Digest::of(&request.method),
            point: Point::McpRequest,
            result_point: None,
            arguments: as_request(&request.method, &members)?,
            resources: Default::default(),
        };
        let result = self.run(&caller, errand, request, members, out).await?;
        self.judge_task(&caller, route, task, result).await
    }

    /// The servers of the tasks that a client watches, each with its tasks. Others are not told of.
    pub(super) fn task_servers(&self, client: &Client, tasks: &[String]) -> Vec<(Arc<Slot>, Vec<String>)> {
        let mut servers: Vec<(Arc<Slot>, Vec<String>)> = Vec::new();
        for task in tasks {
            let Some(route) = self.tasks.get(&client.conversation, task) else { continue };
            let Some(slot) = self.gateway.inner.servers.get(&route.server) else { continue };
            match servers.iter_mut().find(|(other, _)| Arc::ptr_eq(other, &slot)) {
                Some((_, tasks)) => tasks.push(task.clone()),
                None => servers.push((slot, vec![task.clone()])),
            }
        }
        servers
    }

    /// A finished task carries the result of its call, which is judged as such.
    async fn judge_task(
        &self,
        caller: &Caller,
        route: Option<Route>,
        task: Option<String>,
        result: Json,
    ) -> Result<Json, RpcError> {
        let mut members = Members::of(Some(&result))?;
        let Some(inner) = members.get("result").map(ToOwned::to_owned) else { return Ok(result) };
        let read = read_result(&self.gateway, inner).map_err(|why| withheld(&why))?;
        let Some(route) = route else {
            return Err(withheld("it is not known here what call this task is the result of"));
        };
        let arguments = value!({"taskId": task});
        let question = route.subject.question(Point::ToolResult, caller, arguments, Default::default());
        let judged = self
            .gateway
            .judge(Answered {
                caller,
                call_id: route.call_id,
                point: Point::ToolResult,
                question,
                asked: &route.decision,
                result: read.value,
                size: read.text.get().len(),
                rewrite: read.rewrite,
            })
            .await;
        let Judged { passed, .. } = judged.map_err(|error| withheld(&error.to_string()))?;
        match passed {
            Passed::AsItWas => Ok(result),
            Passed::Changed(value) => {
                members.set("result", json(&value)?);
                members.write()
            }
            Passed::Withheld(why) => Err(withheld(&why)),
        }
    }
}
