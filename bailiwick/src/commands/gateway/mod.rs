//! `bailiwick gateway …`

mod add;
mod approve;
mod clients;
mod connect;
mod import;
mod inspect;
mod list;

use crate::cli::Global;
use crate::cli::gateway::GatewayCommand;
use crate::commands::session::Session;
use crate::exit::{Code, Failure};
use crate::terminal::{clean, say};

pub async fn gateway(global: &Global, command: &GatewayCommand) -> Result<Code, Failure> {
    let session = Session::open(global, true).await?;
    let done = run(&session, command).await;
    session.close().await;
    done.map(|()| Code::Ok)
}

async fn run(session: &Session, command: &GatewayCommand) -> Result<(), Failure> {
    match command {
        GatewayCommand::Add(args) => add::add(session, args).await,
        GatewayCommand::List { json } => list::list(session, *json).await,
        GatewayCommand::Inspect { name, json } => inspect::inspect(session, name, *json).await,
        GatewayCommand::Approve { name, tools, yes } => {
            let detail = session.client.server(name).await?;
            approve::approve(session, &detail, tools, *yes).await
        }
        GatewayCommand::Withdraw { name, tools } => {
            session.client.withdraw_tools(name, tools).await?;
            say!("withdrawn: nobody sees or calls them until you approve them again")?;
            Ok(())
        }
        GatewayCommand::Remove { name } => {
            session.client.remove_server(name).await?;
            say!("removed {}", clean(name))?;
            Ok(())
        }
        GatewayCommand::Restart { name } => {
            let detail = session.client.restart_server(name).await?;
            inspect::show(&detail)
        }
        GatewayCommand::SignIn { name } => sign_in(session, name).await,
        GatewayCommand::Import(args) => import::import(session, args).await,
        GatewayCommand::Connect(args) => connect::connect(session, args).await,
    }
}

/// The browser comes back to the serving process, so one must stay: a command's own would be gone by then.
async fn sign_in(session: &Session, name: &str) -> Result<(), Failure> {
    if session.serves_itself() {
        return Err(Failure::usage(
            "signing in needs a Bailiwick that stays: start `bailiwick up`, then run this again",
        ));
    }
    let url = session.client.sign_in_to_server(name).await?;
    say!("open {}", clean(&url))?;
    if let Err(error) = open::that_detached(&url) {
        tracing::debug!(%error, "no browser opened");
    }
    Ok(())
}
