//! `GET /api/v1/workspaces/{id}/file`: what is in a file.

use std::io::{self, Read as _};

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use domain::WorkspaceId;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::inside;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::state::AppState;

/// Zero bytes are looked for in this much of a file's beginning.
const SNIFFED_BYTES: usize = 8 << 10;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadFile {
    /// Relative to the workspace.
    path: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct File {
    path: String,
    size_bytes: u64,
    kind: ContentKind,
    /// Of `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The text has bytes that are not UTF-8; they are replaced.
    lossy: bool,
    /// Of `image`, unless it is larger than `file_bytes_max` in [web].
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
    /// Of `image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'static str>,
    /// The file is larger than `file_bytes_max` in [web]; the rest is left out.
    truncated: bool,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContentKind {
    Text,
    Image,
    Binary,
}

/// What is in a file of a workspace: text, an image, or neither.
#[utoipa::path(
    get,
    path = "/workspaces/{id}/file",
    operation_id = "read_file",
    tag = "workspaces",
    params(("id" = uuid::Uuid, Path), ReadFile),
    responses((status = OK, body = File))
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    Path(id): Path<WorkspaceId>,
    Query(query): Query<ReadFile>,
) -> Result<Json<File>, Problem> {
    let bytes_max = state.config.file_bytes_max;
    let path = query.path.clone();
    let (bytes, size_bytes) =
        inside::look(&state, id, query.path, move |dir, path| head(dir, path, bytes_max)).await?;
    Ok(Json(show(path, bytes, size_bytes)))
}

/// The first `bytes_max` bytes, and the size of the whole.
fn head(dir: &Dir, path: &str, bytes_max: u64) -> io::Result<(Vec<u8>, u64)> {
    let mut options = OpenOptions::new();
    // A pipe or a device that lies in the workspace must not hold us up.
    options.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let file = dir.open_with(path, &options)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(bytes_max).read_to_end(&mut bytes)?;
    Ok((bytes, metadata.len()))
}

fn show(path: String, bytes: Vec<u8>, size_bytes: u64) -> File {
    let truncated = size_bytes > bytes.len() as u64;
    let mut file = File {
        path,
        size_bytes,
        kind: ContentKind::Binary,
        text: None,
        lossy: false,
        data_base64: None,
        mime_type: None,
        truncated,
    };
    if let Some(found) = infer::get(&bytes).filter(|found| found.matcher_type() == infer::MatcherType::Image)
    {
        file.kind = ContentKind::Image;
        file.mime_type = Some(found.mime_type());
        // Half an image is none.
        file.data_base64 = (!truncated).then(|| STANDARD.encode(&bytes));
    } else if !bytes[..bytes.len().min(SNIFFED_BYTES)].contains(&0) {
        let (text, lossy) = decode(bytes, truncated);
        file.kind = ContentKind::Text;
        file.text = Some(text);
        file.lossy = lossy;
    }
    file
}

/// Text, and whether something in it had to be replaced. A character cut in two by the limit is left out.
fn decode(mut bytes: Vec<u8>, truncated: bool) -> (String, bool) {
    if truncated
        && let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_cut_by_the_limit_is_not_an_error() {
        let cut = "aé".as_bytes()[..2].to_vec();
        assert_eq!(decode(cut.clone(), true), ("a".into(), false));
        assert_eq!(decode(cut, false), ("a\u{fffd}".into(), true));
    }
}
