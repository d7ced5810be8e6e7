//! `GET /api/v1/tasks/{id}/events`: the task as it happens.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::response::sse::{KeepAlive, Sse};
use domain::TaskId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::sse::{self, Watch};
use crate::state::AppState;
use crate::views::Envelope;

/// So that proxies and laptops notice a dead connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WatchTask {
    /// Only journal events after this one; 0 or left out: from the beginning. `Last-Event-ID` wins over it.
    #[serde(default)]
    after: u64,
}

/// The task as it happens, as server-sent events.
///
/// `journal`: an Envelope, its `seq` as the id; in order, none lost, none doubled. `live`: a LiveEvent, without an
/// id; on connecting, what has gathered since the last journal event comes again, whole. `task`: a TaskSummary,
/// after each batch of journal events. The stream stays open when the task ends. It ends when the server stops,
/// and when a watcher is too slow for what is live: come back with `Last-Event-ID`, as browsers do by themselves.
#[utoipa::path(
    get,
    path = "/tasks/{id}/events",
    operation_id = "watch_task",
    tag = "tasks",
    params(
        ("id" = uuid::Uuid, Path),
        WatchTask,
        ("last-event-id" = Option<u64>, Header, description = "Sequence number of the last journal event seen."),
    ),
    responses((status = OK, body = Envelope, content_type = "text/event-stream"))
)]
pub(crate) async fn watch(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(task_id): Path<TaskId>,
    Query(query): Query<WatchTask>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    // Before anything is read, so that nothing falls between.
    let changes = state.store.subscribe();
    let sign_outs = state.sign_outs.subscribe();
    let permit = Arc::clone(&state.watchers).try_acquire_owned().map_err(|_| too_many(&state))?;

    let task = state.tenant.task(task_id).await?;
    let after = last_event_id(&headers)?.unwrap_or(query.after);
    if after > task.last_seq {
        return Err(Problem::invalid(format!(
            "The journal of this task ends at {}, before event {after}. Watch it from an event that it has, or \
             from 0.",
            task.last_seq
        )));
    }
    let token_hash = match caller {
        Caller::Session { token_hash, .. } => Some(token_hash),
        Caller::LocalToken => None,
    };
    let stream = sse::follow(Watch {
        tenant: state.tenant.clone(),
        task_id,
        after,
        changes,
        live: state.tasks.live().clone(),
        sign_outs,
        token_hash,
        closing: state.closing.clone(),
        permit,
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    match value.to_str() {
        Ok("") => Ok(None),
        Ok(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().map(Some).map_err(|_| not_a_number())
        }
        _ => Err(not_a_number()),
    }
}

fn not_a_number() -> Problem {
    Problem::invalid(
        "`Last-Event-ID` is not the id of an event. Send the number that came with the last one.",
    )
}

fn too_many(state: &AppState) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too_many_watchers",
        format!(
            "{} event streams are open. Close one, or raise `watchers_max` in [web].",
            state.config.watchers_max
        ),
    )
}
