//! `/api/v1/tasks/{id}/rules`: what "always for this task" has allowed.

use axum::Json;
use axum::extract::State;
use domain::{RuleId, TaskId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Path;
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::{Mirror as _, TaskRule};

#[derive(Serialize, ToSchema)]
pub(crate) struct TaskRules {
    /// Oldest first, revoked ones included.
    rules: Vec<TaskRule>,
}

/// Rules that a person made with "always for this task".
#[utoipa::path(
    get,
    path = "/tasks/{id}/rules",
    operation_id = "list_rules",
    tag = "tasks",
    params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = TaskRules))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Path(id): Path<TaskId>,
) -> Result<Json<TaskRules>, Problem> {
    // A task that does not exist is an error, not an empty list.
    state.tenant.task(id).await?;
    let rules = state.tenant.task_rules(id).await?;
    Ok(Json(TaskRules { rules: Vec::mirror(rules) }))
}

/// Revokes a rule: calls that it let through are asked about again.
#[utoipa::path(
    delete,
    path = "/tasks/{id}/rules/{rule_id}",
    operation_id = "revoke_rule",
    tag = "tasks",
    params(("id" = uuid::Uuid, Path), ("rule_id" = uuid::Uuid, Path)),
    responses((status = OK, body = TaskRule))
)]
pub(crate) async fn revoke(
    State(state): State<AppState>,
    Path((task_id, rule_id)): Path<(TaskId, RuleId)>,
) -> Result<Json<TaskRule>, Problem> {
    let rules = state.tenant.task_rules(task_id).await?;
    if !rules.iter().any(|rule| rule.id == rule_id) {
        return Err(Problem::not_found("no such rule in this task"));
    }
    Ok(Json(TaskRule::mirror(state.tenant.revoke_rule(rule_id).await?)))
}
