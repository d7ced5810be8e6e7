//! Signed-in browsers and terminals.

use std::time::Duration;

use chrono::TimeDelta;
use domain::PrincipalId;
use store::Session;

use crate::fixtures::{Bed, now};

crate::on_both_engines! {
    a_session_lives_until_it_ends
    pruning_keeps_what_is_within_the_grace
}

/// A session that ends `seconds` from now; ended before, when negative.
fn session(token_hash: &str, seconds: i64) -> Session {
    Session {
        token_hash: token_hash.to_owned(),
        principal_id: PrincipalId::LOCAL_USER,
        label: "Firefox on this machine".to_owned(),
        created_at: now() - TimeDelta::hours(1),
        expires_at: now() + TimeDelta::seconds(seconds),
    }
}

async fn a_session_lives_until_it_ends(bed: Bed) {
    let tenant = bed.local().await;
    let (alive, over) = (session("alive", 60), session("over", -1));
    tenant.create_session(alive.clone()).await.unwrap();
    tenant.create_session(over.clone()).await.unwrap();
    assert_eq!(tenant.session("alive").await.unwrap(), Some(alive));
    assert_eq!(tenant.session("over").await.unwrap(), None);
    assert_eq!(tenant.session("never").await.unwrap(), None);
    assert_eq!(tenant.session("ali%").await.unwrap(), None);

    tenant.delete_session("alive").await.unwrap();
    tenant.delete_session("alive").await.unwrap();
    assert_eq!(tenant.session("alive").await.unwrap(), None);
}

async fn pruning_keeps_what_is_within_the_grace(bed: Bed) {
    let tenant = bed.local().await;
    for (name, seconds) in [("a", -7_200), ("b", -600), ("c", 600)] {
        tenant.create_session(session(name, seconds)).await.unwrap();
    }
    assert_eq!(tenant.prune_sessions(Duration::from_secs(3_600)).await.unwrap(), 1);
    assert_eq!(tenant.prune_sessions(Duration::MAX).await.unwrap(), 0);
    assert_eq!(tenant.prune_sessions(Duration::ZERO).await.unwrap(), 1);
    assert!(tenant.session("c").await.unwrap().is_some());
}
