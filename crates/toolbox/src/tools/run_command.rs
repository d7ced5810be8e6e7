//! `run_command`: a program or a line of shell, in the fence.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::tool::{ProgressSink, Tool, ToolOutcome};
use fence::{Exit, Stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::MissedTickBehavior;

use super::list_directory::here;
use crate::Inner;
use crate::error::ToolError;
use crate::live::Live;
use crate::output::{Capture, Kept};
use crate::path::RelPath;
use crate::reply::reply;
use crate::schema::{Effects, describe};

pub(super) const NAME: &str = "run_command";

/// Time between two pieces of live output.
const LIVE_INTERVAL: Duration = Duration::from_millis(100);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Program and its arguments, run without a shell. Give either this or shell.
    #[schemars(length(min = 1))]
    argv: Option<Vec<String>>,
    /// A command line for /bin/sh, with pipes, variables and so on. Give either this or argv.
    #[schemars(length(min = 1))]
    shell: Option<String>,
    /// Folder to run in, relative to the workspace.
    #[serde(default = "here")]
    #[schemars(length(min = 1))]
    cwd: String,
    /// Seconds after which the command is ended with all its children.
    #[schemars(range(min = 1))]
    time_out_seconds: Option<u64>,
    /// Environment variables to add.
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Report {
    /// Absent when a signal ended the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
    timed_out: bool,
    /// The setting under [fence.limits] that the command ran into.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_reached: Option<String>,
    took_ms: u64,
    /// Long output without its middle; a line says how much is left out.
    stdout: String,
    stderr: String,
    /// Bytes that the command wrote.
    stdout_bytes: u64,
    stderr_bytes: u64,
    /// Some of the output is left out.
    truncated: bool,
    /// Some of the output is not valid UTF-8 and shown as U+FFFD.
    lossy: bool,
}

pub(super) fn tool() -> Tool {
    describe::<Arguments, Report>(
        NAME,
        "Run a command",
        "Runs a program (argv) or a line of shell (shell) in the workspace, fenced: it can write only there, has \
         no network, no terminal and no input, and is ended with all its children when its time is over. Gives \
         back exit code, standard output and standard error.",
        // Open world although the fence has no network: a command may be let further by the policy one day, and
        // who reads the hint should expect it.
        Effects { read_only: false, destructive: true, idempotent: false, open_world: true },
    )
}

pub(super) async fn run(
    inner: &Inner,
    arguments: Arguments,
    progress: ProgressSink,
) -> Result<ToolOutcome, ToolError> {
    let command = command(inner, arguments)?;
    let output = Mutex::new(Output::new(inner.config.output_bytes_max, progress));
    let lock = || output.lock().unwrap_or_else(PoisonError::into_inner);

    let began = std::time::Instant::now();
    let running = inner.fence.run(command, |stream, bytes| lock().push(stream, bytes));
    tokio::pin!(running);
    let mut ticks = tokio::time::interval(LIVE_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let exit = loop {
        tokio::select! {
            exit = &mut running => break exit,
            _ = ticks.tick() => lock().live.flush(),
        }
    };
    lock().live.flush();
    telemetry::metrics().fence_launch(outcome_word(&exit), began.elapsed());
    let exit = exit?;

    let Output { stdout, stderr, .. } =
        std::mem::replace(&mut *lock(), Output::new(0, std::sync::Arc::new(|_| {})));
    finish(exit, stdout.finish(), stderr.finish())
}

/// How it ended, as a metric counts it.
fn outcome_word(exit: &Result<Exit, fence::FenceError>) -> &'static str {
    match exit {
        Err(_) => "refused",
        Ok(exit) if exit.timed_out => "timed_out",
        Ok(exit) if exit.signal.is_some() => "killed",
        Ok(_) => "exited",
    }
}

struct Output {
    stdout: Capture,
    stderr: Capture,
    live: Live,
}

impl Output {
    fn new(bytes_max: usize, progress: ProgressSink) -> Self {
        Self { stdout: Capture::new(bytes_max), stderr: Capture::new(bytes_max), live: Live::new(progress) }
    }

    fn push(&mut self, stream: Stream, bytes: &[u8]) {
        match stream {
            Stream::Stdout => self.stdout.push(bytes),
            Stream::Stderr => self.stderr.push(bytes),
        }
        self.live.push(stream, bytes);
    }
}

/// The call as the fence takes it.
fn command(inner: &Inner, arguments: Arguments) -> Result<fence::Command, ToolError> {
    let refuse = |why: String| Err(ToolError::Command(why));
    let argv = match (arguments.argv, arguments.shell) {
        (Some(argv), None) => argv,
        (None, Some(shell)) => vec!["/bin/sh".into(), "-c".into(), shell],
        (Some(_), Some(_)) => return refuse("Both argv and shell are given; give one of them.".into()),
        (None, None) => return refuse("Neither argv nor shell is given; give one of them.".into()),
    };
    if argv[0].is_empty() {
        return refuse("The first element of argv is the program to run; it is empty.".into());
    }
    if argv.iter().any(|argument| argument.contains('\0')) {
        return refuse("An argument holds a NUL character, which no command can be given.".into());
    }
    for (name, value) in &arguments.environment {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return refuse(format!(
                "The environment variable {name:?} cannot be set: a name may not be empty or hold `=`, and neither \
                 name nor value may hold a NUL character."
            ));
        }
    }
    let max = inner.config.command_seconds_max;
    if let Some(asked) = arguments.time_out_seconds
        && asked > max
    {
        return refuse(format!(
            "time_out_seconds is {asked}; at most {max} are allowed. A person can raise `command_seconds_max` in [toolbox]."
        ));
    }
    let cwd = RelPath::parse(&arguments.cwd, inner.root.path())?;
    // Looked at for a clear error; what keeps the command inside is the fence.
    inner.root.open_folder(&cwd)?;
    Ok(fence::Command {
        argv,
        workspace: inner.root.path().to_owned(),
        current_dir: if cwd.is_root() {
            inner.root.path().to_owned()
        } else {
            inner.root.path().join(cwd.as_str())
        },
        environment: arguments.environment,
        stdin: Vec::new(),
        wall_time: arguments.time_out_seconds.map(Duration::from_secs),
    })
}

fn finish(exit: Exit, stdout: Kept, stderr: Kept) -> Result<ToolOutcome, ToolError> {
    let mut text = status(&exit);
    for (name, kept) in [("stdout", &stdout), ("stderr", &stderr)] {
        if kept.bytes_total > 0 {
            text.push_str(&format!("\n{name}:\n{}", kept.text));
        }
    }
    if stdout.bytes_total + stderr.bytes_total == 0 {
        text.push_str("\n(no output)");
    }
    let lossy = stdout.lossy || stderr.lossy;
    if lossy {
        text.push_str("\n[Some bytes of the output are not valid UTF-8 and are shown as \u{fffd}.]");
    }
    let failed = exit.code != Some(0) || exit.timed_out;
    let report = Report {
        exit_code: exit.code,
        signal: exit.signal,
        timed_out: exit.timed_out,
        limit_reached: exit.limit.map(|limit| limit.setting().to_owned()),
        took_ms: u64::try_from(exit.took.as_millis()).unwrap_or(u64::MAX),
        stdout_bytes: stdout.bytes_total,
        stderr_bytes: stderr.bytes_total,
        truncated: stdout.bytes_omitted + stderr.bytes_omitted > 0,
        lossy,
        stdout: stdout.text,
        stderr: stderr.text,
    };
    // A command that fails is a result, not an accident; marked as an error so that nobody takes it for success.
    Ok(ToolOutcome { is_error: failed, ..reply(text, &report)? })
}

/// The first line: how it ended, after how long, and at which limit.
fn status(exit: &Exit) -> String {
    let took = exit.took.as_secs_f64();
    let ended = match (exit.timed_out, exit.code, exit.signal) {
        (true, ..) => format!("Ended after {took:.1} s: the time was over."),
        (_, Some(code), _) => format!("Exit code {code} after {took:.2} s."),
        (_, None, Some(signal)) => format!("Ended by signal {signal} after {took:.2} s."),
        (_, None, None) => format!("Ended after {took:.2} s, nobody knows how."),
    };
    match exit.limit {
        Some(limit) => format!("{ended} Limit: {limit}."),
        None => ended,
    }
}
