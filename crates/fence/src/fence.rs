//! The face: a fence that was probed once and runs commands.

use std::sync::Arc;

use crate::{Command, Config, Exit, FenceError, Level, Report, Stream};
#[cfg(target_os = "linux")]
use crate::{ServerChild, ServerCommand};

/// A probed fence. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Fence {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    report: Report,
}

impl Fence {
    /// Probes the layers, which takes some milliseconds. Does not fail below the floor; running does.
    pub fn new(config: Config) -> Self {
        #[cfg(target_os = "linux")]
        let report = crate::probe::probe(&config);
        #[cfg(not(target_os = "linux"))]
        let report = unsupported(&config);
        Self { shared: Arc::new(Shared { config, report }) }
    }

    pub fn report(&self) -> &Report {
        &self.shared.report
    }

    /// Runs a command to its end and hands over output as it comes. Dropping the future kills the whole
    /// process tree, and so does reaching the wall time. Nothing that the command left running in the
    /// background outlives the call.
    pub async fn run(
        &self,
        command: Command,
        output: impl FnMut(Stream, &[u8]) + Send,
    ) -> Result<Exit, FenceError> {
        run(&self.shared.config, self.level()?, &command, output).await
    }
}

impl Fence {
    /// Starts a program that runs until its handle is dropped or it ends itself. It gets what
    /// [`describe`](crate::describe) says and nothing else. Needs a tokio runtime, on which it is watched.
    ///
    /// That the program could not be started is told by [`ServerChild::exit`](crate::ServerChild).
    #[cfg(target_os = "linux")]
    pub async fn serve(&self, command: ServerCommand) -> Result<ServerChild, FenceError> {
        crate::serve::serve(&self.shared.config, self.level()?, &command).await
    }

    /// Whether a server could be started with these grants; the error says which may not be granted, and why.
    #[cfg(target_os = "linux")]
    pub fn check(&self, command: &ServerCommand) -> Result<(), FenceError> {
        let spec = crate::serve::server_spec(&self.shared.config, self.level()?, command);
        spec.map(drop).map_err(FenceError::SetUp)
    }

    fn level(&self) -> Result<Level, FenceError> {
        let Report { level, .. } = &self.shared.report;
        match (*level, self.shared.report.refusal()) {
            (Some(level), None) => Ok(level),
            (_, refusal) => Err(FenceError::BelowFloor(refusal.unwrap_or_default())),
        }
    }
}

#[cfg(target_os = "linux")]
async fn run(
    config: &Config,
    level: Level,
    command: &Command,
    output: impl FnMut(Stream, &[u8]) + Send,
) -> Result<Exit, FenceError> {
    let spec = crate::spec::spec(config, level, command).map_err(FenceError::SetUp)?;
    let wall = command.wall_time.unwrap_or(std::time::Duration::from_secs(config.limits.wall_seconds_max));
    let running = crate::launch::launch(config)?;
    crate::watch::watch(running, &spec, &command.stdin, wall, output).await
}

#[cfg(not(target_os = "linux"))]
async fn run(
    _: &Config,
    _: Level,
    _: &Command,
    _: impl FnMut(Stream, &[u8]) + Send,
) -> Result<Exit, FenceError> {
    Err(FenceError::SetUp("there is no fence for this operating system".to_owned()))
}

#[cfg(not(target_os = "linux"))]
fn unsupported(config: &Config) -> Report {
    let layer = crate::Layer {
        name: "operating system".to_owned(),
        holds: false,
        detail: format!("there is no fence for {} in this edition", std::env::consts::OS),
        advice: Some("Run Bailiwick on Linux: in a virtual machine, a container or WSL 2.".to_owned()),
    };
    Report { level: None, floor: config.floor, layers: vec![layer] }
}
