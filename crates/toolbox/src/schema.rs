//! JSON Schemas and descriptions of the tools, made from their Rust types.

use domain::tool::{Tool, ToolAnnotations};
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// What a tool says about its effects; each tool argues its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effects {
    pub(crate) read_only: bool,
    pub(crate) destructive: bool,
    pub(crate) idempotent: bool,
    pub(crate) open_world: bool,
}

impl Effects {
    pub(crate) const READS: Effects =
        Effects { read_only: true, destructive: false, idempotent: true, open_world: false };
}

pub(crate) fn describe<A: JsonSchema, R: JsonSchema>(
    name: &str,
    title: &str,
    description: &str,
    effects: Effects,
) -> Tool {
    Tool {
        name: name.to_owned(),
        description: description.to_owned(),
        input_schema: schema_of::<A>(),
        output_schema: Some(schema_of::<R>()),
        annotations: ToolAnnotations {
            title: Some(title.to_owned()),
            read_only_hint: Some(effects.read_only),
            destructive_hint: Some(effects.destructive),
            idempotent_hint: Some(effects.idempotent),
            open_world_hint: Some(effects.open_world),
        },
    }
}

/// Draft 2020-12, without references and without what some model vendors refuse: `null` as a type (an absent
/// parameter is left out) and integer formats that are Rust's own.
fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(simplify).transform(&mut schema);
    schema.remove("title");
    // The type's own words are for readers of the code; the tool has a description of its own.
    schema.remove("description");
    schema.to_value()
}

fn simplify(schema: &mut Schema) {
    schema.remove("format");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
}
