//! A client of whatever serves the data folder: the running `up`, or the same app started in this process.

use std::time::Duration;

use domain::{ApprovalId, TaskId};

use crate::app::{App, Options, Running};
use crate::cli::{self, Global};
use crate::client::Client;
use crate::config;
use crate::exit::Failure;
use crate::instance::{self, Lock};
use crate::paths::Paths;

/// How long to wait for another process that holds the lock to say where it serves.
const ANNOUNCE_WAIT: Duration = Duration::from_secs(10);

pub struct Session {
    pub client: Client,
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
        let paths = Paths::find(global)?;
        let began = std::time::Instant::now();
        loop {
            if let Some(instance) = instance::find(&paths) {
                return Ok(Self { client: Client::new(&instance)?, own: None });
            }
            if let Some(lock) = Lock::take(&paths)? {
                let loaded = config::load_for(&paths)?;
                let telemetry = telemetry::init(&quiet(loaded.config.telemetry.clone()))?;
                let options = Options { port: Some(0), only_look, ..Options::default() };
                let app = App::build(paths, loaded.config, options, lock).await?;
                let running = app.serve().await?;
                let client = Client::new(&running.instance)?;
                return Ok(Self { client, own: Some(Own { running, _telemetry: telemetry }) });
            }
            if began.elapsed() > ANNOUNCE_WAIT {
                return Err(Failure::internal(format!(
                    "another process holds {} but does not say where it serves; end it, or give another --data-dir",
                    paths.lock_file().display()
                )));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
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
        let page = self.client.tasks(&[("limit", "200".to_owned())]).await?;
        let Some(text) = text else {
            let newest = page.tasks.first();
            return newest.map(|task| task.id).ok_or_else(|| Failure::usage("there are no tasks yet"));
        };
        let matching: Vec<_> = page.tasks.iter().filter(|task| names(text, task.id)).collect();
        match matching.as_slice() {
            [task] => Ok(task.id),
            [] => Err(Failure::usage(format!("no task ends in `{text}`; `bailiwick task list` shows them"))),
            _ => {
                Err(Failure::usage(format!("{} tasks end in `{text}`: give more of the id", matching.len())))
            }
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
            .filter(|approval| names(text, approval.id) || names(text, approval.task_id))
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

fn names(text: &str, id: impl std::fmt::Display) -> bool {
    text.len() >= 4 && id.to_string().ends_with(&text.to_lowercase())
}
