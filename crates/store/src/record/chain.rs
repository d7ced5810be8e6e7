//! Entries, heads, and what a check of them says.

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use super::hash::{Hash, hash};

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
