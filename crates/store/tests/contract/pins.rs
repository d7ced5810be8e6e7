//! Tools as a person approved them.

use domain::digest::Digest;
use serde_json::json;
use store::{Pin, StoreError, Subject, kinds};

use crate::fixtures::{Bed, now};
use crate::record::{all_entries, sound};

crate::on_both_engines! {
    a_pin_is_kept_and_replaced
    pins_are_taken_back
    pins_go_on_record
}

fn pin(server: &str, tool: &str, description: &str) -> Pin {
    let definition = json!({"name": tool, "description": description, "z": 1, "a": "\u{0}"});
    Pin {
        server: server.to_owned(),
        tool: tool.to_owned(),
        digest: Digest::of(&definition),
        definition,
        approved_by: "dashboard".to_owned(),
        approved_at: now(),
    }
}

async fn a_pin_is_kept_and_replaced(bed: Bed) {
    let tenant = bed.local().await;
    let (b, a, other) = (pin("git", "b", "x"), pin("git", "a", "x"), pin("time", "a", "x"));
    tenant.pin_all(vec![b.clone(), a.clone()]).await.unwrap();
    tenant.pin(other.clone()).await.unwrap();
    assert_eq!(tenant.pins("git").await.unwrap(), [a.clone(), b.clone()]);
    let changed = pin("git", "b", "does something else now");
    tenant.pin(changed.clone()).await.unwrap();
    assert_eq!(tenant.pins("git").await.unwrap(), [a, changed]);
    assert_eq!(tenant.pins("time").await.unwrap(), [other]);
    assert!(tenant.pins("none").await.unwrap().is_empty());
    let mixed = tenant.pin_all(vec![pin("git", "c", "x"), pin("time", "c", "x")]).await.unwrap_err();
    assert!(matches!(mixed, StoreError::Invalid(_)), "{mixed}");
}

async fn pins_are_taken_back(bed: Bed) {
    let tenant = bed.local().await;
    tenant.pin_all(["a", "b", "c"].map(|tool| pin("git", tool, "x")).into()).await.unwrap();
    assert_eq!(tenant.unpin("git", Some("b"), "terminal").await.unwrap(), 1);
    assert_eq!(tenant.unpin("git", Some("b"), "terminal").await.unwrap(), 0);
    assert_eq!(tenant.pins("git").await.unwrap().len(), 2);
    assert_eq!(tenant.unpin("git", None, "terminal").await.unwrap(), 2);
    assert!(tenant.pins("git").await.unwrap().is_empty());
}

async fn pins_go_on_record(bed: Bed) {
    let tenant = bed.local().await;
    let mut notices = bed.store.notices();
    let one = pin("git", "a", "x");
    tenant.pin(one.clone()).await.unwrap();
    tenant.unpin("git", None, "terminal").await.unwrap();
    tenant.unpin("git", None, "terminal").await.unwrap();
    let entries = all_entries(&tenant).await;
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, [kinds::PIN_SET, kinds::PIN_REMOVED], "nothing done is nothing on record");
    assert!(entries[0].body.contains(&one.digest.0) && entries[0].body.contains("dashboard"));
    for _ in 0..2 {
        assert_eq!(notices.recv().await.unwrap().subject, Subject::Pins("git".to_owned()));
    }
    sound(&tenant).await;
}
