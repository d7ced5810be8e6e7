//! Tokens that were found good a moment ago, so that a client's every request costs neither a signature check nor a look
//! into the store.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::PrincipalId;
use gateway::Principal;
use uuid::Builder;

/// A token is looked at anew after this long, whatever happens. One that is withdrawn here counts no longer at once.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// Tokens remembered; when there are more, all are looked at anew.
const TOKENS_MAX: usize = 4_096;

/// By the hash of the token; tokens themselves are not kept.
#[derive(Default)]
pub(crate) struct Admitted(Mutex<HashMap<blake3::Hash, Entry>>);

struct Entry {
    caller: Caller,
    until: Instant,
}

/// Who a token stands for, and the key of what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub principal: Principal,
    pub credential: String,
}

impl Admitted {
    pub(super) fn get(&self, token: &str) -> Option<Caller> {
        let entries = self.entries();
        let entry = entries.get(&blake3::hash(token.as_bytes()))?;
        (Instant::now() < entry.until).then(|| entry.caller.clone())
    }

    /// `left`: how long the token itself is good.
    pub(super) fn put(&self, token: &str, caller: &Caller, left: Duration) {
        let mut entries = self.entries();
        if entries.len() >= TOKENS_MAX {
            entries.clear();
        }
        let until = Instant::now() + left.min(LOOK_AGAIN);
        entries.insert(blake3::hash(token.as_bytes()), Entry { caller: caller.clone(), until });
    }

    /// A token was withdrawn: all are looked at anew.
    pub fn forget(&self) {
        self.entries().clear();
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<blake3::Hash, Entry>> {
        // Each step leaves the map whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id of somebody whom another names: the same for the same names, and nobody else's.
pub(super) fn principal_of(issuer: &str, subject: &str) -> PrincipalId {
    let mut hash = blake3::Hasher::new_derive_key("bailiwick principal of an issuer v1");
    // The length keeps issuer and subject apart.
    hash.update(&(issuer.len() as u64).to_le_bytes());
    hash.update(issuer.as_bytes());
    hash.update(subject.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    PrincipalId(Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_of_different_names_differ() {
        assert_eq!(principal_of("a", "b"), principal_of("a", "b"));
        assert_ne!(principal_of("a", "bc"), principal_of("ab", "c"));
        assert_ne!(principal_of("a", "b"), principal_of("a", "B"));
    }

    #[test]
    fn a_token_counts_no_longer_than_it_is_good() {
        let admitted = Admitted::default();
        let principal = Principal {
            id: PrincipalId::LOCAL_USER,
            kind: "mcp_client".into(),
            roles: Vec::new(),
            label: "one".into(),
        };
        let caller = Caller { principal, credential: "one".into() };
        admitted.put("token", &caller, Duration::ZERO);
        assert_eq!(admitted.get("token"), None);
        admitted.put("token", &caller, Duration::from_secs(3_600));
        assert_eq!(admitted.get("token"), Some(caller));
        assert_eq!(admitted.get("other"), None);
        admitted.forget();
        assert_eq!(admitted.get("token"), None);
    }
}
