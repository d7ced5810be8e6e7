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

/// Size of a value as compact JSON, counted without keeping the text.
pub(crate) fn json_bytes(value: &Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting cannot fail, and a `Value` always serialises.
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}
