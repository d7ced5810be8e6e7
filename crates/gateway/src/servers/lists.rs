//! Entries of lists: the raw definition, and what is made once of it.

use std::sync::OnceLock;

use domain::digest::Digest;
use domain::tool::{Tool, ToolAnnotations};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::schema;

/// A tool with what is made once of it.
pub(crate) struct KnownTool {
    pub(crate) tool: Tool,
    /// Everything the server said of it, unknown members included.
    pub(crate) definition: Value,
    /// Over the whole definition.
    pub(crate) digest: Digest,
    validator: OnceLock<Result<Validator, String>>,
}

impl KnownTool {
    pub(crate) fn new(tool: Tool) -> Self {
        // A tool always serialises: its members are text, flags and JSON.
        let definition = serde_json::to_value(&tool).unwrap_or_default();
        Self { digest: Digest::of(&definition), tool, definition, validator: OnceLock::new() }
    }

    /// As an MCP server described it. The error is a sentence.
    pub(crate) fn foreign(definition: Value) -> Result<Self, String> {
        let Some(name) = definition.get("name").and_then(Value::as_str) else {
            return Err("a tool without a name".into());
        };
        let tool = Tool {
            name: name.to_owned(),
            description: text(&definition, "description"),
            input_schema: definition
                .get("inputSchema")
                .filter(|schema| schema.is_object())
                .cloned()
                .unwrap_or_else(|| json!({"type": "object"})),
            output_schema: definition.get("outputSchema").cloned(),
            annotations: annotations(&definition),
        };
        Ok(Self { digest: Digest::of(&definition), tool, definition, validator: OnceLock::new() })
    }

    /// The error is why the schema cannot be used.
    pub(crate) fn validator(&self) -> Result<&Validator, &str> {
        let made = self.validator.get_or_init(|| schema::validator(&self.tool.input_schema));
        made.as_ref().map_err(String::as_str)
    }
}

/// Hints one by one, so that a wrong one does not take the others with it; it counts as missing, the worst case.
fn annotations(definition: &Value) -> ToolAnnotations {
    let Some(given) = definition.get("annotations") else { return ToolAnnotations::default() };
    let hint = |name: &str| given.get(name).and_then(Value::as_bool);
    ToolAnnotations {
        title: given.get("title").and_then(Value::as_str).map(str::to_owned),
        read_only_hint: hint("readOnlyHint"),
        destructive_hint: hint("destructiveHint"),
        idempotent_hint: hint("idempotentHint"),
        open_world_hint: hint("openWorldHint"),
    }
}

/// A resource, a resource template or a prompt.
pub(crate) struct Item {
    /// URI, URI template or name.
    pub(crate) key: String,
    pub(crate) definition: Value,
    pub(crate) digest: Digest,
}

impl Item {
    /// The error is a sentence.
    pub(crate) fn new(definition: Value, key: &str) -> Result<Self, String> {
        match definition.get(key).and_then(Value::as_str) {
            Some(found) => Ok(Self { key: found.to_owned(), digest: Digest::of(&definition), definition }),
            None => Err(format!("an entry without `{key}`")),
        }
    }
}

fn text(definition: &Value, member: &str) -> String {
    definition.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}
