//! `GET /api/v1/openapi.json`: this API's own description.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;

static TEXT: LazyLock<String> = LazyLock::new(crate::openapi_json);

/// The description of this API.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "server",
    responses((status = OK, body = serde_json::Value, content_type = "application/json"))
)]
pub(crate) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}
