//! `bailiwick gateway connect`: write ours into another client's file.

use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::clients;
use crate::cli::gateway::ConnectArgs;
use crate::commands::session::Session;
use crate::exit::Failure;
use crate::paths::write_private;
use crate::terminal::{clean, diff, say};

pub async fn connect(session: &Session, args: &ConnectArgs) -> Result<(), Failure> {
    let file = match &args.file {
        Some(file) => file.clone(),
        None => clients::usual_file(args.client)?,
    };
    let old = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::usage(format!("{} cannot be read: {error}", file.display()))),
    };
    let program = std::env::current_exe()?;
    let new =
        clients::with_bailiwick(args.client, &old, &program, &session.data_dir(), args.keep_others, &file)?;
    if new == old {
        say!("{} names Bailiwick already", file.display())?;
        return Ok(());
    }
    let changes = TextDiff::from_lines(&old, &new).unified_diff().context_radius(2).to_string();
    diff::print(&mut anstream::stdout().lock(), &changes)?;
    if args.dry_run {
        say!("nothing was written (--dry-run)")?;
        return Ok(());
    }
    let kept = if old.is_empty() { None } else { Some(backup(&file, &old)?) };
    if let Some(kept) = &kept {
        say!("the old file is kept as {}", clean(&kept.display().to_string()))?;
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    write_private(&file, &new)
        .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", file.display())))?;
    say!("wrote {}; restart the client so that it reads it", clean(&file.display().to_string()))?;
    if let Some(kept) = kept.filter(|_| !args.keep_others)
        && !clients::servers(args.client, &kept)?.is_empty()
    {
        say!(
            "its servers are no longer started by it: `bailiwick gateway import {} --file {}` takes them over",
            clients::word(args.client),
            clean(&kept.display().to_string())
        )?;
    }
    Ok(())
}

/// Never over an older one: the first free name.
fn backup(file: &Path, text: &str) -> Result<PathBuf, Failure> {
    for number in 0.. {
        let path = backup_name(file, number);
        if !path.exists() {
            write_private(&path, text)
                .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", path.display())))?;
            return Ok(path);
        }
    }
    Err(Failure::internal("there is no free name for the backup"))
}

fn backup_name(file: &Path, number: u32) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".before-bailiwick");
    if number > 0 {
        name.push(format!(".{number}"));
    }
    PathBuf::from(name)
}
