//! `bailiwick audit …` as `--help` shows it.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that nothing in the record was changed, removed or put in another place
    Verify {
        /// An exported file instead of the record itself
        file: Option<PathBuf>,
        /// Public key that must have signed the file [default: that of the data folder]
        #[arg(long, value_name = "BASE64", requires = "file")]
        key: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Write the record as JSON Lines, the signed head last
    Export {
        /// New file [default: standard output]
        file: Option<PathBuf>,
    },
    /// The last entries
    Show {
        #[arg(long, default_value_t = 20)]
        limit: u32,
        #[arg(long)]
        json: bool,
    },
}
