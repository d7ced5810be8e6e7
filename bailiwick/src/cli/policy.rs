//! `bailiwick policy …` as `--help` shows it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Say everything that is wrong with rules, with lines
    Check {
        /// Folder or bundle [default: the policy in force]
        path: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Lay rules out the usual way
    Fmt {
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Change nothing; fail when something would change
        #[arg(long)]
        check: bool,
    },
    /// Run the `test_` rules
    Test {
        path: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Which lines the tests reach
    Coverage {
        path: Option<PathBuf>,
        /// Fail below this percentage
        #[arg(long, value_name = "PERCENT")]
        threshold: Option<f64>,
        #[arg(long)]
        json: bool,
    },
    /// Which rules spoke about one call and why, with lines
    Explain(ExplainArgs),
    /// Put recorded calls to a draft: every decision that would change
    Replay {
        /// Folder or bundle with the draft
        #[arg(long, value_name = "DIR")]
        draft: PathBuf,
        /// Recorded calls, newest first
        #[arg(long, default_value_t = 500)]
        last: u32,
        #[arg(long)]
        json: bool,
    },
    /// What differs between the policy in force and a draft
    Diff {
        draft: PathBuf,
        #[arg(long)]
        json: bool,
    },
    /// Put a draft in force when its tests pass
    Activate {
        draft: PathBuf,
        #[arg(long)]
        note: Option<String>,
    },
    /// Earlier policies; with an id, put that one in force again
    History { activate: Option<String> },
    /// Write a folder as an OPA bundle
    Build {
        folder: PathBuf,
        /// Bundle to write, like bundle.tar.gz
        #[arg(long, short)]
        output: PathBuf,
        /// PEM file or shared secret to sign with
        #[arg(long, value_name = "FILE")]
        signing_key: Option<PathBuf>,
        #[arg(long, default_value = "RS256")]
        signing_algorithm: String,
        #[arg(long, default_value = "")]
        revision: String,
    },
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Id of a recorded decision; its last characters are enough
    pub decision: Option<String>,
    /// File with a question (JSON), `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "decision", required_unless_present = "decision")]
    pub question: Option<PathBuf>,
    /// Folder or bundle [default: the policy in force]
    #[arg(long, value_name = "DIR")]
    pub policy: Option<PathBuf>,
    #[arg(long)]
    pub json: bool,
}
