//! Questions put to a person: asked once, answered once, and journalled and put on record in the same breath.
//! Those of a task are in its journal; those of an MCP client (`calls.rs`) belong to no task.

mod calls;
mod expiry;
mod rows;

use domain::approval::{Answer, Approval, ApprovalStatus};
use domain::journal::Event;
use domain::{ApprovalId, TaskId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use self::expiry::is_expired;
use self::rows::{answered, task_of, to_approval};
use crate::columns::{now, to_text, to_word};
use crate::entities::approvals;
use crate::record::{Act, kinds};
use crate::{ApprovalFilter, Projection, Resolve, StoreError, Subject, TenantStore};

impl TenantStore {
    /// Stores the question and appends `ApprovalRequested`, together. A pending approval of the same call and
    /// kind is returned instead of a second one.
    pub async fn request_approval(
        &self,
        approval: Approval,
        projection: Option<Projection>,
    ) -> Result<Approval, StoreError> {
        let this = self.clone();
        self.to_the_end(async move { this.request_approval_now(approval, projection).await }).await
    }

    async fn request_approval_now(
        &self,
        approval: Approval,
        projection: Option<Projection>,
    ) -> Result<Approval, StoreError> {
        let task_id = task_of(&approval)?;
        let tx = self.writing().await?;
        tx.lock_task(task_id).await?;
        let same = tx
            .find::<approvals::Entity>()
            .filter(approvals::Column::TaskId.eq(task_id.0))
            .filter(approvals::Column::CallId.eq(approval.call_id.0))
            .filter(approvals::Column::Kind.eq(to_word(&approval.kind)?))
            .filter(approvals::Column::Status.eq(to_word(&ApprovalStatus::Pending)?))
            .one(tx.db())
            .await?;
        let (row, events) = match same {
            Some(row) => (row, Vec::new()),
            None => {
                let row = tx.pending_row(&approval)?;
                approvals::Entity::insert(approvals::ActiveModel::from(row.clone()))
                    .exec_without_returning(tx.db())
                    .await?;
                let event = Event::ApprovalRequested {
                    approval_id: approval.id,
                    call_id: approval.call_id,
                    kind: approval.kind,
                };
                (row, vec![event])
            }
        };
        let (_, last_seq) = tx.append(task_id, None, events, projection).await?;
        tx.commit().await?;
        self.tell(task_id, last_seq);
        self.notify(Subject::Approval(ApprovalId(row.id)));
        to_approval(row)
    }

    /// Answers it, once, and appends `ApprovalResolved` to the journal of its task, if it has one (and makes
    /// the rule), together. Whether the one who answers has one of its roles is for the caller to know.
    ///
    /// `AlreadyResolved` also when it has expired; `WrongAnswer` also when `always` is wished and not
    /// offered, or not with `approve`.
    pub async fn resolve_approval(&self, id: ApprovalId, resolve: Resolve) -> Result<Approval, StoreError> {
        let this = self.clone();
        self.to_the_end(async move { this.resolve_approval_now(id, resolve).await }).await
    }

    async fn resolve_approval_now(&self, id: ApprovalId, resolve: Resolve) -> Result<Approval, StoreError> {
        let tx = self.writing().await?;
        let mut approval = tx.lock_approval(id).await?;
        if approval.status != ApprovalStatus::Pending {
            return Err(StoreError::AlreadyResolved { status: status_words(&approval) });
        }
        if is_expired(&approval) {
            return Err(StoreError::AlreadyResolved { status: "expired".to_owned() });
        }
        let scope = match (resolve.always, resolve.answer, approval.always.clone()) {
            _ if !resolve.answer.fits(approval.kind) => return Err(StoreError::WrongAnswer),
            (false, _, _) => None,
            (true, Answer::Approve, Some(scope)) => Some(scope),
            (true, _, _) => return Err(StoreError::WrongAnswer),
        };
        approval.status = ApprovalStatus::Resolved;
        approval.answer = Some(resolve.answer);
        approval.answered_by = Some(to_text(&resolve.by));
        approval.note = resolve.note.as_deref().map(to_text);
        approval.resolved_at = Some(now());
        tx.update_approval(&approval).await?;
        let rule_id = match scope {
            Some(scope) => Some(tx.add_rule(task_of(&approval)?, scope, &resolve.by).await?),
            None => None,
        };
        let last_seq = match approval.task_id {
            Some(task_id) => {
                let event = Event::ApprovalResolved {
                    approval_id: id,
                    call_id: approval.call_id,
                    kind: approval.kind,
                    answer: resolve.answer,
                    by: resolve.by.clone(),
                    note: resolve.note,
                    rule_id,
                };
                tx.append(task_id, None, vec![event], None).await?.1
            }
            None => 0,
        };
        let detail = answered(&approval);
        tx.append_act(Act::new(kinds::APPROVAL_ANSWERED, &resolve.by, id.to_string(), detail)).await?;
        tx.commit().await?;
        self.tell_of(&approval, last_seq);
        Ok(approval)
    }

    /// Makes a pending or unused approval void and appends `ApprovalVoided` to the journal of its task, if it
    /// has one, together. Whether an answered one was used is for the caller to know. Voiding it again
    /// changes nothing.
    pub async fn void_approval(&self, id: ApprovalId, why: &str) -> Result<(), StoreError> {
        self.void_if(id, why, |approval| approval.status != ApprovalStatus::Void).await.map(drop)
    }

    /// Whether it was voided: only if it still is what `condition` wants, now that nobody else can change it.
    async fn void_if(
        &self,
        id: ApprovalId,
        why: &str,
        condition: fn(&Approval) -> bool,
    ) -> Result<bool, StoreError> {
        let this = self.clone();
        let why = why.to_owned();
        self.to_the_end(async move {
            let tx = this.writing().await?;
            let mut approval = tx.lock_approval(id).await?;
            if !condition(&approval) {
                return Ok(false);
            }
            let event = tx.void(&mut approval, &why).await?;
            let last_seq = match approval.task_id {
                Some(task_id) => tx.append(task_id, None, vec![event], None).await?.1,
                None => 0,
            };
            tx.commit().await?;
            this.tell_of(&approval, last_seq);
            Ok(true)
        })
        .await
    }

    fn tell_of(&self, approval: &Approval, last_seq: u64) {
        if let Some(task_id) = approval.task_id {
            self.tell(task_id, last_seq);
        }
        self.notify(Subject::Approval(approval.id));
    }

    pub async fn approval(&self, id: ApprovalId) -> Result<Approval, StoreError> {
        self.reading().await?.find_approval(id).await
    }

    /// Oldest first.
    pub async fn approvals(&self, filter: &ApprovalFilter) -> Result<Vec<Approval>, StoreError> {
        let tx = self.reading().await?;
        let mut query = tx.find::<approvals::Entity>();
        if let Some(status) = filter.status {
            query = query.filter(approvals::Column::Status.eq(to_word(&status)?));
        }
        if let Some(TaskId(id)) = filter.task_id {
            query = query.filter(approvals::Column::TaskId.eq(id));
        }
        let rows = query
            .order_by_asc(approvals::Column::CreatedAt)
            .order_by_asc(approvals::Column::Id)
            .all(tx.db())
            .await?;
        rows.into_iter().map(to_approval).collect()
    }
}

/// How an approval ended, to go behind "this approval was already".
fn status_words(approval: &Approval) -> String {
    match (approval.status, approval.answer.as_ref().map(to_word), &approval.answered_by) {
        (ApprovalStatus::Resolved, Some(Ok(answer)), Some(by)) => {
            format!("answered with {answer:?} ({by})")
        }
        (ApprovalStatus::Void, _, _) => "made void".to_owned(),
        (status, _, _) => format!("{status:?}").to_lowercase(),
    }
}
