//! The members of a JSON object, each left as it was written.
//!
//! Parameters pass through with a few members of `_meta` changed; everything else keeps its bytes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::message::{Json, RpcError};

/// Members of `params` or `_meta`. They are looked through one by one, so their number is bounded.
const MEMBERS_MAX: usize = 256;

/// An object, shallowly read: order and values are kept, a name that appears twice is refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

impl<'a> Members<'a> {
    /// `what` names the object in the error.
    pub fn read(json: Option<&'a RawValue>, what: &str) -> Result<Self, RpcError> {
        let Some(json) = json else { return Ok(Self::default()) };
        serde_json::from_str(json.get())
            .map_err(|error| RpcError::invalid_params(format!("`{what}` cannot be passed on: {error}")))
    }

    pub fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// The value as a string, when it is one.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(|value| serde_json::from_str(value.get()).ok())
    }

    pub fn set(&mut self, name: &'static str, value: Json) {
        let value = Cow::Owned(value);
        match self.0.iter_mut().find(|(key, _)| key == name) {
            Some(member) => member.1 = value,
            None => self.0.push((Cow::Borrowed(name), value)),
        }
    }

    pub fn remove(&mut self, name: &str) -> Option<Cow<'a, RawValue>> {
        let at = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(at).1)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn json(&self) -> Result<Json, RpcError> {
        crate::message::json(self)
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<(Cow<'de, str>, Cow<'de, RawValue>)> = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    if members.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom(format!("the member `{name}` appears twice")));
                    }
                    if members.len() == MEMBERS_MAX {
                        return Err(de::Error::custom(format!("it has more than {MEMBERS_MAX} members")));
                    }
                    members.push((name, Cow::Borrowed(map.next_value::<&RawValue>()?)));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// A member's name, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Adds members to an object without reading it, before all others. `text` is `"name":value` pairs.
///
/// Only for members that are known to be absent.
pub(crate) fn prefixed(object: &RawValue, text: &str) -> Result<Json, RpcError> {
    let inside = object.get().strip_prefix('{').unwrap_or_default();
    let comma = if inside.trim_start().starts_with('}') { "" } else { "," };
    RawValue::from_string(format!("{{{text}{comma}{inside}"))
        .map_err(|error| RpcError::internal(format!("a result could not be completed: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Json {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn members_keep_order_and_bytes() {
        let json = raw(r#"{"b" : 1.0,"a":{ "x":[ 1 ]},"c":null}"#);
        let mut members = Members::read(Some(&json), "params").unwrap();
        members.set("a", raw("2"));
        members.set("d", raw("1e3"));
        assert_eq!(members.json().unwrap().get(), r#"{"b":1.0,"a":2,"c":null,"d":1e3}"#);
    }

    #[test]
    fn a_name_that_appears_twice_is_refused() {
        let json = raw(r#"{"name":1,"n\u0061me":2}"#);
        assert!(Members::read(Some(&json), "params").unwrap_err().message.contains("appears twice"));
        let json = raw("[1]");
        assert!(Members::read(Some(&json), "params").is_err());
    }

    #[test]
    fn members_are_put_in_front() {
        assert_eq!(prefixed(&raw("{}"), r#""r":1"#).unwrap().get(), r#"{"r":1}"#);
        assert_eq!(prefixed(&raw("{ \n}"), r#""r":1"#).unwrap().get(), "{\"r\":1 \n}");
        assert_eq!(prefixed(&raw(r#"{"a":1}"#), r#""r":1"#).unwrap().get(), r#"{"r":1,"a":1}"#);
    }
}
