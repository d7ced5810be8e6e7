//! Signed-in browsers and terminals.

use std::time::Duration;

use domain::PrincipalId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::columns::{micros, now, time, to_text};
use crate::entities::sessions;
use crate::{Session, StoreError, TenantStore};

impl TenantStore {
    pub async fn create_session(&self, session: Session) -> Result<(), StoreError> {
        let tx = self.writing().await?;
        let row = sessions::Model {
            tenant_id: tx.tenant(),
            token_hash: session.token_hash,
            principal_id: session.principal_id.0,
            label: to_text(&session.label),
            created_at: micros(session.created_at),
            expires_at: micros(session.expires_at),
        };
        sessions::Entity::insert(sessions::ActiveModel::from(row)).exec_without_returning(tx.db()).await?;
        tx.commit().await
    }

    /// `None` when unknown or expired.
    pub async fn session(&self, token_hash: &str) -> Result<Option<Session>, StoreError> {
        let tx = self.reading().await?;
        let row = tx
            .find::<sessions::Entity>()
            .filter(sessions::Column::TokenHash.eq(to_text(token_hash)))
            .filter(sessions::Column::ExpiresAt.gt(micros(now())))
            .one(tx.db())
            .await?;
        row.map(to_session).transpose()
    }

    /// Signs it out. One that is not there is signed out already.
    pub async fn delete_session(&self, token_hash: &str) -> Result<(), StoreError> {
        let tx = self.writing().await?;
        tx.delete::<sessions::Entity>()
            .filter(sessions::Column::TokenHash.eq(to_text(token_hash)))
            .exec(tx.db())
            .await?;
        tx.commit().await
    }

    /// Live sessions whose label begins so, newest first; at most [`LABELLED_MAX`].
    pub async fn sessions_labelled(&self, prefix: &str) -> Result<Vec<Session>, StoreError> {
        let tx = self.reading().await?;
        let rows = tx
            .find::<sessions::Entity>()
            .filter(sessions::Column::Label.starts_with(to_text(prefix)))
            .filter(sessions::Column::ExpiresAt.gt(micros(now())))
            .order_by_desc(sessions::Column::CreatedAt)
            .limit(LABELLED_MAX)
            .all(tx.db())
            .await?;
        rows.into_iter().map(to_session).collect()
    }

    /// Signs out all sessions with exactly this label; how many there were.
    pub async fn delete_sessions_labelled(&self, label: &str) -> Result<u64, StoreError> {
        let tx = self.writing().await?;
        let deleted = tx
            .delete::<sessions::Entity>()
            .filter(sessions::Column::Label.eq(to_text(label)))
            .exec(tx.db())
            .await?;
        tx.commit().await?;
        Ok(deleted.rows_affected)
    }

    /// Deletes sessions that expired more than `grace` ago; how many.
    pub async fn prune_sessions(&self, grace: Duration) -> Result<u64, StoreError> {
        let grace = i64::try_from(grace.as_micros()).unwrap_or(i64::MAX);
        let tx = self.writing().await?;
        let deleted = tx
            .delete::<sessions::Entity>()
            .filter(sessions::Column::ExpiresAt.lt(micros(now()).saturating_sub(grace)))
            .exec(tx.db())
            .await?;
        tx.commit().await?;
        Ok(deleted.rows_affected)
    }
}

/// Sessions that one listing gives.
const LABELLED_MAX: u64 = 1_000;

fn to_session(row: sessions::Model) -> Result<Session, StoreError> {
    Ok(Session {
        token_hash: row.token_hash,
        principal_id: PrincipalId(row.principal_id),
        label: row.label,
        created_at: time(row.created_at)?,
        expires_at: time(row.expires_at)?,
    })
}
