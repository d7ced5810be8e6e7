//! `bailiwick secret …`

use std::io::{IsTerminal, Read};

use inquire::{Password, PasswordDisplayMode};
use secrecy::{ExposeSecret, SecretString};

use crate::cli::Global;
use crate::cli::secret::SecretCommand;
use crate::commands::session::Session;
use crate::exit::{Code, Failure};
use crate::terminal::{clean, say, table};

/// Longest secret, bytes: keys and certificates are far shorter.
const SECRET_BYTES_MAX: u64 = 64 << 10;

pub async fn secret(global: &Global, command: &SecretCommand) -> Result<Code, Failure> {
    let session = Session::open(global, true).await?;
    let done = run(&session, command).await;
    session.close().await;
    done.map(|()| Code::Ok)
}

async fn run(session: &Session, command: &SecretCommand) -> Result<(), Failure> {
    match command {
        SecretCommand::Set { name, hosts } => {
            let value = read_value(name)?;
            session.client.set_secret(name, value.expose_secret(), hosts).await?;
            say!("kept; write secret://{} where it is needed", clean(name))?;
        }
        SecretCommand::List { json } => {
            let secrets = session.client.secrets().await?;
            if *json {
                say!("{}", serde_json::to_string_pretty(&secrets)?)?;
                return Ok(());
            }
            let rows: Vec<_> = secrets
                .into_iter()
                .map(|secret| {
                    let changed = secret.updated_at.with_timezone(&chrono::Local);
                    vec![
                        secret.name,
                        changed.format("%Y-%m-%d %H:%M").to_string(),
                        secret.used_by.join(", "),
                        secret.hosts.join(", "),
                    ]
                })
                .collect();
            table::print(&["secret", "set", "used by", "only for hosts"], &rows)?;
        }
        SecretCommand::Remove { name } => {
            session.client.remove_secret(name).await?;
            say!("forgotten: {}", clean(name))?;
        }
    }
    Ok(())
}

/// Never an argument: those stand in the shell's history and in the list of processes.
fn read_value(name: &str) -> Result<SecretString, Failure> {
    let value = if std::io::stdin().is_terminal() {
        Password::new(&format!("Value of {name}:"))
            .with_display_mode(PasswordDisplayMode::Hidden)
            .without_confirmation()
            .prompt()?
    } else {
        let mut text = String::new();
        std::io::stdin().lock().take(SECRET_BYTES_MAX + 1).read_to_string(&mut text)?;
        text.trim_end_matches(['\r', '\n']).to_owned()
    };
    if value.is_empty() {
        return Err(Failure::usage("the value is empty: nothing was kept"));
    }
    if value.len() as u64 > SECRET_BYTES_MAX {
        return Err(Failure::usage(format!(
            "a secret has at most {SECRET_BYTES_MAX} bytes: nothing was kept"
        )));
    }
    Ok(SecretString::from(value))
}
