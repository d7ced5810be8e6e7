//! Arguments against the schema of their tool.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Problems told of one call; more would not help.
const PROBLEMS_MAX: usize = 8;

/// A validator whose patterns take linear time and whose references stay inside the schema. The error is a sentence
/// without a full stop.
pub(crate) fn validator(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| format!("its schema cannot be used ({})", error.masked()))
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
