//! Questions about calls of MCP clients, which belong to no task and have no journal.

use domain::approval::{Answer, Approval, ApprovalStatus, Binding};
use domain::digest::Digest;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rows::{answered, to_approval};
use crate::columns::{micros, now, to_word};
use crate::entities::approvals;
use crate::record::{Act, kinds};
use crate::transaction::Tx;
use crate::{StoreError, Subject, TenantStore};

impl TenantStore {
    /// Stores a question about a call of a client. An open question about the same call (the same
    /// [`Binding`]) is returned instead of a second one.
    pub async fn request_call_approval(&self, approval: Approval) -> Result<Approval, StoreError> {
        let this = self.clone();
        self.to_the_end(async move { this.request_call_approval_now(approval).await }).await
    }

    async fn request_call_approval_now(&self, approval: Approval) -> Result<Approval, StoreError> {
        if approval.task_id.is_some() {
            return Err(StoreError::Invalid("a question of a task is asked with its task".to_owned()));
        }
        let key = binding_key(&approval.binding);
        // One that nobody can answer any more must not stand for the new one.
        self.expire_those(Expr::col(approvals::Column::BindingKey).eq(key.clone())).await?;
        let tx = self.writing().await?;
        let row = approvals::Model { binding_key: Some(key.clone()), ..tx.pending_row(&approval)? };
        approvals::Entity::insert(approvals::ActiveModel::from(row))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(tx.db())
            .await?;
        let row = tx
            .of_call(&key)
            .filter(approvals::Column::Status.eq(to_word(&ApprovalStatus::Pending)?))
            .one(tx.db())
            .await?;
        // Nothing waits and nothing was added: the id stands for another question.
        let row = row.ok_or_else(|| StoreError::Invalid("the approval's id is taken".to_owned()))?;
        tx.commit().await?;
        self.notify(Subject::Approval(domain::ApprovalId(row.id)));
        to_approval(row)
    }

    /// Uses up a person's yes to exactly this call. One that was used, voided or has expired does not count,
    /// and a no never does; `None` then.
    pub async fn take_call_approval(&self, binding: &Binding) -> Result<Option<Approval>, StoreError> {
        let this = self.clone();
        let binding = binding.clone();
        self.to_the_end(async move { this.take_call_approval_now(&binding).await }).await
    }

    async fn take_call_approval_now(&self, binding: &Binding) -> Result<Option<Approval>, StoreError> {
        let key = binding_key(binding);
        // Most calls were never asked about, and need not wait for their turn to write.
        if self.reading().await?.usable(&key, None).await?.is_none() {
            return Ok(None);
        }
        let tx = self.writing().await?;
        let Some(row) = tx.usable(&key, Some(LockType::Update)).await? else { return Ok(None) };
        let mut approval = to_approval(row)?;
        if approval.binding != *binding {
            return Ok(None);
        }
        approval.used_at = Some(now());
        tx.update_approval(&approval).await?;
        tx.append_act(Act::new(
            kinds::APPROVAL_USED,
            &approval.binding.caller,
            approval.id.to_string(),
            answered(&approval),
        ))
        .await?;
        tx.commit().await?;
        self.notify(Subject::Approval(approval.id));
        Ok(Some(approval))
    }
}

impl Tx {
    fn of_call(&self, key: &str) -> sea_orm::Select<approvals::Entity> {
        self.find::<approvals::Entity>()
            .filter(approvals::Column::TaskId.is_null())
            .filter(approvals::Column::BindingKey.eq(key))
    }

    async fn usable(
        &self,
        key: &str,
        lock: Option<LockType>,
    ) -> Result<Option<approvals::Model>, StoreError> {
        let mut query = self
            .of_call(key)
            .filter(approvals::Column::Status.eq(to_word(&ApprovalStatus::Resolved)?))
            .filter(approvals::Column::Answer.eq(to_word(&Answer::Approve)?))
            .filter(approvals::Column::UsedAt.is_null())
            .filter(approvals::Column::ExpiresAt.is_null().or(approvals::Column::ExpiresAt.gt(micros(now()))))
            .order_by_desc(approvals::Column::CreatedAt);
        if let Some(lock) = lock {
            query = query.lock(lock);
        }
        Ok(query.one(self.db()).await?)
    }
}

/// What a call is known by when it comes again.
fn binding_key(binding: &Binding) -> String {
    Digest::of(binding).0
}
