//! Approvals as rows.

use domain::approval::{Approval, ApprovalStatus, Binding, RuleScope};
use domain::decision::Reason;
use domain::journal::Event;
use domain::{ApprovalId, CallId, TaskId};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::StoreError;
use crate::columns::{from_json, from_word, micros, now, opt_time, time, to_json, to_word};
use crate::entities::approvals;
use crate::record::{Act, kinds};
use crate::transaction::Tx;

/// The part of an approval that never changes, as it is stored.
#[derive(Serialize, Deserialize)]
struct Question {
    server: String,
    tool: String,
    arguments: Value,
    reasons: Vec<Reason>,
    binding: Binding,
    always: Option<RuleScope>,
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

    pub(super) async fn void(&self, approval: &mut Approval, why: &str) -> Result<Event, StoreError> {
        approval.status = ApprovalStatus::Void;
        approval.resolved_at = Some(now());
        self.update_approval(approval).await?;
        let detail = json!({"why": why});
        self.append_act(Act::new(kinds::APPROVAL_VOIDED, "bailiwick", approval.id.to_string(), detail))
            .await?;
        Ok(Event::ApprovalVoided { approval_id: approval.id, call_id: approval.call_id, why: why.to_owned() })
    }

    /// An approval that nobody else can answer until this transaction ends. Its task is locked first, like
    /// everywhere, and the approval read again behind that lock. One without a task is locked itself.
    pub(super) async fn lock_approval(&self, id: ApprovalId) -> Result<Approval, StoreError> {
        let approval = self.find_approval(id).await?;
        if let Some(task_id) = approval.task_id {
            self.lock_task(task_id).await?;
        } else {
            let row = self.find::<approvals::Entity>().filter(approvals::Column::Id.eq(id.0));
            row.lock(LockType::Update).one(self.db()).await?;
        }
        self.find_approval(id).await
    }

    pub(super) async fn find_approval(&self, id: ApprovalId) -> Result<Approval, StoreError> {
        let row =
            self.find::<approvals::Entity>().filter(approvals::Column::Id.eq(id.0)).one(self.db()).await?;
        to_approval(row.ok_or(StoreError::NotFound { what: "approval" })?)
    }

    pub(super) async fn update_approval(&self, approval: &Approval) -> Result<(), StoreError> {
        let answer = approval.answer.as_ref().map(to_word).transpose()?;
        self.update::<approvals::Entity>()
            .filter(approvals::Column::Id.eq(approval.id.0))
            .col_expr(approvals::Column::Status, Expr::value(to_word(&approval.status)?))
            .col_expr(approvals::Column::Answer, Expr::value(answer))
            .col_expr(approvals::Column::AnsweredBy, Expr::value(approval.answered_by.clone()))
            .col_expr(approvals::Column::Note, Expr::value(approval.note.clone()))
            .col_expr(approvals::Column::ResolvedAt, Expr::value(approval.resolved_at.map(micros)))
            .col_expr(approvals::Column::UsedAt, Expr::value(approval.used_at.map(micros)))
            .exec(self.db())
            .await?;
        Ok(())
    }

    pub(super) fn pending_row(&self, approval: &Approval) -> Result<approvals::Model, StoreError> {
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
            task_id: approval.task_id.map(|TaskId(id)| id),
            call_id: approval.call_id.0,
            kind: to_word(&approval.kind)?,
            question: to_json(&question)?,
            status: to_word(&ApprovalStatus::Pending)?,
            answer: None,
            answered_by: None,
            note: None,
            created_at: micros(approval.created_at),
            resolved_at: None,
            roles: to_json(&approval.roles)?,
            expires_at: approval.expires_at.map(micros),
            used_at: None,
            binding_key: None,
        })
    }
}

pub(super) fn to_approval(row: approvals::Model) -> Result<Approval, StoreError> {
    let question: Question = from_json("approval", &row.question)?;
    Ok(Approval {
        id: ApprovalId(row.id),
        task_id: row.task_id.map(TaskId),
        call_id: CallId(row.call_id),
        kind: from_word("approval kind", &row.kind)?,
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
        roles: from_json("approval roles", &row.roles)?,
        expires_at: opt_time(row.expires_at)?,
        used_at: opt_time(row.used_at)?,
    })
}

/// What the record says of an answer: to what exactly, and what it was.
pub(super) fn answered(approval: &Approval) -> Value {
    json!({
        "task_id": approval.task_id,
        "call_id": approval.call_id,
        "kind": approval.kind,
        "server": approval.server,
        "tool": approval.tool,
        "binding": approval.binding,
        "answer": approval.answer,
        "answered_by": approval.answered_by,
        "note": approval.note,
    })
}

pub(super) fn task_of(approval: &Approval) -> Result<TaskId, StoreError> {
    approval.task_id.ok_or_else(|| StoreError::Invalid("this question belongs to no task".to_owned()))
}
