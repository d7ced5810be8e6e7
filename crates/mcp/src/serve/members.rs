//! The members of an object, their values as they were written: for the few places where the adapter adds or takes
//! one away and everything else must stay.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::twins::Key;
use crate::message::{Json, RpcError};

/// In the order in which they were written.
#[derive(Default)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

impl<'a> Members<'a> {
    /// The members of `object`; none when there is no object.
    pub(crate) fn of(object: Option<&'a RawValue>) -> Result<Self, RpcError> {
        match object {
            None => Ok(Self::default()),
            Some(object) => serde_json::from_str(object.get())
                .map_err(|error| RpcError::invalid_params(format!("not an object: {error}"))),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(key, _)| key != name);
    }

    /// Replaces the member of that name or appends one.
    pub(crate) fn set(&mut self, name: &'a str, value: Json) {
        self.put(name, Cow::Owned(value));
    }

    /// As [`Members::set`], without taking the value.
    pub(crate) fn lend(&mut self, name: &'a str, value: &'a RawValue) {
        self.put(name, Cow::Borrowed(value));
    }

    fn put(&mut self, name: &'a str, value: Cow<'a, RawValue>) {
        match self.0.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((Cow::Borrowed(name), value)),
        }
    }

    pub(crate) fn write(&self) -> Json {
        let mut text = String::with_capacity(
            64 + self.0.iter().map(|(k, v)| k.len() + v.get().len() + 4).sum::<usize>(),
        );
        text.push('{');
        for (index, (key, value)) in self.0.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(&serde_json::Value::from(key.as_ref()).to_string());
            text.push(':');
            text.push_str(value.get());
        }
        text.push('}');
        raw(text)
    }
}

/// What is known to be JSON because it was put together from JSON.
pub(crate) fn raw(text: String) -> Json {
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
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
                let mut all = Vec::new();
                while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    all.push((key, Cow::Borrowed(value)));
                }
                Ok(all)
            }
        }
        deserializer.deserialize_map(Collect).map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_touched_keeps_its_bytes_and_place() {
        let object = raw(r#"{ "b" : 1.0, "q\"x":{ "z": [1 ,2]}, "a":"\u00e4" }"#.into());
        let mut members = Members::of(Some(&object)).unwrap();
        members.set("c", raw("true".into()));
        members.set("b", raw("2".into()));
        members.remove("a");
        assert_eq!(members.write().get(), r#"{"b":2,"q\"x":{ "z": [1 ,2]},"c":true}"#);
        assert_eq!(members.get("c").unwrap().get(), "true");
        assert!(Members::of(Some(&raw("[1]".into()))).is_err());
    }
}
