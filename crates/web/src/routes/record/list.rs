//! `GET /api/v1/record`: entries, newest first.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::Query;
use crate::ports::RecordEntry;
use crate::problem::Problem;
use crate::state::AppState;

const ENTRIES_DEFAULT: u32 = 50;
const ENTRIES_MAX: u32 = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListRecord {
    /// Only entries older than this one.
    before: Option<u64>,
    /// 50 when left out, 500 at most.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RecordPage {
    entries: Vec<RecordEntry>,
}

/// Entries of the record, newest first.
#[utoipa::path(
    get,
    path = "/record",
    operation_id = "list_record",
    tag = "record",
    params(ListRecord),
    responses((status = OK, body = RecordPage))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<ListRecord>,
) -> Result<Json<RecordPage>, Problem> {
    let limit = query.limit.unwrap_or(ENTRIES_DEFAULT).clamp(1, ENTRIES_MAX);
    Ok(Json(RecordPage { entries: state.record.entries(query.before, limit).await? }))
}
