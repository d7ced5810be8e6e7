//! Row-level security on PostgreSQL: the second lock behind the tenant filter of every query.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

/// Role under which tenant transactions run. It owns nothing and cannot bypass row-level security.
pub(crate) const APP_ROLE: &str = "bailiwick_app";

/// What the application role may do with a table.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    /// Rows may be changed and deleted.
    ReadWrite,
    /// Rows may be changed and never deleted.
    Update,
    /// Rows may be added and read: records that nobody may quietly change.
    AppendOnly,
}

/// Makes the application role. Roles belong to the whole server, so another database may have made it already.
pub(crate) async fn create_app_role(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = format!(
        "DO $$ BEGIN
           IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
             BEGIN
               CREATE ROLE {APP_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
             END;
           END IF;
           IF NOT pg_has_role(current_user, '{APP_ROLE}', 'MEMBER') THEN
             EXECUTE format('GRANT {APP_ROLE} TO %I', current_user);
           END IF;
           EXECUTE format('GRANT USAGE ON SCHEMA %I TO {APP_ROLE}', current_schema());
         END $$"
    );
    manager.get_connection().execute_unprepared(&sql).await?;
    // A role that may serve but not migrate has to be able to see that there is nothing to migrate.
    let sql = format!("GRANT SELECT ON seaql_migrations TO {APP_ROLE}");
    manager.get_connection().execute_unprepared(&sql).await?;
    Ok(())
}

/// Closes a table with a `tenant_id`: on PostgreSQL, rows of the transaction's tenant only, for the owner too;
/// on SQLite, where there is one tenant, append-only tables refuse changes.
pub(crate) async fn protect(manager: &SchemaManager<'_>, table: &str, access: Access) -> Result<(), DbErr> {
    let db = manager.get_connection();
    for sql in statements(manager.get_database_backend(), table, access) {
        db.execute_unprepared(&sql).await?;
    }
    Ok(())
}

fn statements(backend: DbBackend, table: &str, access: Access) -> Vec<String> {
    match (backend, access) {
        (DbBackend::Postgres, _) => {
            let grants = match access {
                Access::ReadWrite => "SELECT, INSERT, UPDATE, DELETE",
                Access::Update => "SELECT, INSERT, UPDATE",
                Access::AppendOnly => "SELECT, INSERT",
            };
            // An unset or emptied setting is NULL, and NULL equals nothing: no tenant, no rows.
            let tenant = "tenant_id = nullif(current_setting('bailiwick.tenant_id', true), '')::uuid";
            vec![
                format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
                format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY"),
                format!("CREATE POLICY own_tenant ON {table} USING ({tenant}) WITH CHECK ({tenant})"),
                format!("GRANT {grants} ON {table} TO {APP_ROLE}"),
            ]
        }
        (_, Access::ReadWrite) => Vec::new(),
        (_, Access::Update) => vec![refusal(table, "DELETE", "deleted")],
        (_, Access::AppendOnly) => {
            vec![refusal(table, "UPDATE", "changed"), refusal(table, "DELETE", "changed")]
        }
    }
}

fn refusal(table: &str, action: &str, done: &str) -> String {
    format!(
        "CREATE TRIGGER {table}_no_{name} BEFORE {action} ON {table}
         BEGIN SELECT RAISE(ABORT, 'rows of {table} are never {done}'); END",
        name = action.to_lowercase(),
    )
}
