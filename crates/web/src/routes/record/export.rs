//! `GET /api/v1/record/export`: the record as JSON Lines.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::state::AppState;

/// Every entry, oldest first, one JSON object a line; the last line is the signed head.
#[utoipa::path(
    get,
    path = "/record/export",
    operation_id = "export_record",
    tag = "record",
    responses((status = OK, body = String, content_type = "application/jsonl"))
)]
pub(crate) async fn export(State(state): State<AppState>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"bailiwick-record.jsonl\""),
    ];
    (headers, Body::from_stream(state.record.export())).into_response()
}
