//! Links that answer one question once.

use chrono::TimeDelta;
use domain::approval::{Answer, ApprovalKind};
use domain::{ApprovalId, Timestamp};
use store::{Resolve, StoreError, TenantStore, kinds};

use crate::fixtures::{Bed, approval, now, task};
use crate::record::{all_entries, sound};

crate::on_both_engines! {
    a_link_counts_once
    simultaneous_takers_get_one
    what_expired_or_was_answered_does_not_count
    a_link_needs_its_question
}

async fn asked(tenant: &TenantStore) -> ApprovalId {
    let id = task(tenant, "x").await.id;
    tenant.request_approval(approval(id, ApprovalKind::ToolCall), None).await.unwrap().id
}

fn soon() -> Timestamp {
    now() + TimeDelta::hours(1)
}

async fn a_link_counts_once(bed: Bed) {
    let tenant = bed.local().await;
    let id = asked(&tenant).await;
    tenant.put_link("hash", id, soon()).await.unwrap();
    assert_eq!(tenant.link("hash").await.unwrap(), Some(id));
    assert_eq!(tenant.link("hash").await.unwrap(), Some(id), "looking uses nothing up");
    assert_eq!(tenant.take_link("hash").await.unwrap(), Some(id));
    assert_eq!(tenant.take_link("hash").await.unwrap(), None);
    assert_eq!(tenant.link("hash").await.unwrap(), None);
    let entries = all_entries(&tenant).await;
    assert_eq!([&entries[0].kind, &entries[1].kind], [kinds::LINK_MADE, kinds::LINK_USED]);
    assert!(entries.iter().all(|entry| !entry.body.contains("hash")));
    sound(&tenant).await;
}

async fn simultaneous_takers_get_one(bed: Bed) {
    let tenant = bed.local().await;
    let other = bed.open_again().await.unwrap().tenant(tenant.tenant_id()).await.unwrap();
    tenant.put_link("hash", asked(&tenant).await, soon()).await.unwrap();
    let taken = futures::future::try_join_all(
        (0..20).map(|n| if n % 2 == 0 { &tenant } else { &other }.take_link("hash")),
    )
    .await
    .unwrap();
    assert_eq!(taken.iter().flatten().count(), 1);
}

async fn what_expired_or_was_answered_does_not_count(bed: Bed) {
    let tenant = bed.local().await;
    let id = asked(&tenant).await;
    tenant.put_link("late", id, now() - TimeDelta::seconds(1)).await.unwrap();
    assert_eq!(tenant.take_link("late").await.unwrap(), None);
    tenant.put_link("answered", id, soon()).await.unwrap();
    let resolve = Resolve { answer: Answer::Deny, by: "api".to_owned(), note: None, always: false };
    tenant.resolve_approval(id, resolve).await.unwrap();
    assert_eq!(tenant.link("answered").await.unwrap(), None);
    assert_eq!(tenant.take_link("answered").await.unwrap(), None);
    assert_eq!(tenant.prune_links().await.unwrap(), 1);
}

async fn a_link_needs_its_question(bed: Bed) {
    let tenant = bed.local().await;
    let error = tenant.put_link("hash", ApprovalId::new(), soon()).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "approval" }), "{error}");
    let id = asked(&tenant).await;
    tenant.put_link("hash", id, soon()).await.unwrap();
    let error = tenant.put_link("hash", id, soon()).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid(_)), "{error}");
    let stranger = bed.store.tenant(domain::TenantId::new()).await.unwrap();
    assert_eq!(stranger.take_link("hash").await.unwrap(), None);
}
