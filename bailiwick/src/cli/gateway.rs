//! `bailiwick gateway …` as `--help` shows it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum GatewayCommand {
    /// Put an MCP server behind the gateway: `add files -- npx server /folder` or `add docs --url https://…`
    Add(AddArgs),
    /// All servers and how they fare
    List {
        #[arg(long)]
        json: bool,
    },
    /// One server: its tools, what is new or changed in them, what it may touch
    Inspect {
        name: String,
        #[arg(long)]
        json: bool,
    },
    /// Let new or changed tools be used, after reading what changed
    Approve {
        name: String,
        /// Only these [default: every one that waits]
        tools: Vec<String>,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Take tools out of use again
    Withdraw {
        name: String,
        #[arg(required = true)]
        tools: Vec<String>,
    },
    /// End a server and forget its approvals
    Remove { name: String },
    /// Connect to a server anew
    Restart { name: String },
    /// Sign in to a server with the browser (OAuth)
    SignIn { name: String },
    /// Take over the servers that another client's file names
    Import(ImportArgs),
    /// Write Bailiwick into another client's file, in place of the servers there
    Connect(ConnectArgs),
}

#[derive(Debug, Args)]
pub struct AddArgs {
    /// a–z, 0–9 and `-`
    pub name: String,
    /// Address of a streamable HTTP server
    #[arg(long, conflicts_with = "command")]
    pub url: Option<String>,
    /// The address speaks HTTP with server-sent events (2024-11-05)
    #[arg(long, requires = "url")]
    pub sse: bool,
    /// Let the address be on this machine or in a private network
    #[arg(long, requires = "url")]
    pub allow_private: bool,
    /// Header for every request, like "Authorization: Bearer secret://token"
    #[arg(long = "header", value_name = "NAME: VALUE", requires = "url")]
    pub headers: Vec<String>,
    /// Environment variable of the child; the value may be secret://NAME
    #[arg(long = "env", value_name = "NAME=VALUE", conflicts_with = "url")]
    pub environment: Vec<String>,
    /// Path the child may read
    #[arg(long, value_name = "PATH", conflicts_with = "url")]
    pub read: Vec<PathBuf>,
    /// Path the child may read and write
    #[arg(long, value_name = "PATH", conflicts_with = "url")]
    pub write: Vec<PathBuf>,
    /// Let the child use the network of this machine
    #[arg(long, conflicts_with = "url")]
    pub network: bool,
    /// A session, and a child, for each client instead of one for all
    #[arg(long)]
    pub per_client: bool,
    /// Approve all of its tools as they are now, without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Program and arguments of a stdio server, after `--`
    #[arg(last = true, required_unless_present = "url")]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Whose file [default: every one that is found]
    #[arg(value_enum)]
    pub client: Option<McpClient>,
    /// Another file than the usual one
    #[arg(long, value_name = "FILE", requires = "client")]
    pub file: Option<PathBuf>,
    /// Only say what would be taken over
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct ConnectArgs {
    #[arg(value_enum)]
    pub client: McpClient,
    /// Another file than the usual one
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Leave the servers that the file names now, beside ours: calls to them pass no policy
    #[arg(long)]
    pub keep_others: bool,
    /// Only show how the file would change
    #[arg(long)]
    pub dry_run: bool,
}

/// Programs whose files are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum McpClient {
    ClaudeDesktop,
    ClaudeCode,
    Cursor,
    #[value(name = "vscode")]
    VsCode,
}
