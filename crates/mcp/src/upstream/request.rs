//! What both eras share of one request: what the client hears on the way, and the end.

use std::borrow::Cow;

use serde::Deserialize;

use super::hub::SUBSCRIPTION_ID;
use super::link::Link;
use super::params::{Members, prefixed};
use super::{counts, meta};
use crate::exchange::{Notification, Outbox};
use crate::message::{Json, RpcError};

/// What a client wants to hear of its request, in its own words.
pub(crate) struct Leg {
    progress_token: Option<Json>,
    /// The least severe log messages; none when it did not ask for any.
    pub log_level: Option<u8>,
}

impl Leg {
    /// Reads `_meta`, and puts the number of the request in the place of the client's progress token: tokens of
    /// different clients may be the same.
    pub fn of(members: &mut Members<'_>, id: u64) -> Self {
        let log_level = members.text(meta::LOG_LEVEL).and_then(|name| meta::level(&name));
        let progress_token = members.remove(meta::PROGRESS_TOKEN).map(Cow::into_owned);
        if progress_token.is_some() {
            members.set(meta::PROGRESS_TOKEN, meta::raw(id.to_string()));
        }
        Self { progress_token, log_level }
    }

    /// Passes a notification on, as far as the client asked for it. Waits while the client is behind.
    pub async fn forward(&self, notification: Notification, link: &Link, out: &Outbox) {
        match self.translated(notification) {
            Some(notification) => {
                out.send(notification).await;
            }
            None => counts::count(&link.hub.counts.dropped_notifications),
        }
    }

    fn translated(&self, notification: Notification) -> Option<Notification> {
        let Notification { method, params } = notification;
        let mut members = Members::read(params.as_deref(), "params").ok()?;
        match method.as_str() {
            "notifications/progress" => members.set(meta::PROGRESS_TOKEN, self.progress_token.clone()?),
            "notifications/message" => {
                let level = members.text("level").and_then(|name| meta::level(&name));
                if level? < self.log_level? {
                    return None;
                }
                return Some(Notification { method, params });
            }
            // The number of a subscription is known on this side only; the client has its own.
            _ if params.as_ref().is_some_and(|params| params.get().contains(SUBSCRIPTION_ID)) => {
                let given = members.remove("_meta");
                let mut inner = Members::read(given.as_deref(), "_meta").ok()?;
                inner.remove(SUBSCRIPTION_ID);
                if !inner.is_empty() {
                    members.set("_meta", inner.json().ok()?);
                }
                let params = members.json().ok();
                return Some(Notification { method, params });
            }
            _ => return Some(Notification { method, params }),
        }
        let params = members.json().ok();
        Some(Notification { method, params })
    }
}

/// Sees to it that a result says what kind it is; without a word it is complete.
pub(crate) fn complete(result: Json) -> Result<Json, RpcError> {
    const COMMON: &str = r#"{"resultType":"#;
    if result.get().starts_with(COMMON) {
        return Ok(result);
    }
    if !result.get().starts_with('{') {
        return Err(RpcError::internal("the server answered with a result that is not an object"));
    }
    let kind = if result.get().contains("resultType") { kind(&result)? } else { None };
    match kind {
        Some(()) => Ok(result),
        None => prefixed(&result, r#""resultType":"complete""#),
    }
}

/// Whether the result has a kind of its own; only looked for where the word occurs at all.
fn kind(result: &Json) -> Result<Option<()>, RpcError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Kind {
        #[serde(default)]
        result_type: Option<serde::de::IgnoredAny>,
    }
    let kind: Kind = serde_json::from_str(result.get())
        .map_err(|error| RpcError::internal(format!("a result of the server cannot be read: {error}")))?;
    Ok(kind.result_type.map(|_| ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_without_a_kind_is_complete() {
        for (result, expected) in [
            (r#"{"resultType":"task"}"#, r#"{"resultType":"task"}"#),
            (r#"{"a":1,"resultType":"input_required"}"#, r#"{"a":1,"resultType":"input_required"}"#),
            (r#"{"a":{"resultType":1}}"#, r#"{"resultType":"complete","a":{"resultType":1}}"#),
            ("{}", r#"{"resultType":"complete"}"#),
        ] {
            assert_eq!(complete(meta::raw(result.to_owned())).unwrap().get(), expected);
        }
        assert!(complete(meta::raw("3".to_owned())).is_err());
    }

    #[test]
    fn the_clients_own_token_comes_back() {
        let params = meta::raw(r#"{"progressToken":"mine"}"#.to_owned());
        let mut members = Members::read(Some(&params), "_meta").unwrap();
        let leg = Leg::of(&mut members, 7);
        assert_eq!(members.json().unwrap().get(), r#"{"progressToken":7}"#);
        let told = Notification {
            method: "notifications/progress".to_owned(),
            params: Some(meta::raw(r#"{"progressToken":7,"progress":0.50}"#.to_owned())),
        };
        let told = leg.translated(told).unwrap();
        assert_eq!(told.params.unwrap().get(), r#"{"progressToken":"mine","progress":0.50}"#);
    }
}
