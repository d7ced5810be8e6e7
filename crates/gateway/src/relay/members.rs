//! An object whose members stay as they were written, for the few places where one is read or replaced.

use std::borrow::Cow;
use std::fmt;

use mcp::message::{Json, RpcError};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// In the order in which they were written.
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

impl<'a> Members<'a> {
    /// The members of an object; none when there is nothing. A name that is there twice is refused.
    pub(crate) fn of(object: Option<&'a RawValue>) -> Result<Self, RpcError> {
        let Some(object) = object else { return Ok(Self(Vec::new())) };
        serde_json::from_str(object.get())
            .map_err(|error| RpcError::invalid_params(format!("the params cannot be read: {error}")))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }

    /// The member as a text; an error when it is missing or something else.
    pub(crate) fn text(&self, name: &str) -> Result<String, RpcError> {
        match self.text_if_there(name)? {
            Some(text) => Ok(text),
            None => Err(RpcError::invalid_params(format!("`{name}` is missing"))),
        }
    }

    pub(crate) fn text_if_there(&self, name: &str) -> Result<Option<String>, RpcError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        serde_json::from_str(value.get())
            .map_err(|_| RpcError::invalid_params(format!("`{name}` is not a text")))
    }

    /// Replaces the member of that name or appends one.
    pub(crate) fn set(&mut self, name: &'a str, value: Json) {
        match self.0.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = Cow::Owned(value),
            None => self.0.push((Cow::Borrowed(name), Cow::Owned(value))),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(key, _)| key != name);
    }

    pub(crate) fn write(&self) -> Result<Json, RpcError> {
        let size: usize = self.0.iter().map(|(key, value)| key.len() + value.get().len() + 4).sum();
        let mut text = String::with_capacity(size + 2);
        for (key, value) in &self.0 {
            text.push(if text.is_empty() { '{' } else { ',' });
            let key = serde_json::to_string(key).map_err(|error| RpcError::internal(error.to_string()))?;
            text.push_str(&key);
            text.push(':');
            text.push_str(value.get());
        }
        text.push_str(if text.is_empty() { "{}" } else { "}" });
        RawValue::from_string(text).map_err(|error| RpcError::internal(error.to_string()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(Cow<'de, str>, Cow<'de, RawValue>)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all: Self::Value = Vec::new();
                while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    if all.iter().any(|(other, _)| *other == name) {
                        return Err(serde::de::Error::custom(format!("`{name}` is there twice")));
                    }
                    all.push((name, Cow::Borrowed(value)));
                }
                Ok(all)
            }
        }
        deserializer.deserialize_map(Collect).map(Members)
    }
}

/// A name, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_touched_keeps_its_bytes_and_place() {
        let object =
            RawValue::from_string(r#"{ "b" : 1.0, "q\"x":{ "z": [1 ,2]}, "a":"\u00e4" }"#.into()).unwrap();
        let mut members = Members::of(Some(&object)).unwrap();
        assert_eq!(members.text("a").unwrap(), "ä");
        members.set("c", RawValue::from_string("true".into()).unwrap());
        members.set("b", RawValue::from_string("2".into()).unwrap());
        members.remove("a");
        assert_eq!(members.write().unwrap().get(), r#"{"b":2,"q\"x":{ "z": [1 ,2]},"c":true}"#);
        assert!(members.text("b").is_err() && members.text("nothing").is_err());
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        for text in ["[1]", r#"{"a":1,"\u0061":2}"#] {
            let raw = RawValue::from_string(text.into()).unwrap();
            assert!(Members::of(Some(&raw)).is_err(), "{text}");
        }
        assert_eq!(Members::of(None).unwrap().write().unwrap().get(), "{}");
    }
}
