//! `GET /api/v1/approvals/{id}/explain`: why a person is asked.

use std::fmt::Write as _;

use axum::Json;
use axum::extract::State;
use domain::ApprovalId;
use domain::approval::{Approval, ApprovalKind};
use domain::decision::{Point, Reason, Verdict};
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
        task_id: Some(approval.task_id),
        call_id: Some(approval.call_id),
        point: Some(Point::ToolCall),
        limit: 0,
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
    let decision = &record.decision;
    let mut text = match approval.kind {
        ApprovalKind::ToolCall => {
            format!("You are asked before `{}` of `{}` runs.", approval.tool, approval.server)
        }
        ApprovalKind::OutcomeUnknown => format!(
            "`{}` of `{}` had started when Bailiwick stopped, and nobody knows whether it finished. It is not \
             safe to run twice, so you decide: retry, count as done, or stop.",
            approval.tool, approval.server
        ),
    };
    let (deciding, others): (Vec<&Reason>, Vec<&Reason>) =
        decision.reasons.iter().partition(|reason| reason.verdict == decision.verdict);
    let _ = write!(text, "\n\nThe policy said {}", word(decision.verdict));
    if deciding.is_empty() {
        text.push_str(", and no rule gave a reason.");
    } else {
        text.push_str(" because:");
        deciding.iter().for_each(|reason| add(&mut text, reason));
    }
    if !others.is_empty() {
        text.push_str("\n\nIt also heard, with less weight:");
        others.iter().for_each(|reason| add(&mut text, reason));
    }
    if let Some(always) = &approval.always {
        let _ = write!(
            text,
            "\n\n\"Always for this task\" would {}. It never overrides a deny, and can be revoked.",
            always.description
        );
    }
    let _ = write!(text, "\n\nPolicy revision {}.", decision.policy_revision);
    text
}

fn add(text: &mut String, reason: &Reason) {
    let _ = match reason.rule.as_str() {
        "" => write!(text, "\n- {} ({})", reason.message, word(reason.verdict)),
        rule => write!(text, "\n- {} ({}, rule {rule})", reason.message, word(reason.verdict)),
    };
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Ask => "ask",
        Verdict::Deny => "deny",
    }
}
