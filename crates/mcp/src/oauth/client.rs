//! This process towards all authorization servers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use oauth2::PkceCodeVerifier;
use secrecy::SecretString;

use super::account::Account;
use super::config::{Parts, Server};
use super::store::TokenStore;
use super::tokens::Context;

/// How long a person may take in the browser.
pub(super) const PENDING_LIFE: Duration = Duration::from_secs(600);
/// Sign-ins under way at the same time; a further one pushes out the oldest.
const PENDING_MAX: usize = 64;

/// Signs in to servers and keeps what comes of it. Cheap to clone.
///
/// Sign-ins under way live in memory only: their secrets are never written, and a restart forgets them.
#[derive(Clone)]
pub struct Client(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub parts: Parts,
    pending: Mutex<HashMap<String, Pending>>,
}

/// A person is in the browser.
pub(super) struct Pending {
    pub account: Account,
    pub context: Context,
    pub verifier: PkceCodeVerifier,
    /// `iss` must be in the answer (RFC 9207).
    pub iss_required: bool,
    pub began: Instant,
}

impl Client {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Shared { parts, pending: Mutex::default() }))
    }

    /// Our account at a server. Make one a server and share it: renewals are single only within one account.
    pub fn account(&self, server: Server) -> Account {
        Account::new(self.0.clone(), server)
    }
}

impl Shared {
    pub fn store(&self) -> &dyn TokenStore {
        self.parts.store.as_ref()
    }

    pub fn learned(&self, server: &str, secret: &str) {
        self.parts.store.learned(server, &SecretString::from(secret));
    }

    pub fn began(&self, state: String, pending: Pending) {
        let mut all = self.pending();
        all.retain(|_, pending| pending.began.elapsed() < PENDING_LIFE);
        while all.len() >= PENDING_MAX {
            let oldest = all.iter().min_by_key(|(_, pending)| pending.began).map(|(state, _)| state.clone());
            let Some(oldest) = oldest else { break };
            all.remove(&oldest);
        }
        all.insert(state, pending);
    }

    /// A state is good once.
    pub fn take(&self, state: &str) -> Option<Pending> {
        self.pending().remove(state).filter(|pending| pending.began.elapsed() < PENDING_LIFE)
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<String, Pending>> {
        // Each step leaves the map whole.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
