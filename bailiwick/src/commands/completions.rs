//! `bailiwick completions SHELL`

use clap::CommandFactory;

use crate::cli::Cli;
use crate::exit::Code;

pub fn completions(shell: clap_complete::Shell) -> Code {
    clap_complete::generate(shell, &mut Cli::command(), "bailiwick", &mut std::io::stdout());
    Code::Ok
}
