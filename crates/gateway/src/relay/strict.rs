//! Reading JSON that is passed on as it was written: what was judged must be what the other side reads.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Deserializer, Map, Number, Value};

/// A value, and what other readers could see differently.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) value: Value,
    /// A name that an object has twice.
    pub(crate) twin: Option<String>,
    /// A number that is not exactly the one that was written.
    pub(crate) inexact: Option<String>,
}

impl Read {
    /// The value when every reader sees the same. The error is a sentence without a full stop.
    pub(crate) fn only(self, what: &str) -> Result<Value, String> {
        if let Some(name) = self.twin {
            return Err(format!(
                "{what} hold the name `{name}` twice in one object; which is meant is not clear"
            ));
        }
        if let Some(number) = self.inexact {
            return Err(format!(
                "{what} hold the number {number}, which a 64-bit number does not hold exactly; send it as a text"
            ));
        }
        Ok(self.value)
    }
}

/// Reads a value. The error is a sentence without a full stop.
pub(crate) fn read(json: &RawValue) -> Result<Read, String> {
    let twin = Cell::new(None);
    let mut reader = Deserializer::from_str(json.get());
    let value = Strict { twin: &twin }
        .deserialize(&mut reader)
        .map_err(|error| format!("it cannot be read: {error}"))?;
    Ok(Read { value, twin: twin.into_inner(), inexact: inexact(json.get()) })
}

struct Strict<'a> {
    twin: &'a Cell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for &Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(&self)
    }
}

impl<'de> Visitor<'de> for &Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            if all.contains_key(&key) {
                self.twin.set(Some(key.chars().take(100).collect()));
            }
            all.insert(key, value);
        }
        Ok(Value::Object(all))
    }
}

/// The first number of a JSON text that changes when it is read as a 64-bit number.
fn inexact(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at + 1),
            b'-' | b'0'..=b'9' => {
                let start = at;
                while at < bytes.len() && matches!(bytes[at], b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
                {
                    at += 1;
                }
                let number = &text[start..at];
                if changes(number) {
                    return Some(number.chars().take(100).collect());
                }
            }
            _ => at += 1,
        }
    }
    None
}

fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

fn changes(number: &str) -> bool {
    // Every integer of up to 18 digits is an `i64`.
    if number.len() <= 18 && !number.contains(['.', 'e', 'E']) {
        return false;
    }
    let read = match serde_json::from_str::<Number>(number) {
        Ok(read) => read.to_string(),
        Err(_) => return true,
    };
    decimal(&read).is_none() || decimal(&read) != decimal(number)
}

/// Sign, digits without zeros at either end, and power of ten of the last digit. `None` when the power is absurd.
fn decimal(number: &str) -> Option<(bool, String, i64)> {
    let (negative, number) = match number.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, number),
    };
    let (mantissa, power) = match number.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i64>().ok()?),
        None => (number, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let ended = digits.trim_end_matches('0');
    let power = power
        .checked_sub(i64::try_from(fraction.len()).ok()?)?
        .checked_add(i64::try_from(digits.len() - ended.len()).ok()?)?;
    let digits = ended.trim_start_matches('0').to_owned();
    if digits.is_empty() {
        return Some((false, digits, 0));
    }
    Some((negative, digits, power))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(text: &str) -> Read {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        read(&raw).unwrap()
    }

    #[test]
    fn what_every_reader_sees_alike_is_read() {
        for text in [
            r#"{"a": [1, -2, 3.5, 1e3, 0.1, 1.50, -0, 0.0, 18446744073709551615, 1E-7], "b": {"a": "x"}}"#,
            r#""1234567890123456789012345""#,
            r#"{"a\"b": "\\", "c": 1}"#,
        ] {
            let read = of(text);
            assert_eq!(read.value, serde_json::from_str::<Value>(text).unwrap());
            assert_eq!((read.twin, read.inexact), (None, None), "{text}");
        }
    }

    #[test]
    fn twins_are_found_at_any_depth_and_however_they_are_written() {
        for text in [r#"{"a":1,"a":2}"#, r#"{"x":[{"path":1,"p\u0061th":2}]}"#] {
            assert!(of(text).twin.is_some(), "{text}");
        }
        let why = of(r#"{"a":{"b":1,"b":1}}"#).only("the arguments").unwrap_err();
        assert!(why.contains("`b` twice"), "{why}");
    }

    #[test]
    fn numbers_that_would_change_are_found() {
        for text in [
            "[18446744073709551616]",
            "{\"a\": 0.1000000000000000055}",
            "9007199254740993.0",
            "-9223372036854775809",
        ] {
            assert!(of(text).inexact.is_some(), "{text}");
        }
        assert_eq!(of("9007199254740993").value, json!(9_007_199_254_740_993_u64));
        let huge = RawValue::from_string("1e999".into()).unwrap();
        assert!(read(&huge).is_err());
    }
}
