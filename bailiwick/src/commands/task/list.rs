//! `bailiwick task list`

use crate::commands::session::Session;
use crate::exit::Failure;
use crate::terminal::{say, short, table};

pub async fn list(
    session: &Session,
    status: Option<&str>,
    search: Option<&str>,
    limit: u32,
    json: bool,
) -> Result<(), Failure> {
    let mut query = vec![("limit", limit.to_string())];
    query.extend(status.map(|status| ("status", status.to_owned())));
    query.extend(search.map(|search| ("search", search.to_owned())));
    let page = session.client.tasks(&query).await?;
    if json {
        say!("{}", serde_json::to_string_pretty(&page.tasks)?)?;
        return Ok(());
    }
    if page.tasks.is_empty() {
        say!("no tasks")?;
        return Ok(());
    }
    let rows: Vec<_> = page
        .tasks
        .iter()
        .map(|task| {
            vec![
                short(task.id),
                task.status.as_str().to_owned(),
                task.created_at.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M").to_string(),
                task.spent.cost.to_string(),
                task.title.clone(),
            ]
        })
        .collect();
    table::print(&["task", "status", "begun", "cost", "title"], &rows)?;
    if page.next_before.is_some() {
        say!("… more: raise --limit")?;
    }
    Ok(())
}
