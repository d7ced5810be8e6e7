//! Tasks: the row that a list shows, kept beside the journal.

use domain::journal::{EVENT_VERSION, Event};
use domain::limits::Spent;
use domain::task::{TaskStatus, TaskSummary};
use domain::{TaskId, WorkspaceId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{LikeExpr, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::columns::{from_json, from_word, micros, now, seq, time, to_json, to_text};
use crate::entities::{journal, tasks};
use crate::errors::{is_duplicate, missing};
use crate::transaction::Tx;
use crate::{StoreError, TaskFilter, TenantStore};

/// Tasks of one page when the caller does not say, and at most.
const PAGE_DEFAULT: u32 = 50;
const PAGE_MAX: u32 = 200;

impl TenantStore {
    /// A task and its first event (which must be `TaskCreated`), together.
    ///
    /// An id that is taken is a `Conflict`; a workspace that is not there is `NotFound`.
    pub async fn create_task(
        &self,
        id: TaskId,
        title: &str,
        first: Event,
    ) -> Result<TaskSummary, StoreError> {
        let this = self.clone();
        let title = title.to_owned();
        self.to_the_end(async move { this.create_task_now(id, &title, first).await }).await
    }

    async fn create_task_now(
        &self,
        id: TaskId,
        title: &str,
        first: Event,
    ) -> Result<TaskSummary, StoreError> {
        let Event::TaskCreated { prompt, workspace_id, model, limits, .. } = &first else {
            return Err(StoreError::Invalid("the first event of a task must be task_created".into()));
        };
        let at = micros(now());
        let tx = self.writing().await?;
        let row = tasks::Model {
            tenant_id: tx.tenant(),
            id: id.0,
            workspace_id: workspace_id.0,
            title: to_text(title),
            search_text: to_text(&format!("{title}\n{prompt}").to_lowercase()),
            model: to_text(model),
            status: TaskStatus::Running.as_str().to_owned(),
            status_text: None,
            limits: to_json(limits)?,
            spent: to_json(&Spent::default())?,
            last_seq: 1,
            created_at: at,
            updated_at: at,
        };
        let inserted = tasks::Entity::insert(tasks::ActiveModel::from(row.clone()))
            .exec_without_returning(tx.db())
            .await;
        if let Err(error) = inserted {
            if !is_duplicate(&error) {
                return Err(missing("workspace")(error));
            }
            drop(tx);
            let actual = self.task(id).await?.last_seq;
            return Err(StoreError::Conflict { task_id: id, expected: 0, actual });
        }
        let event = journal::ActiveModel {
            tenant_id: Set(tx.tenant()),
            task_id: Set(id.0),
            seq: Set(1),
            at: Set(at),
            version: Set(EVENT_VERSION.into()),
            event: Set(to_json(&first)?),
        };
        journal::Entity::insert(event).exec_without_returning(tx.db()).await?;
        tx.commit().await?;
        self.tell(id, 1);
        summary(row)
    }

    pub async fn task(&self, id: TaskId) -> Result<TaskSummary, StoreError> {
        let tx = self.reading().await?;
        let row = tx.find::<tasks::Entity>().filter(tasks::Column::Id.eq(id.0)).one(tx.db()).await?;
        summary(row.ok_or(StoreError::NotFound { what: "task" })?)
    }

    /// Newest first.
    pub async fn tasks(&self, filter: &TaskFilter) -> Result<Vec<TaskSummary>, StoreError> {
        let tx = self.reading().await?;
        let mut query = tx.find::<tasks::Entity>();
        if let Some(status) = filter.status {
            query = query.filter(tasks::Column::Status.eq(status.as_str()));
        }
        if let Some(text) = filter.search.as_deref().filter(|text| !text.is_empty()) {
            query = query.filter(tasks::Column::SearchText.like(containing(text)));
        }
        if let Some(WorkspaceId(id)) = filter.workspace_id {
            query = query.filter(tasks::Column::WorkspaceId.eq(id));
        }
        if let Some(TaskId(id)) = filter.before {
            query = query.filter(tasks::Column::Id.lt(id));
        }
        let limit = match filter.limit {
            0 => PAGE_DEFAULT,
            limit => limit.min(PAGE_MAX),
        };
        // Ids are UUIDs of version 7: their order is the order of creation.
        let rows = query.order_by_desc(tasks::Column::Id).limit(u64::from(limit)).all(tx.db()).await?;
        rows.into_iter().map(summary).collect()
    }

    /// Tasks that have not ended, oldest first: what a restart goes on with.
    pub async fn unfinished_tasks(&self) -> Result<Vec<TaskSummary>, StoreError> {
        const UNFINISHED: [TaskStatus; 3] = [TaskStatus::Running, TaskStatus::Waiting, TaskStatus::Paused];
        let tx = self.reading().await?;
        let rows = tx
            .find::<tasks::Entity>()
            .filter(tasks::Column::Status.is_in(UNFINISHED.map(TaskStatus::as_str)))
            .order_by_asc(tasks::Column::Id)
            .all(tx.db())
            .await?;
        rows.into_iter().map(summary).collect()
    }
}

impl Tx {
    /// The task, kept from changing until this transaction ends: a row lock on PostgreSQL; on SQLite the
    /// transaction holds the write lock already. Not so strong that it would hold off entries of the record,
    /// which only ask that the task goes on existing. Taken before anything else of the task is looked at, so
    /// that two transactions never wait for each other.
    pub(crate) async fn lock_task(&self, id: TaskId) -> Result<tasks::Model, StoreError> {
        self.find::<tasks::Entity>()
            .filter(tasks::Column::Id.eq(id.0))
            .lock(LockType::NoKeyUpdate)
            .one(self.db())
            .await?
            .ok_or(StoreError::NotFound { what: "task" })
    }
}

/// A LIKE pattern for text that holds `text`, whose own wildcards mean themselves.
fn containing(text: &str) -> LikeExpr {
    let mut pattern = String::from("%");
    for c in to_text(text).to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('\\')
}

fn summary(row: tasks::Model) -> Result<TaskSummary, StoreError> {
    Ok(TaskSummary {
        id: TaskId(row.id),
        workspace_id: WorkspaceId(row.workspace_id),
        title: row.title,
        model: row.model,
        status: from_word("task status", &row.status)?,
        status_text: row.status_text,
        limits: from_json("task limits", &row.limits)?,
        spent: from_json("task spending", &row.spent)?,
        last_seq: seq(row.last_seq),
        created_at: time(row.created_at)?,
        updated_at: time(row.updated_at)?,
    })
}
