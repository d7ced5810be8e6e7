//! Values that are never shown: sealed at rest, opened by reference (`secret://name`).
//!
//! A [`Vault`] keeps the secrets of one tenant in rows that somebody else stores ([`Rows`]). Each is sealed with
//! AES-256-GCM-SIV under a key from a file of mode 0600 or from `BAILIWICK_SECRETS_KEY` ([`Keys`]); tenant,
//! name and permitted hosts are sealed in with it, so that a row that was moved, renamed or given other hosts
//! does not open.
//!
//! Settings name secrets and do not hold them: a [`Template`] is a text with references, resolved just before
//! it is used. What was ever opened is known to the [`Scrubber`], which takes it out of texts that leave.
//!
//! # What this does not do
//!
//! Whoever can read the key *and* the rows has the secrets. Opened values are cleared from memory when they
//! are dropped, but the scrubber keeps those it must recognise for as long as the process lives.

mod error;
mod forms;
mod keys;
mod name;
mod rows;
mod scrub;
mod seal;
mod template;
mod vault;

pub use error::SecretError;
pub use keys::{KEY_VARIABLE, KeyFile, Keys};
pub use name::{NAME_CHARS_MAX, check_name};
pub use rows::{MemoryRows, Row, Rows, RowsError};
pub use scrub::Scrubber;
pub use template::Template;
pub use vault::{Listed, VALUE_BYTES_MAX, Vault};

/// How a reference to a secret begins.
pub const SCHEME: &str = "secret://";
