//! `bailiwick gateway inspect`

use crate::client::{ServerDetail, ServerTool};
use crate::commands::session::Session;
use crate::exit::Failure;
use crate::terminal::{BOLD, DIM, GREEN, RED, YELLOW, clean, say};

pub async fn inspect(session: &Session, name: &str, json: bool) -> Result<(), Failure> {
    if json {
        let detail = session.client.raw(&format!("/servers/{name}")).await?;
        say!("{}", serde_json::to_string_pretty(&detail)?)?;
        return Ok(());
    }
    show(&session.client.server(name).await?)
}

/// A server with its tools, as a person reads it.
pub fn show(detail: &ServerDetail) -> Result<(), Failure> {
    let server = &detail.server;
    let version = server.version.as_deref().unwrap_or("not asked yet");
    say!(
        "{BOLD}{}{BOLD:#}  {}  {DIM}speaks {}{DIM:#}",
        clean(&server.name),
        clean(&server.state),
        clean(version)
    )?;
    if let Some(problem) = &server.problem {
        say!("  {RED}{}{RED:#}", clean(problem))?;
    }
    for grant in &detail.grants {
        say!("  {}", clean(grant))?;
    }
    for collision in &detail.collisions {
        say!("  {YELLOW}{}{YELLOW:#}", clean(collision))?;
    }
    for tool in &detail.tools {
        show_tool(tool)?;
    }
    if !detail.stderr.trim().is_empty() {
        say!("{DIM}its last words on standard error:{DIM:#}")?;
        for line in detail.stderr.trim_end().lines() {
            say!("  {DIM}{}{DIM:#}", clean(line))?;
        }
    }
    Ok(())
}

/// A tool, what is wrong with it, and how it changed.
pub fn show_tool(tool: &ServerTool) -> Result<(), Failure> {
    let style = match tool.state.as_str() {
        "pinned" => GREEN,
        "gone" => DIM,
        _ => YELLOW,
    };
    say!("  {style}{:8}{style:#} {BOLD}{}{BOLD:#}", clean(&tool.state), clean(&tool.name))?;
    if let Some(exposed) = tool.exposed.as_ref().filter(|exposed| **exposed != tool.name) {
        say!("           called as {}", clean(exposed))?;
    }
    for flag in &tool.flags {
        say!("           {RED}look twice:{RED:#} {}", clean(flag))?;
    }
    match &tool.diff {
        Some(diff) => {
            for line in diff.lines() {
                let style = match line.as_bytes().first() {
                    Some(b'+') => GREEN,
                    Some(b'-') => RED,
                    _ => DIM,
                };
                say!("           {style}{}{style:#}", clean(line))?;
            }
        }
        None => {
            let description = tool.definition["description"].as_str().unwrap_or_default();
            for line in description.lines().take(6) {
                say!("           {DIM}{}{DIM:#}", clean(line))?;
            }
        }
    }
    Ok(())
}
