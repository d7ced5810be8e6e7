//! The open database and the handles on it.

use std::path::PathBuf;
use std::sync::Arc;

use domain::{TaskId, TenantId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseConnection, EntityTrait};
use tokio::sync::broadcast;
use tracing::Instrument;

use crate::columns::{micros, now};
use crate::entities::{record_heads, tenants};
use crate::record::{Hash, Lanes, sqlite};
use crate::{Changed, Notice, Store, StoreError, Subject, TenantStore};

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
    /// SQLite: the turn to write to the file, with the record's own connection. `None` on PostgreSQL.
    pub(crate) turn: Option<sqlite::Turn>,
    pub(crate) lanes: Lanes,
    changes: broadcast::Sender<Changed>,
    notices: broadcast::Sender<Notice>,
}

impl Store {
    pub(crate) fn on_sqlite(
        file: PathBuf,
        write: DatabaseConnection,
        read: DatabaseConnection,
        turn: sqlite::Turn,
    ) -> Self {
        Self::new(write, read, Some(file), false, Some(turn))
    }

    pub(crate) fn on_postgres(pool: DatabaseConnection, assume_app_role: bool) -> Self {
        Self::new(pool.clone(), pool, None, assume_app_role, None)
    }

    fn new(
        write: DatabaseConnection,
        read: DatabaseConnection,
        file: Option<PathBuf>,
        assume_app_role: bool,
        turn: Option<sqlite::Turn>,
    ) -> Self {
        let (changes, _) = broadcast::channel(CHANGES_KEPT);
        let (notices, _) = broadcast::channel(CHANGES_KEPT);
        let lanes = Lanes::default();
        Self { inner: Arc::new(Inner { write, read, file, assume_app_role, turn, lanes, changes, notices }) }
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
            let (tenant_id, at) = (tx.tenant(), micros(now()));
            let row = tenants::Model { tenant_id, created_at: at };
            tenants::Entity::insert(tenants::ActiveModel::from(row))
                .on_conflict(OnConflict::column(tenants::Column::TenantId).do_nothing().to_owned())
                .try_insert()
                .exec_without_returning(tx.db())
                .await?;
            let row = record_heads::Model { tenant_id, seq: 0, hash: Hash::default().0.to_vec(), at };
            record_heads::Entity::insert(record_heads::ActiveModel::from(row))
                .on_conflict(OnConflict::column(record_heads::Column::TenantId).do_nothing().to_owned())
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

    /// What changed besides journals, committed by this process, of all tenants. A lagging receiver loses the
    /// oldest: read again what it is about then.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.inner.notices.subscribe()
    }

    /// Ends all connections, after the work under way; SQLite checkpoints its WAL.
    pub async fn close(self) {
        if let Some(turn) = &self.inner.turn {
            turn.lock().await.close().await;
        }
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

    /// Tells subscribers what else was committed. Nobody listening is fine.
    pub(crate) fn notify(&self, subject: Subject) {
        let _ = self.inner.notices.send(Notice { tenant_id: self.tenant_id, subject });
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
