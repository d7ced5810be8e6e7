//! The walk along a chain, which finds where it is broken.

use super::chain::{Entry, Fault, Head, Verification};
use super::hash::{Hash, hash};

/// How far from its place the number that an entry was written with is looked for, to say what happened to it.
const DISPLACED_MAX: u64 = 10_000;

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
