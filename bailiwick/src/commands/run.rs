//! `bailiwick run "TASK"`: the same work as in the dashboard, followed in the terminal.

use std::io::IsTerminal;
use std::time::Duration;

use domain::TaskId;
use domain::approval::{Answer, Approval, ApprovalKind};
use domain::journal::{Envelope, Event, TaskEnd};
use domain::task::TaskSummary;
use serde_json::json;

use super::session::Session;
use crate::cli::{Approve, Global, RunArgs};
use crate::client::{AnswerApproval, ApiError, Client, CreateTask, TaskEvent};
use crate::exit::{Code, Failure};
use crate::terminal::ask::Typed;
use crate::terminal::render::spent_line;
use crate::terminal::{Asker, DIM, RED, Renderer, YELLOW, clean, short};

pub async fn run(global: &Global, args: &RunArgs) -> Result<Code, Failure> {
    let workspace = workspace(args)?;
    let session = if args.detach { detached(global).await? } else { Session::open(global, false).await? };
    let new = CreateTask {
        prompt: &args.task,
        workspace: workspace.as_deref(),
        model: args.model.as_deref(),
        limits: args.limits.to_change(),
    };
    let task = match session.client.create_task(&new).await {
        Ok(task) => task,
        Err(error) => {
            session.close().await;
            return Err(error.into());
        }
    };
    if args.detach {
        println!("{}", if args.json { json!({"task": task}).to_string() } else { task.id.to_string() });
        return Ok(Code::TaskLeft);
    }
    let mut follow = Follow::new(session.client.clone(), task.id, args);
    let result = follow.until_done().await;
    session.close().await;
    result
}

/// The folder to name to the server: none for the guide without `--workspace`, which makes its own.
fn workspace(args: &RunArgs) -> Result<Option<std::path::PathBuf>, Failure> {
    let dir = match (&args.workspace, args.model.as_deref()) {
        (Some(dir), _) => dir.clone(),
        (None, Some("demo")) => return Ok(None),
        (None, _) => std::env::current_dir()?,
    };
    let dir = dir.canonicalize().map_err(|error| {
        Failure::usage(format!("the workspace {} cannot be opened: {error}", dir.display()))
    })?;
    Ok(Some(dir))
}

/// A running `up`, started in the background when there is none.
async fn detached(global: &Global) -> Result<Session, Failure> {
    let paths = crate::paths::Paths::find(global)?;
    if crate::instance::find(&paths).is_none() {
        paths.make_data_dir()?;
        let log = std::fs::File::create(paths.data_dir.join("up.log"))?;
        let mut command = std::process::Command::new(std::env::current_exe()?);
        command.args(["up", "--no-open", "--data-dir"]).arg(&paths.data_dir);
        if paths.config_named {
            command.arg("--config").arg(&paths.config_file);
        }
        command.stdin(std::process::Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // A session of its own: closing this terminal must not end it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()?;
        for _ in 0..200 {
            if crate::instance::find(&paths).is_some() {
                return Session::open(global, false).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        return Err(Failure::internal(format!(
            "`bailiwick up` did not start in the background; see {}",
            paths.data_dir.join("up.log").display()
        )));
    }
    Session::open(global, false).await
}

/// One task on one terminal.
pub struct Follow {
    client: Client,
    task_id: TaskId,
    /// Events up to this one are not shown.
    after: u64,
    /// `None`: leave questions to whoever comes.
    approve: Option<Approve>,
    json: bool,
    renderer: Renderer,
    asker: Option<Asker>,
    summary: Option<TaskSummary>,
    cancelling: bool,
}

/// What ended the following.
enum End {
    Code(Code),
    GoOn,
}

impl Follow {
    fn new(client: Client, task_id: TaskId, args: &RunArgs) -> Self {
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !args.json;
        let approve = args.approve.unwrap_or(if terminal { Approve::Ask } else { Approve::None });
        Self::with(client, task_id, 0, Some(approve), args.json)
    }

    /// Follows a task that goes on in this process, from after `after`.
    pub fn steered(client: Client, task_id: TaskId, after: u64) -> Self {
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        Self::with(client, task_id, after, terminal.then_some(Approve::Ask), false)
    }

    fn with(client: Client, task_id: TaskId, after: u64, approve: Option<Approve>, json: bool) -> Self {
        let asker = (approve == Some(Approve::Ask)).then(Asker::new);
        let renderer = Renderer::new();
        Self { client, task_id, after, approve, json, renderer, asker, summary: None, cancelling: false }
    }

    pub async fn until_done(&mut self) -> Result<Code, Failure> {
        let mut events = self.client.events(self.task_id, self.after);
        loop {
            // Taken out for the wait, because reading events and reading answers borrow different parts.
            let mut asker = self.asker.take();
            let typed = async {
                match &mut asker {
                    Some(asker) => asker.typed().await,
                    None => std::future::pending().await,
                }
            };
            let next = tokio::select! {
                event = events.next() => Next::Event(event?),
                typed = typed => Next::Typed(typed),
                _ = tokio::signal::ctrl_c() => Next::Interrupt,
            };
            self.asker = asker;
            let end = match next {
                Next::Event(event) => self.event(event).await?,
                Next::Typed(typed) => self.typed(typed).await?,
                Next::Interrupt => self.interrupt().await?,
            };
            if let End::Code(code) = end {
                self.closing_line(code).await?;
                return Ok(code);
            }
        }
    }

    async fn event(&mut self, event: TaskEvent) -> Result<End, Failure> {
        match event {
            TaskEvent::Summary(summary) => self.summary = Some(*summary),
            TaskEvent::Live(event) if !self.json => self.renderer.live(&event)?,
            TaskEvent::Live(_) => {}
            TaskEvent::Journal(envelope) => {
                if self.json {
                    println!("{}", serde_json::to_string(&envelope)?);
                } else {
                    self.renderer.journal(&envelope)?;
                }
                return self.journal(&envelope).await;
            }
        }
        Ok(End::GoOn)
    }

    async fn journal(&mut self, envelope: &Envelope) -> Result<End, Failure> {
        Ok(match &envelope.event {
            Event::ApprovalRequested { approval_id, .. } => {
                let approval = self.client.approval(*approval_id).await?;
                self.question(approval).await?
            }
            Event::ApprovalResolved { approval_id, .. } | Event::ApprovalVoided { approval_id, .. } => {
                if let Some(asker) = &mut self.asker {
                    asker.settle(*approval_id);
                }
                End::GoOn
            }
            Event::Paused { .. } => End::Code(Code::TaskPaused),
            Event::TaskEnded { end, .. } => End::Code(match end {
                TaskEnd::Completed => Code::Ok,
                TaskEnd::Failed => Code::TaskFailed,
                TaskEnd::Cancelled => Code::Cancelled,
            }),
            _ => End::GoOn,
        })
    }

    async fn question(&mut self, approval: Approval) -> Result<End, Failure> {
        if approval.status != domain::approval::ApprovalStatus::Pending {
            return Ok(End::GoOn);
        }
        // Whether a call that may have happened should happen again is nobody's but a person's to say.
        let (answer, by) = match (self.approve, approval.kind) {
            (Some(Approve::Ask), _) => {
                if let Some(asker) = &mut self.asker {
                    asker.add(approval);
                }
                return Ok(End::GoOn);
            }
            (None, _) | (_, ApprovalKind::OutcomeUnknown) => return Ok(End::Code(Code::TaskLeft)),
            (Some(Approve::All), ApprovalKind::ToolCall) => (Answer::Approve, "--approve all"),
            (Some(Approve::None), ApprovalKind::ToolCall) => (Answer::Deny, "--approve none"),
        };
        self.answer(&approval, answer, false, by).await?;
        Ok(End::GoOn)
    }

    async fn answer(
        &self,
        approval: &Approval,
        answer: Answer,
        always: bool,
        by: &str,
    ) -> Result<(), Failure> {
        match self.client.answer(approval.id, &AnswerApproval { answer, always, note: None, by }).await {
            Ok(_) => Ok(()),
            Err(error @ ApiError::Problem(_)) if error.code() == "already_resolved" => {
                anstream::eprintln!("{DIM}answered elsewhere already{DIM:#}");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn typed(&mut self, typed: Option<Typed>) -> Result<End, Failure> {
        let Some(asker) = &mut self.asker else { return Ok(End::GoOn) };
        let Some(approval) = asker.current().cloned() else { return Ok(End::GoOn) };
        match typed {
            Some(Typed::Answer { answer, always }) => {
                self.answer(&approval, answer, always, "terminal").await?
            }
            Some(Typed::Explain) => {
                let explanation = self.client.explain(approval.id).await?;
                anstream::println!("{}", clean(&explanation.text));
                asker.show();
            }
            Some(Typed::Unclear) => {
                anstream::println!("{YELLOW}please answer with one of the letters{YELLOW:#}");
                asker.show();
            }
            // Standard input ended: nobody can answer here any more.
            None => return Ok(End::Code(Code::TaskLeft)),
        }
        Ok(End::GoOn)
    }

    async fn interrupt(&mut self) -> Result<End, Failure> {
        if self.cancelling {
            return Ok(End::Code(Code::TaskLeft));
        }
        self.cancelling = true;
        anstream::eprintln!("\n{DIM}cancelling; Ctrl-C again leaves the task for later{DIM:#}");
        match self.client.cancel(self.task_id).await {
            Ok(_) | Err(ApiError::Problem(_)) => Ok(End::GoOn),
            Err(error) => Err(error.into()),
        }
    }

    async fn closing_line(&mut self, code: Code) -> Result<(), Failure> {
        // The summary that belongs to the last event may still be on its way.
        let detail = self.client.task(self.task_id).await?;
        self.summary = Some(detail.summary);
        let Some(task) = &self.summary else { return Ok(()) };
        if self.json {
            println!("{}", json!({"type": "summary", "exit_code": code as u8, "task": task}));
            return Ok(());
        }
        anstream::println!("{DIM}{} · task {}{DIM:#}", spent_line(&task.spent), short(task.id));
        match code {
            Code::TaskLeft => anstream::println!(
                "{YELLOW}left {}{YELLOW:#}: `bailiwick up` goes on with it; `bailiwick task show {}` shows it",
                task.status.as_str(),
                short(task.id)
            ),
            Code::TaskFailed if task.status_text.is_none() => {
                anstream::println!("{RED}no reason was given{RED:#}")
            }
            _ => {}
        }
        Ok(())
    }
}

enum Next {
    Event(TaskEvent),
    Typed(Option<Typed>),
    Interrupt,
}
