//! Opening PostgreSQL.

use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sea_orm::sqlx::{ConnectOptions, Connection};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqlxPostgresConnector,
    Statement,
};

use super::{bring_up_to_date, open_error, trouble_error};
use tokio::time::timeout;

use crate::config::shown_url;
use crate::errors::Trouble;
use crate::migrations::APP_ROLE;
use crate::{Config, OpenError, Store};

/// How long a caller waits for a connection.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Key of the advisory lock that migrations of one database queue on: "bailiwck" in ASCII.
const MIGRATION_LOCK: i64 = 0x6261_696c_6977_636b;

pub(super) async fn open(config: &Config, url: &str) -> Result<Store, OpenError> {
    let place = shown_url(url);
    let failed =
        |error: sea_orm::sqlx::Error| trouble_error(&place, Trouble::of_sqlx(&error), &error.to_string());
    let options: PgConnectOptions = url.parse().map_err(failed)?;
    let options = options.application_name("bailiwick").disable_statement_logging();
    // A pool takes a refused connection for a server that is starting, and tries for a while. Whoever mistyped
    // an address should hear of it at once.
    match timeout(CONNECTION_TIMEOUT, PgConnection::connect_with(&options)).await {
        Ok(connected) => drop(connected.map_err(failed)?.close().await),
        Err(_) => return Err(trouble_error(&place, Trouble::Unreachable, "no answer within 10 seconds")),
    }
    let pool = PgPoolOptions::new()
        .max_connections(config.connections_max.max(1))
        .acquire_timeout(CONNECTION_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(failed)?;
    let db = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    bring_up_to_date(&db, &place).await?;
    let assume_app_role = must_step_down(&db, &place).await?;
    Ok(Store::on_postgres(db, assume_app_role))
}

/// Holds a migrating transaction back while another process migrates the same database.
pub(super) async fn wait_for_other_migrations(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT pg_advisory_xact_lock($1)";
        let lock = Statement::from_sql_and_values(DbBackend::Postgres, sql, [MIGRATION_LOCK.into()]);
        tx.query_one_raw(lock).await?;
    }
    Ok(())
}

/// Whether the role we signed in as is one that row-level security does not bind, or that could lift it
/// because it owns the tables. Refuses when the role to step down to would not be bound either.
async fn must_step_down(db: &DatabaseConnection, place: &str) -> Result<bool, OpenError> {
    let failed = |error: DbErr| open_error(place, &error);
    let sql = "SELECT me.rolsuper OR me.rolbypassrls OR owner.oid = me.oid AS unbound,
                      coalesce(app.rolsuper OR app.rolbypassrls, true) AS app_unbound,
                      coalesce(pg_has_role(me.oid, app.oid, 'MEMBER'), false) AS may_assume
               FROM pg_roles me
               JOIN pg_class tasks ON tasks.oid = 'tasks'::regclass
               JOIN pg_roles owner ON owner.oid = tasks.relowner
               LEFT JOIN pg_roles app ON app.rolname = $1
               WHERE me.rolname = current_user";
    let question = Statement::from_sql_and_values(DbBackend::Postgres, sql, [APP_ROLE.into()]);
    let row = db.query_one_raw(question).await.map_err(failed)?;
    let row = row.ok_or_else(|| OpenError::Unavailable(format!("{place} does not know its own role")))?;
    let is = |column: &str| row.try_get::<bool>("", column).map_err(failed);
    if !is("unbound")? {
        return Ok(false);
    }
    if is("app_unbound")? || !is("may_assume")? {
        return Err(OpenError::Unavailable(format!(
            "row-level security would not hold on {place}: the role {APP_ROLE} must exist without SUPERUSER and \
             BYPASSRLS, and be granted to the role in store.url (GRANT {APP_ROLE} TO …)"
        )));
    }
    Ok(true)
}
