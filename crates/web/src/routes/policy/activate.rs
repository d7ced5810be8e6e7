//! `POST /api/v1/policy/activate`: put a draft in force.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use policy::coverage::coverage;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::draft::{Draft, DraftFile, aside, compile, no_data, unusable};
use crate::extract::Body;
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivatePolicy {
    files: Vec<DraftFile>,
    /// Why, for whoever reads the list of versions later.
    #[serde(default)]
    note: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Activated {
    /// Of the version.
    id: String,
}

/// Compiles the draft, runs its tests, and puts it in force if all of them pass. Without a single test it is refused
/// as well: nobody has said what it should do.
#[utoipa::path(
    post,
    path = "/policy/activate",
    operation_id = "activate_policy",
    tag = "policy",
    request_body = ActivatePolicy,
    responses((status = OK, body = Activated))
)]
pub(crate) async fn activate(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<ActivatePolicy>,
) -> Result<Json<Activated>, Problem> {
    let files = Draft { files: body.files }.files()?;
    let (checking, tested) = (state.clone(), files.clone());
    aside(move || {
        compile(&checking, &tested)?;
        let covered = coverage(&tested, &no_data()).map_err(|error| unusable(&error))?;
        match (covered.tests.failed.as_slice(), covered.tests.passed.len()) {
            ([], 0) => Err(refused("The draft has no tests: add a file that ends in `_test.rego`.".into())),
            ([], _) => Ok(()),
            (failed, _) => Err(refused(format!("The draft fails its own tests: {}", failed.join("; ")))),
        }
    })
    .await?;
    let id = state.policies.activate(files, &body.note, caller.by()).await?;
    Ok(Json(Activated { id }))
}

fn refused(why: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "policy_tests_failed", why)
}
