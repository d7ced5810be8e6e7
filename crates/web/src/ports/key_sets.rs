//! Public keys of token issuers.

use async_trait::async_trait;

/// Fetches JSON Web Key Sets. The face has no HTTP client of its own; the wiring fills this with one that checks
/// addresses.
#[async_trait]
pub trait KeySets: Send + Sync {
    /// The document at `url`, at most `bytes_max` long. The error says why there is none, without the body.
    async fn fetch(&self, url: &str, bytes_max: usize) -> Result<Vec<u8>, String>;
}
