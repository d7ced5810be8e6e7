//! The fast way into the record on SQLite: a connection of its own, and one message to it per transaction.
//!
//! The number and the hash of new entries follow from the head, which is kept in memory. Should it be out of
//! date, because another transaction appended an act, then the number is taken, the insert fails, and the
//! head is read inside of a transaction. So nothing has to be read first, and the four statements of a
//! transaction travel together.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::TenantId;
use sea_orm::prelude::Uuid;
use sea_orm::sqlx::error::ErrorKind;
use sea_orm::sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, Arguments as _, AssertSqlSafe, Connection as _, Row as _};
use sea_orm::{DbErr, RuntimeErr};
use tokio::sync::{Mutex, MutexGuard, OwnedMutexGuard};

use super::Draft;
use super::append::{chained, recorded_already};
use super::chain::Head;
use super::hash::Hash;
use crate::StoreError;
use crate::columns::{micros, seq, seq_param, time};
use crate::entities::record;

/// How long a writer waits for its turn.
pub(crate) const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// Batches up to this size have a prepared statement that is kept.
const PREPARED_ROWS_MAX: usize = 64;

const COLUMNS: &str = "tenant_id, seq, at, kind, prev, hash, decision_id, task_id, call_id, point, verdict, \
     principal_id, server, tool, session, subject, body";
const ROW: &str = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// The turn to write to the file, which everybody in this process takes before the file's own lock: SQLite
/// would have them try again and again, here they queue. Whoever has it may use the connection inside.
pub(crate) type Turn = Arc<Mutex<Recorder>>;

pub(crate) struct Recorder {
    options: SqliteConnectOptions,
    connection: Connection,
    heads: HashMap<TenantId, Head>,
}

enum Connection {
    /// Not opened yet, or given up after an error.
    None,
    Open(SqliteConnection),
    Closed,
}

impl Recorder {
    pub(crate) fn new(options: SqliteConnectOptions) -> Self {
        let options = options.statement_cache_capacity(PREPARED_ROWS_MAX + 8);
        Self { options, connection: Connection::None, heads: HashMap::new() }
    }

    /// Appends in one transaction.
    pub(crate) async fn append(&mut self, tenant_id: TenantId, drafts: Vec<Draft>) -> Result<(), StoreError> {
        if let Some(mut head) = self.heads.remove(&tenant_id) {
            let rows = chained(tenant_id.0, drafts.clone(), &mut head);
            match self.insert(rows, &head, Begun::No).await {
                Ok(()) => {
                    self.heads.insert(tenant_id, head);
                    return Ok(());
                }
                // Somebody else moved the head, or a decision is on record already: what follows tells.
                Err(error) if kind(&error) == Some(ErrorKind::UniqueViolation) => {}
                Err(error) => return Err(meaning(error)),
            }
        }
        let mut head = match self.begin_and_read_head(tenant_id).await {
            Ok(head) => head,
            Err(error) => {
                // A closed one stays closed.
                if let Connection::Open(_) = self.connection {
                    self.connection = Connection::None;
                }
                return Err(error);
            }
        };
        let rows = chained(tenant_id.0, drafts, &mut head);
        self.insert(rows, &head, Begun::Yes).await.map_err(meaning)?;
        self.heads.insert(tenant_id, head);
        Ok(())
    }

    /// Ends the connection for good.
    pub(crate) async fn close(&mut self) {
        if let Connection::Open(connection) = std::mem::replace(&mut self.connection, Connection::Closed)
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the record's connection did not close cleanly; nothing is lost");
        }
    }

    async fn begin_and_read_head(&mut self, tenant_id: TenantId) -> Result<Head, StoreError> {
        let connection = self.connection().await.map_err(meaning)?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.map_err(meaning)?;
        let row = sqlx::query("SELECT seq, hash, at FROM record_heads WHERE tenant_id = ?")
            .bind(tenant_id.0)
            .fetch_optional(connection)
            .await
            .map_err(meaning)?
            .ok_or_else(super::append::head_is_gone)?;
        let hash = Hash::try_from(row.get::<&[u8], _>(1)).map_err(StoreError::Corrupt)?;
        Ok(Head { seq: seq(row.get(0)), hash, at: time(row.get(2))? })
    }

    async fn insert(
        &mut self,
        rows: Vec<record::Model>,
        head: &Head,
        begun: Begun,
    ) -> Result<(), sqlx::Error> {
        let Some(tenant_id) = rows.first().map(|row| row.tenant_id) else { return Ok(()) };
        let prepared = rows.len() <= PREPARED_ROWS_MAX;
        let sql = sql(rows.len(), begun);
        let arguments = arguments(tenant_id, rows, head)?;
        let connection = self.connection().await?;
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(prepared);
        let error = match query.execute(&mut *connection).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        // What the rows are to blame for leaves a sound connection with an open transaction. After anything
        // else a new connection is the surest way to have none.
        let sound = kind(&error).is_some() && sqlx::query("ROLLBACK").execute(connection).await.is_ok();
        if !sound {
            self.connection = Connection::None;
        }
        Err(error)
    }

    async fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        if let Connection::None = self.connection {
            self.connection = Connection::Open(SqliteConnection::connect_with(&self.options).await?);
        }
        match &mut self.connection {
            Connection::Open(connection) => Ok(connection),
            Connection::None | Connection::Closed => Err(sqlx::Error::PoolClosed),
        }
    }
}

/// Waits for the turn to write.
pub(crate) async fn take(turn: &Turn) -> Result<MutexGuard<'_, Recorder>, StoreError> {
    tokio::time::timeout(TURN_TIMEOUT, turn.lock()).await.map_err(|_| no_turn())
}

/// Like [`take`], for a transaction that holds it as long as it lives.
pub(crate) async fn take_owned(turn: &Turn) -> Result<OwnedMutexGuard<Recorder>, StoreError> {
    tokio::time::timeout(TURN_TIMEOUT, Arc::clone(turn).lock_owned()).await.map_err(|_| no_turn())
}

fn no_turn() -> StoreError {
    meaning(sqlx::Error::PoolTimedOut)
}

/// Whether the transaction is open already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    Yes,
    No,
}

fn sql(rows: usize, begun: Begun) -> String {
    const BEGIN: &str = "BEGIN IMMEDIATE; ";
    const INSERT: &str = "INSERT INTO record (";
    const END: &str = "; UPDATE record_heads SET seq = ?, hash = ?, at = ? WHERE tenant_id = ?; COMMIT";
    let fixed = BEGIN.len() + INSERT.len() + COLUMNS.len() + END.len() + 12;
    let mut sql = String::with_capacity(fixed + (ROW.len() + 2) * rows);
    if begun == Begun::No {
        sql.push_str(BEGIN);
    }
    sql.push_str(INSERT);
    sql.push_str(COLUMNS);
    sql.push_str(") VALUES ");
    for row in 0..rows {
        if row > 0 {
            sql.push_str(", ");
        }
        sql.push_str(ROW);
    }
    sql.push_str(END);
    sql
}

fn arguments(tenant: Uuid, rows: Vec<record::Model>, head: &Head) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    let mut add = |row: record::Model| {
        arguments.add(row.tenant_id)?;
        arguments.add(row.seq)?;
        arguments.add(row.at)?;
        arguments.add(row.kind)?;
        arguments.add(row.prev)?;
        arguments.add(row.hash)?;
        arguments.add(row.decision_id)?;
        arguments.add(row.task_id)?;
        arguments.add(row.call_id)?;
        arguments.add(row.point)?;
        arguments.add(row.verdict)?;
        arguments.add(row.principal_id)?;
        arguments.add(row.server)?;
        arguments.add(row.tool)?;
        arguments.add(row.session)?;
        arguments.add(row.subject)?;
        arguments.add(row.body)
    };
    rows.into_iter().try_for_each(&mut add).map_err(sqlx::Error::Encode)?;
    let mut end = || {
        arguments.add(seq_param(head.seq))?;
        arguments.add(head.hash.0.to_vec())?;
        arguments.add(micros(head.at))?;
        arguments.add(tenant)
    };
    end().map_err(sqlx::Error::Encode)?;
    Ok(arguments)
}

/// The rule that a row broke; `None` when it was not the row's fault.
fn kind(error: &sqlx::Error) -> Option<ErrorKind> {
    match error.as_database_error()?.kind() {
        ErrorKind::Other => None,
        kind => Some(kind),
    }
}

fn meaning(error: sqlx::Error) -> StoreError {
    match kind(&error) {
        Some(ErrorKind::UniqueViolation) => recorded_already(),
        Some(ErrorKind::ForeignKeyViolation) => StoreError::NotFound { what: "task" },
        _ => DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error))).into(),
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
