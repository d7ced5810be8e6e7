//! The way into a workspace's folder. Paths are resolved beneath an open handle of its root, so no `..`, no
//! symlink and no race leads out.

use std::io;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use domain::WorkspaceId;

use crate::problem::Problem;
use crate::state::AppState;

/// Runs `work` on the open root, where blocking does no harm. `path` is relative; empty is the root.
pub(crate) async fn look<T: Send + 'static>(
    state: &AppState,
    id: WorkspaceId,
    path: String,
    work: impl FnOnce(&Dir, &str) -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let root = state.tenant.workspace(id).await?.root;
    let task = tokio::task::spawn_blocking(move || {
        let dir = Dir::open_ambient_dir(&root, ambient_authority()).map_err(|error| {
            Problem::not_found(format!("The workspace folder {} cannot be opened: {error}.", root.display()))
        })?;
        let inside = if path.is_empty() { "." } else { path.as_str() };
        work(&dir, inside).map_err(|error| problem(&path, &error))
    });
    task.await.map_err(|error| Problem::internal(format!("Reading the workspace failed: {error}.")))?
}

fn problem(path: &str, error: &io::Error) -> Problem {
    use io::ErrorKind as E;
    match error.kind() {
        E::NotFound => Problem::not_found(format!("There is no `{path}` in this workspace.")),
        E::NotADirectory => Problem::invalid(format!("`{path}` is not a folder.")),
        E::IsADirectory => Problem::invalid(format!("`{path}` is a folder; list it instead.")),
        // How the handle says that a path leads outside, too.
        E::PermissionDenied => Problem::invalid(format!(
            "`{path}` may not be read, or leads out of this workspace. Give a path relative to its folder."
        )),
        _ => Problem::invalid(format!("`{path}` cannot be read: {error}.")),
    }
}
