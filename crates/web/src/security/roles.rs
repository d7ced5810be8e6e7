//! Who may answer a question that the policy keeps for people with a role.

use axum::http::StatusCode;
use domain::approval::Approval;

use crate::problem::Problem;

/// What whoever signed in on a desk is: there is one person, and the desk is theirs.
pub(crate) const OF_THE_DESK: &[&str] = &["owner", "admin"];

/// What somebody is of whom nothing is known but that they hold a link.
pub(crate) const OF_A_LINK: &[&str] = &[];

/// Refuses an answer, whether yes or no, of somebody who has none of the roles that the question asks for.
pub(crate) fn may_answer(approval: &Approval, roles: &[&str]) -> Result<(), Problem> {
    if approval.roles.is_empty() || approval.roles.iter().any(|wanted| roles.contains(&wanted.as_str())) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "role_needed",
        format!(
            "Only a person with the role {} can answer this: the policy says so with `approval_role`.",
            approval.roles.join(" or ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use domain::approval::{ApprovalKind, ApprovalStatus, Binding};
    use domain::digest::Digest;
    use domain::{ApprovalId, CallId};

    use super::*;

    fn question(roles: &[&str]) -> Approval {
        Approval {
            id: ApprovalId::new(),
            task_id: None,
            call_id: CallId::new(),
            kind: ApprovalKind::ToolCall,
            server: "notes".into(),
            tool: "send".into(),
            arguments: serde_json::Value::Null,
            reasons: Vec::new(),
            binding: Binding {
                caller: String::new(),
                tool_digest: Digest(String::new()),
                arguments_digest: Digest(String::new()),
                policy_revision: String::new(),
            },
            always: None,
            status: ApprovalStatus::Pending,
            answer: None,
            answered_by: None,
            note: None,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            created_at: chrono::Utc::now(),
            resolved_at: None,
            expires_at: None,
            used_at: None,
        }
    }

    #[test]
    fn one_of_the_roles_is_enough_and_none_is_not() {
        assert!(may_answer(&question(&[]), OF_A_LINK).is_ok());
        assert!(may_answer(&question(&["auditor", "admin"]), OF_THE_DESK).is_ok());
        assert!(may_answer(&question(&["auditor"]), OF_THE_DESK).is_err());
        let refused = may_answer(&question(&["owner", "admin"]), OF_A_LINK).unwrap_err();
        assert!(refused.detail.contains("owner or admin"), "{}", refused.detail);
    }
}
