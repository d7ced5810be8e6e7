//! Links that answer one question once.

use domain::approval::ApprovalStatus;
use domain::{ApprovalId, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::columns::{micros, now, to_text, to_word};
use crate::entities::{approval_links, approvals};
use crate::errors::{is_duplicate, missing};
use crate::record::{Act, kinds};
use crate::transaction::Tx;
use crate::{StoreError, TenantStore};

impl TenantStore {
    /// Keeps a link to a question by a hash of the link's token; the token itself is never stored.
    pub async fn put_link(
        &self,
        hash: &str,
        approval_id: ApprovalId,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let tx = self.writing().await?;
        let row = approval_links::Model {
            tenant_id: tx.tenant(),
            hash: to_text(hash),
            approval_id: approval_id.0,
            expires_at: micros(expires),
            used_at: None,
        };
        approval_links::Entity::insert(approval_links::ActiveModel::from(row))
            .exec_without_returning(tx.db())
            .await
            .map_err(|error| {
                if is_duplicate(&error) {
                    StoreError::Invalid("there is a link with this token already".to_owned())
                } else {
                    missing("approval")(error)
                }
            })?;
        let detail = json!({"expires": expires});
        tx.append_act(Act::new(kinds::LINK_MADE, "bailiwick", approval_id.to_string(), detail)).await?;
        tx.commit().await
    }

    /// The question behind a link that still counts, without using it up: what a page shows that asks first.
    /// Programs that preview links open them too.
    pub async fn link(&self, hash: &str) -> Result<Option<ApprovalId>, StoreError> {
        self.reading().await?.live_link(hash).await
    }

    /// The question behind a link, once: whoever comes second, or after it expired, or when the question is
    /// no longer open, gets `None`.
    pub async fn take_link(&self, hash: &str) -> Result<Option<ApprovalId>, StoreError> {
        let tx = self.writing().await?;
        let Some(approval_id) = tx.live_link(hash).await? else { return Ok(None) };
        let taken = tx
            .update::<approval_links::Entity>()
            .filter(approval_links::Column::Hash.eq(to_text(hash)))
            .filter(approval_links::Column::UsedAt.is_null())
            .col_expr(approval_links::Column::UsedAt, Expr::value(micros(now())))
            .exec(tx.db())
            .await?;
        if taken.rows_affected == 0 {
            return Ok(None);
        }
        tx.append_act(Act::new(kinds::LINK_USED, "link", approval_id.to_string(), json!({}))).await?;
        tx.commit().await?;
        Ok(Some(approval_id))
    }

    /// Deletes links that expired; how many.
    pub async fn prune_links(&self) -> Result<u64, StoreError> {
        let tx = self.writing().await?;
        let deleted = tx
            .delete::<approval_links::Entity>()
            .filter(approval_links::Column::ExpiresAt.lt(micros(now())))
            .exec(tx.db())
            .await?;
        tx.commit().await?;
        Ok(deleted.rows_affected)
    }
}

impl Tx {
    async fn live_link(&self, hash: &str) -> Result<Option<ApprovalId>, StoreError> {
        let link = self
            .find::<approval_links::Entity>()
            .filter(approval_links::Column::Hash.eq(to_text(hash)))
            .filter(approval_links::Column::UsedAt.is_null())
            .filter(approval_links::Column::ExpiresAt.gt(micros(now())))
            .one(self.db())
            .await?;
        let Some(link) = link else { return Ok(None) };
        let open = self
            .find::<approvals::Entity>()
            .filter(approvals::Column::Id.eq(link.approval_id))
            .filter(approvals::Column::Status.eq(to_word(&ApprovalStatus::Pending)?))
            .one(self.db())
            .await?;
        Ok(open.map(|row| ApprovalId(row.id)))
    }
}
