//! Labels of conversations that belong to no task.

use std::time::Duration;

use crate::fixtures::Bed;

crate::on_both_engines! {
    labels_only_grow
    simultaneous_adders_lose_nothing
    conversations_are_forgotten_when_nobody_saw_them
}

fn labels(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

async fn labels_only_grow(bed: Bed) {
    let tenant = bed.local().await;
    assert!(tenant.session_labels("one").await.unwrap().is_empty());
    let first = tenant.add_session_labels("one", &labels(&["private_data"])).await.unwrap();
    assert_eq!(first, ["private_data"]);
    let both = tenant.add_session_labels("one", &labels(&["a\u{0}", "private_data"])).await.unwrap();
    assert_eq!(both, ["a\u{0}", "private_data"]);
    assert_eq!(tenant.add_session_labels("one", &[]).await.unwrap(), both);
    assert_eq!(tenant.session_labels("one").await.unwrap(), both);
    assert!(tenant.session_labels("two").await.unwrap().is_empty());
    let stranger = bed.store.tenant(domain::TenantId::new()).await.unwrap();
    assert!(stranger.session_labels("one").await.unwrap().is_empty());
}

async fn simultaneous_adders_lose_nothing(bed: Bed) {
    let tenant = bed.local().await;
    let other = bed.open_again().await.unwrap().tenant(tenant.tenant_id()).await.unwrap();
    futures::future::try_join_all((0..20).map(|n| {
        let tenant = if n % 2 == 0 { tenant.clone() } else { other.clone() };
        async move { tenant.add_session_labels("one", &[format!("label{n}")]).await }
    }))
    .await
    .unwrap();
    assert_eq!(tenant.session_labels("one").await.unwrap().len(), 20);
}

async fn conversations_are_forgotten_when_nobody_saw_them(bed: Bed) {
    let tenant = bed.local().await;
    tenant.add_session_labels("one", &labels(&["x"])).await.unwrap();
    assert_eq!(tenant.prune_session_labels(Duration::from_secs(3_600)).await.unwrap(), 0);
    assert_eq!(tenant.session_labels("one").await.unwrap(), ["x"]);
    assert_eq!(tenant.prune_session_labels(Duration::ZERO).await.unwrap(), 1);
    assert!(tenant.session_labels("one").await.unwrap().is_empty());
}
