//! Versions of the tenant's policy. A version never changes; one at most is active.

use domain::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::columns::{from_json, micros, now, opt_time, time, to_json, to_text};
use crate::entities::policies;
use crate::errors::is_duplicate;
use crate::record::{Act, kinds};
use crate::transaction::Tx;
use crate::{StoreError, Subject, TenantStore};

/// A version as it is put.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// Chosen by whoever makes it; the revision of the files is a good one.
    pub id: String,
    /// The files: whatever the caller can read again.
    pub files: Value,
    pub note: String,
    pub created_by: String,
    pub created_at: Timestamp,
}

/// A version without its files, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicySummary {
    pub id: String,
    pub note: String,
    pub created_by: String,
    pub created_at: Timestamp,
    pub active: bool,
    /// By whom and when it was last made the active one. Every change is on record (`policy.activated`).
    pub activated_by: Option<String>,
    pub activated_at: Option<Timestamp>,
}

impl TenantStore {
    /// Keeps a version, which is not active yet. The same id with the same files is the same version; with
    /// others it is `Invalid`.
    pub async fn put_policy(&self, policy: PolicyVersion) -> Result<(), StoreError> {
        let tx = self.writing().await?;
        let row = policies::Model {
            tenant_id: tx.tenant(),
            id: to_text(&policy.id),
            files: to_json(&policy.files)?,
            note: to_text(&policy.note),
            created_by: to_text(&policy.created_by),
            created_at: micros(policy.created_at),
            active: false,
            activated_by: None,
            activated_at: None,
        };
        let inserted =
            policies::Entity::insert(policies::ActiveModel::from(row)).exec_without_returning(tx.db()).await;
        if let Err(error) = inserted {
            if !is_duplicate(&error) {
                return Err(error.into());
            }
            drop(tx);
            return if self.policy(&policy.id).await?.files == policy.files {
                Ok(())
            } else {
                Err(StoreError::Invalid(format!(
                    "there is a policy {:?} with other files: give this one another id",
                    policy.id
                )))
            };
        }
        let detail = json!({"note": policy.note});
        tx.append_act(Act::new(kinds::POLICY_ADDED, &policy.created_by, policy.id, detail)).await?;
        tx.commit().await
    }

    /// Newest first.
    pub async fn policies(&self) -> Result<Vec<PolicySummary>, StoreError> {
        use policies::Column;
        let tx = self.reading().await?;
        let columns = [
            Column::Id,
            Column::Note,
            Column::CreatedBy,
            Column::CreatedAt,
            Column::Active,
            Column::ActivatedBy,
            Column::ActivatedAt,
        ];
        let rows: Vec<Row> = tx
            .find::<policies::Entity>()
            .select_only()
            .columns(columns)
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .into_tuple()
            .all(tx.db())
            .await?;
        rows.into_iter().map(summary).collect()
    }

    pub async fn policy(&self, id: &str) -> Result<PolicyVersion, StoreError> {
        let tx = self.reading().await?;
        let query = tx.find::<policies::Entity>().filter(policies::Column::Id.eq(to_text(id)));
        version(query.one(tx.db()).await?.ok_or(StoreError::NotFound { what: "policy" })?)
    }

    /// `None`: the tenant has none of its own active.
    pub async fn active_policy(&self) -> Result<Option<PolicyVersion>, StoreError> {
        let tx = self.reading().await?;
        let query = tx.find::<policies::Entity>().filter(policies::Column::Active.eq(true));
        query.one(tx.db()).await?.map(version).transpose()
    }

    /// Makes a version the active one. Making it so again changes nothing.
    pub async fn activate_policy(&self, id: &str, by: &str) -> Result<(), StoreError> {
        let tx = self.writing().await?;
        let before = tx.end_active_policy().await?;
        let activated = tx
            .update::<policies::Entity>()
            .filter(policies::Column::Id.eq(to_text(id)))
            .col_expr(policies::Column::Active, Expr::value(true))
            .col_expr(policies::Column::ActivatedBy, Expr::value(to_text(by)))
            .col_expr(policies::Column::ActivatedAt, Expr::value(micros(now())))
            .exec(tx.db())
            .await?;
        if activated.rows_affected == 0 {
            return Err(StoreError::NotFound { what: "policy" });
        }
        if before.as_deref() == Some(id) {
            return Ok(());
        }
        let detail = json!({"before": before});
        tx.append_act(Act::new(kinds::POLICY_ACTIVATED, by, id, detail)).await?;
        tx.commit().await?;
        self.notify(Subject::Policy);
        Ok(())
    }

    /// Leaves the tenant without an active policy of its own; which one was.
    pub async fn deactivate_policy(&self, by: &str) -> Result<Option<String>, StoreError> {
        let tx = self.writing().await?;
        let before = tx.end_active_policy().await?;
        if let Some(id) = &before {
            tx.append_act(Act::new(kinds::POLICY_DEACTIVATED, by, id, json!({}))).await?;
            tx.commit().await?;
            self.notify(Subject::Policy);
        }
        Ok(before)
    }
}

impl Tx {
    async fn end_active_policy(&self) -> Result<Option<String>, StoreError> {
        // Who activates has the record's head first: two that activate at once come one after the other.
        self.hold_record().await?;
        let ended = self
            .update::<policies::Entity>()
            .filter(policies::Column::Active.eq(true))
            .col_expr(policies::Column::Active, Expr::value(false))
            .exec_with_returning(self.db())
            .await?;
        Ok(ended.into_iter().next().map(|row| row.id))
    }
}

fn version(row: policies::Model) -> Result<PolicyVersion, StoreError> {
    Ok(PolicyVersion {
        id: row.id,
        files: from_json("policy", &row.files)?,
        note: row.note,
        created_by: row.created_by,
        created_at: time(row.created_at)?,
    })
}

/// The columns of a summary, in its order.
type Row = (String, String, String, i64, bool, Option<String>, Option<i64>);

fn summary(row: Row) -> Result<PolicySummary, StoreError> {
    let (id, note, created_by, created_at, active, activated_by, activated_at) = row;
    let (created_at, activated_at) = (time(created_at)?, opt_time(activated_at)?);
    Ok(PolicySummary { id, note, created_by, created_at, active, activated_by, activated_at })
}
