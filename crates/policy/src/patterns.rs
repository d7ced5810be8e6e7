//! What patterns cost: those of regular expressions, globs and formats.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use regex::RegexBuilder;
use regorus::{LimitError, Value};

use crate::meter::spend;

/// Longest pattern of a regular expression, bytes: reading one takes time as well.
const PATTERN_BYTES_MAX: usize = 8_192;
/// Longest pattern of a glob, bytes.
const GLOB_BYTES_MAX: usize = 512;
/// Most characters by which two globs may be compared: the work grows exponentially with their stars.
const GLOBS_BYTES_MAX: usize = 64;
/// Most steps one search may take at worst, states of the pattern times bytes of the text: about half a second.
const SEARCH_STEPS_MAX: u64 = 200_000_000;
/// Patterns whose size is remembered on a thread.
const REMEMBERED_MAX: usize = 256;
/// Sizes of a compiled pattern in bytes, and about how many states have room in it.
const SIZES: [(usize, u64); 3] = [(12 << 10, 200), (40 << 10, 700), (100 << 10, 1_800)];

thread_local! {
    static STATES: RefCell<HashMap<std::sync::Arc<str>, u64>> = RefCell::default();
}

/// A search of the text `arguments[text]` by the pattern `arguments[pattern]`, `each` bytes being made of a match.
pub(crate) fn regex(arguments: &[Value], pattern: usize, text: usize, each: u64) -> Result<u64, LimitError> {
    let (Some(Value::String(pattern)), Some(Value::String(text))) =
        (arguments.get(pattern), arguments.get(text))
    else {
        return Ok(0);
    };
    if pattern.len() > PATTERN_BYTES_MAX {
        return endless();
    }
    let length = text.len() as u64;
    // Short texts are searched quickly by any pattern that the engine takes.
    if length > 1_024 && states(pattern).saturating_mul(length) > SEARCH_STEPS_MAX {
        return Err(LimitError::TimeLimitExceeded { elapsed: Duration::ZERO, limit: Duration::ZERO });
    }
    Ok(pattern.len() as u64 + length.saturating_mul(1 + each))
}

/// About how many states the pattern has.
fn states(pattern: &std::sync::Arc<str>) -> u64 {
    if let Some(known) = STATES.with_borrow(|known| known.get(pattern).copied()) {
        return known;
    }
    let fits = |size: usize| RegexBuilder::new(pattern).size_limit(size).build().is_ok();
    let states = SIZES.iter().find(|(size, _)| fits(*size)).map_or(SIZES[2].1, |(_, states)| *states);
    STATES.with_borrow_mut(|known| {
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(pattern.clone(), states);
    });
    states
}

pub(crate) fn glob(arguments: &[Value]) -> Result<u64, LimitError> {
    let length = |index: usize| match arguments.get(index) {
        Some(Value::String(text)) => text.len(),
        _ => 0,
    };
    match length(0) {
        too_long if too_long > GLOB_BYTES_MAX => endless(),
        pattern => Ok((pattern as u64 + 1).saturating_mul(length(2) as u64 / 16 + 1)),
    }
}

pub(crate) fn globs(arguments: &[Value]) -> Result<u64, LimitError> {
    let length: usize =
        arguments.iter().map(|argument| argument.as_string().map_or(0, |text| text.len())).sum();
    if length > GLOBS_BYTES_MAX { endless() } else { Ok(length as u64) }
}

/// What the widths of a format add.
pub(crate) fn format(arguments: &[Value]) -> u64 {
    let Some(Value::String(format)) = arguments.first() else { return 0 };
    let widths = format.split('%').skip(1).map(|after| {
        let digits: String = after
            .chars()
            .skip_while(|c| !c.is_ascii_digit() && !c.is_alphabetic())
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        digits
            .split('.')
            .map(|digits| digits.parse::<u64>().unwrap_or(if digits.is_empty() { 0 } else { u64::MAX }))
            .max()
            .unwrap_or(0)
    });
    widths.fold(0, u64::saturating_add)
}

/// Ends the evaluation: more than it can have.
fn endless() -> Result<u64, LimitError> {
    spend(u64::MAX).map(|()| u64::MAX)
}
