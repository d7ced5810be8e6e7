//! Arguments against the schema of their tool.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Problems told of one call; more would not help.
const PROBLEMS_MAX: usize = 8;

/// A validator whose patterns take linear time and whose references stay inside the schema. The error is a sentence
/// without a full stop.
pub(crate) fn validator(schema: &Value) -> Result<Validator, String> {
    let build = |schema: &Value| {
        jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(schema)
            .map_err(|error| format!("its schema cannot be used ({})", error.masked()))
    };
    build(schema).or_else(|why| {
        // Patterns that look ahead do not take linear time. They are left to the server to check.
        let mut without = schema.clone();
        if drop_patterns(&mut without) { build(&without).map_err(|_| why) } else { Err(why) }
    })
}

/// Takes patterns out of a schema. True when there were any.
fn drop_patterns(schema: &mut Value) -> bool {
    match schema {
        Value::Array(items) => items.iter_mut().fold(false, |any, item| drop_patterns(item) | any),
        Value::Object(members) => {
            // `pattern` holds a text; a property of that name holds a schema.
            let text = members.get("pattern").is_some_and(Value::is_string);
            let here =
                (text && members.remove("pattern").is_some()) | members.remove("patternProperties").is_some();
            members.values_mut().fold(here, |any, member| drop_patterns(member) | any)
        }
        _ => false,
    }
}

/// What is wrong with the arguments, by parameter; values are left out, since they may be long or secret.
pub(crate) fn problems(validator: &Validator, arguments: &Value) -> Vec<String> {
    validator
        .iter_errors(arguments)
        .take(PROBLEMS_MAX)
        .map(|error| match error.instance_path().to_string().strip_prefix('/') {
            Some(path) => format!("`{}`: {}", path.replace('/', "."), error.masked()),
            None => error.masked().to_string(),
        })
        .collect()
}
