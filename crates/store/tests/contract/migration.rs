//! Databases of the first schema, written by the program that had it, become ones of today.

use domain::TenantId;
use domain::approval::{Answer, ApprovalKind, ApprovalStatus};
use domain::decision::{Point, Verdict};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, AssertSqlSafe, Connection};
use store::{ApprovalFilter, Config, DecisionFilter, Resolve, Store, TenantStore};

use crate::fixtures::{approval, decision, task};
use crate::record::{all_entries, sound};

/// Dumps of databases that the first version filled: two tenants, each with a task, three approvals and five
/// decisions.
const SQLITE: &str = include_str!("data/m0001_sqlite.sql");
const POSTGRES: &str = include_str!("data/m0001_postgres.sql");

/// Decisions that are added to them, so that more than a page of them is taken over.
const MORE: usize = 1_200;

fn other() -> TenantId {
    "0198a000-0000-7000-8000-000000000001".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        SqliteConnectOptions::new().filename(folder.path().join("bailiwick.db")).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options.foreign_keys(false)).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(SQLITE)).execute(&mut connection).await.unwrap();
    let mut before = Vec::new();
    for _ in 0..MORE {
        let record = decision(None, Point::Egress);
        let text = serde_json::to_string(&record).unwrap();
        sqlx::query("INSERT INTO decisions (tenant_id, id, point, record, at) VALUES (?, ?, 'egress', ?, ?)")
            .bind(TenantId::LOCAL.0)
            .bind(record.decision.id.0)
            .bind(&text)
            .bind(record.at.timestamp_micros())
            .execute(&mut connection)
            .await
            .unwrap();
        before.push(text);
    }
    connection.close().await.unwrap();
    let store = Store::open(&Config::default(), folder.path()).await.unwrap();
    is_as_before(&store, &before).await;
    store.close().await;

    let mut connection = SqliteConnection::connect_with(
        &SqliteConnectOptions::new().filename(folder.path().join("bailiwick.db")),
    )
    .await
    .unwrap();
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.unwrap();
    assert!(broken.is_empty(), "{} references lead nowhere", broken.len());
    let refused = sqlx::query("DELETE FROM record").execute(&mut connection).await.unwrap_err();
    assert!(refused.to_string().contains("never changed"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    for superuser in [true, false] {
        let database = testkit::postgres::database().await;
        let owner = format!("owner_{}", database.name);
        // The dump says whose the tables are, and who may do what with them.
        database
            .sql(&format!(
                "CREATE ROLE {owner} LOGIN CREATEROLE;
                 DO $$ BEGIN CREATE ROLE bailiwick_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
                 GRANT bailiwick_app TO {owner} WITH ADMIN OPTION; ALTER DATABASE {} OWNER TO {owner};
                 GRANT ALL ON SCHEMA public TO {owner}; SET ROLE {owner}; {POSTGRES}",
                database.name
            ))
            .await;
        let mut before = Vec::new();
        for _ in 0..MORE / 100 {
            let records: Vec<_> = (0..100).map(|_| decision(None, Point::Egress)).collect();
            let rows: Vec<String> = records
                .iter()
                .map(|record| {
                    let text = serde_json::to_string(record).unwrap();
                    let (id, at) = (record.decision.id, record.at.timestamp_micros());
                    let row = format!("('{}', '{id}', 'egress', '{text}', {at})", TenantId::LOCAL);
                    before.push(text);
                    row
                })
                .collect();
            database
                .sql(&format!(
                    "INSERT INTO decisions (tenant_id, id, point, record, at) VALUES {}",
                    rows.join(", ")
                ))
                .await;
        }
        let url = if superuser { database.url.clone() } else { database.url_of(&owner) };
        let store = Store::open(&Config { url, ..Config::default() }, folder()).await.unwrap();
        is_as_before(&store, &before).await;
        let forced =
            "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            AND NOT relforcerowsecurity AND relname <> 'seaql_migrations'";
        assert_eq!(database.sql(forced).await, "0", "every table is closed again");
    }
}

fn folder() -> &'static std::path::Path {
    std::path::Path::new("/nowhere")
}

/// What the old program had stored is there, in a sound chain, and can be gone on with.
async fn is_as_before(store: &Store, more: &[String]) {
    for (id, more) in [(TenantId::LOCAL, more), (other(), &[])] {
        let tenant = store.tenant(id).await.unwrap();
        let head = sound(&tenant).await;
        assert_eq!(head.seq as usize, 5 + more.len());
        let entries = all_entries(&tenant).await;
        assert!(entries.iter().all(|entry| entry.kind == "decision"));
        let texts: Vec<&str> = entries[5..].iter().map(|entry| entry.body.as_str()).collect();
        assert_eq!(texts, more, "not a byte of a decision changed");
        old_decisions(&tenant).await;
        old_approvals(&tenant).await;

        let old = tenant.approvals(&ApprovalFilter::default()).await.unwrap().remove(0);
        let resolve = Resolve { answer: Answer::Deny, by: "api".to_owned(), note: None, always: false };
        tenant.resolve_approval(old.id, resolve).await.unwrap();
        let id = task(&tenant, "a new task").await.id;
        tenant.request_approval(approval(id, ApprovalKind::ToolCall), None).await.unwrap();
        tenant.record_decision(decision(Some(id), Point::ToolCall)).await.unwrap();
        assert_eq!(sound(&tenant).await.seq, head.seq + 2);
    }
}

async fn old_decisions(tenant: &TenantStore) {
    let entries = tenant.audit_entries(0, 5).await.unwrap();
    let points = ["model.call", "tool.call", "tool.result", "tools.list", "tool.call"];
    for (entry, point) in entries.iter().zip(points) {
        assert!(entry.body.contains(&format!("\"point\":\"{point}\"")), "{}", entry.body);
    }
    let calls = DecisionFilter { point: Some(Point::ToolCall), ..DecisionFilter::default() };
    let verdicts: Vec<Verdict> =
        tenant.decisions(&calls).await.unwrap().iter().map(|record| record.decision.verdict).collect();
    assert_eq!(verdicts, [Verdict::Ask, Verdict::Ask]);
    assert!(tenant.decisions(&calls).await.unwrap().iter().all(|record| record.task_id.is_some()));
}

async fn old_approvals(tenant: &TenantStore) {
    let approvals = tenant.approvals(&ApprovalFilter::default()).await.unwrap();
    let statuses: Vec<ApprovalStatus> = approvals.iter().map(|approval| approval.status).collect();
    assert_eq!(statuses, [ApprovalStatus::Pending, ApprovalStatus::Resolved, ApprovalStatus::Void]);
    let answered = &approvals[1];
    assert_eq!((answered.answer, answered.note.as_deref()), (Some(Answer::Approve), Some("fine")));
    for approval in &approvals {
        assert!(approval.task_id.is_some() && approval.roles.is_empty() && approval.used_at.is_none());
    }
}
