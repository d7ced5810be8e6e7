//! What a failing database means to whoever asked, and what they can do about it.

use sea_orm::sqlx;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlErr};

use crate::StoreError;

/// Why the database did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    DiskFull,
    DiskFailed,
    ReadOnly,
    Locked,
    Damaged,
    CannotOpen,
    Unreachable,
    PoolBusy,
    Closed,
    Other,
}

impl Trouble {
    pub(crate) fn of(error: &DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => Trouble::PoolBusy,
            DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => Trouble::Closed,
            DbErr::Conn(RuntimeErr::SqlxError(error))
            | DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)) => Self::of_sqlx(error),
            _ => Trouble::Other,
        }
    }

    pub(crate) fn of_sqlx(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                    Self::of_sqlite(code.parse().unwrap_or_default())
                } else {
                    Self::of_sqlstate(&code)
                }
            }
            sqlx::Error::PoolTimedOut => Trouble::PoolBusy,
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Trouble::Closed,
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Trouble::Unreachable,
            _ => Trouble::Other,
        }
    }

    /// SQLite result codes, <https://www.sqlite.org/rescode.html>. The low byte is the primary code.
    fn of_sqlite(code: u32) -> Self {
        match code & 0xff {
            5 | 6 => Trouble::Locked,
            8 => Trouble::ReadOnly,
            10 => Trouble::DiskFailed,
            11 | 26 => Trouble::Damaged,
            13 => Trouble::DiskFull,
            14 => Trouble::CannotOpen,
            _ => Trouble::Other,
        }
    }

    /// SQLSTATE codes of PostgreSQL, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn of_sqlstate(code: &str) -> Self {
        match code {
            "53100" => Trouble::DiskFull,
            "58030" => Trouble::DiskFailed,
            "25006" => Trouble::ReadOnly,
            "53300" => Trouble::PoolBusy,
            "55P03" | "40P01" | "40001" => Trouble::Locked,
            "XX001" | "XX002" => Trouble::Damaged,
            code if code.starts_with("08") || code.starts_with("57P") => Trouble::Unreachable,
            _ => Trouble::Other,
        }
    }

    /// What happened and what to do, for a database that was open. Ends without a full stop.
    fn sentence(self) -> &'static str {
        match self {
            Trouble::DiskFull => {
                "the disk that holds the database is full; nothing of this step was stored: free some space, \
                 then resume the task"
            }
            Trouble::DiskFailed => {
                "the disk that holds the database failed; nothing of this step was stored: look at the system's \
                 log and at the free space, then resume the task"
            }
            Trouble::ReadOnly => {
                "the database is read-only; nothing of this step was stored: make the data folder writable \
                 (or, on PostgreSQL, connect to the primary), then resume the task"
            }
            Trouble::Locked => {
                "the database is locked by another program; nothing of this step was stored: end that program, \
                 or raise store.busy_timeout_ms"
            }
            Trouble::Damaged => "the database is damaged: stop Bailiwick and restore a backup",
            Trouble::CannotOpen => "the database file cannot be opened: look at the data folder",
            Trouble::Unreachable => {
                "the database server cannot be reached: see that it runs and that store.url is right"
            }
            Trouble::PoolBusy => {
                "no database connection became free in time: try again, or raise store.connections_max"
            }
            Trouble::Closed => "the database is closed: Bailiwick is stopping",
            Trouble::Other => "the database refused",
        }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match (Trouble::of(&error), &error) {
            (Trouble::Damaged, _) => {
                StoreError::Corrupt(format!("{} ({error})", Trouble::Damaged.sentence()))
            }
            (Trouble::Other, DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. }) => {
                StoreError::Corrupt(error.to_string())
            }
            (trouble, _) => StoreError::Unavailable(format!("{} ({error})", trouble.sentence())),
        }
    }
}

/// A reference to a row that is not there becomes `NotFound`; everything else stays what it is.
pub(crate) fn missing(what: &'static str) -> impl Fn(DbErr) -> StoreError {
    move |error| match error.sql_err() {
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => StoreError::NotFound { what },
        _ => error.into(),
    }
}

/// Whether a row with this key was there already.
pub(crate) fn is_duplicate(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}
