//! `strings.count` and `strings.replace_n`, which the engine reads otherwise than OPA.

use regorus::Value;

use super::{Made, text};
use crate::meter;

/// How often a text is in another, places not overlapping. An empty one stands between all letters.
pub(super) fn count(arguments: &[Value]) -> Made {
    let (search, part) = (text(arguments, 0)?, text(arguments, 1)?);
    let count = if part.is_empty() { search.chars().count() + 1 } else { search.matches(part).count() };
    Ok(Value::from(count as u64))
}

/// Replaces all at once: from left to right, at each place the first of the patterns by their order, and never in what
/// was put in.
pub(super) fn replace_n(arguments: &[Value]) -> Made {
    let Some(Value::Object(patterns)) = arguments.first() else { return Err("the patterns are no object") };
    let text = text(arguments, 1)?;
    let mut pairs = Vec::with_capacity(patterns.len());
    for (old, new) in patterns.iter_sorted() {
        match (old, new) {
            (Value::String(old), Value::String(new)) => pairs.push((old.as_ref(), new.as_ref())),
            _ => return Err("a pattern is no string"),
        }
    }
    let work = (text.len() as u64 + 1).saturating_mul(pairs.len() as u64);
    meter::spend(work).map_err(|_| "there is too much to replace")?;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let found = pairs.iter().find(|(old, _)| rest.starts_with(old));
        if let Some((old, new)) = found {
            meter::spend(new.len() as u64).map_err(|_| "the text becomes too long")?;
            out.push_str(new);
            rest = &rest[old.len()..];
        }
        // An empty pattern is found before each letter and at the end, and the letters stay.
        if found.is_none_or(|(old, _)| old.is_empty()) {
            let Some(letter) = rest.chars().next() else { break };
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
        } else if rest.is_empty() {
            break;
        }
    }
    Ok(Value::from(out))
}
