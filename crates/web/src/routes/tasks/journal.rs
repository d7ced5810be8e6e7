//! `GET /api/v1/tasks/{id}/journal`: what happened, page by page.

use axum::Json;
use axum::extract::State;
use domain::TaskId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::{Envelope, Mirror as _};

const PAGE_DEFAULT: u32 = 200;
const PAGE_MAX: u32 = 500;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadJournal {
    /// Only events after this one; 0 or left out: from the beginning.
    #[serde(default)]
    after: u64,
    /// At most this many: 200 when left out, 500 at most.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Journal {
    /// In order.
    events: Vec<Envelope>,
    /// Sequence number of the journal's last event: when it is above the last one here, there is more.
    last_seq: u64,
}

/// Events of a task, in order.
#[utoipa::path(
    get,
    path = "/tasks/{id}/journal",
    operation_id = "read_journal",
    tag = "tasks",
    params(("id" = uuid::Uuid, Path), ReadJournal),
    responses((status = OK, body = Journal))
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    Path(id): Path<TaskId>,
    Query(query): Query<ReadJournal>,
) -> Result<Json<Journal>, Problem> {
    let task = state.tenant.task(id).await?;
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let events = state.tenant.events(id, query.after, limit).await?;
    // The journal may have grown between the two reads.
    let last_seq = events.last().map_or(task.last_seq, |event| event.seq.max(task.last_seq));
    Ok(Json(Journal { events: Vec::mirror(events), last_seq }))
}
