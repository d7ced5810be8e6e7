//! Approvals asked on the spot.

use std::collections::VecDeque;
use std::io::{BufRead, IsTerminal, Write};

use domain::approval::{Answer, Approval, ApprovalKind};
use tokio::sync::mpsc;

use super::{BOLD, DIM, YELLOW, clean};

/// What a person typed at the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    Answer { answer: Answer, always: bool },
    Explain,
    Unclear,
}

/// Questions waiting at this terminal, and the lines typed.
pub struct Asker {
    waiting: VecDeque<Approval>,
    /// Whether a person types the lines: then one typed before its question was shown answers nothing.
    live: bool,
    lines: mpsc::Receiver<String>,
}

impl Asker {
    /// Reads standard input from a thread of its own: a read there cannot be cancelled.
    pub fn new() -> Self {
        let (sender, lines) = mpsc::channel(16);
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                let Ok(line) = line else { break };
                if sender.blocking_send(line).is_err() {
                    break;
                }
            }
        });
        Self { waiting: VecDeque::new(), live: std::io::stdin().is_terminal(), lines }
    }

    pub fn add(&mut self, approval: Approval) {
        self.waiting.push_back(approval);
        if self.waiting.len() == 1 {
            self.show();
        }
    }

    /// Answered here or elsewhere: the next question is shown.
    pub fn settle(&mut self, id: domain::ApprovalId) {
        let was_first = self.current().is_some_and(|approval| approval.id == id);
        self.waiting.retain(|approval| approval.id != id);
        if was_first {
            self.show();
        }
    }

    pub fn current(&self) -> Option<&Approval> {
        self.waiting.front()
    }

    /// The next line typed while something is asked; `None` when standard input ended. Pending for ever while
    /// nothing is asked.
    pub async fn typed(&mut self) -> Option<Typed> {
        if self.waiting.is_empty() {
            std::future::pending::<()>().await;
        }
        let line = self.lines.recv().await?;
        let approval = self.current()?;
        Some(read(&line, approval))
    }

    /// Shows the question, for the first time or again.
    pub fn show(&mut self) {
        while self.live && self.lines.try_recv().is_ok() {}
        let Some(approval) = self.current() else { return };
        let mut out = anstream::stdout().lock();
        let _ = question(&mut out, approval);
        let _ = out.flush();
    }
}

fn read(line: &str, approval: &Approval) -> Typed {
    let plain = |answer| Typed::Answer { answer, always: false };
    match (approval.kind, line.trim().to_lowercase().as_str()) {
        (_, "e" | "explain" | "?") => Typed::Explain,
        (ApprovalKind::ToolCall, "y" | "yes") => plain(Answer::Approve),
        (ApprovalKind::ToolCall, "n" | "no") => plain(Answer::Deny),
        (ApprovalKind::ToolCall, "a" | "always") if approval.always.is_some() => {
            Typed::Answer { answer: Answer::Approve, always: true }
        }
        (ApprovalKind::OutcomeUnknown, "r" | "retry") => plain(Answer::Retry),
        (ApprovalKind::OutcomeUnknown, "d" | "done") => plain(Answer::CountAsDone),
        (ApprovalKind::OutcomeUnknown, "s" | "stop") => plain(Answer::Stop),
        _ => Typed::Unclear,
    }
}

fn question(out: &mut impl Write, approval: &Approval) -> std::io::Result<()> {
    writeln!(out)?;
    match approval.kind {
        ApprovalKind::ToolCall => {
            writeln!(out, "{YELLOW}? The policy asks about {}{YELLOW:#}", clean(&approval.tool))?;
        }
        ApprovalKind::OutcomeUnknown => writeln!(
            out,
            "{YELLOW}? {} had started when Bailiwick stopped, and nobody knows whether it finished{YELLOW:#}",
            clean(&approval.tool)
        )?,
    }
    let arguments = serde_json::to_string_pretty(&approval.arguments).unwrap_or_default();
    for line in clean(&arguments).lines() {
        writeln!(out, "    {line}")?;
    }
    for reason in &approval.reasons {
        writeln!(out, "    {DIM}{}{DIM:#}", clean(&reason.message))?;
    }
    let choices = match (approval.kind, &approval.always) {
        (ApprovalKind::ToolCall, Some(scope)) => {
            writeln!(out, "    {DIM}always = {}{DIM:#}", clean(&scope.description))?;
            "[y]es  [n]o  [a]lways for this task  [e]xplain"
        }
        (ApprovalKind::ToolCall, None) => "[y]es  [n]o  [e]xplain",
        (ApprovalKind::OutcomeUnknown, _) => "[r]etry  count as [d]one  [s]top the task  [e]xplain",
    };
    write!(out, "  {BOLD}{choices}{BOLD:#} > ")
}
