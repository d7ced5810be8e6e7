//! Opening: look first, touch nothing that is not ours or not sound, then migrate.

mod postgres;
mod sqlite;

use std::path::Path;

use sea_orm::{DatabaseConnection, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait};

use crate::config::Place;
use crate::errors::Trouble;
use crate::migrations::{Standing, migrate, standing};
use crate::{Config, OpenError, Store};

impl Store {
    /// Opens, checks and migrates. SQLite lies in `data_dir/bailiwick.db` unless `config.url` says otherwise.
    ///
    /// On an error the database is as it was.
    pub async fn open(config: &Config, data_dir: &Path) -> Result<Self, OpenError> {
        match config.place(data_dir)? {
            Place::Sqlite(file) => sqlite::open(config, file).await,
            Place::Postgres(url) => postgres::open(config, &url).await,
        }
    }
}

/// Brings the schema up to date in one transaction, having looked again inside it: another process may have
/// been faster.
async fn bring_up_to_date(db: &DatabaseConnection, place: &str) -> Result<(), OpenError> {
    let failed = |error: DbErr| open_error(place, &error);
    match standing(db).await.map_err(failed)? {
        Standing::Current => return Ok(()),
        Standing::Newer { found, known } => {
            return Err(OpenError::Newer { path: place.to_owned(), found, known });
        }
        Standing::Empty | Standing::Older => {}
    }
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = db.begin_with_options(immediate).await.map_err(failed)?;
    postgres::wait_for_other_migrations(&tx).await.map_err(failed)?;
    match standing(&tx).await.map_err(failed)? {
        Standing::Current => Ok(()),
        Standing::Newer { found, known } => Err(OpenError::Newer { path: place.to_owned(), found, known }),
        Standing::Empty | Standing::Older => {
            migrate(&tx).await.map_err(failed)?;
            tx.commit().await.map_err(failed)
        }
    }
}

/// `place` is a path, or an address without its password.
fn open_error(place: &str, error: &DbErr) -> OpenError {
    trouble_error(place, Trouble::of(error), &error.to_string())
}

fn trouble_error(place: &str, trouble: Trouble, detail: &str) -> OpenError {
    let text = match trouble {
        Trouble::Damaged => {
            return OpenError::Damaged { path: place.to_owned(), detail: detail.to_owned() };
        }
        Trouble::DiskFull => {
            format!("the disk that holds {place} is full: free some space, then start again")
        }
        Trouble::DiskFailed => {
            format!(
                "the disk that holds {place} failed ({detail}): look at the system's log and at the free space"
            )
        }
        Trouble::ReadOnly => format!(
            "the database {place} cannot be written: make the file and its folder writable for you, \
             or use another --data-dir"
        ),
        Trouble::Locked => format!(
            "the database {place} is locked by another program: end that program, raise \
             store.busy_timeout_ms, or use another --data-dir"
        ),
        Trouble::CannotOpen => format!(
            "the database {place} cannot be opened ({detail}): see that its folder exists and is yours to \
             write, or use another --data-dir"
        ),
        Trouble::Unreachable | Trouble::PoolBusy | Trouble::Closed => {
            format!(
                "the database {place} cannot be reached ({detail}): see that it runs and that store.url is right"
            )
        }
        Trouble::Other => format!("the database {place} cannot be opened: {detail}"),
    };
    OpenError::Unavailable(text)
}
