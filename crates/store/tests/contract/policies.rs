//! Versions of the tenant's policy.

use serde_json::json;
use store::{PolicyVersion, StoreError, Subject, TenantStore, kinds};

use crate::fixtures::{Bed, now};
use crate::record::{all_entries, sound};

crate::on_both_engines! {
    one_version_is_active
    a_version_never_changes
    simultaneous_activations_leave_one
    every_activation_is_on_record
}

fn version(id: &str) -> PolicyVersion {
    PolicyVersion {
        id: id.to_owned(),
        files: json!({"bailiwick.rego": format!("package bailiwick # {id}\u{0}")}),
        note: format!("note of {id}"),
        created_by: "dashboard".to_owned(),
        created_at: now(),
    }
}

async fn active(tenant: &TenantStore) -> Option<String> {
    tenant.active_policy().await.unwrap().map(|version| version.id)
}

async fn one_version_is_active(bed: Bed) {
    let tenant = bed.local().await;
    let (a, b) = (version("a"), version("b"));
    tenant.put_policy(a.clone()).await.unwrap();
    tenant.put_policy(b.clone()).await.unwrap();
    assert_eq!(active(&tenant).await, None, "a new version is a draft");
    tenant.activate_policy("a", "api").await.unwrap();
    assert_eq!(tenant.active_policy().await.unwrap(), Some(a.clone()));
    tenant.activate_policy("b", "api").await.unwrap();
    assert_eq!(active(&tenant).await.as_deref(), Some("b"));
    let error = tenant.activate_policy("c", "api").await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "policy" }), "{error}");
    assert_eq!(active(&tenant).await.as_deref(), Some("b"), "what was active still is");

    let list = tenant.policies().await.unwrap();
    let shown: Vec<_> = list.iter().map(|version| (version.id.as_str(), version.active)).collect();
    assert_eq!(shown, [("b", true), ("a", false)]);
    assert_eq!(list[1].activated_by.as_deref(), Some("api"), "it was once");
    assert_eq!(tenant.policy("a").await.unwrap(), a);
    assert_eq!(tenant.deactivate_policy("api").await.unwrap().as_deref(), Some("b"));
    assert_eq!(tenant.deactivate_policy("api").await.unwrap(), None);
    assert_eq!(active(&tenant).await, None);
}

async fn a_version_never_changes(bed: Bed) {
    let tenant = bed.local().await;
    let a = version("a");
    tenant.put_policy(a.clone()).await.unwrap();
    tenant.put_policy(a.clone()).await.unwrap();
    let changed = PolicyVersion { files: json!({"x": 1}), ..a.clone() };
    let error = tenant.put_policy(changed).await.unwrap_err();
    assert!(matches!(&error, StoreError::Invalid(text) if text.contains("another id")), "{error}");
    assert_eq!(tenant.policy("a").await.unwrap(), a);
}

async fn simultaneous_activations_leave_one(bed: Bed) {
    let tenant = bed.local().await;
    let other = bed.open_again().await.unwrap().tenant(tenant.tenant_id()).await.unwrap();
    for n in 0..10 {
        tenant.put_policy(version(&n.to_string())).await.unwrap();
    }
    futures::future::try_join_all((0..10).map(|n| {
        let tenant = if n % 2 == 0 { tenant.clone() } else { other.clone() };
        async move { tenant.activate_policy(&n.to_string(), "api").await }
    }))
    .await
    .unwrap();
    let list = tenant.policies().await.unwrap();
    assert_eq!(list.iter().filter(|version| version.active).count(), 1);
    sound(&tenant).await;
}

async fn every_activation_is_on_record(bed: Bed) {
    let tenant = bed.local().await;
    tenant.put_policy(version("a")).await.unwrap();
    let mut notices = bed.store.notices();
    tenant.activate_policy("a", "api").await.unwrap();
    tenant.activate_policy("a", "api").await.unwrap();
    tenant.deactivate_policy("terminal").await.unwrap();
    let kinds: Vec<String> = all_entries(&tenant).await.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [kinds::POLICY_ADDED, kinds::POLICY_ACTIVATED, kinds::POLICY_DEACTIVATED]);
    assert_eq!(notices.recv().await.unwrap().subject, Subject::Policy);
    assert_eq!(notices.recv().await.unwrap().subject, Subject::Policy);
    assert!(notices.try_recv().is_err());
}
