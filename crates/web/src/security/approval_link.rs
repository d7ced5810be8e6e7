//! Links that answer one question once, for a phone or a chat.
//!
//! A token holds the id of the question, the end of its life and random bytes, and is signed with the key that also
//! keys session hashes: one that was made up or changed is refused before the database is asked. That it works once is
//! for the store to keep, which knows only a hash of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use domain::{ApprovalId, Timestamp};
use uuid::Uuid;

/// Id, seconds since 1970, random bytes.
const SIGNED_BYTES: usize = 16 + 8 + 16;
const SIGNATURE_BYTES: usize = 32;
/// The key signs nothing else under this name.
const CONTEXT: &str = "bailiwick approval link v1";

/// A way to answer one question, once. Does not show its token in debug output.
pub struct ApprovalLink {
    pub(crate) token: String,
    pub approval_id: ApprovalId,
    pub expires_at: Timestamp,
}

impl ApprovalLink {
    pub(crate) fn new(session_key: &[u8; 32], approval_id: ApprovalId, expires_at: Timestamp) -> Self {
        let mut bytes = Vec::with_capacity(SIGNED_BYTES + SIGNATURE_BYTES);
        bytes.extend(approval_id.0.as_bytes());
        bytes.extend(expires_at.timestamp().to_be_bytes());
        bytes.extend(rand::random::<[u8; 16]>());
        bytes.extend(signature(session_key, &bytes).as_bytes());
        Self { token: URL_SAFE_NO_PAD.encode(bytes), approval_id, expires_at }
    }

    /// The whole address, under a base like `https://desk.example.org`.
    pub fn url(&self, base: &str) -> String {
        format!("{}/approve/{}", base.trim_end_matches('/'), self.token)
    }

    /// `None` for what we did not sign.
    pub(crate) fn read(session_key: &[u8; 32], token: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (signed, given) = bytes.split_at_checked(SIGNED_BYTES)?;
        let given: [u8; SIGNATURE_BYTES] = given.try_into().ok()?;
        // `blake3::Hash` compares in constant time.
        if signature(session_key, signed) != blake3::Hash::from_bytes(given) {
            return None;
        }
        let approval_id = ApprovalId(Uuid::from_slice(&signed[..16]).ok()?);
        let seconds = i64::from_be_bytes(signed[16..24].try_into().ok()?);
        let expires_at = DateTime::from_timestamp(seconds, 0)?;
        Some(Self { token: token.to_owned(), approval_id, expires_at })
    }

    /// What the store keeps of the token.
    pub(crate) fn hash(&self) -> String {
        blake3::hash(self.token.as_bytes()).to_hex().to_string()
    }
}

fn signature(session_key: &[u8; 32], signed: &[u8]) -> blake3::Hash {
    let key = blake3::derive_key(CONTEXT, session_key);
    blake3::keyed_hash(&key, signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_is_read() {
        let (key, id) = ([1; 32], ApprovalId::new());
        let expires_at = DateTime::from_timestamp(2_000_000_000, 0).unwrap();
        let link = ApprovalLink::new(&key, id, expires_at);
        let read = ApprovalLink::read(&key, &link.token).unwrap();
        assert_eq!((read.approval_id, read.expires_at, read.hash()), (id, expires_at, link.hash()));
        assert!(ApprovalLink::read(&[2; 32], &link.token).is_none());
        for place in 0..link.token.len() {
            let mut changed = link.token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert!(ApprovalLink::read(&key, std::str::from_utf8(&changed).unwrap()).is_none(), "{place}");
        }
        for wrong in ["", "A", &link.token[1..], &format!("{}AAAA", link.token)] {
            assert!(ApprovalLink::read(&key, wrong).is_none(), "{wrong}");
        }
        assert_ne!(ApprovalLink::new(&key, id, expires_at).token, link.token);
    }
}
