//! The only way to rows: a transaction that belongs to one tenant.

use domain::TenantId;
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DeleteMany, QueryFilter, Select,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, UpdateMany,
};
use tokio::sync::OwnedMutexGuard;

use crate::entities::TenantTable;
use crate::migrations::APP_ROLE;
use crate::record::sqlite::{Recorder, take_owned};
use crate::{StoreError, TenantStore};

/// An open transaction of one tenant. Dropped without [`Tx::commit`], it changes nothing.
pub(crate) struct Tx {
    tx: DatabaseTransaction,
    tenant_id: TenantId,
    /// On SQLite, of a writing transaction: the turn to write. Dropped after the transaction.
    _turn: Option<OwnedMutexGuard<Recorder>>,
}

impl TenantStore {
    /// For reading several things as they were at one moment.
    pub(crate) async fn reading(&self) -> Result<Tx, StoreError> {
        let tx = self.inner.read.begin().await?;
        self.scoped(tx, None).await
    }

    /// For writing. On SQLite it takes the write lock at once: a transaction that begins by reading and turns
    /// to writing later is refused whenever another one wrote in between.
    pub(crate) async fn writing(&self) -> Result<Tx, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let turn = match &self.inner.turn {
            Some(turn) => Some(take_owned(turn).await?),
            None => None,
        };
        let tx = self.inner.write.begin_with_options(options).await?;
        self.scoped(tx, turn).await
    }

    async fn scoped(
        &self,
        tx: DatabaseTransaction,
        turn: Option<OwnedMutexGuard<Recorder>>,
    ) -> Result<Tx, StoreError> {
        if tx.get_database_backend() == DbBackend::Postgres {
            tx.query_one_raw(tenant_setting(self.tenant_id, self.inner.assume_app_role)).await?;
        }
        Ok(Tx { tx, tenant_id: self.tenant_id, _turn: turn })
    }
}

/// Names the tenant to row-level security, and steps down from a role that row-level security does not bind.
/// Both last until the transaction ends, so a pooled connection carries neither on.
fn tenant_setting(tenant_id: TenantId, assume_app_role: bool) -> Statement {
    let tenant = tenant_id.to_string().into();
    if assume_app_role {
        let sql = "SELECT set_config('bailiwick.tenant_id', $1, true), set_config('role', $2, true)";
        Statement::from_sql_and_values(DbBackend::Postgres, sql, [tenant, APP_ROLE.into()])
    } else {
        let sql = "SELECT set_config('bailiwick.tenant_id', $1, true)";
        Statement::from_sql_and_values(DbBackend::Postgres, sql, [tenant])
    }
}

impl Tx {
    /// Rows of this tenant.
    pub(crate) fn find<E: TenantTable>(&self) -> Select<E> {
        E::find().filter(E::TENANT.eq(self.tenant()))
    }

    /// Changes rows of this tenant.
    pub(crate) fn update<E: TenantTable>(&self) -> UpdateMany<E> {
        E::update_many().filter(E::TENANT.eq(self.tenant()))
    }

    /// Deletes rows of this tenant.
    pub(crate) fn delete<E: TenantTable>(&self) -> DeleteMany<E> {
        E::delete_many().filter(E::TENANT.eq(self.tenant()))
    }

    /// Tenant of new rows.
    pub(crate) fn tenant(&self) -> Uuid {
        self.tenant_id.0
    }

    pub(crate) fn db(&self) -> &DatabaseTransaction {
        &self.tx
    }

    /// Makes it durable.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}
