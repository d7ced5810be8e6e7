//! What needs the record or changes what is in force.

use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};

use super::files::{body, from_disk};
use super::show;
use crate::cli::Global;
use crate::cli::policy::{ExplainArgs, PolicyCommand};
use crate::commands::session::Session;
use crate::exit::{Code, Failure};
use crate::terminal::{BOLD, DIM, GREEN, RED, YELLOW, clean, diff, say, short, table};

/// Decisions looked through for one that a person names by its last characters.
const NAMED_AMONG: u32 = 500;

pub async fn with_server(global: &Global, command: &PolicyCommand) -> Result<Code, Failure> {
    let session = Session::open(global, true).await?;
    let done = run(&session, command).await;
    session.close().await;
    done
}

async fn run(session: &Session, command: &PolicyCommand) -> Result<Code, Failure> {
    match command {
        PolicyCommand::Explain(args) => explain(session, args).await,
        PolicyCommand::Replay { draft, last, json } => replay(session, draft, *last, *json).await,
        PolicyCommand::Diff { draft, json } => difference(session, draft, *json).await,
        PolicyCommand::Activate { draft, note } => {
            let files = from_disk(draft)?.files;
            let note = note.as_deref().unwrap_or_default();
            let put = json!({"files": body(&files), "note": note});
            let done = session.client.post("/policy/activate", &put).await?;
            say!("in force: {}", clean(done["id"].as_str().unwrap_or_default()))?;
            Ok(Code::Ok)
        }
        PolicyCommand::History { activate: Some(id) } => {
            let id = version(session, id).await?;
            session.client.reinstate_policy(&id).await?;
            say!("in force again: {}", clean(&id))?;
            Ok(Code::Ok)
        }
        PolicyCommand::History { activate: None } => history(session).await,
        PolicyCommand::Check { .. }
        | PolicyCommand::Fmt { .. }
        | PolicyCommand::Test { .. }
        | PolicyCommand::Coverage { .. }
        | PolicyCommand::Build { .. } => Err(Failure::internal("this command needs no server")),
    }
}

async fn explain(session: &Session, args: &ExplainArgs) -> Result<Code, Failure> {
    let mut ask = json!({});
    match (&args.decision, &args.question) {
        (Some(id), _) => ask["decision_id"] = decision(session, id).await?.into(),
        (None, Some(file)) => ask["question"] = question(file)?,
        (None, None) => return Err(Failure::usage("name a decision, or give --question")),
    }
    if let Some(path) = &args.policy {
        ask["files"] = body(&from_disk(path)?.files);
    }
    let explained = session.client.post("/policy/explain", &ask).await?;
    if args.json {
        show::json(&explained)?;
        return Ok(Code::Ok);
    }
    for sentence in explained["sentences"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        say!("{}", clean(sentence))?;
    }
    Ok(Code::Ok)
}

async fn replay(session: &Session, draft: &Path, last: u32, as_json: bool) -> Result<Code, Failure> {
    let put = json!({"files": body(&from_disk(draft)?.files), "last": last});
    let found = session.client.post("/policy/replay", &put).await?;
    if as_json {
        show::json(&found)?;
        return Ok(Code::Ok);
    }
    let mut changed = 0;
    for group in found["groups"].as_array().into_iter().flatten() {
        let word = |member: &str| group[member].as_str().unwrap_or_default().to_owned();
        say!("{BOLD}{} → {}{BOLD:#}", word("from"), word("to"))?;
        for change in group["changes"].as_array().into_iter().flatten() {
            changed += 1;
            let text = |member: &str| change[member].as_str().unwrap_or_default().to_owned();
            let inexact = change["inexact"].as_array().is_some_and(|losses| !losses.is_empty());
            let mark = if inexact { " (not just as it was asked: parts were redacted)" } else { "" };
            say!(
                "  {}  {}",
                short(text("id")),
                clean(&format!("{} {} {}{mark}", text("at"), text("server"), text("tool")))
            )?;
            let why = change["after"][0]["message"].as_str().unwrap_or("no rule speaks for it");
            say!("      {DIM}{}{DIM:#}", clean(why))?;
        }
    }
    let skipped = found["skipped"].as_array().map_or(0, Vec::len);
    let style = if changed == 0 { GREEN } else { YELLOW };
    say!(
        "{style}{changed} of {} decisions would change{style:#}{}",
        found["replayed"],
        if skipped > 0 { format!("; {skipped} could not be put to the draft") } else { String::new() }
    )?;
    Ok(Code::Ok)
}

async fn difference(session: &Session, draft: &Path, as_json: bool) -> Result<Code, Failure> {
    let put = json!({"files": body(&from_disk(draft)?.files)});
    let found = session.client.post("/policy/diff", &put).await?;
    if as_json {
        show::json(&found)?;
        return Ok(Code::Ok);
    }
    for (member, style, sign) in [("added", GREEN, '+'), ("removed", RED, '-'), ("changed", YELLOW, '~')] {
        for rule in found["rules"][member].as_array().into_iter().flatten() {
            let name = rule["name"].as_str().unwrap_or_default();
            let place = format!("{}:{}", rule["file"].as_str().unwrap_or_default(), rule["line"]);
            say!("{style}{sign}{style:#} {}  {DIM}{}{DIM:#}", clean(name), clean(&place))?;
        }
    }
    for file in found["files"].as_array().into_iter().flatten() {
        diff::print(&mut anstream::stdout().lock(), file["lines"].as_str().unwrap_or_default())?;
    }
    Ok(Code::Ok)
}

async fn history(session: &Session) -> Result<Code, Failure> {
    let answer = session.client.raw("/policy/versions").await?;
    let text = |of: &Value| of.as_str().unwrap_or_default().to_owned();
    let versions = answer["versions"].as_array().into_iter().flatten();
    let rows: Vec<Vec<String>> = versions
        .map(|version| {
            let state = if version["active"] == true { "in force" } else { "" };
            vec![
                short(text(&version["id"])),
                state.to_owned(),
                text(&version["created_at"]).chars().take(16).collect(),
                text(&version["created_by"]),
                text(&version["note"]),
            ]
        })
        .collect();
    table::print(&["version", "state", "made", "by", "note"], &rows)?;
    say!("{DIM}`shipped` is the pack that comes with the program{DIM:#}")?;
    Ok(Code::Ok)
}

/// A version by its id or the last characters of it.
async fn version(session: &Session, text: &str) -> Result<String, Failure> {
    if text == "shipped" {
        return Ok(text.to_owned());
    }
    let answer = session.client.raw("/policy/versions").await?;
    let ids =
        answer["versions"].as_array().into_iter().flatten().filter_map(|version| version["id"].as_str());
    let matching: Vec<&str> = ids.filter(|id| id.ends_with(text)).collect();
    match matching.as_slice() {
        [id] => Ok((*id).to_owned()),
        ids => Err(Failure::usage(format!(
            "{} versions end in `{text}`; `bailiwick policy history` shows them",
            ids.len()
        ))),
    }
}

/// A decision by its id or the last characters of it.
async fn decision(session: &Session, text: &str) -> Result<String, Failure> {
    if text.len() == 36 {
        return Ok(text.to_owned());
    }
    let entries = session.client.record(NAMED_AMONG).await?;
    let ids = entries.iter().filter_map(|entry| entry.body["decision"]["id"].as_str());
    let matching: Vec<&str> = ids.filter(|id| id.ends_with(text)).collect();
    match matching.as_slice() {
        [id] => Ok((*id).to_owned()),
        ids => Err(Failure::usage(format!(
            "{} of the last {NAMED_AMONG} entries of the record end in `{text}`; give the whole id",
            ids.len()
        ))),
    }
}

fn question(file: &Path) -> Result<Value, Failure> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text)?;
        text
    } else {
        std::fs::read_to_string(file)
            .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?
    };
    serde_json::from_str(&text).map_err(|error| Failure::usage(format!("the question is no JSON: {error}")))
}
