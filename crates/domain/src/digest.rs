//! Digests of JSON values that do not depend on key order or spacing.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// `sha256:` and 64 hex digits, over the JSON Canonicalization Scheme (RFC 8785) of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub String);

impl Digest {
    /// Digest of any serialisable value. A value JSON cannot express (a map with non-string keys, a NaN)
    /// has no canonical form; nothing of ours is one.
    pub fn of(value: &impl Serialize) -> Self {
        let canonical = serde_json_canonicalizer::to_vec(value).unwrap_or_default();
        Self::of_bytes(&canonical)
    }

    /// Digest of bytes as they are.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(format!("sha256:{}", hex::encode(Sha256::digest(bytes))))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_order_does_not_matter_and_values_do() {
        let a = Digest::of(&json!({"a": 1, "b": [1, 2]}));
        assert_eq!(a, Digest::of(&json!({"b": [1, 2], "a": 1})));
        assert_ne!(a, Digest::of(&json!({"b": [2, 1], "a": 1})));
    }
}
