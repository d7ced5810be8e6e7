//! `bailiwick task …`

mod answer;
mod list;
mod rules;
mod show;

use super::run::Follow;
use super::session::Session;
use crate::cli::{Global, TaskCommand};
use crate::exit::{Code, Failure};
use crate::signals::Signals;
use crate::terminal::{clean, say, short};
use domain::task::{TaskStatus, TaskSummary};

/// Without a serving process, a task that was steered goes on here and is followed until it needs someone.
pub async fn task(global: &Global, command: &TaskCommand) -> Result<Code, Failure> {
    let mut session = Session::open(global, true).await?;
    let result = match run(&mut session, command).await {
        Ok(Some(steered)) if session.serves_itself() => follow(&mut session, steered).await,
        Ok(_) => Ok(Code::Ok),
        Err(failure) => Err(failure),
    };
    session.close().await;
    result
}

async fn follow(session: &mut Session, task: TaskSummary) -> Result<Code, Failure> {
    if task.status.ended() || task.status == TaskStatus::Paused {
        return Ok(Code::Ok);
    }
    say!("nothing else serves this data folder: the task goes on here")?;
    let mut signals = Signals::listen()?;
    Follow::steered(session, task.id, task.last_seq).until_done(&mut signals).await
}

/// Does it, and gives the task if it was steered.
async fn run(session: &mut Session, command: &TaskCommand) -> Result<Option<TaskSummary>, Failure> {
    let steered = match command {
        TaskCommand::List { status, search, limit, json } => {
            list::list(session, status.as_deref(), search.as_deref(), *limit, *json).await?;
            return Ok(None);
        }
        TaskCommand::Show { task, json, follow } => {
            show::show(session, task.as_deref(), *json, *follow).await?;
            return Ok(None);
        }
        TaskCommand::Rules { task } => {
            rules::list(session, task.as_deref()).await?;
            return Ok(None);
        }
        TaskCommand::Revoke { rule, task } => {
            rules::revoke(session, task.as_deref(), rule).await?;
            return Ok(None);
        }
        TaskCommand::Cancel { task } => {
            let id = session.task_id(Some(task)).await?;
            let task = session.client.cancel(id).await?;
            say_status(&task)?;
            task
        }
        TaskCommand::Resume { task, limits } => {
            let id = session.task_id(Some(task)).await?;
            let task = session.client.resume(id, limits.to_change()).await?;
            say_status(&task)?;
            task
        }
        TaskCommand::Message { task, text } => {
            let id = session.task_id(Some(task)).await?;
            let task = session.client.message(id, text).await?;
            say_status(&task)?;
            task
        }
        TaskCommand::Approve { id, always, note } => {
            return answer::answer(session, id, domain::approval::Answer::Approve, *always, note.as_deref())
                .await;
        }
        TaskCommand::Deny { id, note } => {
            return answer::answer(session, id, domain::approval::Answer::Deny, false, note.as_deref()).await;
        }
        TaskCommand::Outcome { id, answer } => {
            return answer::answer(session, id, answer.to_answer(), false, None).await;
        }
    };
    Ok(Some(steered))
}

fn say_status(task: &TaskSummary) -> std::io::Result<()> {
    let text = task.status_text.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
    say!("task {} is {}{}", short(task.id), task.status.as_str(), clean(&text))
}
