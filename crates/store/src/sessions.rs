//! Signed-in browsers and terminals.

use std::time::Duration;

use domain::PrincipalId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

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

fn to_session(row: sessions::Model) -> Result<Session, StoreError> {
    Ok(Session {
        token_hash: row.token_hash,
        principal_id: PrincipalId(row.principal_id),
        label: row.label,
        created_at: time(row.created_at)?,
        expires_at: time(row.expires_at)?,
    })
}
