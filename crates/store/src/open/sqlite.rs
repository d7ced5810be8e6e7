//! Opening SQLite.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::sqlx::{self, ConnectOptions, Connection};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, SqlxSqliteConnector, Statement};
use tokio::sync::Mutex;

use super::{bring_up_to_date, open_error, trouble_error};
use crate::errors::Trouble;
use crate::migrations::{Standing, standing};
use crate::record::sqlite::{Recorder, TURN_TIMEOUT};
use crate::{Config, OpenError, RecordDurability, Store};

/// Files up to this size are checked page by page at every start (some tens of milliseconds); in larger ones
/// damage shows when the damaged page is read.
const CHECKED_BYTES_MAX: u64 = 64 << 20;

/// What the WAL file is cut back to after a burst.
const WAL_KEPT_BYTES: &str = "16777216";

/// Pages in the WAL after which recording folds them into the database: the 16 MB that the file is kept at. Whoever
/// records then waits for the disk, so it should be less than one in a hundred.
const RECORD_CHECKPOINT_PAGES: &str = "4096";

/// The first bytes of every SQLite database.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

pub(super) async fn open(config: &Config, file: PathBuf) -> Result<Store, OpenError> {
    let place = file.display().to_string();
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .busy_timeout(Duration::from_millis(config.busy_timeout_ms))
        .disable_statement_logging();

    create_folder(&file)?;
    if !is_new(&file)? {
        check_signature(&file)?;
        look_without_touching(&options, &file).await?;
    }
    create_private(&file)?;

    let options = options
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", WAL_KEPT_BYTES);
    let write = pool(options.clone(), 1, &place).await?;
    require_wal(&write, &place).await?;
    bring_up_to_date(&write, &place).await?;
    let read = pool(options.clone().pragma("query_only", "on"), config.connections_max, &place).await?;
    let synchronous = match config.record_durability {
        RecordDurability::Process => SqliteSynchronous::Normal,
        RecordDurability::PowerLoss => SqliteSynchronous::Full,
    };
    let recorder =
        Recorder::new(options.synchronous(synchronous).pragma("wal_autocheckpoint", RECORD_CHECKPOINT_PAGES));
    Ok(Store::on_sqlite(file, write, read, Arc::new(Mutex::new(recorder))))
}

async fn pool(
    options: SqliteConnectOptions,
    connections: u32,
    place: &str,
) -> Result<DatabaseConnection, OpenError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(connections.max(1))
        .acquire_timeout(TURN_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        // SQLite rolls back by itself when the disk is full, and the driver then still counts an open
        // transaction in which no new one can begin. Such a connection is replaced.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(options)
        .await
        .map_err(|error| sqlx_error(place, &error))?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

/// Reads the schema version and, of small files, every page, through a connection that cannot write. A file
/// without a WAL beside it is read as immutable, so that not even the WAL's own files appear.
async fn look_without_touching(options: &SqliteConnectOptions, file: &Path) -> Result<(), OpenError> {
    let place = file.display().to_string();
    let beside = |suffix: &str| {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        fs::metadata(path).map(|found| found.len()).unwrap_or_default()
    };
    if beside("-journal") > 0 {
        // Half a change of a crashed program that did not use a WAL: only a writer can mend that, so the
        // checks after opening have to do.
        return Ok(());
    }
    let options = options.clone().read_only(true).immutable(beside("-wal") == 0);
    let mut connection =
        SqliteConnection::connect_with(&options).await.map_err(|error| sqlx_error(&place, &error))?;
    if fs::metadata(file).is_ok_and(|found| found.len() <= CHECKED_BYTES_MAX) {
        check_pages(&mut connection, &place).await?;
    }
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut connection)
        .await
        .map_err(|error| sqlx_error(&place, &error))?;
    connection.close().await.map_err(|error| sqlx_error(&place, &error))?;

    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .map_err(|error| sqlx_error(&place, &error))?;
    let db = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
    let standing = standing(&db).await.map_err(|error| open_error(&place, &error))?;
    db.close().await.map_err(|error| open_error(&place, &error))?;
    match standing {
        Standing::Newer { found, known } => Err(OpenError::Newer { path: place, found, known }),
        Standing::Empty if tables > 0 => Err(OpenError::Unavailable(format!(
            "{place} is a database of another program: use another --data-dir"
        ))),
        _ => Ok(()),
    }
}

async fn check_pages(connection: &mut SqliteConnection, place: &str) -> Result<(), OpenError> {
    let found: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(connection)
        .await
        .map_err(|error| sqlx_error(place, &error))?;
    if found == "ok" {
        return Ok(());
    }
    let detail = found.lines().next().unwrap_or_default().to_owned();
    Err(OpenError::Damaged { path: place.to_owned(), detail })
}

/// Some network file systems cannot share the memory a WAL needs, and SQLite then quietly goes without.
async fn require_wal(db: &DatabaseConnection, place: &str) -> Result<(), OpenError> {
    let failed = |error| open_error(place, &error);
    let query = Statement::from_string(DbBackend::Sqlite, "PRAGMA journal_mode");
    let row = db.query_one_raw(query).await.map_err(failed)?;
    let mode: String = match row {
        Some(row) => row.try_get("", "journal_mode").map_err(failed)?,
        None => String::new(),
    };
    if mode.eq_ignore_ascii_case("wal") {
        return Ok(());
    }
    Err(OpenError::Unavailable(format!(
        "the file system of {place} cannot hold a write-ahead log (journal mode is {mode:?}): \
         put --data-dir on a local disk"
    )))
}

/// The folder, for its owner only, when it is not there.
fn create_folder(file: &Path) -> Result<(), OpenError> {
    let Some(folder) = file.parent() else { return Ok(()) };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| file_error(folder, "make the folder", &error))
}

fn is_new(file: &Path) -> Result<bool, OpenError> {
    match fs::metadata(file) {
        Ok(found) => Ok(found.is_file() && found.len() == 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(file_error(file, "look at", &error)),
    }
}

fn check_signature(file: &Path) -> Result<(), OpenError> {
    let mut start = Vec::new();
    let read = fs::File::open(file).and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start));
    read.map_err(|error| file_error(file, "read", &error))?;
    if start == MAGIC {
        return Ok(());
    }
    Err(OpenError::Damaged {
        path: file.display().to_string(),
        detail: "it is not an SQLite database".to_owned(),
    })
}

/// Makes the file readable for its owner only, before anything is in it. SQLite gives its WAL the same mode.
fn create_private(file: &Path) -> Result<(), OpenError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(file)
        .and_then(|opened| opened.set_permissions(Permissions::from_mode(0o600)))
        .map_err(|error| file_error(file, "write", &error))
}

fn file_error(path: &Path, verb: &str, error: &io::Error) -> OpenError {
    OpenError::Unavailable(format!(
        "cannot {verb} {} ({error}): make it yours to write, or use another --data-dir",
        path.display()
    ))
}

fn sqlx_error(place: &str, error: &sqlx::Error) -> OpenError {
    trouble_error(place, Trouble::of_sqlx(error), &error.to_string())
}
