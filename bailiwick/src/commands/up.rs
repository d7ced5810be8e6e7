//! `bailiwick up`: serve until told to stop.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use crate::app::{App, Options};
use crate::cli::{Global, UpArgs};
use crate::client::Client;
use crate::config;
use crate::exit::{Code, Failure};
use crate::instance::{self, Lock};
use crate::paths::{Paths, workspace_folder};
use crate::signals::Signals;
use crate::terminal::{BOLD, DIM, YELLOW, clean, say};

/// Attempts at the lock of the data folder while nobody says that they serve it.
const LOCK_TRIES_MAX: u32 = 20;
const LOCK_TRY_WAIT: Duration = Duration::from_millis(50);

pub async fn up(global: &Global, args: &UpArgs) -> Result<Code, Failure> {
    let paths = Paths::find(global)?;
    let loaded = config::load_for(&paths)?;
    let Some(lock) = take_lock(&paths).await? else {
        return Err(already_serving(&paths).await);
    };
    let signals = Signals::listen()?;
    let telemetry = telemetry::init(&loaded.config.telemetry)?;
    let workspace = workspace_folder(args.workspace.as_deref())?;
    let options =
        Options { port: args.port, workspace: Some(workspace.clone()), only_look: false, lasting: true };
    let wanted = options.port.unwrap_or(loaded.config.server.port);
    let app = App::build(paths, loaded.config, options, lock).await?;
    let running = app.serve().await?;

    let link = Client::new(&running.instance)?.sign_in_link().await?;
    let port = running.instance.address.port();
    // A reader of this that has left is no reason to stop serving.
    let _ = announce(&workspace, port, wanted, &link);
    if !args.no_open && worth_opening() {
        // Detached: a browser that stays in the foreground must not hold the server up.
        if let Err(error) = open::that_detached(&link) {
            tracing::debug!(%error, "no browser opened");
        }
    }
    running.until_stopped(signals).await;
    drop(telemetry);
    Ok(Code::Ok)
}

fn announce(workspace: &Path, port: u16, wanted: u16, link: &str) -> std::io::Result<()> {
    if port != wanted && wanted != 0 {
        say!("{YELLOW}port {wanted} is taken; using {port}{YELLOW:#}")?;
    }
    let workspace = workspace.display().to_string();
    say!("{BOLD}Bailiwick{BOLD:#} {} serves {}", env!("CARGO_PKG_VERSION"), clean(&workspace))?;
    say!("  open   {BOLD}{link}{BOLD:#}")?;
    say!("  {DIM}The link works once, for ten minutes; `bailiwick sign-in` prints another.{DIM:#}")
}

/// Commands that look for the serving process hold the lock for a moment to see whether it is free: one refusal
/// does not mean that someone serves.
async fn take_lock(paths: &Paths) -> Result<Option<Lock>, Failure> {
    for _ in 0..LOCK_TRIES_MAX {
        if let Some(lock) = Lock::take(paths)? {
            return Ok(Some(lock));
        }
        if instance::find(paths).is_some() {
            return Ok(None);
        }
        tokio::time::sleep(LOCK_TRY_WAIT).await;
    }
    Ok(None)
}

/// There is a person with a screen to look at it.
fn worth_opening() -> bool {
    let screen = cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()));
    screen && std::io::stdout().is_terminal() && std::env::var_os("CI").is_none()
}

async fn already_serving(paths: &Paths) -> Failure {
    let Some(instance) = instance::find(paths) else {
        return Failure::usage(format!(
            "another Bailiwick is using the data folder {}: end it, or give another --data-dir",
            paths.data_dir.display()
        ));
    };
    let link = match Client::new(&instance) {
        Ok(client) => client.sign_in_link().await.ok(),
        Err(_) => None,
    };
    Failure::usage(format!(
        "Bailiwick already serves this data folder at http://{} (process {}){}\nEnd it first, or give another --data-dir.",
        instance.address,
        instance.pid,
        link.map(|link| format!("; sign in with {link}")).unwrap_or_default(),
    ))
}
