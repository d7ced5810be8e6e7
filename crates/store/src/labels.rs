//! Labels of conversations that belong to no task: what an MCP client's session has touched so far.

use std::collections::BTreeSet;
use std::time::Duration;

use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::columns::{from_json, micros, now, to_json, to_text};
use crate::entities::session_labels;
use crate::transaction::Tx;
use crate::{StoreError, TenantStore};

impl TenantStore {
    /// Sorted. A conversation that is not known has none.
    pub async fn session_labels(&self, conversation: &str) -> Result<Vec<String>, StoreError> {
        let tx = self.reading().await?;
        let row = tx.labels_row(conversation, None).await?;
        row.map_or_else(|| Ok(Vec::new()), |row| from_json("labels", &row.labels))
    }

    /// Adds labels, which are never taken away again while the conversation lives, and says that it was seen
    /// now (with no labels, only that); all labels it has then.
    pub async fn add_session_labels(
        &self,
        conversation: &str,
        labels: &[String],
    ) -> Result<Vec<String>, StoreError> {
        let tx = self.writing().await?;
        // Two that add at once must not lose each other's: there is a row to lock before it is read.
        tx.touch(conversation).await?;
        let row = tx.labels_row(conversation, Some(LockType::Update)).await?;
        let mut all: BTreeSet<String> = match row {
            Some(row) => from_json("labels", &row.labels)?,
            None => BTreeSet::new(),
        };
        all.extend(labels.iter().cloned());
        let all: Vec<String> = all.into_iter().collect();
        tx.update::<session_labels::Entity>()
            .filter(session_labels::Column::Conversation.eq(to_text(conversation)))
            .col_expr(session_labels::Column::Labels, sea_orm::sea_query::Expr::value(to_json(&all)?))
            .exec(tx.db())
            .await?;
        tx.commit().await?;
        Ok(all)
    }

    /// Forgets conversations that were not seen for `age`; how many. Choose it longer than any client's
    /// session lives: a conversation that is forgotten has touched nothing.
    pub async fn prune_session_labels(&self, age: Duration) -> Result<u64, StoreError> {
        let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
        let tx = self.writing().await?;
        let deleted = tx
            .delete::<session_labels::Entity>()
            .filter(session_labels::Column::SeenAt.lt(micros(now()).saturating_sub(age)))
            .exec(tx.db())
            .await?;
        tx.commit().await?;
        Ok(deleted.rows_affected)
    }
}

impl Tx {
    async fn labels_row(
        &self,
        conversation: &str,
        lock: Option<LockType>,
    ) -> Result<Option<session_labels::Model>, StoreError> {
        let mut query = self
            .find::<session_labels::Entity>()
            .filter(session_labels::Column::Conversation.eq(to_text(conversation)));
        if let Some(lock) = lock {
            query = query.lock(lock);
        }
        Ok(query.one(self.db()).await?)
    }

    async fn touch(&self, conversation: &str) -> Result<(), StoreError> {
        let row = session_labels::Model {
            tenant_id: self.tenant(),
            conversation: to_text(conversation),
            labels: "[]".to_owned(),
            seen_at: micros(now()),
        };
        let seen =
            OnConflict::columns([session_labels::Column::TenantId, session_labels::Column::Conversation])
                .update_column(session_labels::Column::SeenAt)
                .to_owned();
        session_labels::Entity::insert(session_labels::ActiveModel::from(row))
            .on_conflict(seen)
            .exec_without_returning(self.db())
            .await?;
        Ok(())
    }
}
