//! Files of a draft, and what is done with them off the threads that serve.

use axum::http::StatusCode;
use policy::{Policy, PolicyError, PolicyFile};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::state::AppState;

/// Files of a policy; those that end in `_test.rego` are tests of the others.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    pub files: Vec<DraftFile>,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftFile {
    pub path: String,
    /// Rego.
    pub text: String,
}

impl Draft {
    /// None at all would mean that everything is denied, which nobody means.
    pub fn files(self) -> Result<Vec<PolicyFile>, Problem> {
        if self.files.is_empty() {
            return Err(Problem::invalid("Send at least one file."));
        }
        Ok(self.files.into_iter().map(|file| PolicyFile { path: file.path, text: file.text }).collect())
    }
}

/// Compiles the rules of a draft as the ones in force were: with the same limits.
pub(crate) fn compile(state: &AppState, files: &[PolicyFile]) -> Result<Policy, Problem> {
    let rules = files.iter().filter(|file| !file.is_test()).cloned().collect();
    Policy::compile_with(rules, state.gateway.policy().config().clone()).map_err(|error| unusable(&error))
}

pub(crate) fn unusable(error: &PolicyError) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "policy_unusable",
        format!("The rules cannot be used: {error}"),
    )
}

/// Runs what may take seconds on a thread for that.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(Problem::internal("Looking at the rules broke off; the log says why.")),
    }
}

/// A report of the policy room as JSON: its types say what the members mean.
pub(crate) fn report(report: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(report)
        .map_err(|error| Problem::internal(format!("The report could not be written: {error}")))
}

/// Rules in force look into no data but a bundle's own; drafts here have none.
pub(crate) fn no_data() -> Value {
    json!({})
}
