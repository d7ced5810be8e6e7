//! Arguments against the schema: every problem at once, in words that say how to mend it.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::ToolError;
use crate::tools::Registered;

/// Problems told of one call; more would not help.
const PROBLEMS_MAX: usize = 8;

/// Arguments of the right shape, or the list of what is wrong with them.
pub(crate) fn parse<A: DeserializeOwned>(registered: &Registered, arguments: Value) -> Result<A, ToolError> {
    // A call without parameters may come without an object.
    let arguments = if arguments.is_null() { Value::Object(Default::default()) } else { arguments };
    let refused =
        |problems: String| ToolError::Arguments { tool: registered.name, problems: format!("{problems}.") };
    let problems = problems(&registered.validator, &registered.tool.input_schema, &arguments);
    if !problems.is_empty() {
        return Err(refused(problems.join("; ")));
    }
    serde_json::from_value(arguments).map_err(|error| refused(error.to_string()))
}

fn problems(validator: &Validator, schema: &Value, arguments: &Value) -> Vec<String> {
    let mut errors: Vec<ValidationError<'_>> = validator.iter_errors(arguments).collect();
    errors.sort_by_key(order);
    errors.iter().flat_map(|error| explain(error, schema)).take(PROBLEMS_MAX).collect()
}

/// What is missing or unknown comes first: often it is one and the same parameter by a wrong name.
fn order(error: &ValidationError<'_>) -> u8 {
    match error.kind() {
        ValidationErrorKind::Required { .. } => 0,
        ValidationErrorKind::AdditionalProperties { .. } => 1,
        _ => 2,
    }
}

fn explain(error: &ValidationError<'_>, schema: &Value) -> Vec<String> {
    let place = place(error);
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            vec![format!("`{}` is missing", property.as_str().unwrap_or_default())]
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|name| unknown(name, schema)).collect()
        }
        ValidationErrorKind::Type { kind } => {
            let wanted = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(many) => {
                    many.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or ")
                }
            };
            vec![format!("{place} has to be of type {wanted}, not {}", type_name(error.instance()))]
        }
        ValidationErrorKind::Enum { options } => vec![format!("{place} has to be one of {options}")],
        ValidationErrorKind::Minimum { limit } => vec![format!("{place} has to be at least {limit}")],
        ValidationErrorKind::Maximum { limit } => vec![format!("{place} has to be at most {limit}")],
        ValidationErrorKind::MinLength { .. } => vec![format!("{place} may not be empty")],
        ValidationErrorKind::MinItems { .. } => vec![format!("{place} may not be empty")],
        // Without the value itself, which may be long or secret.
        _ => vec![format!("{place}: {}", error.masked())],
    }
}

/// The parameter that is wrong; `the arguments` as a whole for none.
fn place(error: &ValidationError<'_>) -> String {
    let pointer = error.instance_path().to_string();
    match pointer.strip_prefix('/') {
        Some(path) => format!("`{}`", path.replace('/', ".")),
        None => "the whole of them".into(),
    }
}

fn unknown(name: &str, schema: &Value) -> String {
    let known: Vec<&str> = schema["properties"]
        .as_object()
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("there is no parameter `{name}` (did you mean `{near}`?)"),
        None => format!("there is no parameter `{name}` (there are `{}`)", known.join("`, `")),
    }
}

/// The most similar of some names, when one is similar at all.
pub(crate) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let lower = name.to_lowercase();
    known
        .map(|candidate| {
            let parts_of_each_other = candidate.contains(&lower) || lower.contains(candidate);
            let likeness = strsim::jaro_winkler(&lower, candidate);
            (if parts_of_each_other { likeness.max(0.9) } else { likeness }, candidate)
        })
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
