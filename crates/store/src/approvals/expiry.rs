//! Questions that nobody answered in time.

use domain::ApprovalId;
use domain::approval::{Approval, ApprovalStatus};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::columns::{micros, now, to_word};
use crate::entities::approvals;
use crate::{StoreError, TenantStore};

/// Questions voided in one sweep.
const SWEEP_MAX: u64 = 1_000;

impl TenantStore {
    /// Voids open questions that have expired (at most 1000 at once); which. Expired ones do not count either
    /// way: this takes them from the lists, and from the tasks that wait for them.
    pub async fn expire_approvals(&self) -> Result<Vec<ApprovalId>, StoreError> {
        self.expire_those(Expr::cust("1 = 1")).await
    }

    pub(super) async fn expire_those(&self, which: SimpleExpr) -> Result<Vec<ApprovalId>, StoreError> {
        let expired = {
            let tx = self.reading().await?;
            tx.find::<approvals::Entity>()
                .filter(approvals::Column::Status.eq(to_word(&ApprovalStatus::Pending)?))
                .filter(approvals::Column::ExpiresAt.lte(micros(now())))
                .filter(which)
                .order_by_asc(approvals::Column::CreatedAt)
                .limit(SWEEP_MAX)
                .all(tx.db())
                .await?
        };
        let mut voided = Vec::with_capacity(expired.len());
        for row in expired {
            let id = ApprovalId(row.id);
            if self.void_if(id, "nobody answered in time", is_expired).await? {
                voided.push(id);
            }
        }
        Ok(voided)
    }
}

/// Whether nobody can answer it any more.
pub(super) fn is_expired(approval: &Approval) -> bool {
    approval.status == ApprovalStatus::Pending && approval.expires_at.is_some_and(|at| at <= now())
}
