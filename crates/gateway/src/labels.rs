//! What the conversation of an MCP client has touched so far.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::TenantId;
use domain::decision::Obligations;
use lru::LruCache;
use store::{StoreError, TenantStore};

use crate::call::{Caller, GatewayError};
use crate::gateway::Gateway;

/// Conversations whose labels are kept in memory; of others they are read again.
const KEPT_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");
/// After this the store is told again that the conversation lives.
const SEEN_EVERY: Duration = Duration::from_secs(600);

/// Tenant and conversation.
type Key = (TenantId, String);
/// Labels, and when the store was last told that the conversation lives.
type Kept = (Vec<String>, Instant);

pub(crate) struct Labels {
    kept: Mutex<LruCache<Key, Kept>>,
}

impl Default for Labels {
    fn default() -> Self {
        Self { kept: Mutex::new(LruCache::new(KEPT_MAX)) }
    }
}

impl Labels {
    pub(crate) async fn of(
        &self,
        tenant: &TenantStore,
        conversation: &str,
    ) -> Result<Vec<String>, StoreError> {
        let key = (tenant.tenant_id(), conversation.to_owned());
        if let Some((labels, seen)) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
            && seen.elapsed() < SEEN_EVERY
        {
            return Ok(labels.clone());
        }
        let mut labels = tenant.session_labels(conversation).await?;
        if !labels.is_empty() {
            labels = tenant.add_session_labels(conversation, &[]).await?;
        }
        Ok(self.merge(key, labels))
    }

    /// Labels are only ever added: an answer of the store that is older than what is known takes nothing away.
    fn merge(&self, key: Key, labels: Vec<String>) -> Vec<String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, seen) = kept.get_or_insert_mut(key, || (Vec::new(), Instant::now()));
        *seen = Instant::now();
        for label in labels {
            if !known.contains(&label) {
                known.push(label);
            }
        }
        known.sort();
        known.clone()
    }

    fn forget(&self, tenant: &TenantStore, conversation: &str) {
        let key = (tenant.tenant_id(), conversation.to_owned());
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop(&key);
    }
}

impl Gateway {
    /// Adds what a decision says to a session, before the session sees the result. A task's labels are its journal's
    /// affair.
    pub(crate) async fn add_labels(
        &self,
        caller: &Caller,
        obligations: &Obligations,
    ) -> Result<(), GatewayError> {
        let Some(session) = caller.session.as_ref().filter(|_| caller.task.is_none()) else { return Ok(()) };
        if obligations.labels.iter().all(|label| session.labels.contains(label)) {
            return Ok(());
        }
        let (tenant, conversation) = (&caller.tenant, &session.conversation);
        let labels = tenant.add_session_labels(conversation, &obligations.labels).await?;
        self.inner.labels.merge((tenant.tenant_id(), conversation.clone()), labels);
        Ok(())
    }

    /// A conversation ended and will not come again.
    pub(crate) fn forget_labels(&self, tenant: &TenantStore, conversation: &str) {
        self.inner.labels.forget(tenant, conversation);
    }
}
