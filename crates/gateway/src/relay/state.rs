//! `requestState`: what a server wants to see again with the answers it asked for.
//!
//! The client gets a ticket in its place. A ticket counts once, for the caller it was given to, and for the very call
//! it was given for: no arguments can be swapped between the rounds, and a call that a person approved goes on without
//! being asked about again, once.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::approval::Binding;
use domain::digest::Digest;
use lru::LruCache;
use uuid::Uuid;

/// Conversations with open rounds, and open rounds of each; the oldest go first.
const CONVERSATIONS_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");
const ROUNDS_MAX: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");
/// How long a person may take to answer what a server asks.
const VALID: Duration = Duration::from_secs(3_600);

/// The request that is waiting for its next round.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Round {
    pub(super) method: String,
    pub(super) server: String,
    /// Tool, prompt or URI, as the server calls it.
    pub(super) name: String,
    pub(super) arguments: Digest,
}

pub(super) struct Held {
    pub(super) round: Round,
    /// What the server gave; `None` when it gave nothing.
    pub(super) state: Option<String>,
    pub(super) goes_on: Option<Binding>,
    until: Instant,
}

pub(super) struct States {
    open: Mutex<LruCache<String, LruCache<String, Held>>>,
}

impl Default for States {
    fn default() -> Self {
        Self { open: Mutex::new(LruCache::new(CONVERSATIONS_MAX)) }
    }
}

impl States {
    /// Keeps what belongs to the next round, and gives the ticket for it.
    pub(super) fn keep(
        &self,
        conversation: &str,
        round: Round,
        state: Option<String>,
        goes_on: Option<Binding>,
    ) -> String {
        let ticket = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let held = Held { round, state, goes_on, until: Instant::now() + VALID };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get_or_insert_mut(conversation.to_owned(), || LruCache::new(ROUNDS_MAX))
            .put(ticket.clone(), held);
        ticket
    }

    /// Takes a ticket; `None` when it is not this conversation's, was used, or is too old.
    pub(super) fn take(&self, conversation: &str, ticket: &str) -> Option<Held> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let held = open.get_mut(conversation)?.pop(ticket)?;
        (held.until > Instant::now()).then_some(held)
    }

    pub(super) fn forget(&self, conversation: &str) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).pop(conversation);
    }
}
