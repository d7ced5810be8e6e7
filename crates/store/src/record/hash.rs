//! The hash that makes entries a chain.
//!
//! The hash of an entry is SHA-256 over six fields in this order, each written as its length in bytes (64 bits,
//! big-endian) and then its bytes:
//!
//! 1. the text `bailiwick.record.1`
//! 2. the number: 64 bits, big-endian
//! 3. the time in microseconds since 1970, UTC: 64 bits, big-endian, two's complement
//! 4. the kind: UTF-8
//! 5. the body: UTF-8, byte for byte as it is stored
//! 6. the hash of the entry before it: 32 bytes, all zero for the first entry

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// SHA-256 of an entry. Shown, and written as JSON, as 64 hex digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

/// Says what the hash is of, and changes when the form of the bytes does.
const TAG: &[u8] = b"bailiwick.record.1";

pub(crate) fn hash(seq: u64, at_us: i64, kind: &str, body: &str, prev: Hash) -> Hash {
    let mut sha = Sha256::new();
    let fields: [&[u8]; 6] =
        [TAG, &seq.to_be_bytes(), &at_us.to_be_bytes(), kind.as_bytes(), body.as_bytes(), &prev.0];
    for field in fields {
        sha.update((field.len() as u64).to_be_bytes());
        sha.update(field);
    }
    Hash(sha.finalize().into())
}

impl TryFrom<&[u8]> for Hash {
    type Error = String;
    fn try_from(bytes: &[u8]) -> Result<Self, String> {
        bytes.try_into().map(Self).map_err(|_| format!("a hash has 32 bytes, not {}", bytes.len()))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|error| format!("not a hash of 64 hex digits: {error}"))?;
        Ok(Self(bytes))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_documentation() {
        // SHA-256 of the six fields, put together by hand.
        let mut bytes = Vec::new();
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 18]);
        bytes.extend(b"bailiwick.record.1");
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 2]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 1, b'k']);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 2, b'{', b'}']);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 32]);
        bytes.extend([0; 32]);
        let expected = Hash(Sha256::digest(&bytes).into());
        assert_eq!(hash(1, 2, "k", "{}", Hash::default()), expected);
    }

    #[test]
    fn no_two_fields_can_be_pushed_into_each_other() {
        let zero = Hash::default();
        assert_ne!(hash(1, 2, "ab", "c", zero), hash(1, 2, "a", "bc", zero));
    }

    #[test]
    fn hashes_are_shown_and_read_as_hex() {
        let hash = hash(1, 2, "k", "{}", Hash::default());
        assert_eq!(hash.to_string().parse(), Ok(hash));
        let json = serde_json::to_string(&hash).unwrap();
        assert_eq!(serde_json::from_str::<Hash>(&json).unwrap(), hash);
        assert!("abc".parse::<Hash>().is_err());
    }
}
