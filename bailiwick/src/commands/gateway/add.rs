//! `bailiwick gateway add`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::server::{Grants, HttpTarget, OAuth, ServerLimits, ServerSpec, Sharing, Transport};

use super::{approve, inspect};
use crate::cli::gateway::AddArgs;
use crate::commands::session::Session;
use crate::exit::Failure;
use crate::terminal::{clean, say};

pub async fn add(session: &Session, args: &AddArgs) -> Result<(), Failure> {
    let detail = session.client.add_server(&args.name, &spec(args)?).await?;
    if detail.server.problem.is_some() {
        inspect::show(&detail)?;
        say!("{} is kept; `bailiwick gateway inspect {0}` tries again", clean(&args.name))?;
        return Ok(());
    }
    for grant in &detail.grants {
        say!("  {}", clean(grant))?;
    }
    let asks = args.yes || std::io::IsTerminal::is_terminal(&std::io::stdin());
    if !asks {
        let waiting = detail.tools.iter().filter(|tool| tool.waits()).count();
        say!(
            "added {}; {waiting} tools wait until `bailiwick gateway approve {0}` lets them be used",
            clean(&args.name)
        )?;
        return Ok(());
    }
    approve::approve(session, &detail, &[], args.yes).await
}

fn spec(args: &AddArgs) -> Result<ServerSpec, Failure> {
    let transport = match &args.url {
        Some(url) => {
            let target = HttpTarget {
                url: url.clone(),
                headers: pairs(&args.headers, ':', "--header \"NAME: VALUE\"")?,
                allow_private: args.allow_private,
                oauth: OAuth::default(),
            };
            if args.sse { Transport::Sse(target) } else { Transport::Http(target) }
        }
        None => Transport::Stdio {
            command: args.command.clone(),
            environment: pairs(&args.environment, '=', "--env NAME=VALUE")?,
            grants: Grants {
                read: absolute(&args.read)?,
                write: absolute(&args.write)?,
                network: args.network,
            },
        },
    };
    let sharing = if args.per_client { Sharing::PerClient } else { Sharing::Shared };
    Ok(ServerSpec { transport, enabled: true, sharing, limits: ServerLimits::default() })
}

fn pairs(texts: &[String], separator: char, form: &str) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |text: &String| match text.split_once(separator) {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        // The value may be a secret that was typed by mistake: it is not repeated.
        _ => Err(Failure::usage(format!("write it as {form}"))),
    };
    texts.iter().map(pair).collect()
}

/// The serving process may stand in another folder.
fn absolute(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let canonical = |path: &PathBuf| {
        Path::canonicalize(path)
            .map_err(|error| Failure::usage(format!("{} cannot be granted: {error}", path.display())))
    };
    paths.iter().map(canonical).collect()
}
