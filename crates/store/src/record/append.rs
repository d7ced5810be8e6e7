//! Entries appended inside a transaction.

use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{EntityTrait, QuerySelect};

use super::chain::Head;
use super::hash::Hash;
use super::{Act, Draft};
use crate::StoreError;
use crate::columns::{micros, seq, seq_param, time};
use crate::entities::{record, record_heads};
use crate::errors::{is_duplicate, missing};
use crate::transaction::Tx;

/// Rows of one INSERT. Seventeen parameters each, and SQLite takes 32,766.
const INSERT_ROWS_MAX: usize = 500;

impl Tx {
    /// Appends an act. Comes last in a transaction: from here to the commit every other writer of this tenant's
    /// record waits, on PostgreSQL too.
    pub(crate) async fn append_act(&self, act: Act) -> Result<(), StoreError> {
        self.append_record(vec![Draft::of_act(&act)?]).await
    }

    pub(crate) async fn append_record(&self, drafts: Vec<Draft>) -> Result<(), StoreError> {
        let mut head = self.lock_head().await?;
        let rows = chained(self.tenant(), drafts, &mut head);
        for chunk in rows.chunks(INSERT_ROWS_MAX) {
            let rows = chunk.iter().cloned().map(record::ActiveModel::from);
            record::Entity::insert_many(rows).exec_without_returning(self.db()).await.map_err(|error| {
                if is_duplicate(&error) { recorded_already() } else { missing("task")(error) }
            })?;
        }
        self.update::<record_heads::Entity>()
            .col_expr(record_heads::Column::Seq, Expr::value(seq_param(head.seq)))
            .col_expr(record_heads::Column::Hash, Expr::value(head.hash.0.to_vec()))
            .col_expr(record_heads::Column::At, Expr::value(micros(head.at)))
            .exec(self.db())
            .await?;
        Ok(())
    }

    /// Keeps other writers of this tenant's record waiting until this transaction ends.
    pub(crate) async fn hold_record(&self) -> Result<(), StoreError> {
        self.lock_head().await.map(drop)
    }

    /// The head, which nobody else can move until this transaction ends.
    async fn lock_head(&self) -> Result<Head, StoreError> {
        let row = self.find::<record_heads::Entity>().lock(LockType::NoKeyUpdate).one(self.db()).await?;
        to_head(row)
    }

    pub(crate) async fn head(&self) -> Result<Head, StoreError> {
        to_head(self.find::<record_heads::Entity>().one(self.db()).await?)
    }
}

/// Gives the drafts their places behind `head`, which moves along.
pub(crate) fn chained(tenant_id: Uuid, drafts: Vec<Draft>, head: &mut Head) -> Vec<record::Model> {
    drafts.into_iter().map(|draft| draft.chained(tenant_id, head)).collect()
}

pub(crate) fn recorded_already() -> StoreError {
    StoreError::Invalid("a decision with this id is on record already".to_owned())
}

pub(crate) fn head_is_gone() -> StoreError {
    StoreError::Corrupt("the head of the record is gone: restore a backup, and ask who removed it".to_owned())
}

fn to_head(row: Option<record_heads::Model>) -> Result<Head, StoreError> {
    let row = row.ok_or_else(head_is_gone)?;
    let hash = Hash::try_from(row.hash.as_slice()).map_err(StoreError::Corrupt)?;
    Ok(Head { seq: seq(row.seq), hash, at: time(row.at)? })
}
