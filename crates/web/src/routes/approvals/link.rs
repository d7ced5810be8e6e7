//! `POST /api/v1/approvals/{id}/link`: a link that answers the question once, without a sign-in.

use axum::Json;
use axum::extract::{Request, State};
use chrono::{DateTime, Utc};
use domain::ApprovalId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Path;
use crate::problem::Problem;
use crate::security::host;
use crate::security::roles::{OF_A_LINK, may_answer};
use crate::state::AppState;

#[derive(Serialize, ToSchema)]
pub(crate) struct AnswerLink {
    /// Whoever opens it may answer this one question, once.
    url: String,
    expires_at: DateTime<Utc>,
}

/// Makes a link for a phone or a chat. Opening it shows the question; only the answer uses it up.
#[utoipa::path(
    post,
    path = "/approvals/{id}/link",
    operation_id = "create_approval_link",
    tag = "approvals",
    params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = AnswerLink))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Path(id): Path<ApprovalId>,
    request: Request,
) -> Result<Json<AnswerLink>, Problem> {
    let base = match state.config.public_url.trim_end_matches('/') {
        "" => {
            let authority =
                host::authority(&request).ok_or_else(|| Problem::invalid("The request names no host."))?;
            format!("http://{authority}")
        }
        url => url.to_owned(),
    };
    let approval = state.tenant.approval(id).await?;
    // A link that could not answer would only be a disappointment.
    may_answer(&approval, OF_A_LINK)?;
    let link = state.sign_in.approval_link(&state.tenant, &approval, &state.config).await?;
    Ok(Json(AnswerLink { url: link.url(&base), expires_at: link.expires_at }))
}
