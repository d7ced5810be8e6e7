//! `POST /api/v1/policy/explain`: which rules spoke about one call, and why.

use axum::Json;
use axum::extract::State;
use domain::DecisionId;
use policy::replay::read_question;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::draft::{Draft, DraftFile, aside, compile, report, unusable};
use crate::extract::Body;
use crate::problem::Problem;
use crate::state::AppState;

/// Either a recorded decision or a question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExplainCall {
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    decision_id: Option<DecisionId>,
    #[serde(default)]
    question: Option<Value>,
    /// Rules to ask in place of those in force.
    #[serde(default)]
    files: Vec<DraftFile>,
}

/// The verdict, the rules that spoke with their lines and what they looked at, and those that nearly did:
/// `{"verdict", "reasons", "obligations", "policy_revision", "spoke", "silent", "sentences"}`. The rules are asked anew:
/// about a recorded decision they may say something else than they said then.
#[utoipa::path(
    post,
    path = "/policy/explain",
    operation_id = "explain_call",
    tag = "policy",
    request_body = ExplainCall,
    responses((status = OK, body = Object))
)]
pub(crate) async fn explain(
    State(state): State<AppState>,
    Body(body): Body<ExplainCall>,
) -> Result<Json<Value>, Problem> {
    let question = match (body.decision_id, body.question) {
        (Some(id), None) => state.tenant.decision(id).await?.question,
        (None, Some(question)) => question,
        _ => return Err(Problem::invalid("Send either `decision_id` or `question`.")),
    };
    let read = read_question(&question)
        .map_err(|why| Problem::invalid(format!("That is no question that can be put: {why}")))?;
    let rules = match body.files.is_empty() {
        true => state.gateway.policy(),
        false => compile(&state, &Draft { files: body.files }.files()?)?.into(),
    };
    let found = aside(move || {
        let explained = policy::explain::explain(&rules, &read.question).map_err(|error| unusable(&error))?;
        report(&explained)
    });
    Ok(Json(found.await?))
}
