//! Two tools in place of hundreds: one that finds tools by words, one that calls what was found.

mod index;

use std::sync::{Arc, LazyLock};

use domain::tool::{Tool, ToolAnnotations, ToolOutcome};
use serde_json::{Value, json};

use crate::call::{Caller, GatewayError};
use crate::gateway::Gateway;
use crate::servers::{KnownTool, Server, Slot};

/// Name under which a policy sees the gateway's own tools.
pub(crate) const SERVER: &str = "bailiwick";
pub(crate) const SEARCH: &str = "search_tools";
pub(crate) const CALL: &str = "call_tool";
/// Tools one search gives, when the caller does not say, and at most.
const FOUND: u64 = 8;
const FOUND_MAX: u64 = 50;

/// Our own tools, as a server that is this program.
pub(crate) fn slot() -> &'static Arc<Slot> {
    static SLOT: LazyLock<Arc<Slot>> = LazyLock::new(|| Arc::new(Slot::new(Server::Own)));
    &SLOT
}

pub(crate) fn tools() -> &'static [Arc<KnownTool>; 2] {
    static TOOLS: LazyLock<[Arc<KnownTool>; 2]> = LazyLock::new(|| {
        [
            Arc::new(KnownTool::new(Tool {
                name: SEARCH.into(),
                description:
                    "Finds tools by words of their names and descriptions. There are more tools than are \
                              listed: search before you say that something cannot be done."
                        .into(),
                input_schema: json!({
                    "type": "object",
                    "properties": {
                        "query": {"type": "string", "description": "What the tool should do, in a few words"},
                        "limit": {"type": "integer", "minimum": 1, "maximum": FOUND_MAX},
                    },
                    "required": ["query"],
                    "additionalProperties": false,
                }),
                output_schema: None,
                annotations: ToolAnnotations {
                    read_only_hint: Some(true),
                    open_world_hint: Some(false),
                    ..ToolAnnotations::default()
                },
            })),
            Arc::new(KnownTool::new(Tool {
                name: CALL.into(),
                description: format!("Calls a tool that {SEARCH} found, with arguments that fit its schema."),
                input_schema: json!({
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "arguments": {"type": "object"}},
                    "required": ["name"],
                    "additionalProperties": false,
                }),
                output_schema: None,
                annotations: ToolAnnotations::default(),
            })),
        ]
    });
    &TOOLS
}

impl Gateway {
    /// Answers a search with the definitions of the best tools that this caller may see.
    pub(crate) async fn search(
        &self,
        caller: &Caller,
        arguments: &Value,
    ) -> Result<ToolOutcome, GatewayError> {
        let query = arguments.get("query").and_then(Value::as_str).unwrap_or_default();
        let limit = arguments.get("limit").and_then(Value::as_u64).unwrap_or(FOUND).clamp(1, FOUND_MAX);
        let catalogue = self.catalogue(&caller.tenant).await?;
        let index = self.inner.index.of(&catalogue);
        let mut found = Vec::new();
        for place in index.find(query) {
            let Some(entry) = catalogue.entries.get(place) else { continue };
            if self.may_see(caller, entry).await {
                let mut definition = entry.known.definition.clone();
                definition["name"] = Value::from(entry.exposed.as_str());
                found.push(definition);
                if found.len() as u64 == limit {
                    break;
                }
            }
        }
        if found.is_empty() {
            return Ok(ToolOutcome::text("No tool fits these words; try others, or fewer."));
        }
        let text = serde_json::to_string(&found).unwrap_or_default();
        Ok(ToolOutcome { structured_content: Some(json!({"tools": found})), ..ToolOutcome::text(text) })
    }
}

pub(crate) use index::Indexes;
