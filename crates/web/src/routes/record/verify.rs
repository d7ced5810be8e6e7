//! `POST /api/v1/record/verify`: is it as it was written?

use axum::Json;
use axum::extract::State;

use crate::ports::Verification;
use crate::problem::Problem;
use crate::state::AppState;

/// Reads the whole chain and compares it with the signed head. Takes a moment for a long record.
#[utoipa::path(post, path = "/record/verify", operation_id = "verify_record", tag = "record", responses((status = OK, body = Verification)))]
pub(crate) async fn verify(State(state): State<AppState>) -> Result<Json<Verification>, Problem> {
    Ok(Json(state.record.verify().await?))
}
