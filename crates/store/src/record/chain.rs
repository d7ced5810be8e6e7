//! What makes entries a chain, and the walk that finds where one is broken.
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

use domain::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// Says what the hash is of, and changes when the form of the bytes does.
const TAG: &[u8] = b"bailiwick.record.1";

/// How far from its place the number that an entry was written with is looked for, to say what happened to it.
const DISPLACED_MAX: u64 = 10_000;

/// SHA-256 of an entry. Shown, and written as JSON, as 64 hex digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

/// The last entry of a record: with it alone one can tell later that nothing before it was touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number; 0 when there is no entry yet.
    pub seq: u64,
    pub hash: Hash,
    /// When it was recorded; when the tenant was made, if there is no entry yet.
    pub at: Timestamp,
}

/// One entry of the record, as it is stored. As JSON it is one line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub seq: u64,
    /// Microseconds since 1970, UTC.
    pub at_us: i64,
    /// `decision`, or what was done: one of [`crate::kinds`].
    pub kind: String,
    /// Hash of the entry before it.
    pub prev: Hash,
    pub hash: Hash,
    /// [`crate::DecisionRecord`] or [`crate::Act`] as JSON text: exactly the bytes that were hashed.
    pub body: String,
}

/// What a check of the record found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Verification {
    /// Every entry is as it was written, up to this one.
    Sound { head: Head },
    /// Entries before `seq` are as they were written; this one is not.
    FirstBad { seq: u64, fault: Fault, why: String },
}

/// What was done to the first bad entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It is there, and not as it was written.
    Changed,
    /// It was taken out.
    Missing,
    /// Another entry of this record stands in its place.
    Reordered,
    /// It was put in between.
    Inserted,
    /// It and all behind it were cut off.
    Truncated,
    /// Sound in itself, but not what a trusted head says: the record was written anew, from somewhere after the
    /// trusted head before it.
    Rewritten,
}

impl Head {
    /// Where every record begins.
    pub fn start(at: Timestamp) -> Self {
        Self { seq: 0, hash: Hash::default(), at }
    }
}

impl Entry {
    /// The hash that these fields have. A sound entry has it as `hash`.
    pub fn computed(&self) -> Hash {
        hash(self.seq, self.at_us, &self.kind, &self.body, self.prev)
    }
}

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

/// Walks a chain entry by entry. Knows one hash at a time, so the length of the chain costs no memory.
pub(crate) struct Walk<'a> {
    seq: u64,
    hash: Hash,
    trusted: &'a [Head],
}

/// The first bad entry. `moved`: whether it is missing or only in another place is for the caller to find out,
/// by looking for an entry with this hash behind it.
pub(crate) struct Bad {
    pub(crate) seq: u64,
    pub(crate) fault: Fault,
    pub(crate) why: String,
    pub(crate) moved: Option<Hash>,
}

impl<'a> Walk<'a> {
    /// Begins behind `from`, which is believed. `trusted` are heads known from elsewhere, in order.
    pub(crate) fn new(from: &Head, trusted: &'a [Head]) -> Self {
        let skip = trusted.partition_point(|head| head.seq < from.seq);
        Self { seq: from.seq, hash: from.hash, trusted: &trusted[skip..] }
    }

    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    pub(crate) fn hash(&self) -> Hash {
        self.hash
    }

    /// Takes the next entry.
    pub(crate) fn step(&mut self, entry: &Entry) -> Result<(), Bad> {
        let expected = self.seq + 1;
        if entry.seq > expected {
            let why = format!("in its place comes entry {}", entry.seq);
            return Err(Bad { moved: Some(entry.prev), ..bad(expected, Fault::Missing, why) });
        }
        if entry.seq < expected {
            return Err(bad(entry.seq, Fault::Inserted, "its number is there twice".to_owned()));
        }
        if hash(entry.seq, entry.at_us, &entry.kind, &entry.body, self.hash) != entry.hash {
            return Err(self.explain(entry));
        }
        if entry.prev != self.hash {
            let why = "it does not name the entry before it, while the rest of it is as it was written";
            return Err(bad(expected, Fault::Changed, why.to_owned()));
        }
        (self.seq, self.hash) = (entry.seq, entry.hash);
        self.check_trusted()
    }

    /// Nothing comes any more; the stored head says that the record ends at `head`.
    pub(crate) fn finish(self, head: Option<&Head>) -> Result<(), Bad> {
        if let Some(trusted) = self.trusted.last().filter(|trusted| trusted.seq > self.seq) {
            let why = format!("a trusted head says that there were {} entries", trusted.seq);
            return Err(bad(self.seq + 1, Fault::Truncated, why));
        }
        let Some(head) = head else { return Ok(()) };
        if head.seq > self.seq {
            let why = format!("the stored head says that there are {} entries", head.seq);
            return Err(bad(self.seq + 1, Fault::Truncated, why));
        }
        if head.seq < self.seq {
            let why = format!("the stored head says that there are {} entries only", head.seq);
            return Err(bad(head.seq + 1, Fault::Inserted, why));
        }
        if head.hash != self.hash {
            let why = "it is not the one that the stored head names";
            return Err(bad(self.seq, Fault::Changed, why.to_owned()));
        }
        Ok(())
    }

    fn check_trusted(&mut self) -> Result<(), Bad> {
        while let Some((first, rest)) = self.trusted.split_first().filter(|(first, _)| first.seq <= self.seq)
        {
            if first.seq == self.seq && first.hash != self.hash {
                let why = "the chain is sound in itself, but a trusted head names another entry here: it was \
                           written anew, this entry or earlier ones, with all that follow";
                return Err(bad(self.seq, Fault::Rewritten, why.to_owned()));
            }
            self.trusted = rest;
        }
        Ok(())
    }

    /// Why an entry does not have the hash it should: was it written with another number, or changed?
    fn explain(&self, entry: &Entry) -> Bad {
        let place = entry.seq;
        let near = place.saturating_sub(DISPLACED_MAX).max(1)..=place.saturating_add(DISPLACED_MAX);
        let as_written =
            |seq: u64| hash(seq, entry.at_us, &entry.kind, &entry.body, entry.prev) == entry.hash;
        match near.into_iter().find(|seq| as_written(*seq)) {
            Some(seq) if seq < place => {
                bad(seq, Fault::Inserted, format!("what was written as entry {seq} stands at {place} now"))
            }
            Some(seq) if seq > place => Bad {
                moved: Some(entry.prev),
                ..bad(place, Fault::Missing, format!("what was written as entry {seq} stands in its place"))
            },
            Some(_) => bad(place, Fault::Changed, "it was hashed to follow another entry".to_owned()),
            None => bad(place, Fault::Changed, "its content is not what was hashed".to_owned()),
        }
    }
}

pub(crate) fn bad(seq: u64, fault: Fault, why: String) -> Bad {
    Bad { seq, fault, why, moved: None }
}

impl Bad {
    /// With the answer to `moved`.
    pub(crate) fn settled(self, found_elsewhere: bool) -> Verification {
        let fault = if found_elsewhere { Fault::Reordered } else { self.fault };
        Verification::FirstBad { seq: self.seq, fault, why: self.why }
    }
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
