//! `GET /api/v1/tools`: what the agent can call.

use axum::extract::State;
use axum::{Extension, Json};
use domain::WorkspaceId;
use domain::task::Workspace;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::Query;
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;
use crate::views::{Mirror as _, Tool};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListTools {
    /// Left out: the server's own, else the first there is.
    workspace_id: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Tools {
    tools: Vec<ListedTool>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ListedTool {
    /// Short name of the server that has it.
    server: String,
    tool: Tool,
    /// What an approval of this tool is bound to.
    digest: String,
}

/// The tools that the policy shows to tasks in a workspace.
#[utoipa::path(
    get,
    path = "/tools",
    operation_id = "list_tools",
    tag = "policy",
    params(ListTools),
    responses((status = OK, body = Tools))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListTools>,
) -> Result<Json<Tools>, Problem> {
    // Without any workspace there is nothing that a tool could be shown for.
    let Some(workspace) = workspace(&state, query.workspace_id).await? else {
        return Ok(Json(Tools { tools: Vec::new() }));
    };
    let caller = gateway::Caller {
        tenant: state.tenant.clone(),
        principal_id: caller.principal_id(),
        principal_kind: "user".into(),
        roles: Vec::new(),
        task: None,
        session: None,
        workspace,
    };
    let listed = state.gateway.listed(&caller).await?;
    let tools = listed.into_iter().map(|listed| ListedTool {
        server: listed.server,
        tool: Tool::mirror(listed.tool),
        digest: listed.digest.0,
    });
    Ok(Json(Tools { tools: tools.collect() }))
}

async fn workspace(state: &AppState, id: Option<Uuid>) -> Result<Option<Workspace>, Problem> {
    if let Some(id) = id {
        return Ok(Some(state.tenant.workspace(WorkspaceId(id)).await?));
    }
    match &state.default_workspace {
        Some(workspace) => Ok(Some(workspace.clone())),
        None => Ok(state.tenant.workspaces().await?.into_iter().next()),
    }
}
