//! PostgreSQL's own walls between tenants: they hold when a query forgets its filter, and whoever signs in.

use domain::TenantId;
use domain::decision::Point;
use domain::task::TaskStatus;
use store::{Config, OpenError, Store};
use testkit::postgres::{Database, database};

use crate::fixtures::{Bed, decision, note, projection, task};

/// Every table that holds rows of tenants.
const TABLES: [&str; 15] = [
    "tenants",
    "workspaces",
    "tasks",
    "journal",
    "approvals",
    "rules",
    "sessions",
    "record",
    "record_heads",
    "pins",
    "servers",
    "secrets",
    "policies",
    "approval_links",
    "session_labels",
];

async fn open(url: String) -> Result<Store, OpenError> {
    let nowhere = tempfile::tempdir().unwrap();
    Store::open(&Config { url, ..Config::default() }, nowhere.path()).await
}

/// What the application role sees with `setting` as its tenant, in a query without any filter.
async fn seen(database: &Database, setting: &str, query: &str) -> String {
    let sql = format!(
        "BEGIN; SET LOCAL bailiwick.tenant_id = '{setting}'; SET LOCAL ROLE bailiwick_app; {query}; COMMIT"
    );
    let printed = database.sql(&sql).await;
    let words = ["BEGIN", "SET", "COMMIT", ""];
    printed.lines().filter(|line| !words.contains(line)).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_without_a_filter_sees_its_own_tenant_only() {
    let database = database().await;
    let store = open(database.url.clone()).await.unwrap();
    let (a, b) = (TenantId::new(), TenantId::new());
    for (tenant, tasks) in [(a, 2), (b, 3)] {
        let tenant = store.tenant(tenant).await.unwrap();
        for n in 0..tasks {
            task(&tenant, &format!("task {n}")).await;
        }
    }
    let count = "SELECT count(*) FROM tasks";
    assert_eq!(seen(&database, &a.to_string(), count).await, "2");
    assert_eq!(seen(&database, &b.to_string(), count).await, "3");
    assert_eq!(seen(&database, &TenantId::new().to_string(), count).await, "0");
    assert_eq!(seen(&database, "", count).await, "0", "no tenant, no rows");
    assert_eq!(seen(&database, &a.to_string(), "SELECT count(*) FROM tenants").await, "1");
    let foreign = format!("SELECT count(*) FROM journal WHERE tenant_id = '{b}'");
    assert_eq!(seen(&database, &a.to_string(), &foreign).await, "0");
    let steal = format!(
        "WITH x AS (UPDATE tasks SET title = 'mine' WHERE tenant_id = '{b}' RETURNING 1) SELECT count(*) FROM x"
    );
    assert_eq!(seen(&database, &a.to_string(), &steal).await, "0");
    assert_eq!(database.sql("SELECT count(*) FROM tasks").await, "5", "an administrator sees them all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_is_closed() {
    let database = database().await;
    open(database.url.clone()).await.unwrap();
    let open_tables = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND NOT (relrowsecurity AND relforcerowsecurity)";
    assert_eq!(database.sql(open_tables).await, "seaql_migrations");
    let with_policy = "SELECT count(DISTINCT tablename) FROM pg_policies WHERE policyname = 'own_tenant'";
    assert_eq!(database.sql(with_policy).await, TABLES.len().to_string());
    // What is on record cannot be changed by the role that serves.
    for table in ["journal", "record"] {
        for right in ["UPDATE", "DELETE", "TRUNCATE"] {
            let sql = format!("SELECT has_table_privilege('bailiwick_app', '{table}', '{right}')");
            assert_eq!(database.sql(&sql).await, "f", "{right} on {table}");
        }
    }
    let heads = "SELECT has_table_privilege('bailiwick_app', 'record_heads', 'DELETE, TRUNCATE')";
    assert_eq!(database.sql(heads).await, "f", "heads move and never go");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_who_is_no_superuser_can_migrate_and_serve() {
    let database = database().await;
    let owner = format!("owner_{}", database.name);
    database
        .sql(&format!(
            "CREATE ROLE {owner} LOGIN CREATEROLE; GRANT ALL ON SCHEMA public TO {owner};
             ALTER DATABASE {} OWNER TO {owner};
             DO $$ BEGIN CREATE ROLE bailiwick_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
             GRANT bailiwick_app TO {owner} WITH ADMIN OPTION",
            database.name
        ))
        .await;
    let store = open(database.url_of(&owner)).await.unwrap();
    serves(&store).await;
    assert_eq!(database.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'tasks'").await, owner);
    let count = "SELECT count(*) FROM tasks";
    assert_eq!(seen(&database, &TenantId::LOCAL.to_string(), count).await, "1");
    assert_eq!(seen(&database, &TenantId::new().to_string(), count).await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_may_only_serve_serves() {
    let database = database().await;
    open(database.url.clone()).await.unwrap().close().await;
    let server = format!("server_{}", database.name);
    database.sql(&format!("CREATE ROLE {server} LOGIN IN ROLE bailiwick_app")).await;
    let store = open(database.url_of(&server)).await.unwrap();
    serves(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_may_migrate_at_once() {
    let database = database().await;
    let stores = futures::future::try_join_all((0..4).map(|_| open(database.url.clone()))).await.unwrap();
    serves(&stores[3]).await;
}

async fn serves(store: &Store) {
    let tenant = store.tenant(TenantId::LOCAL).await.unwrap();
    let made = task(&tenant, "x").await;
    tenant.append(made.id, Some(1), vec![note("a")], Some(projection(TaskStatus::Paused))).await.unwrap();
    assert_eq!(tenant.task(made.id).await.unwrap().last_seq, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_records_cannot_be_changed_either() {
    use sea_orm::sqlx::{self, Connection, sqlite::SqliteConnection};
    let bed: Bed = crate::fixtures::sqlite().await;
    let tenant = bed.local().await;
    let made = task(&tenant, "x").await;
    let file = format!("sqlite://{}", bed.data_dir().join("bailiwick.db").display());
    let mut connection = SqliteConnection::connect(&file).await.unwrap();
    tenant.record_decision(decision(None, Point::ToolCall)).await.unwrap();
    for (sql, refusal) in [
        ("UPDATE journal SET event = '{}'", "rows of journal are never changed"),
        ("DELETE FROM journal", "rows of journal are never changed"),
        ("DELETE FROM record", "rows of record are never changed"),
        ("UPDATE record SET body = '{}'", "rows of record are never changed"),
        ("DELETE FROM record_heads", "rows of record_heads are never deleted"),
    ] {
        let error = sqlx::query(sql).execute(&mut connection).await.unwrap_err();
        assert!(error.to_string().contains(refusal), "{error}");
    }
    assert_eq!(tenant.events(made.id, 0, 10).await.unwrap().len(), 1);
}
