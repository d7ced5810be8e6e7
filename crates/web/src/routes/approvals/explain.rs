//! `GET /api/v1/approvals/{id}/explain`: why a person is asked.

use axum::Json;
use axum::extract::State;
use domain::ApprovalId;
use domain::approval::{Approval, ApprovalKind};
use domain::decision::{Point, Verdict};
use serde::Serialize;
use serde_json::Value;
use store::{DecisionFilter, DecisionRecord};
use utoipa::ToSchema;

use crate::extract::Path;
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::{self, Mirror as _};

#[derive(Serialize, ToSchema)]
pub(crate) struct Explanation {
    approval: views::Approval,
    decision: views::Decision,
    /// What the policy was asked.
    question: Value,
    /// Which rules spoke and why, in sentences.
    text: String,
}

/// Which rules spoke and why, in sentences and as data.
#[utoipa::path(
    get,
    path = "/approvals/{id}/explain",
    operation_id = "explain_approval",
    tag = "approvals",
    params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = Explanation))
)]
pub(crate) async fn explain(
    State(state): State<AppState>,
    Path(id): Path<ApprovalId>,
) -> Result<Json<Explanation>, Problem> {
    let approval = state.tenant.approval(id).await?;
    let filter = DecisionFilter {
        task_id: approval.task_id,
        call_id: Some(approval.call_id),
        point: Some(Point::ToolCall),
        ..DecisionFilter::default()
    };
    let records = state.tenant.decisions(&filter).await?;
    let record = pick(&approval, records).ok_or_else(|| {
        Problem::not_found("the decision behind this question is not recorded, so it cannot be explained")
    })?;
    let text = in_sentences(&approval, &record);
    Ok(Json(Explanation {
        approval: views::Approval::mirror(approval),
        decision: views::Decision::mirror(record.decision),
        question: record.question,
        text,
    }))
}

/// A call can be decided more than once: the decision that asked is the one to explain.
fn pick(approval: &Approval, records: Vec<DecisionRecord>) -> Option<DecisionRecord> {
    let asked = records.iter().position(|record| {
        record.decision.verdict == Verdict::Ask
            && record.decision.policy_revision == approval.binding.policy_revision
    });
    records.into_iter().nth(asked.unwrap_or(0))
}

fn in_sentences(approval: &Approval, record: &DecisionRecord) -> String {
    let mut text = gateway::explain(&record.decision, &record.server, &record.tool);
    if approval.kind == ApprovalKind::OutcomeUnknown {
        text.push_str(
            "\nIt had started when Bailiwick stopped, and nobody knows whether it finished. It is not safe to run \
             twice, so you decide: retry, count as done, or stop.",
        );
    }
    if let Some(always) = &approval.always {
        text.push_str("\n\"Always for this task\" covers: ");
        text.push_str(&always.description);
        text.push_str(". It never overrides a deny, and can be revoked.");
    }
    text
}
