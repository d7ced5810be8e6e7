//! The face: a fence that was probed once and runs commands.

use std::sync::Arc;

use crate::{Command, Config, Exit, FenceError, Level, Report, Stream};

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
        let Shared { config, report } = &*self.shared;
        match (report.level, report.refusal()) {
            (Some(level), None) => run(config, level, &command, output).await,
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
