//! Questions put to a person: asked once, answered once, and journalled in the same breath.

use domain::approval::{Answer, Approval, ApprovalKind, ApprovalStatus, Binding, RuleScope};
use domain::decision::Reason;
use domain::journal::Event;
use domain::{ApprovalId, CallId, TaskId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::columns::{from_json, from_word, micros, now, opt_time, time, to_json, to_text, to_word};
use crate::entities::approvals;
use crate::transaction::Tx;
use crate::{ApprovalFilter, Projection, Resolve, StoreError, TenantStore};

/// The part of an approval that never changes, as it is stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct Question {
    server: String,
    tool: String,
    arguments: Value,
    reasons: Vec<Reason>,
    binding: Binding,
    always: Option<RuleScope>,
}

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
        let task_id = approval.task_id;
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
        to_approval(row)
    }

    /// Answers it, once, and appends `ApprovalResolved` (and makes the rule), together.
    ///
    /// `WrongAnswer` also when `always` is wished and not offered, or not with `approve`.
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
            Some(scope) => Some(tx.add_rule(approval.task_id, scope, &resolve.by).await?),
            None => None,
        };
        let event = Event::ApprovalResolved {
            approval_id: id,
            call_id: approval.call_id,
            kind: approval.kind,
            answer: resolve.answer,
            by: resolve.by,
            note: resolve.note,
            rule_id,
        };
        let (_, last_seq) = tx.append(approval.task_id, None, vec![event], None).await?;
        tx.commit().await?;
        self.tell(approval.task_id, last_seq);
        Ok(approval)
    }

    /// Makes a pending or unused approval void and appends `ApprovalVoided`, together. Whether an answered one
    /// was used is for the caller to know. Voiding it again changes nothing.
    pub async fn void_approval(&self, id: ApprovalId, why: &str) -> Result<(), StoreError> {
        let this = self.clone();
        let why = why.to_owned();
        self.to_the_end(async move {
            let tx = this.writing().await?;
            let mut approval = tx.lock_approval(id).await?;
            if approval.status == ApprovalStatus::Void {
                return Ok(());
            }
            let event = tx.void(&mut approval, &why).await?;
            let (_, last_seq) = tx.append(approval.task_id, None, vec![event], None).await?;
            tx.commit().await?;
            this.tell(approval.task_id, last_seq);
            Ok(())
        })
        .await
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

impl Tx {
    /// Voids the open questions of a task; the events that say so, oldest first. The task must be locked.
    pub(crate) async fn void_pending(&self, task_id: TaskId, why: &str) -> Result<Vec<Event>, StoreError> {
        let rows = self
            .find::<approvals::Entity>()
            .filter(approvals::Column::TaskId.eq(task_id.0))
            .filter(approvals::Column::Status.eq(to_word(&ApprovalStatus::Pending)?))
            .order_by_asc(approvals::Column::CreatedAt)
            .order_by_asc(approvals::Column::Id)
            .all(self.db())
            .await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            events.push(self.void(&mut to_approval(row)?, why).await?);
        }
        Ok(events)
    }

    async fn void(&self, approval: &mut Approval, why: &str) -> Result<Event, StoreError> {
        approval.status = ApprovalStatus::Void;
        approval.resolved_at = Some(now());
        self.update_approval(approval).await?;
        Ok(Event::ApprovalVoided { approval_id: approval.id, call_id: approval.call_id, why: why.to_owned() })
    }

    /// An approval that nobody else can answer until this transaction ends. Its task is locked first, like
    /// everywhere, and the approval read again behind that lock.
    async fn lock_approval(&self, id: ApprovalId) -> Result<Approval, StoreError> {
        let task_id = self.find_approval(id).await?.task_id;
        self.lock_task(task_id).await?;
        self.find_approval(id).await
    }

    async fn find_approval(&self, id: ApprovalId) -> Result<Approval, StoreError> {
        let row =
            self.find::<approvals::Entity>().filter(approvals::Column::Id.eq(id.0)).one(self.db()).await?;
        to_approval(row.ok_or(StoreError::NotFound { what: "approval" })?)
    }

    async fn update_approval(&self, approval: &Approval) -> Result<(), StoreError> {
        let answer = approval.answer.as_ref().map(to_word).transpose()?;
        self.update::<approvals::Entity>()
            .filter(approvals::Column::Id.eq(approval.id.0))
            .col_expr(approvals::Column::Status, Expr::value(to_word(&approval.status)?))
            .col_expr(approvals::Column::Answer, Expr::value(answer))
            .col_expr(approvals::Column::AnsweredBy, Expr::value(approval.answered_by.clone()))
            .col_expr(approvals::Column::Note, Expr::value(approval.note.clone()))
            .col_expr(approvals::Column::ResolvedAt, Expr::value(approval.resolved_at.map(micros)))
            .exec(self.db())
            .await?;
        Ok(())
    }

    fn pending_row(&self, approval: &Approval) -> Result<approvals::Model, StoreError> {
        let question = Question {
            server: approval.server.clone(),
            tool: approval.tool.clone(),
            arguments: approval.arguments.clone(),
            reasons: approval.reasons.clone(),
            binding: approval.binding.clone(),
            always: approval.always.clone(),
        };
        Ok(approvals::Model {
            tenant_id: self.tenant(),
            id: approval.id.0,
            task_id: approval.task_id.0,
            call_id: approval.call_id.0,
            kind: to_word(&approval.kind)?,
            question: to_json(&question)?,
            status: to_word(&ApprovalStatus::Pending)?,
            answer: None,
            answered_by: None,
            note: None,
            created_at: micros(approval.created_at),
            resolved_at: None,
        })
    }
}

fn to_approval(row: approvals::Model) -> Result<Approval, StoreError> {
    let question: Question = from_json("approval", &row.question)?;
    let kind: ApprovalKind = from_word("approval kind", &row.kind)?;
    Ok(Approval {
        id: ApprovalId(row.id),
        task_id: TaskId(row.task_id),
        call_id: CallId(row.call_id),
        kind,
        server: question.server,
        tool: question.tool,
        arguments: question.arguments,
        reasons: question.reasons,
        binding: question.binding,
        always: question.always,
        status: from_word("approval status", &row.status)?,
        answer: row.answer.as_deref().map(|answer| from_word("approval answer", answer)).transpose()?,
        answered_by: row.answered_by,
        note: row.note,
        created_at: time(row.created_at)?,
        resolved_at: opt_time(row.resolved_at)?,
    })
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
