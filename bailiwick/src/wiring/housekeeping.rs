//! What must be done now and then, whether anybody asks or not.

use std::time::Duration;

use store::TenantStore;
use tokio_util::sync::CancellationToken;

use crate::wiring::SignedRecord;

const PAUSE: Duration = Duration::from_secs(60);
/// Labels of conversations that were not heard of for this long are forgotten. Longer than any session lives.
const LABELS_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

pub struct Housekeeping {
    pub tenant: TenantStore,
    pub record: SignedRecord,
}

impl Housekeeping {
    /// Until it is told to stop; then the head of the record is signed once more.
    pub async fn run(self, stop: CancellationToken) {
        while tokio::time::timeout(PAUSE, stop.cancelled()).await.is_err() {
            self.tidy().await;
        }
        self.sign().await;
    }

    async fn tidy(&self) {
        let failed =
            |what: &str, error: store::StoreError| tracing::warn!(%error, "{what} could not be tidied");
        if let Err(error) = self.tenant.expire_approvals().await {
            failed("approvals", error);
        }
        if let Err(error) = self.tenant.prune_session_labels(LABELS_LIFE).await {
            failed("labels", error);
        }
        if let Err(error) = self.tenant.prune_links().await {
            failed("links", error);
        }
        self.sign().await;
    }

    async fn sign(&self) {
        if let Err(error) = self.record.sign_head().await {
            tracing::warn!(%error, "the head of the record could not be signed");
        }
    }
}
