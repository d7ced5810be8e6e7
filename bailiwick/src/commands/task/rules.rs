//! `bailiwick task rules | revoke`

use crate::commands::session::Session;
use crate::exit::Failure;
use crate::terminal::{clean, say, short, table};

/// Lists the "always for this task" rules of a task, revoked ones included.
pub async fn list(session: &Session, task: Option<&str>) -> Result<(), Failure> {
    let id = session.task_id(task).await?;
    let rules = session.client.rules(id).await?;
    if rules.is_empty() {
        say!("task {} has no rules: every question comes to you", short(id))?;
        return Ok(());
    }
    let rows: Vec<_> = rules
        .iter()
        .map(|rule| {
            vec![
                short(rule.id),
                if rule.revoked_at.is_some() { "revoked" } else { "in force" }.to_owned(),
                rule.created_by.clone(),
                rule.scope.description.clone(),
            ]
        })
        .collect();
    table::print(&["rule", "state", "by", "always"], &rows)?;
    Ok(())
}

/// Revokes a rule by its id or the last characters of it; the next such call is asked about again.
pub async fn revoke(session: &Session, task: Option<&str>, rule: &str) -> Result<(), Failure> {
    let id = session.task_id(task).await?;
    let rules = session.client.rules(id).await?;
    let matching: Vec<_> =
        rules.iter().filter(|known| known.id.to_string().ends_with(&rule.to_lowercase())).collect();
    let [found] = matching.as_slice() else {
        return Err(Failure::usage(format!(
            "{} rules of task {} end in `{rule}`; `bailiwick task rules {1}` shows them",
            matching.len(),
            short(id)
        )));
    };
    let revoked = session.client.revoke_rule(id, found.id).await?;
    say!("revoked: {}", clean(&revoked.scope.description))?;
    Ok(())
}
