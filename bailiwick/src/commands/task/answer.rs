//! `bailiwick task approve | deny | outcome`

use domain::approval::Answer;
use domain::task::TaskSummary;

use crate::client::AnswerApproval;
use crate::commands::session::Session;
use crate::exit::Failure;
use crate::terminal::{clean, say};

pub async fn answer(
    session: &Session,
    id: &str,
    answer: Answer,
    always: bool,
    note: Option<&str>,
) -> Result<Option<TaskSummary>, Failure> {
    let id = session.approval_id(id).await?;
    let approval =
        session.client.answer(id, &AnswerApproval { answer, always, note, by: "terminal" }).await?;
    let word = match answer {
        Answer::Approve => "approved",
        Answer::Deny => "denied",
        Answer::Retry => "will run again",
        Answer::CountAsDone => "counted as done",
        Answer::Stop => "stopped",
    };
    say!("{word}: {} {}", clean(&approval.tool), clean(&approval.arguments.to_string()))?;
    match approval.task_id {
        Some(task_id) => Ok(Some(session.client.task(task_id).await?.summary)),
        None => Ok(None),
    }
}
