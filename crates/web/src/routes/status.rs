//! `GET /api/v1/status`: what this server is and can do now.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::AppState;
use crate::views::{FenceReport, Mirror as _, ModelInfo, Workspace};

#[derive(Serialize, ToSchema)]
pub(crate) struct Status {
    version: String,
    /// Model of tasks that name none.
    model_default: String,
    models: Vec<ModelOffer>,
    /// Where tasks work that name no folder.
    default_workspace: Option<Workspace>,
    policy: PolicyStatus,
    fence: FenceReport,
}

/// A model that a task may name.
#[derive(Serialize, ToSchema)]
pub(crate) struct ModelOffer {
    #[serde(flatten)]
    info: ModelInfo,
    /// Whether it can be called now.
    ready: bool,
    /// Why it cannot, and what would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyStatus {
    /// Digest of all files.
    revision: String,
}

/// What this server is and can do now.
#[utoipa::path(get, path = "/status", operation_id = "get_status", tag = "server", responses((status = OK, body = Status)))]
pub(crate) async fn show(State(state): State<AppState>) -> Json<Status> {
    let models = state.settings.offers().into_iter().map(|offer| ModelOffer {
        info: ModelInfo::mirror(offer.info),
        ready: offer.why_not.is_none(),
        why_not: offer.why_not,
    });
    Json(Status {
        version: state.version.clone(),
        model_default: state.settings.default_model(),
        models: models.collect(),
        default_workspace: state.default_workspace.clone().map(Workspace::mirror),
        policy: PolicyStatus { revision: state.gateway.policy().revision().to_owned() },
        fence: FenceReport::mirror(state.fence.clone()),
    })
}
