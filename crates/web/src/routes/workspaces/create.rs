//! `POST /api/v1/workspaces`: makes a folder a workspace.

use std::io;
use std::path::Path;

use axum::Json;
use axum::extract::State;
use domain::task::Workspace;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::Body;
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::{self, Mirror as _};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWorkspace {
    /// Absolute path of a folder that exists.
    path: String,
}

/// Makes an existing folder a workspace; asking again gives the same one.
#[utoipa::path(
    post,
    path = "/workspaces",
    operation_id = "create_workspace",
    tag = "workspaces",
    request_body = CreateWorkspace,
    responses((status = OK, body = views::Workspace))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Body(body): Body<CreateWorkspace>,
) -> Result<Json<views::Workspace>, Problem> {
    let workspace = ensure(&state, Path::new(&body.path)).await?;
    Ok(Json(views::Workspace::mirror(workspace)))
}

/// The workspace of a folder, by its canonical path.
pub(crate) async fn ensure(state: &AppState, path: &Path) -> Result<Workspace, Problem> {
    if !path.is_absolute() {
        return Err(Problem::invalid(format!(
            "`{}` is not an absolute path. Give one that begins with `/`.",
            path.display()
        )));
    }
    let root = tokio::fs::canonicalize(path).await.map_err(|error| unusable(path, &error))?;
    let metadata = tokio::fs::metadata(&root).await.map_err(|error| unusable(path, &error))?;
    if !metadata.is_dir() {
        return Err(Problem::invalid(format!(
            "`{}` is not a folder. Name the folder to work in.",
            path.display()
        )));
    }
    // Tools may write anywhere in a workspace, so the whole machine cannot be one.
    let Some(name) = root.file_name() else {
        return Err(Problem::invalid("`/` is the whole machine. Name the folder to work in."));
    };
    let Some(name) = name.to_str().filter(|_| root.to_str().is_some()) else {
        return Err(Problem::invalid(format!(
            "The path `{}` is not UTF-8. Rename the folder, or reach it by a link with another name.",
            root.display()
        )));
    };
    Ok(state.tenant.ensure_workspace(&root, name).await?)
}

fn unusable(path: &Path, error: &io::Error) -> Problem {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            Problem::invalid(format!("The folder `{path}` does not exist. Make it first, or name another."))
        }
        _ => Problem::invalid(format!("The folder `{path}` cannot be used: {error}.")),
    }
}
