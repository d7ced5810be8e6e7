//! One file a command.

mod audit;
mod backup;
mod completions;
mod config;
mod doctor;
mod gateway;
mod mcp;
mod mcp_server;
mod policy;
mod run;
mod secret;
mod session;
mod setup;
mod sign_in;
mod task;
mod up;

use crate::cli::{Cli, Command};
use crate::exit::{Code, Failure};
use crate::terminal::say;

pub async fn dispatch(cli: Cli) -> Result<Code, Failure> {
    let global = cli.global;
    match cli.command {
        None => up::up(&global, &cli.up).await,
        Some(Command::Up(args)) => up::up(&global, &args).await,
        Some(Command::Run(args)) => run::run(&global, &args).await,
        Some(Command::Task(command)) => task::task(&global, &command).await,
        Some(Command::Gateway(command)) => gateway::gateway(&global, &command).await,
        Some(Command::Secret(command)) => secret::secret(&global, &command).await,
        Some(Command::Audit(command)) => audit::audit(&global, &command).await,
        Some(Command::SignIn) => sign_in::sign_in(&global).await,
        Some(Command::Config(command)) => config::config(&global, &command),
        Some(Command::Doctor(args)) => doctor::doctor(&global, &args).await,
        Some(Command::Setup) => setup::setup(&global).await,
        Some(Command::Backup { file }) => backup::backup(&global, &file).await,
        Some(Command::Mcp(args)) => mcp::mcp(&global, &args).await,
        Some(Command::Policy(command)) => policy::policy(&global, &command).await,
        Some(Command::McpServer(args)) => mcp_server::mcp_server(&global, &args).await,
        Some(Command::Completions { shell }) => completions::completions(shell),
        Some(Command::Openapi) => {
            say!("{}", web::openapi_json())?;
            Ok(Code::Ok)
        }
    }
}
