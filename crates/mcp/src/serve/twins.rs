//! Refuses objects that name a member twice: two readers of one text could see two messages, the policy one of
//! them and the server behind it the other.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Members of one object up to which a list is faster than a set.
const FEW: usize = 12;

/// Reads the whole text, at any depth that `serde_json` reads (128), and finds members named twice.
pub(super) fn refuse(text: &[u8]) -> Result<(), serde_json::Error> {
    serde_json::from_slice::<Walked>(text).map(|_| ())
}

struct Walked;

impl<'de> Deserialize<'de> for Walked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Walked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Walked, A::Error> {
        let mut seen = Seen::default();
        while let Some(Key(key)) = map.next_key()? {
            if let Some(twin) = seen.add(key) {
                return Err(de::Error::custom(format_args!("the member {twin:?} is there twice")));
            }
            map.next_value::<Walked>()?;
        }
        Ok(Walked)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Walked, A::Error> {
        while list.next_element::<Walked>()?.is_some() {}
        Ok(Walked)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_str<E>(self, _: &str) -> Result<Walked, E> {
        Ok(Walked)
    }

    fn visit_unit<E>(self) -> Result<Walked, E> {
        Ok(Walked)
    }
}

/// A member's name, borrowed where it holds no escapes.
#[derive(serde::Deserialize)]
pub(super) struct Key<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

#[derive(Default)]
struct Seen<'a> {
    few: Vec<Cow<'a, str>>,
    many: HashSet<Cow<'a, str>>,
}

impl<'a> Seen<'a> {
    /// The name, when it was there before.
    fn add(&mut self, key: Cow<'a, str>) -> Option<Cow<'a, str>> {
        if self.few.contains(&key) || self.many.contains(&key) {
            return Some(key);
        }
        if self.few.len() < FEW {
            self.few.push(key);
        } else {
            self.many.insert(key);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::refuse;

    #[test]
    fn twins_are_found_at_any_depth_and_in_any_spelling() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"params":{"arguments":{"path":"ok","path":"/etc/shadow"}}}"#,
            r#"[{"x":[{"name":1,"n\u0061me":2}]}]"#,
            r#"{"":1,"":2}"#,
        ] {
            assert!(refuse(text.as_bytes()).unwrap_err().to_string().contains("twice"), "{text}");
        }
        let many: Vec<String> = (0..40).map(|n| format!("\"k{n}\":{n}")).collect();
        refuse(format!("{{{}}}", many.join(",")).as_bytes()).unwrap();
        assert!(refuse(format!("{{{},\"k30\":0}}", many.join(",")).as_bytes()).is_err());
        refuse(br#"{"a":{"a":{"a":[null,true,-1,1.5,"a"]}},"b":{"a":1}}"#).unwrap();
    }

    #[test]
    fn depth_has_an_end() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(refuse(deep.as_bytes()).is_err());
    }
}
