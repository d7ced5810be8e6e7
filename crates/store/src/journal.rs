//! The journal: appending in order without gaps, and reading it back.

use domain::TaskId;
use domain::journal::{EVENT_VERSION, Envelope, Event};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::columns::{from_json, micros, now, seq, seq_param, time, to_json, to_text};
use crate::entities::{journal, tasks};
use crate::transaction::Tx;
use crate::{Projection, StoreError, Subject, TenantStore};

/// Rows of one INSERT. Six parameters each, and SQLite takes 32,766.
const INSERT_ROWS_MAX: usize = 1_000;

impl TenantStore {
    /// Appends events in one transaction. With `expected`, only if the journal's last seq is that
    /// (`Conflict` otherwise); without, behind whatever is there.
    ///
    /// When `TaskEnded` is among them, questions still open become void first, and the `ApprovalVoided` events
    /// stand before it in what is returned.
    pub async fn append(
        &self,
        task_id: TaskId,
        expected: Option<u64>,
        events: Vec<Event>,
        projection: Option<Projection>,
    ) -> Result<Vec<Envelope>, StoreError> {
        let this = self.clone();
        self.to_the_end(async move {
            let tx = this.writing().await?;
            let events = tx.void_approvals_of_ended(task_id, expected, events).await?;
            let (envelopes, last_seq) = tx.append(task_id, expected, events, projection).await?;
            tx.commit().await?;
            this.tell(task_id, last_seq);
            for envelope in &envelopes {
                if let Event::ApprovalVoided { approval_id, .. } = envelope.event {
                    this.notify(Subject::Approval(approval_id));
                }
            }
            Ok(envelopes)
        })
        .await
    }

    /// Events after `after_seq`, in order, at most `limit`.
    pub async fn events(
        &self,
        task_id: TaskId,
        after_seq: u64,
        limit: u32,
    ) -> Result<Vec<Envelope>, StoreError> {
        let tx = self.reading().await?;
        let rows = tx
            .find::<journal::Entity>()
            .filter(journal::Column::TaskId.eq(task_id.0))
            .filter(journal::Column::Seq.gt(seq_param(after_seq)))
            .order_by_asc(journal::Column::Seq)
            .limit(u64::from(limit))
            .all(tx.db())
            .await?;
        // Every task has a first event, so only an empty page can be one of no task.
        if rows.is_empty() {
            tx.find::<tasks::Entity>()
                .filter(tasks::Column::Id.eq(task_id.0))
                .one(tx.db())
                .await?
                .ok_or(StoreError::NotFound { what: "task" })?;
        }
        rows.into_iter().map(envelope).collect()
    }
}

impl Tx {
    /// Appends events and replaces the projection; gives the envelopes and the journal's new last seq. The
    /// update of the task's row comes first: it numbers the events, checks `expected` and holds off every
    /// other writer of this task, in one statement.
    pub(crate) async fn append(
        &self,
        task_id: TaskId,
        expected: Option<u64>,
        events: Vec<Event>,
        projection: Option<Projection>,
    ) -> Result<(Vec<Envelope>, u64), StoreError> {
        let at = now();
        let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let mut update = self
            .update::<tasks::Entity>()
            .filter(tasks::Column::Id.eq(task_id.0))
            .col_expr(tasks::Column::LastSeq, Expr::col(tasks::Column::LastSeq).add(count))
            .col_expr(tasks::Column::UpdatedAt, Expr::value(micros(at)));
        if let Some(expected) = expected {
            update = update.filter(tasks::Column::LastSeq.eq(seq_param(expected)));
        }
        if let Some(projection) = projection {
            update = update
                .col_expr(tasks::Column::Status, Expr::value(projection.status.as_str()))
                .col_expr(
                    tasks::Column::StatusText,
                    Expr::value(projection.status_text.as_deref().map(to_text)),
                )
                .col_expr(tasks::Column::Limits, Expr::value(to_json(&projection.limits)?))
                .col_expr(tasks::Column::Spent, Expr::value(to_json(&projection.spent)?));
        }
        let Some(task) = update.exec_with_returning(self.db()).await?.pop() else {
            let actual = seq(self.lock_task(task_id).await?.last_seq);
            return Err(StoreError::Conflict { task_id, expected: expected.unwrap_or_default(), actual });
        };

        let last_seq = seq(task.last_seq);
        let first_seq = last_seq + 1 - events.len() as u64;
        let envelopes: Vec<Envelope> = (first_seq..)
            .zip(events)
            .map(|(seq, event)| Envelope { task_id, seq, at, version: EVENT_VERSION, event })
            .collect();
        for chunk in envelopes.chunks(INSERT_ROWS_MAX) {
            let rows =
                chunk.iter().map(|envelope| self.journal_row(envelope)).collect::<Result<Vec<_>, _>>()?;
            journal::Entity::insert_many(rows).exec_without_returning(self.db()).await?;
        }
        Ok((envelopes, last_seq))
    }

    fn journal_row(&self, envelope: &Envelope) -> Result<journal::ActiveModel, StoreError> {
        Ok(journal::ActiveModel {
            tenant_id: Set(self.tenant()),
            task_id: Set(envelope.task_id.0),
            seq: Set(seq_param(envelope.seq)),
            at: Set(micros(envelope.at)),
            version: Set(envelope.version.into()),
            event: Set(to_json(&envelope.event)?),
        })
    }

    /// Puts the voiding of open questions before the end of a task.
    async fn void_approvals_of_ended(
        &self,
        task_id: TaskId,
        expected: Option<u64>,
        mut events: Vec<Event>,
    ) -> Result<Vec<Event>, StoreError> {
        let Some(end) = events.iter().position(|event| matches!(event, Event::TaskEnded { .. })) else {
            return Ok(events);
        };
        let actual = seq(self.lock_task(task_id).await?.last_seq);
        if let Some(expected) = expected.filter(|expected| *expected != actual) {
            return Err(StoreError::Conflict { task_id, expected, actual });
        }
        let voided = self.void_pending(task_id, "the task ended").await?;
        events.splice(end..end, voided);
        Ok(events)
    }
}

fn envelope(row: journal::Model) -> Result<Envelope, StoreError> {
    let version = row.version.try_into().unwrap_or(u16::MAX);
    if version > EVENT_VERSION {
        return Err(StoreError::Corrupt(format!(
            "journal event {} of task {} has version {version}, this program reads up to {EVENT_VERSION}: \
             install the newer Bailiwick that wrote it",
            row.seq, row.task_id
        )));
    }
    Ok(Envelope {
        task_id: TaskId(row.task_id),
        seq: seq(row.seq),
        at: time(row.at)?,
        version,
        event: from_json("journal event", &row.event)?,
    })
}
