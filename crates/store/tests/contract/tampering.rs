//! Whoever can write to the database changes the record behind the store's back, and is found out.

use std::io;

use domain::decision::Point;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, AssertSqlSafe, Connection};
use store::{Config, Entry, Fault, Head, Store, TenantStore, Verification, verify_export};
use testkit::postgres::Database;

use crate::fixtures::{Bed, decision, sqlite, task};
use crate::record::{act, all_entries, sound};

/// Entries of the record that is tampered with.
const ENTRIES: u64 = 12;

/// A way to SQL that asks nobody.
enum Intruder {
    Sqlite(SqliteConnection),
    Postgres(Database),
}

impl Intruder {
    async fn sql(&mut self, sql: &str) {
        match self {
            Intruder::Sqlite(connection) => {
                sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
            }
            Intruder::Postgres(database) => {
                database.sql(sql).await;
            }
        }
    }
}

/// A record on both engines, with an intruder in each.
async fn beds() -> [(Bed, TenantStore, Intruder); 2] {
    let bed = sqlite().await;
    let options =
        SqliteConnectOptions::new().filename(bed.data_dir().join("bailiwick.db")).foreign_keys(false);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    for trigger in ["record_no_update", "record_no_delete", "record_heads_no_delete"] {
        sqlx::query(AssertSqlSafe(format!("DROP TRIGGER {trigger}"))).execute(&mut connection).await.unwrap();
    }
    let one = bed.local().await;
    let database = testkit::postgres::database().await;
    let other_bed = Bed::on(&database).await;
    let other = other_bed.local().await;
    for tenant in [&one, &other] {
        let id = task(tenant, "x").await.id;
        for n in 1..=ENTRIES {
            match n % 3 {
                0 => tenant.record_act(act("x")).await.unwrap(),
                1 => tenant.record_decision(decision(None, Point::ToolCall)).await.unwrap(),
                _ => tenant.record_decision(decision(Some(id), Point::ToolResult)).await.unwrap(),
            }
        }
    }
    [(bed, one, Intruder::Sqlite(connection)), (other_bed, other, Intruder::Postgres(database))]
}

async fn check(tenant: &TenantStore, trusted: &[Head]) -> (u64, Fault, String) {
    match tenant.audit_verify(trusted, |_| ()).await.unwrap() {
        Verification::FirstBad { seq, fault, why } => (seq, fault, why),
        sound => panic!("{sound:?}"),
    }
}

/// Tampers with each engine's record, and says what the check must find without any trusted head.
async fn found(tampering: &str, seq: u64, fault: Fault) {
    for (_bed, tenant, mut intruder) in beds().await {
        assert_eq!(sound(&tenant).await.seq, ENTRIES);
        intruder.sql(tampering).await;
        let (bad, found, why) = check(&tenant, &[]).await;
        assert_eq!((bad, found), (seq, fault), "{tampering}: {why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_any_column_is_found() {
    let zero = "0000000000000000000000000000000000000000000000000000000000000000";
    for (bed, tenant, mut intruder) in beds().await {
        let (blob, uuid) = match &intruder {
            Intruder::Sqlite(_) => (format!("x'{zero}'"), "x'00000000000000000000000000000000'".to_owned()),
            Intruder::Postgres(_) => {
                (format!("'\\x{zero}'::bytea"), "'00000000-0000-0000-0000-000000000000'::uuid".to_owned())
            }
        };
        let changes = [
            ("at", "at + 1".to_owned()),
            ("kind", "'pin.set'".to_owned()),
            ("body", "replace(body, 'ask', 'all')".to_owned()),
            ("body", "body || ' '".to_owned()),
            ("prev", blob.clone()),
            ("hash", blob),
            ("decision_id", uuid.clone()),
            ("call_id", uuid.clone()),
            ("call_id", "NULL".to_owned()),
            ("task_id", "NULL".to_owned()),
            ("principal_id", uuid),
            ("point", "'tools.list'".to_owned()),
            ("verdict", "'allow'".to_owned()),
            ("server", "'another'".to_owned()),
            ("tool", "'another'".to_owned()),
            ("session", "'another'".to_owned()),
            ("subject", "'another'".to_owned()),
        ];
        for (column, value) in changes {
            // Each change is taken back, so that the next one is the only one again.
            intruder
                .sql(&format!(
                    "CREATE TABLE kept AS SELECT * FROM record WHERE seq = 5;
                     UPDATE record SET {column} = {value} WHERE seq = 5"
                ))
                .await;
            let (seq, fault, why) = check(&tenant, &[]).await;
            assert_eq!((seq, fault), (5, Fault::Changed), "{column}: {why}");
            intruder
                .sql("DELETE FROM record WHERE seq = 5; INSERT INTO record SELECT * FROM kept; DROP TABLE kept")
                .await;
            sound(&tenant).await;
        }
        drop(bed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_out_is_found() {
    found("DELETE FROM record WHERE seq = 5", 5, Fault::Missing).await;
    found("DELETE FROM record WHERE seq = 1", 1, Fault::Missing).await;
    found("DELETE FROM record WHERE seq BETWEEN 4 AND 9", 4, Fault::Missing).await;
    // And the rest moved up, so that the numbers have no gap. Downwards, for the key must hold at each step.
    let moved_up = "DELETE FROM record WHERE seq = 5;
        UPDATE record SET seq = -seq WHERE seq > 5; UPDATE record SET seq = -seq - 1 WHERE seq < 0;
        UPDATE record_heads SET seq = seq - 1";
    found(moved_up, 5, Fault::Missing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_that_is_cut_off_is_found() {
    found("DELETE FROM record WHERE seq > 9", 10, Fault::Truncated).await;
    found("DELETE FROM record", 1, Fault::Truncated).await;
    found("DELETE FROM record_heads", 1, Fault::Truncated).await;
    found("UPDATE record_heads SET seq = 8", 9, Fault::Inserted).await;
    found("UPDATE record_heads SET hash = (SELECT hash FROM record WHERE seq = 11)", 12, Fault::Changed)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_order_is_found() {
    let swapped = "UPDATE record SET seq = -5 WHERE seq = 5; UPDATE record SET seq = 5 WHERE seq = 6;
        UPDATE record SET seq = 6 WHERE seq = -5";
    found(swapped, 5, Fault::Reordered).await;
    let far_apart = "UPDATE record SET seq = -3 WHERE seq = 3; UPDATE record SET seq = 3 WHERE seq = 11;
        UPDATE record SET seq = 11 WHERE seq = -3";
    found(far_apart, 3, Fault::Reordered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_in_between_is_found() {
    for (_bed, tenant, mut intruder) in beds().await {
        let entries = all_entries(&tenant).await;
        let forged = forged(&entries[4], &entries[3], "another.act");
        let hash = hex_literal(&intruder, &forged.hash.to_string());
        let prev = hex_literal(&intruder, &forged.prev.to_string());
        intruder
            .sql(&format!(
                "UPDATE record SET seq = -seq WHERE seq >= 5; UPDATE record SET seq = -seq + 1 WHERE seq < 0;
                 INSERT INTO record (tenant_id, seq, at, kind, prev, hash, subject, body)
                     SELECT tenant_id, 5, {at}, '{kind}', {prev}, {hash}, 'x', '{body}' FROM record_heads;
                 UPDATE record_heads SET seq = seq + 1",
                at = forged.at_us,
                kind = forged.kind,
                body = forged.body,
            ))
            .await;
        let (seq, fault, why) = check(&tenant, &[]).await;
        assert_eq!((seq, fault), (5, Fault::Inserted), "{why}");
    }
}

/// Everything from entry 5 on is written anew, hashes and head included: sound in itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_written_anew_is_found_by_a_trusted_head() {
    for (_bed, tenant, mut intruder) in beds().await {
        let entries = all_entries(&tenant).await;
        let trusted: Vec<Head> = [3, 8, ENTRIES].map(|seq| head_of(&entries[seq as usize - 1])).into();
        let mut before = entries[3].clone();
        let mut rewritten = Vec::new();
        for entry in &entries[4..] {
            before = forged(entry, &before, &entry.kind);
            rewritten.push(before.clone());
        }
        // What the intruder changes is the time of entry 5, and with it every hash behind.
        for entry in &rewritten {
            let hash = hex_literal(&intruder, &entry.hash.to_string());
            let prev = hex_literal(&intruder, &entry.prev.to_string());
            let Entry { seq, at_us, .. } = entry;
            intruder
                .sql(&format!(
                    "UPDATE record SET at = {at_us}, hash = {hash}, prev = {prev} WHERE seq = {seq}"
                ))
                .await;
        }
        let hash = hex_literal(&intruder, &before.hash.to_string());
        intruder.sql(&format!("UPDATE record_heads SET hash = {hash}")).await;

        sound(&tenant).await;
        let (seq, fault, why) = check(&tenant, &trusted).await;
        assert_eq!((seq, fault), (8, Fault::Rewritten), "between the trusted 3 and 8: {why}");
        let (seq, fault, _) = check(&tenant, &trusted[2..]).await;
        assert_eq!((seq, fault), (ENTRIES, Fault::Rewritten));

        // The same of its export.
        let lines = tenant.audit_export(0, 100).await.unwrap();
        let verified =
            verify_export(lines.into_iter().map(io::Result::Ok), &Head::start(trusted[0].at), &trusted)
                .unwrap();
        let Verification::FirstBad { seq: 8, fault: Fault::Rewritten, .. } = verified else {
            panic!("{verified:?}")
        };
    }
}

/// Cut off together with its head: sound in itself as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_cut_off_with_its_head_is_found_by_a_trusted_head() {
    for (_bed, tenant, mut intruder) in beds().await {
        let trusted = tenant.audit_head().await.unwrap();
        intruder
            .sql(
                "DELETE FROM record WHERE seq > 9;
                 UPDATE record_heads SET seq = 9, hash = (SELECT hash FROM record WHERE seq = 9)",
            )
            .await;
        sound(&tenant).await;
        let (seq, fault, why) = check(&tenant, std::slice::from_ref(&trusted)).await;
        assert_eq!((seq, fault), (10, Fault::Truncated), "{why}");
    }
}

/// The store goes on recording where it was: behind the cut there is a hole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_cut_off_under_a_running_store_leaves_a_hole() {
    let [(bed, tenant, mut intruder), _] = beds().await;
    intruder
        .sql(
            "DELETE FROM record WHERE seq > 9;
             UPDATE record_heads SET seq = 9, hash = (SELECT hash FROM record WHERE seq = 9)",
        )
        .await;
    tenant.record_act(act("after")).await.unwrap();
    let (seq, fault, why) = check(&tenant, &[]).await;
    assert_eq!((seq, fault), (10, Fault::Missing), "{why}");
    // Also for whoever opens it later.
    let again = Store::open(&Config::default(), bed.data_dir()).await.unwrap();
    let again = again.tenant(tenant.tenant_id()).await.unwrap();
    assert_eq!(check(&again, &[]).await.0, 10);
}

#[tokio::test]
async fn an_export_is_checked_line_by_line() {
    let bed = sqlite().await;
    let tenant = bed.local().await;
    for _ in 0..6 {
        tenant.record_decision(decision(None, Point::ToolCall)).await.unwrap();
    }
    let lines = tenant.audit_export(0, 100).await.unwrap();
    let start = Head::start(tenant.audit_head().await.unwrap().at);
    let check = |lines: Vec<String>| match verify_export(lines.into_iter().map(io::Result::Ok), &start, &[])
        .unwrap()
    {
        Verification::FirstBad { seq, fault, .. } => Some((seq, fault)),
        Verification::Sound { .. } => None,
    };
    type Tampering = fn(&mut Vec<String>);
    let ways: [(Tampering, (u64, Fault)); 7] = [
        (|lines| lines[2] = lines[2].replace("\"ask", "\"all"), (3, Fault::Changed)),
        (|lines| lines[2] = lines[2].replace("decision", "pin.set"), (3, Fault::Changed)),
        (|lines| lines[2].truncate(40), (3, Fault::Changed)),
        (|lines| drop(lines.remove(2)), (3, Fault::Missing)),
        (|lines| lines.swap(2, 3), (3, Fault::Reordered)),
        (|lines| lines.insert(3, lines[2].clone()), (3, Fault::Inserted)),
        (|lines| lines.insert(0, "{}".to_owned()), (1, Fault::Changed)),
    ];
    assert_eq!(check(lines.clone()), None);
    for (tamper, expected) in ways {
        let mut lines = lines.clone();
        tamper(&mut lines);
        assert_eq!(check(lines), Some(expected));
    }
}

/// The entry with another kind or time, hashed as if it had been written so behind `before`.
fn forged(entry: &Entry, before: &Entry, kind: &str) -> Entry {
    let body = if kind == entry.kind {
        entry.body.clone()
    } else {
        r#"{"kind":"another.act","by":"me","subject":"x","detail":null}"#.to_owned()
    };
    let mut forged = Entry {
        seq: before.seq + 1,
        at_us: entry.at_us + i64::from(before.seq == 4),
        kind: kind.to_owned(),
        prev: before.hash,
        hash: before.hash,
        body,
    };
    forged.hash = forged.computed();
    forged
}

fn head_of(entry: &Entry) -> Head {
    let at = chrono::DateTime::from_timestamp_micros(entry.at_us).unwrap();
    Head { seq: entry.seq, hash: entry.hash, at }
}

fn hex_literal(intruder: &Intruder, hex: &str) -> String {
    match intruder {
        Intruder::Sqlite(_) => format!("x'{hex}'"),
        Intruder::Postgres(_) => format!("'\\x{hex}'::bytea"),
    }
}
