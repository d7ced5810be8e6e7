//! `bailiwick gateway approve`: a person reads what a tool says of itself, and lets it be used.

use std::io::IsTerminal;

use inquire::Confirm;

use super::inspect::show_tool;
use crate::client::{ServerDetail, ServerTool};
use crate::commands::session::Session;
use crate::exit::Failure;
use crate::terminal::{clean, say};

/// Shows the tools that wait (all, or those that are named) and approves them.
pub async fn approve(
    session: &Session,
    detail: &ServerDetail,
    names: &[String],
    yes: bool,
) -> Result<(), Failure> {
    let server = &detail.server.name;
    let waiting = chosen(detail, names)?;
    if waiting.is_empty() {
        say!("no tool of {} waits for an approval", clean(server))?;
        return Ok(());
    }
    for tool in &waiting {
        show_tool(tool)?;
    }
    if !yes && !confirmed(server, waiting.len())? {
        say!("nothing was approved; `bailiwick gateway approve {}` asks again", clean(server))?;
        return Ok(());
    }
    session.client.approve_tools(server, &waiting).await?;
    say!("approved {} of {}", count(waiting.len()), clean(server))?;
    Ok(())
}

fn chosen<'d>(detail: &'d ServerDetail, names: &[String]) -> Result<Vec<&'d ServerTool>, Failure> {
    if names.is_empty() {
        return Ok(detail.tools.iter().filter(|tool| tool.waits()).collect());
    }
    let find = |name: &String| {
        detail.tools.iter().find(|tool| tool.name == *name && tool.waits()).ok_or_else(|| {
            let server = &detail.server.name;
            Failure::usage(format!(
                "no tool `{name}` of {server} waits; `bailiwick gateway inspect {server}` shows its tools"
            ))
        })
    };
    names.iter().map(find).collect()
}

fn confirmed(server: &str, tools: usize) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "{} of {server} wait for you: run this in a terminal, or say --yes",
            count(tools)
        )));
    }
    let question = format!("Let callers use {} of {server}, as described above?", count(tools));
    Ok(Confirm::new(&question).with_default(false).prompt()?)
}

fn count(tools: usize) -> String {
    match tools {
        1 => "1 tool".to_owned(),
        tools => format!("{tools} tools"),
    }
}
