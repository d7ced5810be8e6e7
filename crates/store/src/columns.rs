//! Between domain values and columns: times as microseconds, words and structures as text.

use chrono::{DateTime, SubsecRound, Utc};
use domain::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::StoreError;

/// The current time as precisely as it is stored, so that what is returned equals what is read back.
pub(crate) fn now() -> Timestamp {
    Utc::now().trunc_subsecs(6)
}

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.timestamp_micros()
}

pub(crate) fn time(micros: i64) -> Result<Timestamp, StoreError> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| StoreError::Corrupt(format!("{micros} is not a time in microseconds")))
}

pub(crate) fn opt_time(micros: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    micros.map(time).transpose()
}

/// A journal position; stored ones are never negative.
pub(crate) fn seq(stored: i64) -> u64 {
    stored.try_into().unwrap_or_default()
}

/// A journal position as a parameter. One beyond what a column holds is behind every event.
pub(crate) fn seq_param(seq: u64) -> i64 {
    seq.try_into().unwrap_or(i64::MAX)
}

pub(crate) fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Invalid(format!("a value cannot be written as JSON: {error}")))
}

/// Reads a JSON column; `what` names the row in the error.
pub(crate) fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| {
        StoreError::Corrupt(format!(
            "{what}: {error}; if a newer Bailiwick wrote it, use that version to read it"
        ))
    })
}

/// The serde name of a unit variant, like `tool_call`.
pub(crate) fn to_word(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        other => Err(StoreError::Invalid(format!("{other:?} is not a word"))),
    }
}

pub(crate) fn from_word<T: DeserializeOwned>(what: &'static str, word: &str) -> Result<T, StoreError> {
    serde_json::from_value(Value::String(word.to_owned()))
        .map_err(|error| StoreError::Corrupt(format!("{what}: {error}")))
}

/// Text for a column. PostgreSQL cannot hold a NUL character, and a model or a person can send one.
pub(crate) fn to_text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::decision::Point;

    #[test]
    fn words_are_the_serde_names_both_ways() {
        assert_eq!(to_word(&Point::ToolCall).unwrap(), "tool.call");
        assert_eq!(from_word::<Point>("point", "tool.call").unwrap(), Point::ToolCall);
        assert!(matches!(from_word::<Point>("point", "nonsense"), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn now_survives_its_column() {
        let at = now();
        assert_eq!(time(micros(at)).unwrap(), at);
    }
}
