//! Recorded answers of the policy: recorded, looked up, and put to another policy again.

use domain::decision::Point;
use domain::{CallId, DecisionId, PrincipalId, TaskId};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::columns::{from_json, to_text, to_word};
use crate::entities::record;
use crate::record::Draft;
use crate::{DecisionFilter, DecisionRecord, StoreError, TenantStore};

/// Decisions of one answer when the caller does not say, and at most.
const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1_000;

/// Points whose question a caller brought, as opposed to those about a list or a result: what a draft of a
/// policy is tried on.
const CALLS: [Point; 4] = [Point::ToolCall, Point::ResourceRead, Point::PromptGet, Point::McpRequest];

impl TenantStore {
    /// Records an answer before anyone acts on it. A task that is not there is `NotFound`.
    pub async fn record_decision(&self, record: DecisionRecord) -> Result<(), StoreError> {
        self.record(vec![Draft::of_decision(&record)?]).await
    }

    /// Records them together: all, or with an error none. At most 1000.
    pub async fn record_decisions(&self, records: Vec<DecisionRecord>) -> Result<(), StoreError> {
        self.record(records.iter().map(Draft::of_decision).collect::<Result<_, _>>()?).await
    }

    /// Newest first. A task, a call or a conversation is found by index; other filters read back from the
    /// newest entry until the page is full.
    pub async fn decisions(&self, filter: &DecisionFilter) -> Result<Vec<DecisionRecord>, StoreError> {
        let tx = self.reading().await?;
        let mut query = chosen(tx.find::<record::Entity>(), filter)?;
        if let Some(DecisionId(before)) = filter.before {
            let cursor = tx
                .find::<record::Entity>()
                .filter(record::Column::DecisionId.eq(before))
                .one(tx.db())
                .await?
                .ok_or(StoreError::NotFound { what: "decision" })?;
            query = query.filter(record::Column::Seq.lt(cursor.seq));
        }
        let limit = match filter.limit {
            0 => PAGE_DEFAULT,
            limit => limit.min(PAGE_MAX),
        };
        let rows = query.order_by_desc(record::Column::Seq).limit(u64::from(limit)).all(tx.db()).await?;
        rows.iter().map(|row| from_json("decision", &row.body)).collect()
    }

    /// One decision by its id.
    pub async fn decision(&self, id: DecisionId) -> Result<DecisionRecord, StoreError> {
        let tx = self.reading().await?;
        let row =
            tx.find::<record::Entity>().filter(record::Column::DecisionId.eq(id.0)).one(tx.db()).await?;
        from_json("decision", &row.ok_or(StoreError::NotFound { what: "decision" })?.body)
    }

    /// The last `limit` calls (of tools, resources, prompts and other requests; at most 1000) with the
    /// question that was put, oldest first: the order in which they happened, so that a draft of a policy can
    /// be tried on them.
    pub async fn calls_for_replay(&self, limit: u32) -> Result<Vec<DecisionRecord>, StoreError> {
        let tx = self.reading().await?;
        let rows = tx
            .find::<record::Entity>()
            .filter(record::Column::Point.is_in(CALLS.map(Point::as_str)))
            .order_by_desc(record::Column::Seq)
            .limit(u64::from(limit.min(PAGE_MAX)))
            .all(tx.db())
            .await?;
        rows.iter().rev().map(|row| from_json("decision", &row.body)).collect()
    }
}

fn chosen(
    mut query: Select<record::Entity>,
    filter: &DecisionFilter,
) -> Result<Select<record::Entity>, StoreError> {
    use record::Column;
    query = query.filter(Column::Kind.eq(crate::record::DECISION));
    if let Some(TaskId(id)) = filter.task_id {
        query = query.filter(Column::TaskId.eq(id));
    }
    if let Some(CallId(id)) = filter.call_id {
        query = query.filter(Column::CallId.eq(id));
    }
    if let Some(PrincipalId(id)) = filter.principal_id {
        query = query.filter(Column::PrincipalId.eq(id));
    }
    if let Some(point) = filter.point {
        query = query.filter(Column::Point.eq(point.as_str()));
    }
    if let Some(verdict) = filter.verdict {
        query = query.filter(Column::Verdict.eq(to_word(&verdict)?));
    }
    for (column, wanted) in
        [(Column::Server, &filter.server), (Column::Tool, &filter.tool), (Column::Session, &filter.session)]
    {
        if let Some(wanted) = wanted {
            query = query.filter(column.eq(to_text(wanted)));
        }
    }
    Ok(query)
}
