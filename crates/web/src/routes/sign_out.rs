//! `POST /api/v1/sign-out`: ends the session.

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use crate::problem::Problem;
use crate::security::session::{self, Caller};
use crate::state::AppState;

/// Ends the session of this browser, and the event streams it has open.
#[utoipa::path(post, path = "/sign-out", operation_id = "sign_out", tag = "sign-in", responses((status = NO_CONTENT)))]
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
) -> Result<impl IntoResponse, Problem> {
    if let Caller::Session { token_hash, .. } = caller {
        session::end(&state, &token_hash).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, session::no_cookie())]))
}
