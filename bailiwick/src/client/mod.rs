//! The one way the terminal reaches tasks: the HTTP API of the serving process, ours or another.

mod events;
mod http;
mod servers;

pub use events::{TaskEvent, TaskEvents};
pub use http::{ApiError, Client};
pub use servers::{ServerDetail, ServerTool, Verification};

use domain::approval::Approval;
use domain::journal::Envelope;
use domain::task::{TaskSummary, Workspace};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub struct TaskPage {
    pub tasks: Vec<TaskSummary>,
    pub next_before: Option<domain::TaskId>,
}

#[derive(Deserialize)]
pub struct TaskDetail {
    #[serde(flatten)]
    pub summary: TaskSummary,
    pub workspace: Workspace,
    pub pending_approvals: Vec<Approval>,
}

#[derive(Deserialize)]
pub struct JournalPage {
    pub events: Vec<Envelope>,
    pub last_seq: u64,
}

#[derive(Serialize)]
pub struct CreateTask<'a> {
    pub prompt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<&'a std::path::Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<&'a str>,
    pub limits: agent::LimitsChange,
}

#[derive(Serialize)]
pub struct AnswerApproval<'a> {
    pub answer: domain::approval::Answer,
    pub always: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
    pub by: &'a str,
}

#[derive(Deserialize)]
pub struct Explanation {
    /// Which rules spoke and why, in sentences.
    pub text: String,
}
