//! The command line, as `--help` shows it.

pub mod audit;
pub mod gateway;
pub mod policy;
pub mod secret;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::{ApprovalId, TaskId};

/// An AI agent in a fenced place: every tool call passes a written policy, a person can approve and stop it,
/// and all of it is on record.
///
/// Without a command: `bailiwick up`.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(flatten)]
    pub up: UpArgs,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Largest cost limit on the command line.
const USD_MAX: f64 = 1e9;

const EXIT_CODES: &str = "Exit codes: 0 done · 1 error · 2 wrong usage or configuration · 3 the task failed · \
    4 the task is paused · 5 the task was left waiting or running · 130 cancelled";

#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Folder for the database and the instance file [default: by XDG, ~/.local/share/bailiwick]
    #[arg(long, global = true, value_name = "DIR", env = "BAILIWICK_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file [default: by XDG, ~/.config/bailiwick/config.toml]
    #[arg(long, global = true, value_name = "FILE", env = "BAILIWICK_CONFIG")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve dashboard, API and agent on this machine (what `bailiwick` alone does)
    Up(UpArgs),
    /// Give the agent a task and follow it here
    Run(RunArgs),
    /// List, show and steer tasks
    #[command(subcommand)]
    Task(TaskCommand),
    /// MCP servers behind the gateway, and clients in front of it
    #[command(subcommand)]
    Gateway(gateway::GatewayCommand),
    /// Values that servers use and nobody reads
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    /// The record of every decision and act
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Print a new one-time sign-in link for the dashboard
    SignIn,
    /// Show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check fence, data folder, models and port, and say what to mend
    Doctor(DoctorArgs),
    /// Ask a few questions and write the configuration
    Setup,
    /// Copy the database to a file while everything runs
    Backup {
        /// New file; an existing one is not overwritten
        file: PathBuf,
    },
    /// Check, test, explain and replace the rules
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// The gateway over standard input and output, for MCP clients that start commands
    Mcp(McpArgs),
    /// Serve the seven built-in tools to any MCP client
    McpServer(McpServerArgs),
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
    /// Print the OpenAPI description of the HTTP API
    #[command(hide = true)]
    Openapi,
}

#[derive(Clone, Debug, Default, Args)]
pub struct UpArgs {
    /// Port on 127.0.0.1; a taken one makes it take the next free one [default: 7878]
    #[arg(long)]
    pub port: Option<u16>,
    /// Folder that tasks work in when they name none [default: the current folder]
    #[arg(long, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// Do not open the browser
    #[arg(long)]
    pub no_open: bool,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    /// What to do, in your words
    pub task: String,
    /// Folder to work in [default: the current folder; for the model `demo` a new sample folder]
    #[arg(long, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// Model, like `anthropic/claude-sonnet-4-5`, `ollama/qwen3` or `demo` [default: `agent.model`]
    #[arg(long)]
    pub model: Option<String>,
    /// One JSON object a line: every journal event, then a summary
    #[arg(long)]
    pub json: bool,
    /// Start it and leave it to a running `bailiwick up` (which is started if there is none)
    #[arg(long, conflicts_with = "approve")]
    pub detach: bool,
    /// What to answer when the policy asks [default: `ask` on a terminal, `none` elsewhere]
    #[arg(long, value_enum)]
    pub approve: Option<Approve>,
    #[command(flatten)]
    pub limits: LimitArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Approve {
    /// Ask here
    Ask,
    /// Approve everything the policy asks about (what it denies stays denied)
    All,
    /// Deny everything the policy asks about
    None,
}

#[derive(Clone, Debug, Default, Args)]
pub struct LimitArgs {
    /// Most model turns
    #[arg(long, value_name = "N")]
    pub max_steps: Option<u32>,
    /// Most tokens, input and output together
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<u64>,
    /// Most US dollars
    #[arg(long, value_name = "USD", value_parser = usd, allow_negative_numbers = true)]
    pub max_usd: Option<f64>,
    /// Most seconds of work
    #[arg(long, value_name = "S")]
    pub max_seconds: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub enum TaskCommand {
    /// Newest first
    List {
        /// running, waiting, paused, completed, failed or cancelled
        #[arg(long)]
        status: Option<String>,
        /// Text in title or prompt
        #[arg(long)]
        search: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 20)]
        limit: u32,
        #[arg(long)]
        json: bool,
    },
    /// Everything that happened: turns, calls, decisions, approvals
    Show {
        /// Task id; its last characters are enough. Without one: the newest task
        task: Option<String>,
        #[arg(long)]
        json: bool,
        /// Follow it live
        #[arg(long, conflicts_with = "json")]
        follow: bool,
    },
    /// Stop a task and everything it runs
    Cancel { task: String },
    /// Go on with a paused task, with higher limits if given
    Resume {
        task: String,
        #[command(flatten)]
        limits: LimitArgs,
    },
    /// Approve what a task asks, or one approval by its id
    Approve {
        id: String,
        /// Also allow calls like it for the rest of this task
        #[arg(long)]
        always: bool,
        #[arg(long)]
        note: Option<String>,
    },
    /// Deny what a task asks, or one approval by its id
    Deny {
        id: String,
        /// Told to the agent
        #[arg(long)]
        note: Option<String>,
    },
    /// Answer a call whose outcome is unknown after a crash
    Outcome {
        id: String,
        #[arg(value_enum)]
        answer: OutcomeAnswer,
    },
    /// List what you allowed with "always for this task"
    Rules { task: Option<String> },
    /// Take back such a rule: the next call like it is asked about again
    Revoke {
        /// Rule id; its last characters are enough
        rule: String,
        /// Task id [default: the newest task]
        #[arg(long)]
        task: Option<String>,
    },
    /// Tell a task something; taken in at its next turn
    Message { task: String, text: String },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum OutcomeAnswer {
    /// Run the call again
    Retry,
    /// Take it as done
    CountAsDone,
    /// Stop the task
    Stop,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Every setting, its value and where it came from
    Show {
        #[arg(long)]
        json: bool,
    },
    /// Where the configuration file is looked for
    Path,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct McpArgs {
    /// What the record calls the client
    #[arg(long, value_name = "NAME")]
    pub client: Option<String>,
    /// Folder that built-in tools work in when no `bailiwick up` serves one [default: the current folder]
    #[arg(long, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct McpServerArgs {
    /// Folder the tools work in
    #[arg(long, value_name = "DIR")]
    pub workspace: PathBuf,
    /// Serve streamable HTTP at this address instead of stdio, like 127.0.0.1:7979. Clients must send a bearer
    /// token: BAILIWICK_MCP_TOKEN, or a new one that is printed
    #[arg(long, value_name = "ADDRESS")]
    pub http: Option<std::net::SocketAddr>,
}

impl LimitArgs {
    pub fn to_change(&self) -> agent::LimitsChange {
        agent::LimitsChange {
            steps_max: self.max_steps,
            tokens_max: self.max_tokens,
            cost_max: self.max_usd.map(domain::MicroUsd::from_usd),
            wall_seconds_max: self.max_seconds,
        }
    }
}

/// An amount that a limit can be.
fn usd(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(usd) if (0.0..=USD_MAX).contains(&usd) => Ok(usd),
        _ => Err(format!("give US dollars from 0 to {USD_MAX}, like 2.50")),
    }
}

/// An id as a person types it: whole, or its last characters.
pub fn parse_task_id(text: &str) -> Option<TaskId> {
    text.parse().ok()
}

/// Like [`parse_task_id`], for approvals.
pub fn parse_approval_id(text: &str) -> Option<ApprovalId> {
    text.parse().ok()
}

impl OutcomeAnswer {
    pub fn to_answer(self) -> domain::approval::Answer {
        match self {
            OutcomeAnswer::Retry => domain::approval::Answer::Retry,
            OutcomeAnswer::CountAsDone => domain::approval::Answer::CountAsDone,
            OutcomeAnswer::Stop => domain::approval::Answer::Stop,
        }
    }
}
