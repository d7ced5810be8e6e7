//! `GET /api/v1/workspaces/{id}/files`: what lies in a folder.

use std::io;

use axum::Json;
use axum::extract::State;
use cap_std::fs::{Dir, DirEntry, FileType};
use chrono::{DateTime, Utc};
use domain::WorkspaceId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::inside;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListFiles {
    /// Relative to the workspace; left out or empty: the workspace itself.
    #[serde(default)]
    path: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Files {
    path: String,
    /// Folders first, then by name.
    entries: Vec<FileEntry>,
    /// There are more than `entries_max` in [web]; the rest is left out.
    truncated: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct FileEntry {
    /// Bytes that are not UTF-8 are replaced.
    name: String,
    kind: FileKind,
    size_bytes: u64,
    modified_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileKind {
    File,
    Directory,
    Symlink,
    Other,
}

/// What lies in a folder of a workspace.
#[utoipa::path(
    get,
    path = "/workspaces/{id}/files",
    operation_id = "list_files",
    tag = "workspaces",
    params(("id" = uuid::Uuid, Path), ListFiles),
    responses((status = OK, body = Files))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Path(id): Path<WorkspaceId>,
    Query(query): Query<ListFiles>,
) -> Result<Json<Files>, Problem> {
    let entries_max = state.config.entries_max;
    let path = query.path.clone();
    let (entries, truncated) =
        inside::look(&state, id, query.path, move |dir, path| entries(dir, path, entries_max)).await?;
    Ok(Json(Files { path, entries, truncated }))
}

fn entries(dir: &Dir, path: &str, entries_max: usize) -> io::Result<(Vec<FileEntry>, bool)> {
    let mut found = Vec::new();
    let mut truncated = false;
    for entry in dir.read_dir(path)? {
        if found.len() == entries_max {
            truncated = true;
            break;
        }
        // An entry that vanishes while we look is not there.
        if let Ok(entry) = describe(&entry?) {
            found.push(entry);
        }
    }
    found.sort_by(|a, b| {
        (a.kind != FileKind::Directory, &a.name).cmp(&(b.kind != FileKind::Directory, &b.name))
    });
    Ok((found, truncated))
}

/// Of the entry itself: a symlink is not followed.
fn describe(entry: &DirEntry) -> io::Result<FileEntry> {
    let metadata = entry.metadata()?;
    Ok(FileEntry {
        name: entry.file_name().to_string_lossy().into_owned(),
        kind: kind(metadata.file_type()),
        size_bytes: metadata.len(),
        modified_at: metadata.modified().ok().map(|time| DateTime::<Utc>::from(time.into_std())),
    })
}

fn kind(of: FileType) -> FileKind {
    if of.is_dir() {
        FileKind::Directory
    } else if of.is_file() {
        FileKind::File
    } else if of.is_symlink() {
        FileKind::Symlink
    } else {
        FileKind::Other
    }
}
