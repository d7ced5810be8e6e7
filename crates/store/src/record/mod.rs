//! The record: every decision of the policy and every act of a person, in one append-only chain per tenant.
//!
//! An entry is a number, a time, a kind, a body and the hash of the entry before it; its own hash is over all
//! of these (`hash.rs` has the bytes). Numbers begin at 1 and have no gaps. The last entry's number and hash,
//! the head, lie in a row of their own, so that a tail cut off shows; kept or signed outside the database, a
//! head also shows that the whole chain was written anew. A decision is its entry: it is stored once, and the
//! columns beside the body, which only serve to find it, are checked against the body.
//!
//! Who records waits until the entry is committed. Entries that wait at the same time share one transaction
//! (`lanes.rs`). What `Ok` outlives is [`crate::RecordDurability`]; an act that changes rows (an approval
//! answered, a tool pinned) is committed together with them, and waits for the disk like they do.
//!
//! The record only grows. Removing old entries would have to leave a checkpoint that the rest of the chain
//! hangs from; there is none, so there is no setting for how long entries are kept.

mod act;
mod append;
mod chain;
mod draft;
mod export;
mod hash;
mod lanes;
pub(crate) mod sqlite;
mod verify;
mod walk;

pub use act::{Act, kinds};
pub use chain::{Entry, Fault, Head, Verification};
pub use export::verify_export;
pub use hash::Hash;

pub(crate) use draft::{DECISION, Draft};
pub(crate) use lanes::Lanes;
