//! What clients are told they can do here: everything that any server behind can.

use mcp::exchange::{Client, Discovery};
use mcp::message::RpcError;
use serde_json::{Map, Value, json};

use super::Relay;
use crate::servers::Kind;

impl Relay {
    /// Instructions of servers are left out: a person approves descriptions of tools, and nobody approved those.
    pub(super) async fn offered(&self, client: &Client) -> Result<Discovery, RpcError> {
        // Only those are let in who may ask at all.
        self.caller(client).await?;
        self.gateway.inner.servers.settle(Kind::Tools).await;
        let mut capabilities = Map::new();
        for slot in self.gateway.inner.servers.all().iter() {
            if let Some(Value::Object(theirs)) = slot.capability("") {
                merge(&mut capabilities, theirs);
            }
        }
        // All lists are answered, and change when a person adds a server or approves a tool, whatever the servers that
        // are here now say of theirs.
        for list in ["tools", "resources", "prompts"] {
            let entry = capabilities.entry(list).or_insert_with(|| json!({}));
            if let Some(members) = entry.as_object_mut() {
                members.insert("listChanged".into(), true.into());
            }
        }
        let result = json!({
            "resultType": "complete",
            "capabilities": capabilities,
            "_meta": {"io.modelcontextprotocol/serverInfo": {
                "name": "bailiwick",
                "title": "Bailiwick",
                "version": env!("CARGO_PKG_VERSION"),
            }},
            "instructions": "A gateway to several servers. A policy decides on each call; one that needs a person's \
                             approval says so in its result, with what to do.",
        });
        Ok(Discovery { result })
    }
}

/// Adds what the other has: objects member by member, true wins over false, else the first stays.
fn merge(into: &mut Map<String, Value>, other: Map<String, Value>) {
    for (name, theirs) in other {
        match (into.get_mut(&name), theirs) {
            (Some(Value::Object(ours)), Value::Object(theirs)) => merge(ours, theirs),
            (Some(ours @ Value::Bool(false)), Value::Bool(true)) => *ours = Value::Bool(true),
            (Some(_), _) => {}
            (None, theirs) => {
                into.insert(name, theirs);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_add_up() {
        let mut ours = json!({"tools": {"listChanged": false}, "x": 1}).as_object().unwrap().clone();
        let theirs = json!({"tools": {"listChanged": true}, "prompts": {}, "x": {"a": 1}});
        merge(&mut ours, theirs.as_object().unwrap().clone());
        assert_eq!(Value::Object(ours), json!({"tools": {"listChanged": true}, "x": 1, "prompts": {}}));
    }
}
