//! `bailiwick gateway list`

use crate::commands::session::Session;
use crate::exit::Failure;
use crate::terminal::{say, table};

pub async fn list(session: &Session, json: bool) -> Result<(), Failure> {
    if json {
        say!("{}", serde_json::to_string_pretty(&session.client.raw("/servers").await?["servers"])?)?;
        return Ok(());
    }
    let rows: Vec<_> = session
        .client
        .servers()
        .await?
        .into_iter()
        .map(|server| {
            let waiting = match server.tools_waiting {
                0 => String::new(),
                count => format!(", {count} waiting"),
            };
            let place = match server.spec["command"].as_array() {
                Some(words) => words.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>().join(" "),
                None => server.spec["url"].as_str().unwrap_or_default().to_owned(),
            };
            let place = match server.problem {
                Some(problem) => format!("{place} ({problem})"),
                None => place,
            };
            vec![
                server.name,
                server.origin,
                server.state,
                server.version.unwrap_or_default(),
                format!("{} tools{waiting}", server.tools_pinned),
                place,
            ]
        })
        .collect();
    table::print(&["server", "from", "state", "speaks", "tools", "where"], &rows)?;
    Ok(())
}
