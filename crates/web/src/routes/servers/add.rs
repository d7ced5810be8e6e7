//! `POST /api/v1/servers`: put a server behind the gateway.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::Body;
use crate::ports::{ServerDetail, ServerSpec};
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;

const NAME_CHARS_MAX: usize = 40;

#[derive(Deserialize, ToSchema)]
pub(crate) struct NewServer {
    /// 1 to 40 of a–z, 0–9 and `-`: the first part of its tools' whole names.
    name: String,
    #[serde(flatten)]
    spec: ServerSpec,
}

/// Adds a server. Its tools wait until a person approves them.
#[utoipa::path(
    post,
    path = "/servers",
    operation_id = "add_server",
    tag = "servers",
    request_body = NewServer,
    responses((status = CREATED, body = ServerDetail))
)]
pub(crate) async fn add(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewServer>,
) -> Result<(StatusCode, Json<ServerDetail>), Problem> {
    check_name(&body.name)?;
    let detail = state.servers.add(&body.name, body.spec, caller.by()).await?;
    Ok((StatusCode::CREATED, Json(detail)))
}

/// The separator of whole names (`server__tool`) must not be in one.
fn check_name(name: &str) -> Result<(), Problem> {
    let fits = (1..=NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if fits {
        return Ok(());
    }
    Err(Problem::invalid(format!("A server's name has 1 to {NAME_CHARS_MAX} of a–z, 0–9 and `-`.")))
}
