//! `bailiwick gateway import`: servers of other clients' files come behind the gateway.

use super::clients::{self, Found};
use crate::cli::gateway::{ImportArgs, McpClient};
use crate::commands::session::Session;
use crate::exit::Failure;
use crate::terminal::{YELLOW, clean, say};

pub async fn import(session: &Session, args: &ImportArgs) -> Result<(), Failure> {
    let known: Vec<String> = session.client.servers().await?.into_iter().map(|server| server.name).collect();
    let mut any = false;
    for (client, file) in files(args)? {
        let found = clients::servers(client, &file)?;
        any |= !found.is_empty();
        for server in found {
            take_over(session, &server, &known, args.dry_run).await?;
        }
    }
    if !any {
        say!("no servers found; `--file` names another file")?;
    }
    Ok(())
}

fn files(args: &ImportArgs) -> Result<Vec<(McpClient, std::path::PathBuf)>, Failure> {
    match (args.client, &args.file) {
        (Some(client), Some(file)) => Ok(vec![(client, file.clone())]),
        (Some(client), None) => {
            let file = clients::usual_file(client)?;
            if !file.exists() {
                return Err(Failure::usage(format!("{} is not there; name it with --file", file.display())));
            }
            Ok(vec![(client, file)])
        }
        (None, _) => {
            let all = clients::ALL.into_iter().filter_map(|client| {
                clients::usual_file(client).ok().filter(|file| file.exists()).map(|file| (client, file))
            });
            Ok(all.collect())
        }
    }
}

async fn take_over(
    session: &Session,
    server: &Found,
    known: &[String],
    dry_run: bool,
) -> Result<(), Failure> {
    let name = &server.name;
    for secret in &server.plain_secrets {
        say!(
            "{YELLOW}{}: {} looks like a secret in plain text; keep it with `bailiwick secret set` and write \
             secret://NAME{YELLOW:#}",
            clean(name),
            clean(secret)
        )?;
    }
    if known.contains(name) {
        say!("{}: there is a server of that name already; left as it is", clean(name))?;
        return Ok(());
    }
    if dry_run {
        say!("{}: would be added: {}", clean(name), clean(&server.summary))?;
        return Ok(());
    }
    let detail = session.client.add_server(name, &server.spec).await?;
    let waiting = detail.tools.iter().filter(|tool| tool.waits()).count();
    let state = detail.server.problem.unwrap_or_else(|| format!("{waiting} tools wait for your approval"));
    say!("{}: added; {}", clean(name), clean(&state))?;
    Ok(())
}
