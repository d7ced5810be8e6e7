//! Sealed values by name. Whoever seals and opens them is elsewhere; here they are bytes.

use std::fmt;

use domain::Timestamp;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::columns::{micros, now, time, to_text};
use crate::entities::secrets;
use crate::record::{Act, kinds};
use crate::{StoreError, Subject, TenantStore};

/// A sealed value.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretRow {
    pub name: String,
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl TenantStore {
    /// By name.
    pub async fn secret_rows(&self) -> Result<Vec<SecretRow>, StoreError> {
        let tx = self.reading().await?;
        let rows = tx.find::<secrets::Entity>().order_by_asc(secrets::Column::Name).all(tx.db()).await?;
        rows.into_iter().map(to_secret).collect()
    }

    pub async fn secret_row(&self, name: &str) -> Result<Option<SecretRow>, StoreError> {
        let tx = self.reading().await?;
        let query = tx.find::<secrets::Entity>().filter(secrets::Column::Name.eq(to_text(name)));
        query.one(tx.db()).await?.map(to_secret).transpose()
    }

    /// Keeps sealed bytes, in the place of what had that name. Only the name goes on record.
    pub async fn put_secret_row(&self, name: &str, sealed: Vec<u8>, by: &str) -> Result<(), StoreError> {
        let tx = self.writing().await?;
        let at = micros(now());
        let row = secrets::Model {
            tenant_id: tx.tenant(),
            name: to_text(name),
            sealed,
            created_at: at,
            updated_at: at,
        };
        let replace = OnConflict::columns([secrets::Column::TenantId, secrets::Column::Name])
            .update_columns([secrets::Column::Sealed, secrets::Column::UpdatedAt])
            .to_owned();
        secrets::Entity::insert(secrets::ActiveModel::from(row))
            .on_conflict(replace)
            .exec_without_returning(tx.db())
            .await?;
        tx.append_act(Act::new(kinds::SECRET_SET, by, name, json!({}))).await?;
        tx.commit().await?;
        self.notify(Subject::Secret(name.to_owned()));
        Ok(())
    }

    /// Whether it was there.
    pub async fn delete_secret_row(&self, name: &str, by: &str) -> Result<bool, StoreError> {
        let tx = self.writing().await?;
        let deleted = tx
            .delete::<secrets::Entity>()
            .filter(secrets::Column::Name.eq(to_text(name)))
            .exec(tx.db())
            .await?;
        if deleted.rows_affected == 0 {
            return Ok(false);
        }
        tx.append_act(Act::new(kinds::SECRET_REMOVED, by, name, json!({}))).await?;
        tx.commit().await?;
        self.notify(Subject::Secret(name.to_owned()));
        Ok(true)
    }
}

fn to_secret(row: secrets::Model) -> Result<SecretRow, StoreError> {
    Ok(SecretRow {
        name: row.name,
        sealed: row.sealed,
        created_at: time(row.created_at)?,
        updated_at: time(row.updated_at)?,
    })
}

impl fmt::Debug for SecretRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretRow").field("name", &self.name).finish_non_exhaustive()
    }
}
