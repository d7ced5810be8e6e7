//! Keys of token issuers, fetched through the checked way out.

use std::time::Duration;

use async_trait::async_trait;
use outbound::{Outbound, OutboundError, Reach, read_limited};
use web::ports::KeySets;

const FETCH_WAIT: Duration = Duration::from_secs(10);

/// Issuers are named by whoever runs this process, so one in a private network is meant.
pub struct OutboundKeySets(pub Outbound);

#[async_trait]
impl KeySets for OutboundKeySets {
    async fn fetch(&self, url: &str, bytes_max: usize) -> Result<Vec<u8>, String> {
        let fetched = async {
            let http = self.0.client(Reach::Private)?;
            let response = http.get(url).timeout(FETCH_WAIT).send().await?.error_for_status()?;
            read_limited(response, bytes_max as u64).await
        };
        let body = fetched.await.map_err(|error: OutboundError| error.to_string())?;
        Ok(body.to_vec())
    }
}
