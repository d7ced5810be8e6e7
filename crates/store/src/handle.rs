//! The open database and the handles on it.

use std::path::PathBuf;
use std::sync::Arc;

use domain::{TaskId, TenantId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseConnection, EntityTrait};
use tokio::sync::broadcast;
use tracing::Instrument;

use crate::columns::{micros, now};
use crate::entities::tenants;
use crate::{Changed, Store, StoreError, TenantStore};

/// Changes that a slow subscriber may be behind before it loses the oldest.
const CHANGES_KEPT: usize = 1_024;

/// What all handles share.
#[derive(Debug)]
pub(crate) struct Inner {
    /// SQLite: one connection, so that writers queue here and not on the file lock.
    pub(crate) write: DatabaseConnection,
    /// SQLite: connections that cannot write. PostgreSQL: the same pool as `write`.
    pub(crate) read: DatabaseConnection,
    /// The SQLite file; `None` on PostgreSQL.
    pub(crate) file: Option<PathBuf>,
    /// PostgreSQL: row-level security does not bind the role we signed in as, so transactions step down.
    pub(crate) assume_app_role: bool,
    changes: broadcast::Sender<Changed>,
}

impl Store {
    pub(crate) fn new(
        write: DatabaseConnection,
        read: DatabaseConnection,
        file: Option<PathBuf>,
        assume_app_role: bool,
    ) -> Self {
        let (changes, _) = broadcast::channel(CHANGES_KEPT);
        Self { inner: Arc::new(Inner { write, read, file, assume_app_role, changes }) }
    }

    /// The handle of one tenant, made on first use.
    pub async fn tenant(&self, tenant_id: TenantId) -> Result<TenantStore, StoreError> {
        let handle = TenantStore { inner: Arc::clone(&self.inner), tenant_id };
        let known = {
            let tx = handle.reading().await?;
            tx.find::<tenants::Entity>().one(tx.db()).await?.is_some()
        };
        if !known {
            let tx = handle.writing().await?;
            let row = tenants::Model { tenant_id: tx.tenant(), created_at: micros(now()) };
            tenants::Entity::insert(tenants::ActiveModel::from(row))
                .on_conflict(OnConflict::column(tenants::Column::TenantId).do_nothing().to_owned())
                .try_insert()
                .exec_without_returning(tx.db())
                .await?;
            tx.commit().await?;
        }
        Ok(handle)
    }

    /// Changes committed by this process, of all tenants. A lagging receiver loses the oldest: read the
    /// journal then. Two changes of one task made at once may arrive in either order.
    pub fn subscribe(&self) -> broadcast::Receiver<Changed> {
        self.inner.changes.subscribe()
    }

    /// Ends all connections, after the work under way; SQLite checkpoints its WAL.
    pub async fn close(self) {
        // The last connection to go does the checkpoint, and readers cannot write: they go first.
        for pool in [&self.inner.read, &self.inner.write] {
            if let Err(error) = pool.close_by_ref().await {
                tracing::warn!(%error, "the database did not close cleanly; nothing is lost");
            }
        }
    }
}

impl TenantStore {
    pub fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    /// Tells subscribers what was committed. Nobody listening is fine.
    pub(crate) fn tell(&self, task_id: TaskId, last_seq: u64) {
        let _ = self.inner.changes.send(Changed { tenant_id: self.tenant_id, task_id, last_seq });
    }

    /// Runs `work` to its end even when the caller stops waiting (a browser that hangs up): a commit and the
    /// word of it to subscribers belong together.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        match tokio::spawn(work.in_current_span()).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(StoreError::Unavailable("Bailiwick is stopping".to_owned())),
        }
    }
}
