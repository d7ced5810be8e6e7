//! `bailiwick run "TASK"`: the same work as in the dashboard, followed in the terminal.

use std::io::IsTerminal;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use domain::TaskId;
use domain::approval::{Answer, Approval, ApprovalKind};
use domain::journal::{Envelope, Event, TaskEnd};
use domain::task::TaskSummary;
use serde_json::json;

use super::session::Session;
use crate::cli::{Approve, Global, RunArgs};
use crate::client::{AnswerApproval, ApiError, CreateTask, TaskEvent};
use crate::exit::{Cause, Code, Failure};
use crate::paths::workspace_folder;
use crate::signals::{Asked, Signals};
use crate::terminal::ask::Typed;
use crate::terminal::render::spent_line;
use crate::terminal::{Asker, DIM, RED, Renderer, YELLOW, clean, remark, say, short};

/// Servers lost in a row, without an event of the task between them, before the terminal gives up.
const LOSSES_MAX: u32 = 5;

/// How long the last line waits for the newest figures of the task.
const CLOSING_WAIT: Duration = Duration::from_secs(2);

pub async fn run(global: &Global, args: &RunArgs) -> Result<Code, Failure> {
    let workspace = workspace(args)?;
    let mut session =
        if args.detach { detached(global).await? } else { Session::open(global, false).await? };
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
        say!("{}", if args.json { json!({"task": task}).to_string() } else { task.id.to_string() })?;
        if session.is_passing() {
            remark!(
                "{YELLOW}another `bailiwick run` works on it and will end{YELLOW:#}: then `bailiwick up` goes on with it"
            );
        }
        return Ok(Code::TaskLeft);
    }
    let mut signals = Signals::listen()?;
    let result = Follow::new(&mut session, task.id, args).until_done(&mut signals).await;
    close(session, &mut signals).await;
    result
}

/// Closes the session in order, or at the next signal: the journal knows where the task is.
pub async fn close(session: Session, signals: &mut Signals) {
    tokio::select! {
        () = session.close() => {}
        _ = signals.next() => {}
    }
}

/// The folder to name to the server: none for the guide without `--workspace`, which makes its own.
fn workspace(args: &RunArgs) -> Result<Option<std::path::PathBuf>, Failure> {
    match (&args.workspace, args.model.as_deref()) {
        (None, Some("demo")) => Ok(None),
        (given, _) => workspace_folder(given.as_deref()).map(Some),
    }
}

/// A running `up`, started in the background when there is none.
async fn detached(global: &Global) -> Result<Session, Failure> {
    let paths = crate::paths::Paths::find(global)?;
    if crate::instance::find(&paths).is_none() {
        paths.make_data_dir()?;
        // It will hold a sign-in link.
        let log = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(paths.data_dir.join("up.log"))?;
        let mut command = std::process::Command::new(std::env::current_exe()?);
        command.args(["up", "--no-open", "--data-dir"]).arg(&paths.data_dir);
        if paths.config_named {
            command.arg("--config").arg(&paths.config_file);
        }
        command.stdin(std::process::Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // A process group of its own: Ctrl-C and the end of this terminal go to the groups in its foreground.
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
pub struct Follow<'a> {
    session: &'a mut Session,
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

impl<'a> Follow<'a> {
    fn new(session: &'a mut Session, task_id: TaskId, args: &RunArgs) -> Self {
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !args.json;
        let approve = args.approve.unwrap_or(if terminal { Approve::Ask } else { Approve::None });
        Self::with(session, task_id, 0, Some(approve), args.json)
    }

    /// Follows a task that goes on in this process, from after `after`.
    pub fn steered(session: &'a mut Session, task_id: TaskId, after: u64) -> Self {
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        Self::with(session, task_id, after, terminal.then_some(Approve::Ask), false)
    }

    fn with(
        session: &'a mut Session,
        task_id: TaskId,
        after: u64,
        approve: Option<Approve>,
        json: bool,
    ) -> Self {
        let asker = (approve == Some(Approve::Ask)).then(Asker::new);
        let renderer = Renderer::new();
        Self { session, task_id, after, approve, json, renderer, asker, summary: None, cancelling: false }
    }

    /// Until the task ends or needs someone who is not here. A serving process that goes away is replaced.
    pub async fn until_done(&mut self, signals: &mut Signals) -> Result<Code, Failure> {
        match self.follow(signals).await {
            // Nobody reads this any more: they may look at the task another time.
            Err(failure) if failure.cause == Cause::Unread => Ok(Code::TaskLeft),
            Err(failure) if failure.cause == Cause::ServerGone => Err(Failure {
                code: Code::TaskLeft,
                message: format!(
                    "{}\nThe task is kept: `bailiwick up` goes on with it; `bailiwick task show {}` shows it",
                    failure.message,
                    short(self.task_id)
                ),
                ..failure
            }),
            result => result,
        }
    }

    async fn follow(&mut self, signals: &mut Signals) -> Result<Code, Failure> {
        let mut events = self.session.client.events(self.task_id, self.after);
        let mut losses = 0;
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
                event = events.next() => match event {
                    Ok(event) => { losses = 0; Next::Event(event) }
                    Err(error) if error.server_gone() => Next::Lost(error.into()),
                    Err(error) => return Err(error.into()),
                },
                typed = typed => Next::Typed(typed),
                asked = signals.next() => Next::Signal(asked),
            };
            self.asker = asker;
            if let Next::Event(event) = &next {
                self.show(event)?;
            }
            // What could not be done because the server went away is done again with the next one.
            let end = loop {
                let failure = match self.step(&next, signals).await {
                    Err(failure) if failure.cause == Cause::ServerGone => failure,
                    result => break result?,
                };
                losses += 1;
                if losses > LOSSES_MAX {
                    return Err(failure);
                }
                self.session.reopen().await?;
                events = self.session.client.events(self.task_id, self.after);
                if matches!(next, Next::Lost(_)) {
                    break End::GoOn;
                }
            };
            if let End::Code(code) = end {
                self.closing_line(code).await?;
                return Ok(code);
            }
        }
    }

    fn show(&mut self, event: &TaskEvent) -> Result<(), Failure> {
        match event {
            TaskEvent::Live(event) if !self.json => self.renderer.live(event)?,
            TaskEvent::Journal(envelope) => {
                self.after = envelope.seq;
                if self.json {
                    say!("{}", serde_json::to_string(&envelope)?)?;
                } else {
                    self.renderer.journal(envelope)?;
                }
            }
            TaskEvent::Live(_) | TaskEvent::Summary(_) => {}
        }
        Ok(())
    }

    async fn step(&mut self, next: &Next, signals: &mut Signals) -> Result<End, Failure> {
        match next {
            Next::Event(TaskEvent::Journal(envelope)) => self.journal(envelope).await,
            Next::Event(TaskEvent::Summary(summary)) => {
                self.summary = Some((**summary).clone());
                Ok(End::GoOn)
            }
            Next::Event(TaskEvent::Live(_)) => Ok(End::GoOn),
            Next::Typed(typed) => self.typed(typed.as_ref()).await,
            Next::Signal(Asked::Interrupt) => self.interrupt(signals).await,
            Next::Signal(Asked::End) => Ok(End::Code(Code::TaskLeft)),
            Next::Lost(failure) => Err(failure.clone()),
        }
    }

    async fn journal(&mut self, envelope: &Envelope) -> Result<End, Failure> {
        Ok(match &envelope.event {
            Event::ApprovalRequested { approval_id, .. } => {
                let approval = self.session.client.approval(*approval_id).await?;
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
        match self
            .session
            .client
            .answer(approval.id, &AnswerApproval { answer, always, note: None, by })
            .await
        {
            Ok(_) => Ok(()),
            Err(error @ ApiError::Problem(_)) if error.code() == "already_resolved" => {
                remark!("{DIM}answered elsewhere already{DIM:#}");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn typed(&mut self, typed: Option<&Typed>) -> Result<End, Failure> {
        let Some(asker) = &mut self.asker else { return Ok(End::GoOn) };
        let Some(approval) = asker.current().cloned() else { return Ok(End::GoOn) };
        match typed {
            Some(Typed::Answer { answer, always }) => {
                self.answer(&approval, *answer, *always, "terminal").await?
            }
            Some(Typed::Explain) => {
                let explanation = self.session.client.explain(approval.id).await?;
                say!("{}", clean(&explanation.text))?;
                asker.show();
            }
            Some(Typed::Unclear) => {
                say!("{YELLOW}please answer with one of the letters{YELLOW:#}")?;
                asker.show();
            }
            // Standard input ended: nobody can answer here any more.
            None => return Ok(End::Code(Code::TaskLeft)),
        }
        Ok(End::GoOn)
    }

    async fn interrupt(&mut self, signals: &mut Signals) -> Result<End, Failure> {
        if self.cancelling {
            return Ok(End::Code(Code::TaskLeft));
        }
        remark!("\n{DIM}cancelling; Ctrl-C again leaves the task for later{DIM:#}");
        let cancelled = tokio::select! {
            cancelled = self.session.client.cancel(self.task_id) => cancelled,
            // Whoever asks again does not wait for a server that may not answer.
            _ = signals.next() => return Ok(End::Code(Code::TaskLeft)),
        };
        match cancelled {
            Err(error) if error.server_gone() => Err(error.into()),
            Ok(_) | Err(ApiError::Problem(_)) => {
                self.cancelling = true;
                Ok(End::GoOn)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn closing_line(&mut self, code: Code) -> Result<(), Failure> {
        // The summary that belongs to the last event may still be on its way.
        let detail = tokio::time::timeout(CLOSING_WAIT, self.session.client.task(self.task_id)).await;
        if let Ok(detail) = detail {
            self.summary = Some(detail?.summary);
        }
        let Some(task) = &self.summary else { return Ok(()) };
        if self.json {
            say!("{}", json!({"type": "summary", "exit_code": code as u8, "task": task}))?;
            return Ok(());
        }
        say!("{DIM}{} · task {}{DIM:#}", spent_line(&task.spent), short(task.id))?;
        match code {
            Code::TaskLeft => say!(
                "{YELLOW}left {}{YELLOW:#}: `bailiwick up` goes on with it; `bailiwick task show {}` shows it",
                task.status.as_str(),
                short(task.id)
            )?,
            Code::TaskFailed if task.status_text.is_none() => say!("{RED}no reason was given{RED:#}")?,
            _ => {}
        }
        Ok(())
    }
}

enum Next {
    Event(TaskEvent),
    Typed(Option<Typed>),
    Signal(Asked),
    /// The stream of events ended and did not come back.
    Lost(Failure),
}
