//! `bailiwick completions SHELL`

use std::io::Write;

use clap::CommandFactory;

use crate::cli::Cli;
use crate::exit::{Code, Failure};

pub fn completions(shell: clap_complete::Shell) -> Result<Code, Failure> {
    // Into memory first: the generator panics when its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bailiwick", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Code::Ok)
}
