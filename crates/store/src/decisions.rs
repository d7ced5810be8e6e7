//! Recorded answers of the policy.

use domain::{CallId, TaskId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::columns::{from_json, micros, to_json, to_word};
use crate::entities::decisions;
use crate::errors::missing;
use crate::{DecisionFilter, DecisionRecord, StoreError, TenantStore};

/// Decisions of one answer when the caller does not say, and at most.
const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1_000;

impl TenantStore {
    /// Records an answer before anyone acts on it. A task that is not there is `NotFound`.
    pub async fn record_decision(&self, record: DecisionRecord) -> Result<(), StoreError> {
        let tx = self.writing().await?;
        let row = decisions::Model {
            tenant_id: tx.tenant(),
            id: record.decision.id.0,
            task_id: record.task_id.map(|id| id.0),
            call_id: record.call_id.map(|id| id.0),
            point: to_word(&record.decision.point)?,
            record: to_json(&record)?,
            at: micros(record.at),
        };
        decisions::Entity::insert(decisions::ActiveModel::from(row))
            .exec_without_returning(tx.db())
            .await
            .map_err(missing("task"))?;
        tx.commit().await
    }

    /// Newest first.
    pub async fn decisions(&self, filter: &DecisionFilter) -> Result<Vec<DecisionRecord>, StoreError> {
        let tx = self.reading().await?;
        let mut query = tx.find::<decisions::Entity>();
        if let Some(TaskId(id)) = filter.task_id {
            query = query.filter(decisions::Column::TaskId.eq(id));
        }
        if let Some(CallId(id)) = filter.call_id {
            query = query.filter(decisions::Column::CallId.eq(id));
        }
        if let Some(point) = filter.point {
            query = query.filter(decisions::Column::Point.eq(point.as_str()));
        }
        let limit = match filter.limit {
            0 => PAGE_DEFAULT,
            limit => limit.min(PAGE_MAX),
        };
        let rows = query.order_by_desc(decisions::Column::Id).limit(u64::from(limit)).all(tx.db()).await?;
        rows.iter().map(|row| from_json("decision", &row.record)).collect()
    }
}
