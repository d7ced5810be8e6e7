//! Tasks as 2025-11-25 had them, on top of the extension that took their place.
//!
//! The older form lets the client ask for a task (`params.task`), wait for its result in one request
//! (`tasks/result`) and get the task back when it cancels it; the extension has none of the three.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::exchange::Client;
use crate::message::{Json, RpcError, json as write};
use crate::serve::members::Members;
use crate::version::Version;

const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// Between two looks at a task, when it does not say itself.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Adds the capability of the older form where the service has the extension.
pub(super) fn offer(version: Version, capabilities: &mut Value) {
    let has = capabilities["extensions"].get(EXTENSION).is_some();
    if let (Version::V2025_11_25, true, Some(members)) = (version, has, capabilities.as_object_mut()) {
        members.entry("tasks").or_insert(json!({"cancel": {}, "requests": {"tools": {"call": {}}}}));
    }
}

/// True for a request that speaks of tasks: its client understands them.
pub(super) fn speaks(version: Version, method: &str, params: Option<&serde_json::value::RawValue>) -> bool {
    version == Version::V2025_11_25
        && (method.starts_with("tasks/")
            || method == "tools/call"
                && Members::of(params).is_ok_and(|members| members.get("task").is_some()))
}

/// The client as one that has the extension, for a request that speaks of tasks.
pub(super) fn capable(client: &Client) -> Client {
    let mut client = client.clone();
    if let Some(members) = client.capabilities.as_object_mut() {
        let extensions = members.entry("extensions").or_insert_with(|| json!({}));
        if let Some(extensions) = extensions.as_object_mut() {
            extensions.entry(EXTENSION).or_insert_with(|| json!({}));
        }
    }
    client
}

/// A task of the extension.
pub(super) struct Task(Map<String, Value>);

/// How far a task is.
pub(super) enum Progress {
    Working(Duration),
    /// Questions by key; the answers go into `tasks/update`.
    Asking(Vec<(String, Json)>),
    Ended(Result<Json, RpcError>),
}

impl Task {
    pub(super) fn of(result: &serde_json::value::RawValue) -> Result<Self, RpcError> {
        serde_json::from_str(result.get()).map(Self).map_err(|error| {
            RpcError::internal(format!("the server described a task in a form that is none: {error}"))
        })
    }

    /// What `tools/call` answers when it made a task.
    pub(super) fn created(self) -> Result<Json, RpcError> {
        let mut own = self.0;
        let meta = own.remove("_meta");
        let mut result = json!({"task": Self(own).shown()});
        if let Some(meta) = meta {
            result["_meta"] = meta;
        }
        write(&result)
    }

    /// What `tasks/get` and `tasks/cancel` answer.
    pub(super) fn described(self) -> Result<Json, RpcError> {
        write(&self.shown())
    }

    fn shown(mut self) -> Map<String, Value> {
        for modern in ["resultType", "result", "error", "inputRequests"] {
            self.0.remove(modern);
        }
        for (modern, legacy) in [("ttlMs", "ttl"), ("pollIntervalMs", "pollInterval")] {
            if let Some(value) = self.0.remove(modern) {
                self.0.insert(legacy.into(), value);
            }
        }
        self.0
    }

    pub(super) fn progress(mut self) -> Result<Progress, RpcError> {
        let id = self.0.get("taskId").cloned().unwrap_or_default();
        match self.0.get("status").and_then(Value::as_str).unwrap_or_default() {
            "completed" => {
                let mut result =
                    self.0.remove("result").filter(Value::is_object).unwrap_or_else(|| json!({}));
                result["_meta"]["io.modelcontextprotocol/related-task"] = json!({"taskId": id});
                if let Some(members) = result.as_object_mut() {
                    members.remove("resultType");
                }
                Ok(Progress::Ended(write(&result)))
            }
            "failed" => {
                let error = self.0.remove("error").and_then(|error| serde_json::from_value(error).ok());
                Ok(Progress::Ended(Err(
                    error.unwrap_or_else(|| RpcError::internal("the task failed and does not say why"))
                )))
            }
            "cancelled" => Ok(Progress::Ended(Err(RpcError::internal("the task was cancelled")))),
            "input_required"
                if self
                    .0
                    .get("inputRequests")
                    .is_some_and(|asked| asked.as_object().is_some_and(|asked| !asked.is_empty())) =>
            {
                let asked = self.0["inputRequests"].as_object().into_iter().flatten();
                asked
                    .map(|(key, question)| Ok((key.clone(), write(question)?)))
                    .collect::<Result<_, _>>()
                    .map(Progress::Asking)
            }
            _ => {
                let pause =
                    self.0.get("pollIntervalMs").and_then(Value::as_u64).map_or(PAUSE, Duration::from_millis);
                Ok(Progress::Working(pause.clamp(PAUSE_MIN, PAUSE_MAX)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(value: &Value) -> Task {
        Task(value.as_object().unwrap().clone())
    }

    #[test]
    fn the_members_have_their_older_names() {
        let modern = json!({"resultType": "task", "taskId": "1", "status": "working", "ttlMs": 5, "pollIntervalMs": 7, "own": 1, "_meta": {"a": 1}});
        let created: Value = serde_json::from_str(task(&modern).created().unwrap().get()).unwrap();
        let shown = json!({"taskId": "1", "status": "working", "own": 1, "ttl": 5, "pollInterval": 7});
        assert_eq!(created, json!({"task": shown, "_meta": {"a": 1}}));
        let done = json!({"resultType": "complete", "taskId": "1", "status": "completed", "ttlMs": null, "result": {"content": []}});
        let described: Value = serde_json::from_str(task(&done).described().unwrap().get()).unwrap();
        assert_eq!(described, json!({"taskId": "1", "status": "completed", "ttl": null}));
        let Ok(Progress::Ended(Ok(result))) = task(&done).progress() else { panic!() };
        let result: Value = serde_json::from_str(result.get()).unwrap();
        assert_eq!(
            result,
            json!({"content": [], "_meta": {"io.modelcontextprotocol/related-task": {"taskId": "1"}}})
        );
    }

    #[test]
    fn capabilities_speak_of_tasks_only_where_both_know_them() {
        let mut offered = json!({"extensions": {EXTENSION: {}}});
        offer(Version::V2025_06_18, &mut offered);
        assert!(offered.get("tasks").is_none());
        offer(Version::V2025_11_25, &mut offered);
        assert!(offered["tasks"]["requests"]["tools"]["call"].is_object());
        let mut none = json!({"tools": {}});
        offer(Version::V2025_11_25, &mut none);
        assert_eq!(none, json!({"tools": {}}));
    }
}
