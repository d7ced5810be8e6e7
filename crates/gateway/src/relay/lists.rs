//! Lists of tools, resources, templates and prompts: what the policy shows to this caller, a page at a time.

use domain::decision::{Point, Verdict};
use mcp::exchange::Request;
use mcp::message::{Json, RpcError, json};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Relay;
use super::caller::out_of_order;
use super::members::Members;
use crate::call::Caller;
use crate::question::Subject;
use crate::servers::Kind;

/// How long a client may take a list for current, milliseconds; changes are told before that to those who listen.
const TTL_MS: u64 = 60_000;
/// Names of hidden entries in the record of a list.
const HIDDEN_RECORDED_MAX: usize = 100;
/// Decisions after which other work gets its turn.
const TURN: usize = 32;

impl Relay {
    pub(super) async fn list_tools(&self, request: Request) -> Result<Json, RpcError> {
        let caller = self.caller(&request.client).await?;
        let after = cursor(&request)?;
        let catalogue = self.gateway.catalogue(&caller.tenant).await.map_err(out_of_order)?;
        let start = match &after {
            None => 0,
            Some(name) => catalogue.position(name).ok_or_else(too_old)? + 1,
        };
        let page = self.gateway.inner.config.list_page_entries_max;
        let (mut shown, mut hidden, mut last) = (Vec::new(), Vec::new(), None);
        let mut more = false;
        for (count, entry) in catalogue.shown().enumerate() {
            if catalogue.position(&entry.exposed).is_none_or(|place| place < start) {
                continue;
            }
            if shown.len() == page {
                more = true;
                break;
            }
            if count % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
            last = Some(entry.exposed.as_str());
            match entry.listed() {
                Some(definition) if self.gateway.may_see(&caller, entry).await => {
                    shown.push(definition.as_ref())
                }
                _ => hidden.push(entry.exposed.as_str()),
            }
        }
        let next = last.filter(|_| more);
        self.finish(&caller, Point::ToolsList, Kind::Tools, &shown, hidden, next).await
    }

    pub(super) async fn list(&self, request: Request, kind: Kind) -> Result<Json, RpcError> {
        let caller = self.caller(&request.client).await?;
        let after = cursor(&request)?;
        self.gateway.inner.servers.settle(kind).await;
        let places = self.places(kind);
        let start = match &after {
            None => 0,
            Some(name) => places.iter().position(|place| place.exposed == *name).ok_or_else(too_old)? + 1,
        };
        let point = if kind == Kind::Prompts { Point::PromptsList } else { Point::ResourcesList };
        let page = self.gateway.inner.config.list_page_entries_max;
        let (mut shown, mut hidden, mut last) = (Vec::new(), Vec::new(), None);
        let mut more = false;
        for (count, place) in places.iter().enumerate().skip(start) {
            if shown.len() == page {
                more = true;
                break;
            }
            if count % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
            last = Some(place.exposed.as_str());
            let subject = Subject::other(&place.slot, &place.item.key, place.item.digest.clone());
            let question = subject.question(point, &caller, serde_json::json!({}), Default::default());
            if self.gateway.decider().decide(&question).await.verdict == Verdict::Allow {
                let definition = match place.exposed == place.item.key {
                    true => json(&place.item.definition)?,
                    false => {
                        let mut definition = place.item.definition.clone();
                        definition[kind.key()] = Value::from(place.exposed.as_str());
                        json(&definition)?
                    }
                };
                shown.push(definition);
            } else {
                hidden.push(place.exposed.as_str());
            }
        }
        let shown: Vec<&RawValue> = shown.iter().map(AsRef::as_ref).collect();
        let next = last.filter(|_| more);
        self.finish(&caller, point, kind, &shown, hidden, next).await
    }

    /// Records the list and writes it.
    async fn finish(
        &self,
        caller: &Caller,
        point: Point,
        kind: Kind,
        shown: &[&RawValue],
        mut hidden: Vec<&str>,
        next: Option<&str>,
    ) -> Result<Json, RpcError> {
        hidden.truncate(HIDDEN_RECORDED_MAX);
        let recorded = self.gateway.record_list(caller, point, shown.len(), &hidden).await;
        recorded.map_err(|error| out_of_order(error.into()))?;
        page(kind, shown, next)
    }
}

/// A page as MCP writes it.
fn page(kind: Kind, entries: &[&RawValue], next: Option<&str>) -> Result<Json, RpcError> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Page<'a> {
        result_type: &'static str,
        #[serde(flatten)]
        entries: Entries<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_cursor: Option<String>,
        ttl_ms: u64,
        /// The policy answers for this caller.
        cache_scope: &'static str,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    enum Entries<'a> {
        Tools(&'a [&'a RawValue]),
        Resources(&'a [&'a RawValue]),
        ResourceTemplates(&'a [&'a RawValue]),
        Prompts(&'a [&'a RawValue]),
    }
    let entries = match kind {
        Kind::Tools => Entries::Tools(entries),
        Kind::Resources => Entries::Resources(entries),
        Kind::Templates => Entries::ResourceTemplates(entries),
        Kind::Prompts => Entries::Prompts(entries),
    };
    json(&Page {
        result_type: "complete",
        entries,
        next_cursor: next.map(hex::encode),
        ttl_ms: TTL_MS,
        cache_scope: "private",
    })
}

/// The name after which the page begins.
fn cursor(request: &Request) -> Result<Option<String>, RpcError> {
    let members = Members::of(request.params.as_deref())?;
    let Some(cursor) = members.text_if_there("cursor")? else { return Ok(None) };
    let name = hex::decode(&cursor).ok().and_then(|name| String::from_utf8(name).ok());
    name.map(Some).ok_or_else(too_old)
}

fn too_old() -> RpcError {
    RpcError::invalid_params("this cursor leads nowhere any more; begin the list anew, without a cursor")
}
