//! The tasks extension for servers that know the tasks of 2025-11-25.
//!
//! There a task's result is asked for with `tasks/result`, which blocks and over which the server asks its questions;
//! the extension says everything in the answer to `tasks/get`. `tasks/list` is passed on as it is. Changes of a task
//! that the server tells by itself (`notifications/tasks/status`) are not translated: clients ask.

use std::time::Duration;

use http::HeaderMap;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::UpstreamError;
use super::call::Call;
use super::legacy::Asking;
use super::link::{Fault, Outgoing};
use super::mailbox::{Facts, Incoming};
use super::meta;
use super::params::Members;
use super::park::{self, Answer, Place};
use crate::message::{Json, RpcError, json as to_json};

/// How long a server that waits for input may take to say what it wants.
const QUESTION_WITHIN: Duration = Duration::from_secs(5);

/// Whether this is a call that only a task can do, of a client that knows tasks.
pub(crate) fn is_wanted(asking: &Asking<'_>, params: &Members<'_>) -> bool {
    asking.request.method == "tools/call"
        && params.get("task").is_none()
        && asking.request.client.capabilities["extensions"][meta::TASKS].is_object()
        && params.text("name").and_then(|name| asking.catalogue.tool(&name)).is_some_and(|tool| tool.is_task)
}

/// The result that says a task was made, in the extension's form.
pub(crate) fn created(result: &RawValue) -> Option<Value> {
    if !result.get().contains("\"taskId\"") {
        return None;
    }
    let mut result: Map<String, Value> = serde_json::from_str(result.get()).ok()?;
    let task = result.remove("task")?;
    let mut task = translated(&task)?;
    task.insert("resultType".to_owned(), json!("task"));
    if let Some(meta) = result.remove("_meta") {
        task.insert("_meta".to_owned(), meta);
    }
    Some(Value::Object(task))
}

/// `tasks/get`, with the result, the error or the question that the older form tells in another place.
pub(crate) async fn get(asking: &Asking<'_>, params: &Members<'_>) -> Result<Json, Fault> {
    let task = start(asking, "tasks/get", params).await?.result().await?;
    let task: Value = serde_json::from_str(task.get())
        .map_err(|error| UpstreamError::protocol(format!("a task cannot be read: {error}")))?;
    let mut task = translated(&task)
        .ok_or_else(|| UpstreamError::protocol("`tasks/get` was answered without a task"))?;
    task.insert("resultType".to_owned(), json!("complete"));
    match task.get("status").and_then(Value::as_str) {
        Some("completed" | "failed") => match start(asking, "tasks/result", params).await?.result().await {
            Ok(result) => {
                let result: Value = serde_json::from_str(result.get())
                    .map_err(|error| UpstreamError::protocol(format!("a result cannot be read: {error}")))?;
                // What failed by the tool's own account is a result like any other here.
                task.insert("status".to_owned(), json!("completed"));
                task.insert("result".to_owned(), result);
            }
            Err(UpstreamError::Rpc(error)) => {
                task.insert("status".to_owned(), json!("failed"));
                task.insert("error".to_owned(), json!(error));
            }
            Err(why) => return Err(why.into()),
        },
        Some("input_required") => match asked(asking, params).await? {
            Some(requests) => {
                task.insert("inputRequests".to_owned(), requests);
            }
            // It will say what it wants another time.
            None => {
                task.insert("status".to_owned(), json!("working"));
            }
        },
        _ => {}
    }
    Ok(to_json(&task)?)
}

/// `tasks/update`: answers the question that a `tasks/get` told.
pub(crate) async fn update(
    asking: &Asking<'_>,
    params: &Members<'_>,
    responses: Option<&RawValue>,
) -> Result<Json, Fault> {
    let (state, place) = place(asking, params)?;
    if let Answer::Given { call, question, response } = asking.parked.answer(&state, &place, responses)? {
        // Whoever asks for the task again waits for its result again.
        call.link().reply(&question, Ok(response.get())).await?;
    }
    Ok(done())
}

/// `tasks/cancel`: the older form answers with the task, the newer with nothing.
pub(crate) async fn cancel(asking: &Asking<'_>, params: &Members<'_>) -> Result<Json, Fault> {
    start(asking, "tasks/cancel", params).await?.result().await?;
    Ok(done())
}

fn done() -> Json {
    meta::raw(r#"{"resultType":"complete"}"#.to_owned())
}

/// What the server wants to know. It tells it to whoever waits for the result, and that call is kept for the answer.
async fn asked(asking: &Asking<'_>, params: &Members<'_>) -> Result<Option<Value>, Fault> {
    let (state, place) = place(asking, params)?;
    if let Some(requests) = asking.parked.asked(&state, &place) {
        return Ok(Some(requests));
    }
    let mut call = start(asking, "tasks/result", params).await?;
    let question = async {
        loop {
            match call.next().await? {
                Incoming::Request(question) => return Ok::<_, UpstreamError>(Some(question)),
                Incoming::Notification(_) => {}
                Incoming::Done(_) => return Ok(None),
            }
        }
    };
    let Ok(question) = tokio::time::timeout(QUESTION_WITHIN, question).await else { return Ok(None) };
    let Some(question) = question? else { return Ok(None) };
    if let Some(refusal) = asking.refusal(&question) {
        call.link().reply(&question, Err(refusal)).await?;
        return Ok(None);
    }
    let requests = park::input_requests(&question);
    asking.parked.keep(state, Box::new(call), question, &place);
    Ok(Some(requests))
}

/// Where the question of a task is kept: a task has one at a time.
fn place(asking: &Asking<'_>, params: &Members<'_>) -> Result<(String, Place), RpcError> {
    let task = params.text("taskId").ok_or_else(|| RpcError::invalid_params("`taskId` is missing"))?;
    let conversation = &asking.request.client.conversation;
    Ok((format!("task:{}:{conversation}:{task}", conversation.len()), Place::of_task(conversation, &task)))
}

async fn start(asking: &Asking<'_>, method: &str, params: &Members<'_>) -> Result<Call, Fault> {
    let task = params.get("taskId").ok_or_else(|| RpcError::invalid_params("`taskId` is missing"))?;
    let outgoing = Outgoing {
        id: asking.link.hub.next_id(),
        method,
        params: Some(to_json(&json!({ "taskId": task }))?),
        headers: HeaderMap::new(),
        facts: Facts::plain(&asking.request.client),
    };
    asking.link.call(outgoing).await
}

/// A task in the extension's words.
fn translated(task: &Value) -> Option<Map<String, Value>> {
    let mut task = task.as_object()?.clone();
    task.get("taskId")?;
    let ttl = task.remove("ttl").unwrap_or(Value::Null);
    task.insert("ttlMs".to_owned(), ttl);
    if let Some(interval) = task.remove("pollInterval") {
        task.insert("pollIntervalMs".to_owned(), interval);
    }
    Some(task)
}
