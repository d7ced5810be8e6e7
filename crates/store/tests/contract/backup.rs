//! A copy of a running database.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::TenantId;
use store::{Config, Store, TaskFilter};

use crate::fixtures::{note, postgres, sqlite, task};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_while_writing_is_consistent() {
    let bed = sqlite().await;
    let tenant = bed.local().await;
    let first = task(&tenant, "first").await.id;
    tenant.append(first, None, vec![note("n".repeat(2 << 20))], None).await.unwrap();

    let enough = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (tenant, enough) = (tenant.clone(), enough.clone());
        async move {
            let mut written = 0_u32;
            while !enough.load(Ordering::Relaxed) {
                let id = task(&tenant, "busy").await.id;
                tenant.append(id, Some(1), vec![note("a"), note("b")], None).await.unwrap();
                written += 1;
            }
            written
        }
    });
    let to = bed.data_dir().join("copies of mine.db");
    let made = bed.store.backup(&to).await.unwrap();
    enough.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() > 0);

    assert_eq!(made, to);
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    let url = format!("sqlite://{}", to.display());
    let copy = Store::open(&Config { url, ..Config::default() }, Path::new("/nowhere")).await.unwrap();
    let copied = copy.tenant(TenantId::LOCAL).await.unwrap();
    assert_eq!(copied.events(first, 0, 10).await.unwrap(), tenant.events(first, 0, 10).await.unwrap());
    for task in copied.tasks(&TaskFilter { limit: 200, ..TaskFilter::default() }).await.unwrap() {
        let events = copied.events(task.id, 0, 1_000).await.unwrap();
        assert_eq!(events.len() as u64, task.last_seq, "no task is there in halves");
        assert!([1, 2, 3].contains(&events.len()));
    }
}

#[tokio::test]
async fn nothing_is_overwritten() {
    let bed = sqlite().await;
    let to = bed.data_dir().join("copy.db");
    bed.store.backup(&to).await.unwrap();
    let before = fs::read(&to).unwrap();
    let error = bed.store.backup(&to).await.unwrap_err().to_string();
    assert!(error.contains("copy.db is there already"), "{error}");
    assert!(fs::read(&to).unwrap() == before);

    let error = bed.store.backup(&bed.data_dir().join("bailiwick.db")).await.unwrap_err().to_string();
    assert!(error.contains("is there already"), "{error}");
    assert!(bed.open_again().await.is_ok());
}

#[tokio::test]
async fn a_failed_copy_leaves_nothing_behind() {
    let bed = sqlite().await;
    let error = bed.store.backup(Path::new("/nowhere/at/all.db")).await.unwrap_err().to_string();
    assert!(error.contains("/nowhere/at/all.db"), "{error}");

    // The name of the half-made copy is taken.
    let to = bed.data_dir().join("copy.db");
    fs::write(bed.data_dir().join("copy.db.partial"), "mine").unwrap();
    bed.store.backup(&to).await.unwrap_err();
    assert!(!to.exists());
    assert_eq!(fs::read(bed.data_dir().join("copy.db.partial")).unwrap(), b"mine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_has_its_own_tool() {
    let bed = postgres().await;
    assert!(bed.url().starts_with("postgres://"));
    let error = bed.store.backup(&bed.data_dir().join("copy.db")).await.unwrap_err().to_string();
    assert!(error.contains("pg_dump"), "{error}");
}
