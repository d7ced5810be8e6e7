//! "Always for this task" rules: visible and revocable.

use domain::approval::{RuleScope, TaskRule};
use domain::{RuleId, TaskId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::columns::{from_json, micros, now, opt_time, time, to_json, to_text};
use crate::entities::{rules, tasks};
use crate::transaction::Tx;
use crate::{StoreError, TenantStore};

impl TenantStore {
    /// Rules of a task, revoked ones included, oldest first.
    pub async fn task_rules(&self, task_id: TaskId) -> Result<Vec<TaskRule>, StoreError> {
        let tx = self.reading().await?;
        let rows = tx
            .find::<rules::Entity>()
            .filter(rules::Column::TaskId.eq(task_id.0))
            .order_by_asc(rules::Column::Id)
            .all(tx.db())
            .await?;
        if rows.is_empty() {
            tx.find::<tasks::Entity>()
                .filter(tasks::Column::Id.eq(task_id.0))
                .one(tx.db())
                .await?
                .ok_or(StoreError::NotFound { what: "task" })?;
        }
        rows.into_iter().map(to_rule).collect()
    }

    /// From now on the rule answers nothing. Revoking it again changes nothing.
    pub async fn revoke_rule(&self, id: RuleId) -> Result<TaskRule, StoreError> {
        let tx = self.writing().await?;
        tx.update::<rules::Entity>()
            .filter(rules::Column::Id.eq(id.0))
            .filter(rules::Column::RevokedAt.is_null())
            .col_expr(rules::Column::RevokedAt, Expr::value(micros(now())))
            .exec(tx.db())
            .await?;
        let row = tx.find::<rules::Entity>().filter(rules::Column::Id.eq(id.0)).one(tx.db()).await?;
        let rule = to_rule(row.ok_or(StoreError::NotFound { what: "rule" })?)?;
        tx.commit().await?;
        Ok(rule)
    }
}

impl Tx {
    pub(crate) async fn add_rule(
        &self,
        task_id: TaskId,
        scope: RuleScope,
        by: &str,
    ) -> Result<RuleId, StoreError> {
        let id = RuleId::new();
        let row = rules::Model {
            tenant_id: self.tenant(),
            id: id.0,
            task_id: task_id.0,
            scope: to_json(&scope)?,
            created_by: to_text(by),
            created_at: micros(now()),
            revoked_at: None,
        };
        rules::Entity::insert(rules::ActiveModel::from(row)).exec_without_returning(self.db()).await?;
        Ok(id)
    }
}

fn to_rule(row: rules::Model) -> Result<TaskRule, StoreError> {
    Ok(TaskRule {
        id: RuleId(row.id),
        task_id: TaskId(row.task_id),
        scope: from_json("rule", &row.scope)?,
        created_by: row.created_by,
        created_at: time(row.created_at)?,
        revoked_at: opt_time(row.revoked_at)?,
    })
}
