//! `POST /api/v1/sign-in-links`: a new one-time link.

use axum::Json;
use axum::extract::{Request, State};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::security::host;
use crate::state::AppState;

#[derive(Serialize, ToSchema)]
pub(crate) struct SignInLink {
    /// Works once.
    url: String,
    expires_at: DateTime<Utc>,
}

/// Makes a one-time sign-in link under the address that the request came to.
#[utoipa::path(
    post,
    path = "/sign-in-links",
    operation_id = "create_sign_in_link",
    tag = "sign-in",
    responses((status = OK, body = SignInLink))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    request: Request,
) -> Result<Json<SignInLink>, Problem> {
    let authority =
        host::authority(&request).ok_or_else(|| Problem::invalid("The request names no host."))?;
    let link = state.sign_in.link();
    Ok(Json(SignInLink { url: link.url(&format!("http://{authority}")), expires_at: link.expires_at }))
}
