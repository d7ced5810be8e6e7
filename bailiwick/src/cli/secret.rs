//! `bailiwick secret …` as `--help` shows it.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    /// Keep a value under a name; it is read from the terminal without showing it, or from standard input
    Set {
        name: String,
        /// Host it may be sent to [default: those of the servers that name it]
        #[arg(long = "host", value_name = "HOST")]
        hosts: Vec<String>,
    },
    /// Names, hosts and who uses them; never values
    List {
        #[arg(long)]
        json: bool,
    },
    /// Forget one
    Remove { name: String },
}
