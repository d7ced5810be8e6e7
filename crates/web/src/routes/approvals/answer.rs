//! `POST /api/v1/approvals/{id}`: a person's answer.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::ApprovalId;
use serde::Deserialize;
use store::Resolve;
use utoipa::ToSchema;

use crate::extract::{Body, Path};
use crate::problem::Problem;
use crate::security::roles::may_answer;
use crate::security::session::Caller;
use crate::state::AppState;
use crate::views::{Answer, Approval, Mirror as _};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerApproval {
    answer: Answer,
    /// With `approve`: also make the rule that the approval offers in `always`.
    #[serde(default)]
    always: bool,
    /// Told to the model.
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    by: Option<AnsweredBy>,
}

/// From where, or by which standing order, the answer comes.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnsweredBy {
    Terminal,
    Dashboard,
    Api,
    #[serde(rename = "--approve all")]
    ApproveAll,
    #[serde(rename = "--approve none")]
    ApproveNone,
}

impl AnsweredBy {
    fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Dashboard => "dashboard",
            Self::Api => "api",
            Self::ApproveAll => "--approve all",
            Self::ApproveNone => "--approve none",
        }
    }
}

/// Answers a question, once; a second answer is refused with `already_resolved` (409), one of
/// somebody without the role that the policy wants with `role_needed` (403).
#[utoipa::path(
    post,
    path = "/approvals/{id}",
    operation_id = "answer_approval",
    tag = "approvals",
    params(("id" = uuid::Uuid, Path)),
    request_body = AnswerApproval,
    responses((status = OK, body = Approval))
)]
pub(crate) async fn answer(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<ApprovalId>,
    Body(body): Body<AnswerApproval>,
) -> Result<Json<Approval>, Problem> {
    let approval = state.tenant.approval(id).await?;
    may_answer(&approval, caller.roles())?;
    if body.always && (body.answer != Answer::Approve || approval.always.is_none()) {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "always_not_offered",
            "\"Always for this task\" goes with `approve`, and only where the question offers it in `always`.",
        ));
    }
    let by = body.by.map_or(caller.by(), AnsweredBy::as_str);
    let resolve = Resolve { answer: body.answer.into(), by: by.into(), note: body.note, always: body.always };
    Ok(Json(Approval::mirror(state.tenant.resolve_approval(id, resolve).await?)))
}
