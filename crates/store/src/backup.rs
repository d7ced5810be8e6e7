//! A consistent copy of a running SQLite database.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, ConnectOptions, Connection};

use crate::{Store, StoreError};

impl Store {
    /// A consistent copy while running (SQLite: `VACUUM INTO`), readable for its owner only; its path.
    /// Refuses to overwrite. PostgreSQL: an error that names `pg_dump`.
    pub async fn backup(&self, to: &Path) -> Result<PathBuf, StoreError> {
        let Some(file) = &self.inner.file else {
            return Err(StoreError::Unavailable(
                "PostgreSQL has its own tool for this: run pg_dump --format=custom with the address in store.url"
                    .to_owned(),
            ));
        };
        let to = std::path::absolute(to).map_err(|error| failed(to, &error))?;
        // The name is taken at once and gets its content at the end: a backup that was cut short is empty,
        // never half.
        create_private(&to)?;
        let result = copy(file, &to).await;
        if result.is_err() {
            remove(&to);
        }
        result.map(|()| to)
    }
}

async fn copy(file: &Path, to: &Path) -> Result<(), StoreError> {
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    create_private(&partial)?;
    let result = match vacuum_into(file, &partial).await {
        Ok(()) => publish(&partial, to).map_err(|error| failed(to, &error)),
        Err(error) => Err(StoreError::Unavailable(format!("the backup {} failed: {error}", to.display()))),
    };
    if result.is_err() {
        remove(&partial);
    }
    result
}

/// A connection of its own: a long copy holds up neither writers nor the pool of readers.
async fn vacuum_into(file: &Path, to: &Path) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(file).disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let to = to.to_str().ok_or_else(|| sqlx::Error::Configuration("the path is not UTF-8".into()))?;
    sqlx::query("VACUUM INTO ?").bind(to).execute(&mut connection).await?;
    connection.close().await
}

/// SQLite does not wait for the disk when it makes a copy, so this does.
fn publish(partial: &Path, to: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, to)?;
    match to.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn create_private(path: &Path) -> Result<(), StoreError> {
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    created.map(drop).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => StoreError::Unavailable(format!(
            "{} is there already: choose another name, a backup overwrites nothing",
            path.display()
        )),
        _ => failed(path, &error),
    })
}

fn failed(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("cannot write the backup {}: {error}", path.display()))
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "a useless backup file stays behind");
    }
}
