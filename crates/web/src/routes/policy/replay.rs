//! `POST /api/v1/policy/replay`: put recorded calls to a draft.

use axum::Json;
use axum::extract::State;
use chrono::SecondsFormat;
use policy::replay::Recorded;
use serde::Deserialize;
use serde_json::Value;
use store::DecisionRecord;
use utoipa::ToSchema;

use super::draft::{Draft, DraftFile, aside, compile, report};
use crate::extract::Body;
use crate::problem::Problem;
use crate::state::AppState;

const LAST_DEFAULT: u32 = 500;
const LAST_MAX: u32 = 1_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayDraft {
    files: Vec<DraftFile>,
    /// How many calls, the newest; 500 when left out, 1,000 at most.
    #[serde(default)]
    last: Option<u32>,
}

/// Every recorded decision that the draft would make otherwise: `{"replayed", "inexact", "unchanged", "groups": [{"from",
/// "to", "changes": [{"id", "at", "point", "server", "tool", "before", "after", "obligations", "inexact"}]}], "skipped"}`.
#[utoipa::path(
    post,
    path = "/policy/replay",
    operation_id = "replay_policy",
    tag = "policy",
    request_body = ReplayDraft,
    responses((status = OK, body = Object))
)]
pub(crate) async fn replay(
    State(state): State<AppState>,
    Body(body): Body<ReplayDraft>,
) -> Result<Json<Value>, Problem> {
    let files = Draft { files: body.files }.files()?;
    let last = body.last.unwrap_or(LAST_DEFAULT).clamp(1, LAST_MAX);
    let recorded = state.tenant.calls_for_replay(last).await?;
    let found = aside(move || {
        let draft = compile(&state, &files)?;
        report(&policy::replay::replay(&draft, recorded.into_iter().map(as_recorded)))
    });
    Ok(Json(found.await?))
}

fn as_recorded(record: DecisionRecord) -> Recorded {
    Recorded {
        id: record.decision.id.to_string(),
        question: record.question,
        verdict: record.decision.verdict,
        reasons: record.decision.reasons,
        obligations: record.decision.obligations,
        at: record.at.to_rfc3339_opts(SecondsFormat::Micros, true),
    }
}
