//! `bailiwick task show`

use domain::journal::{Envelope, Event};
use serde_json::json;

use crate::client::TaskEvent;
use crate::commands::session::Session;
use crate::exit::Failure;
use crate::terminal::render::spent_line;
use crate::terminal::{BOLD, DIM, Renderer, clean, say, short};

pub async fn show(
    session: &mut Session,
    task: Option<&str>,
    json: bool,
    follow: bool,
) -> Result<(), Failure> {
    let id = session.task_id(task).await?;
    let detail = session.client.task(id).await?;
    let events = journal(session, id).await?;
    if json {
        let whole = json!({"task": detail.summary, "workspace": detail.workspace,
            "pending_approvals": detail.pending_approvals, "events": events});
        say!("{}", serde_json::to_string_pretty(&whole)?)?;
        return Ok(());
    }
    let task = &detail.summary;
    say!(
        "{BOLD}task {}{BOLD:#} {} {DIM}in {}{DIM:#}",
        short(id),
        task.status.as_str(),
        clean(&detail.workspace.root.display().to_string())
    )?;
    let mut renderer = Renderer::new();
    renderer.whole = true;
    renderer.stamps = true;
    for envelope in &events {
        renderer.journal(envelope)?;
    }
    say!("{DIM}{} · {} events · id {id}{DIM:#}", spent_line(&task.spent), task.last_seq)?;
    for approval in &detail.pending_approvals {
        say!(
            "{BOLD}waiting for you:{BOLD:#} {} {}\n  bailiwick task approve {2}   or   bailiwick task deny {2}",
            clean(&approval.tool),
            clean(&approval.arguments.to_string()),
            short(approval.id)
        )?;
    }
    if follow && !task.status.ended() {
        let shown = events.last().map_or(0, |envelope| envelope.seq);
        follow_live(session, id, shown, &mut renderer).await?;
    }
    Ok(())
}

/// Shows what comes after `shown` until the task ends.
async fn follow_live(
    session: &mut Session,
    id: domain::TaskId,
    mut shown: u64,
    renderer: &mut Renderer,
) -> Result<(), Failure> {
    let mut live = session.client.events(id, shown);
    loop {
        match live.next().await {
            Ok(TaskEvent::Live(event)) => renderer.live(&event)?,
            Ok(TaskEvent::Journal(envelope)) => {
                shown = envelope.seq;
                renderer.journal(&envelope)?;
                if matches!(envelope.event, Event::TaskEnded { .. }) {
                    return Ok(());
                }
            }
            Ok(TaskEvent::Summary(_)) => {}
            Err(error) if error.server_gone() => {
                session.reopen().await?;
                live = session.client.events(id, shown);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

async fn journal(session: &Session, id: domain::TaskId) -> Result<Vec<Envelope>, Failure> {
    let mut events: Vec<Envelope> = Vec::new();
    loop {
        let page = session.client.journal(id, events.last().map_or(0, |envelope| envelope.seq)).await?;
        if page.events.is_empty() {
            return Ok(events);
        }
        events.extend(page.events);
        if events.last().is_some_and(|envelope| envelope.seq >= page.last_seq) {
            return Ok(events);
        }
    }
}
