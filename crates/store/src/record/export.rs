//! The record as JSON Lines, and the check of such a file without any database.

use std::io;

use super::chain::{Entry, Fault, Head, Verification};
use super::hash::Hash;
use super::walk::{Bad, Walk, bad};

impl Entry {
    /// One line of an export, without its end.
    pub fn to_line(&self) -> Result<String, crate::StoreError> {
        crate::columns::to_json(self)
    }
}

/// Checks exported lines, one [`Entry`] each, in order; it keeps none of them. Empty lines are skipped.
///
/// `from` is the head that the first line has to follow: [`Head::start`] for a whole export, or one that is
/// trusted for a part. `trusted` are heads known from elsewhere, by number; without one, a file that was cut
/// off at its end or written anew passes.
pub fn verify_export(
    lines: impl IntoIterator<Item = io::Result<String>>,
    from: &Head,
    trusted: &[Head],
) -> io::Result<Verification> {
    let mut lines = lines.into_iter();
    let mut walk = Walk::new(from, trusted);
    let mut at = from.at;
    for line in lines.by_ref() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let entry = match read(&line) {
            Ok(entry) => entry,
            Err(why) => return Ok(bad(walk.seq() + 1, Fault::Changed, why).settled(false)),
        };
        if let Err(bad) = walk.step(&entry) {
            return settle(bad, lines);
        }
        at = match crate::columns::time(entry.at_us) {
            Ok(at) => at,
            Err(error) => return Ok(bad(entry.seq, Fault::Changed, error.to_string()).settled(false)),
        };
    }
    let head = Head { seq: walk.seq(), hash: walk.hash(), at };
    match walk.finish(None) {
        Ok(()) => Ok(Verification::Sound { head }),
        Err(bad) => Ok(bad.settled(false)),
    }
}

fn read(line: &str) -> Result<Entry, String> {
    serde_json::from_str(line).map_err(|error| format!("the line is no entry: {error}"))
}

/// Looks through the lines behind the bad one for the entry that is missing before it.
fn settle(bad: Bad, lines: impl Iterator<Item = io::Result<String>>) -> io::Result<Verification> {
    let Some(wanted): Option<Hash> = bad.moved else { return Ok(bad.settled(false)) };
    for line in lines {
        if read(&line?).is_ok_and(|entry| entry.hash == wanted) {
            return Ok(bad.settled(true));
        }
    }
    Ok(bad.settled(false))
}
