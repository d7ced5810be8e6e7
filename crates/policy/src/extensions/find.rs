//! `regex.find_all_string_submatch_n`.

use regex::RegexBuilder;
use regorus::Value;

use super::{Made, text};
use crate::{meter, patterns};

/// The engine's own limit for a compiled pattern, bytes.
const PATTERN_BYTES_MAX: usize = 100 * 1024;

/// Each match as an array of itself and its groups; a negative number asks for all.
pub(super) fn all_submatches(arguments: &[Value]) -> Made {
    let cost = patterns::regex(arguments, 0, 1, 96).unwrap_or(u64::MAX);
    meter::spend(cost).map_err(|_| "the search takes too long")?;
    let (pattern, text) = (text(arguments, 0)?, text(arguments, 1)?);
    let number = arguments.get(2).and_then(|n| n.as_i64().ok()).ok_or("the number must be a whole one")?;
    let pattern = RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES_MAX)
        .build()
        .map_err(|_| "the pattern cannot be read")?;
    let matches =
        pattern.captures_iter(text).take(usize::try_from(number).unwrap_or(usize::MAX)).map(|found| {
            let groups = found
                .iter()
                .map(|group| Value::from(group.map_or("", |group| group.as_str())))
                .collect::<Vec<_>>();
            Value::from(groups)
        });
    Ok(Value::from(matches.collect::<Vec<_>>()))
}
