//! `bailiwick`: one binary, several roles.

mod app;
mod cli;
mod client;
mod commands;
mod config;
mod exit;
mod instance;
mod paths;
mod signals;
mod terminal;
mod wiring;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // First of all: a fenced command is this binary started again, and then nothing below may run.
    fence::become_helper_if_asked();

    // One provider for every TLS client of this process; a client made without it would panic.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        return exit::report(&exit::Failure::internal("another TLS provider was installed first"));
    }

    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&exit::Failure::internal(format!("no runtime: {error}"))),
    };
    let result = runtime.block_on(commands::dispatch(cli));
    // Blocking work that was abandoned (a read of a slow disk) must not hold up the exit.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    match result {
        Ok(code) => code.into(),
        Err(failure) => exit::report(&failure),
    }
}
