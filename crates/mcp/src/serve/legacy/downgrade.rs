//! What a modern service says, in the words of a legacy client.

use serde_json::value::RawValue;

use crate::exchange::Notification;
use crate::message::{Json, RpcError};
use crate::serve::incoming::text;
use crate::serve::members::Members;

/// Severities of log messages, least first (RFC 5424 names).
pub(super) const LEVELS: [&str; 8] =
    ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// Results with the members `ttlMs` and `cacheScope`; elsewhere members of that name are the server's own.
const CACHEABLE: [&str; 5] =
    ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"];

/// What the service answered.
pub(super) enum Answer {
    /// For the client, without what only modern clients know.
    Final(Json),
    /// Questions to the client, by key, and a state to come back with.
    Questions { requests: Vec<(String, Json)>, state: Option<Json> },
    /// A handle of work that goes on.
    Task(Json),
}

pub(super) fn answer(method: &str, result: Json) -> Result<Answer, RpcError> {
    let Ok(mut members) = Members::of(Some(&result)) else {
        return Ok(Answer::Final(result));
    };
    let kind = text(members.get("resultType"));
    if kind.as_deref() == Some("task") {
        return Ok(Answer::Task(result));
    }
    if kind.as_deref() == Some("input_required") {
        let requests = match members.get("inputRequests") {
            None => Vec::new(),
            requests => Members::of(requests)?
                .names()
                .map(|(key, request)| (key.to_owned(), request.to_owned()))
                .collect(),
        };
        return Ok(Answer::Questions {
            requests,
            state: members.get("requestState").map(RawValue::to_owned),
        });
    }
    let modern: &[&str] =
        if CACHEABLE.contains(&method) { &["resultType", "ttlMs", "cacheScope"] } else { &["resultType"] };
    if modern.iter().all(|name| members.get(name).is_none()) {
        drop(members);
        return Ok(Answer::Final(result));
    }
    for name in modern {
        members.remove(name);
    }
    Ok(Answer::Final(members.write()))
}

/// The parameters for the next round, with what the client answered.
pub(super) fn resumed(
    params: Option<&RawValue>,
    responses: &RawValue,
    state: Option<&RawValue>,
) -> Result<Json, RpcError> {
    let mut members = Members::of(params)?;
    members.lend("inputResponses", responses);
    match state {
        Some(state) => members.lend("requestState", state),
        None => members.remove("requestState"),
    }
    Ok(members.write())
}

/// Adds the level that the session was set to, which a modern client says with every request.
pub(super) fn with_log_level(params: Option<&RawValue>, level: &RawValue) -> Result<Json, RpcError> {
    let mut members = Members::of(params)?;
    let mut meta = Members::of(members.get("_meta"))?;
    meta.lend("io.modelcontextprotocol/logLevel", level);
    let meta = meta.write();
    members.set("_meta", meta);
    Ok(members.write())
}

/// False for what a legacy client does not know or has asked not to hear.
pub(super) fn passes(notification: &Notification, level: usize) -> bool {
    match notification.method.as_str() {
        "notifications/subscriptions/acknowledged" => false,
        "notifications/message" => {
            let members = Members::of(notification.params.as_deref()).unwrap_or_default();
            let said = text(members.get("level"));
            // A severity that is none of the list is passed on: it is not for us to lose it.
            said.and_then(|said| rank(&said)).is_none_or(|rank| rank >= level)
        }
        _ => true,
    }
}

pub(super) fn rank(level: &str) -> Option<usize> {
    LEVELS.iter().position(|name| *name == level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::members::raw;

    fn last(method: &str, result: &str) -> String {
        match answer(method, raw(result.into())).unwrap() {
            Answer::Final(result) => result.get().to_owned(),
            _ => panic!("{result}"),
        }
    }

    #[test]
    fn only_what_a_legacy_client_does_not_know_is_taken_away() {
        let list = r#"{"resultType":"complete","tools":[ ],"ttlMs":5,"cacheScope":"public"}"#;
        assert_eq!(last("tools/list", list), r#"{"tools":[ ]}"#);
        assert_eq!(last("tools/call", r#"{"ttlMs":5,"resultType":"complete"}"#), r#"{"ttlMs":5}"#);
        assert_eq!(last("tools/call", r#"{ "content":[] }"#), r#"{ "content":[] }"#);
        assert_eq!(last("x/y", "3"), "3");
    }

    #[test]
    fn questions_keep_their_keys_and_the_next_round_its_parameters() {
        let result = r#"{"resultType":"input_required","inputRequests":{"a":{"method":"roots/list"}},"requestState":"s"}"#;
        let Answer::Questions { requests, state } = answer("tools/call", raw(result.into())).unwrap() else {
            panic!()
        };
        assert_eq!(requests[0].0, "a");
        let params = raw(r#"{"name":"x","requestState":"old"}"#.into());
        let again = resumed(Some(&params), &raw(r#"{"a":{"roots":[]}}"#.into()), state.as_deref()).unwrap();
        assert_eq!(again.get(), r#"{"name":"x","requestState":"s","inputResponses":{"a":{"roots":[]}}}"#);
    }

    #[test]
    fn log_messages_below_the_level_are_dropped() {
        let message = |level: &str| Notification {
            method: "notifications/message".into(),
            params: Some(raw(format!(r#"{{"level":"{level}","data":1}}"#))),
        };
        let warning = rank("warning").unwrap();
        assert!(!passes(&message("info"), warning) && passes(&message("error"), warning));
        assert!(passes(&message("own"), warning));
    }
}
