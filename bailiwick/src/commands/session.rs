//! A client of whatever serves the data folder: the running `up`, or the same app started in this process.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::{ApprovalId, TaskId};

use crate::app::{App, Options, Running};
use crate::cli::{self, Global};
use crate::client::Client;
use crate::config;
use crate::exit::Failure;
use crate::instance::{self, Instance, Lock};
use crate::paths::{Paths, workspace_folder};
use crate::terminal::{DIM, remark};

/// How long to wait for another process that holds the lock to say where it serves.
const ANNOUNCE_WAIT: Duration = Duration::from_secs(10);

/// How long a process that went away is given to come back, here or at another port, before this one serves.
const SUCCESSOR_WAIT: Duration = Duration::from_secs(5);
/// How long to look for a successor in all: the one that went away may still hold the lock while it drains.
const REOPEN_WAIT: Duration = Duration::from_secs(45);
/// Fewer last characters of an id name nothing.
const ID_CHARS_MIN: usize = 4;
const TASKS_PER_PAGE: u32 = 200;
const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub struct Session {
    pub client: Client,
    paths: Paths,
    only_look: bool,
    /// Where it serves when another process does.
    other: Option<Instance>,
    /// Ours, when no other process serves.
    own: Option<Own>,
}

/// The app in this process. Telemetry goes last, with what the others said at their end.
struct Own {
    running: Running,
    _telemetry: telemetry::Guard,
}

impl Session {
    /// Finds the serving process or becomes one. With `only_look`, one that leaves unfinished tasks alone.
    pub async fn open(global: &Global, only_look: bool) -> Result<Self, Failure> {
        Self::open_in(global, only_look, None).await
    }

    /// Where MCP clients are served that work in this folder, unless another process serves them in its own.
    pub async fn open_with(global: &Global, workspace: Option<&Path>) -> Result<Self, Failure> {
        Self::open_in(global, true, Some(workspace_folder(workspace)?)).await
    }

    async fn open_in(global: &Global, only_look: bool, workspace: Option<PathBuf>) -> Result<Self, Failure> {
        let paths = Paths::find(global)?;
        let began = Instant::now();
        loop {
            if let Some(instance) = instance::find(&paths) {
                let client = Client::new(&instance)?;
                return Ok(Self { client, paths, only_look, other: Some(instance), own: None });
            }
            if let Some(lock) = Lock::take(&paths)? {
                let own = Own::serve(&paths, lock, only_look, workspace).await?;
                let client = Client::new(&own.running.instance)?;
                return Ok(Self { client, paths, only_look, other: None, own: Some(own) });
            }
            if began.elapsed() > ANNOUNCE_WAIT {
                return Err(unannounced(&paths));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// After the serving process went away: finds the one that serves now, and if none comes, serves itself. A
    /// session that only looks waits, and then says that there is none.
    pub async fn reopen(&mut self) -> Result<(), Failure> {
        if self.own.is_some() {
            return Err(Failure::internal("serving ended; the log says why"));
        }
        remark!("{DIM}Bailiwick went away; looking for it{DIM:#}");
        let began = Instant::now();
        while began.elapsed() < REOPEN_WAIT {
            if let Some(instance) = instance::find(&self.paths) {
                let client = Client::new(&instance)?;
                if client.is_alive().await {
                    remark!("{DIM}found it at http://{}{DIM:#}", instance.address);
                    (self.client, self.other) = (client, Some(instance));
                    return Ok(());
                }
            } else if began.elapsed() > SUCCESSOR_WAIT {
                if self.only_look {
                    return Err(Failure::internal(
                        "nothing serves this data folder any more: start `bailiwick up`",
                    ));
                }
                if let Some(lock) = Lock::take(&self.paths)? {
                    let own = Own::serve(&self.paths, lock, false, None).await?;
                    self.client = Client::new(&own.running.instance)?;
                    (self.other, self.own) = (None, Some(own));
                    remark!("{DIM}nothing else serves this data folder: the task goes on here{DIM:#}");
                    return Ok(());
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(unannounced(&self.paths))
    }

    /// Whether the serving process is another one that ends with a command of its own.
    pub fn is_passing(&self) -> bool {
        self.other.as_ref().is_some_and(|instance| !instance.lasting)
    }

    /// Folder that the serving process works for.
    pub fn data_dir(&self) -> std::path::PathBuf {
        self.paths.data_dir.clone()
    }

    /// Whether this process does the serving.
    pub fn serves_itself(&self) -> bool {
        self.own.is_some()
    }

    /// Stops what this session started. Unfinished tasks go on with the next `up` or `run`.
    pub async fn close(self) {
        if let Some(own) = self.own {
            own.running.stop().await;
        }
    }

    /// A task by its id or the last characters of it; the newest one without either.
    pub async fn task_id(&self, text: Option<&str>) -> Result<TaskId, Failure> {
        if let Some(id) = text.and_then(cli::parse_task_id) {
            return Ok(id);
        }
        let Some(text) = text else {
            let page = self.client.tasks(&[("limit", "1".to_owned())]).await?;
            let newest = page.tasks.first();
            return newest.map(|task| task.id).ok_or_else(|| Failure::usage("there are no tasks yet"));
        };
        if text.len() < ID_CHARS_MIN {
            return Err(Failure::usage(format!(
                "`{text}` is too short: give the last {ID_CHARS_MIN} characters of the id or more"
            )));
        }
        match self.tasks_named(text).await?.as_slice() {
            [id] => Ok(*id),
            [] => Err(Failure::usage(format!("no task ends in `{text}`; `bailiwick task list` shows them"))),
            several => {
                Err(Failure::usage(format!("{} tasks end in `{text}`: give more of the id", several.len())))
            }
        }
    }

    /// Every task whose id ends so, on however many pages.
    async fn tasks_named(&self, text: &str) -> Result<Vec<TaskId>, Failure> {
        let mut found = Vec::new();
        let mut query = vec![("limit", TASKS_PER_PAGE.to_string())];
        loop {
            let page = self.client.tasks(&query).await?;
            found.extend(page.tasks.iter().map(|task| task.id).filter(|id| names(text, id)));
            let Some(before) = page.next_before else { return Ok(found) };
            query = vec![("limit", TASKS_PER_PAGE.to_string()), ("before", before.to_string())];
        }
    }

    /// A pending approval by its id or the last characters of it, or of its task's id when that has just one.
    pub async fn approval_id(&self, text: &str) -> Result<ApprovalId, Failure> {
        if let Some(id) = cli::parse_approval_id(text)
            && self.client.approval(id).await.is_ok()
        {
            return Ok(id);
        }
        let pending = self.client.pending_approvals().await?;
        let matching: Vec<_> = pending
            .iter()
            .filter(|approval| {
                names(text, approval.id) || approval.task_id.is_some_and(|task| names(text, task))
            })
            .collect();
        match matching.as_slice() {
            [approval] => Ok(approval.id),
            [] => Err(Failure::usage(format!("nothing that `{text}` names is waiting for an answer"))),
            several => {
                let list: Vec<_> = several
                    .iter()
                    .map(|approval| format!("  {}  {} {}", approval.id, approval.tool, approval.arguments))
                    .collect();
                Err(Failure::usage(format!("`{text}` has several questions; name one:\n{}", list.join("\n"))))
            }
        }
    }
}

/// Logs of errors only, when nothing else was asked for: they share the terminal with the task.
fn quiet(mut config: telemetry::Config) -> telemetry::Config {
    if config.log.is_empty() {
        config.log = "error".to_owned();
    }
    config
}

impl Own {
    /// The same app as `up`, on a free port.
    async fn serve(
        paths: &Paths,
        lock: Lock,
        only_look: bool,
        workspace: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let loaded = config::load_for(paths)?;
        let telemetry = telemetry::init(&quiet(loaded.config.telemetry.clone()))?;
        let options = Options { port: Some(0), only_look, workspace, ..Options::default() };
        let app = App::build(paths.clone(), loaded.config, options, lock).await?;
        Ok(Self { running: app.serve().await?, _telemetry: telemetry })
    }
}

fn unannounced(paths: &Paths) -> Failure {
    Failure::internal(format!(
        "another process holds {} but does not say where it serves; end it, or give another --data-dir",
        paths.lock_file().display()
    ))
}

fn names(text: &str, id: impl std::fmt::Display) -> bool {
    text.len() >= ID_CHARS_MIN && id.to_string().ends_with(&text.to_lowercase())
}
