//! `bailiwick audit …`

mod export;
mod verify;

use crate::cli::Global;
use crate::cli::audit::AuditCommand;
use crate::commands::session::Session;
use crate::exit::{Code, Failure};
use crate::terminal::{say, table};

pub async fn audit(global: &Global, command: &AuditCommand) -> Result<Code, Failure> {
    if let AuditCommand::Verify { file: Some(file), key, json } = command {
        return verify::file(global, file, key.as_deref(), *json);
    }
    let session = Session::open(global, true).await?;
    let done = run(&session, command).await;
    session.close().await;
    done
}

async fn run(session: &Session, command: &AuditCommand) -> Result<Code, Failure> {
    match command {
        AuditCommand::Verify { json, .. } => verify::record(session, *json).await,
        AuditCommand::Export { file } => export::export(session, file.as_deref()).await,
        AuditCommand::Show { limit, json } => show(session, *limit, *json).await,
    }
}

async fn show(session: &Session, limit: u32, json: bool) -> Result<Code, Failure> {
    let entries = session.client.record(limit).await?;
    if json {
        say!("{}", serde_json::to_string_pretty(&entries)?)?;
        return Ok(Code::Ok);
    }
    let rows: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            let verdict = entry.body["decision"]["verdict"].as_str().unwrap_or_default();
            let subject = [&entry.body["server"], &entry.body["tool"], &entry.body["subject"]];
            let subject: Vec<&str> = subject.iter().filter_map(|part| part.as_str()).collect();
            vec![
                entry.seq.to_string(),
                entry.at.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M:%S").to_string(),
                entry.kind,
                verdict.to_owned(),
                subject.join(" "),
            ]
        })
        .collect();
    table::print(&["entry", "at", "what", "verdict", "of"], &rows)?;
    Ok(Code::Ok)
}
