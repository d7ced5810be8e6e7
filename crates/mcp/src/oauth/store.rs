//! Where records of tokens are kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use secrecy::SecretString;

/// Keeps records under keys, sealed. The wiring fills it with the vault.
#[async_trait]
pub trait TokenStore: Send + Sync {
    async fn get(&self, key: &str) -> Result<Option<SecretString>, StoreFailed>;

    /// Replaces what was there. `Ok` means durable.
    async fn put(&self, key: &str, record: SecretString) -> Result<(), StoreFailed>;

    /// One that is not there is no error.
    async fn remove(&self, key: &str) -> Result<(), StoreFailed>;

    /// Told of every token and client secret before it is first used, so that it can be scrubbed from texts.
    /// A record holds several, which is why records alone do not tell.
    fn learned(&self, _name: &str, _secret: &SecretString) {}
}

/// A store that did not work; the text says why and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreFailed(pub String);

impl From<StoreFailed> for super::OAuthError {
    fn from(failed: StoreFailed) -> Self {
        Self::Store(failed.0)
    }
}

/// Forgets everything with the process: for command-line tools and tests.
#[derive(Default)]
pub struct MemoryStore(Mutex<BTreeMap<String, SecretString>>);

#[async_trait]
impl TokenStore for MemoryStore {
    async fn get(&self, key: &str) -> Result<Option<SecretString>, StoreFailed> {
        Ok(self.records().get(key).cloned())
    }

    async fn put(&self, key: &str, record: SecretString) -> Result<(), StoreFailed> {
        self.records().insert(key.to_owned(), record);
        Ok(())
    }

    async fn remove(&self, key: &str) -> Result<(), StoreFailed> {
        self.records().remove(key);
        Ok(())
    }
}

impl MemoryStore {
    fn records(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, SecretString>> {
        // Each step leaves the map whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
