//! What belongs to one tenant is not there for another.

use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;

use domain::approval::{Answer, ApprovalKind};
use domain::decision::Point;
use domain::{PrincipalId, TaskId, TenantId};
use store::{
    ApprovalFilter, DecisionFilter, PolicyVersion, Resolve, Session, StoreError, TaskFilter, TenantStore,
};

use crate::fixtures::{Bed, approval, created, decision, ended, note, now, task, workspace};

crate::on_both_engines! {
    foreign_things_are_not_there
    tenants_use_the_same_ids_without_noticing
}

fn resolve() -> Resolve {
    Resolve { answer: Answer::Approve, by: "api".to_owned(), note: None, always: true }
}

fn session(token_hash: &str) -> Session {
    Session {
        token_hash: token_hash.to_owned(),
        principal_id: PrincipalId::LOCAL_USER,
        label: "x".to_owned(),
        created_at: now(),
        expires_at: now() + chrono::TimeDelta::hours(1),
    }
}

async fn foreign_things_are_not_there(bed: Bed) {
    let owner = bed.local().await;
    let stranger = bed.store.tenant(TenantId::new()).await.unwrap();
    let place = workspace(&owner).await;
    let theirs = task(&owner, "secret plan").await;
    let question = owner.request_approval(approval(theirs.id, ApprovalKind::ToolCall), None).await.unwrap();
    let answered = owner.request_approval(approval(theirs.id, ApprovalKind::ToolCall), None).await.unwrap();
    owner.resolve_approval(answered.id, resolve()).await.unwrap();
    let rule = owner.task_rules(theirs.id).await.unwrap().remove(0);
    owner.record_decision(decision(Some(theirs.id), Point::ToolCall)).await.unwrap();
    owner.create_session(session("token")).await.unwrap();
    owner.put_secret_row("s", vec![1], "x").await.unwrap();
    let policy = PolicyVersion {
        id: "p".to_owned(),
        files: serde_json::json!({}),
        note: String::new(),
        created_by: "x".to_owned(),
        created_at: now(),
    };
    owner.put_policy(policy).await.unwrap();
    owner.activate_policy("p", "x").await.unwrap();
    let before = everything(&owner).await;

    // One by one: not found, like an id that never was.
    not_found(stranger.workspace(place.id).await);
    not_found(stranger.task(theirs.id).await);
    not_found(stranger.create_task(TaskId::new(), "x", created(place.id, "x")).await);
    not_found(stranger.append(theirs.id, None, vec![note("x")], None).await);
    not_found(stranger.append(theirs.id, Some(theirs.last_seq), vec![ended()], None).await);
    not_found(stranger.events(theirs.id, 0, 10).await);
    not_found(stranger.request_approval(approval(theirs.id, ApprovalKind::ToolCall), None).await);
    not_found(stranger.resolve_approval(question.id, resolve()).await);
    not_found(stranger.void_approval(question.id, "x").await);
    not_found(stranger.approval(question.id).await);
    not_found(stranger.task_rules(theirs.id).await);
    not_found(stranger.revoke_rule(rule.id).await);
    not_found(stranger.record_decision(decision(Some(theirs.id), Point::ToolCall)).await);
    assert_eq!(stranger.session("token").await.unwrap(), None);
    stranger.delete_session("token").await.unwrap();
    assert_eq!(stranger.prune_sessions(Duration::ZERO).await.unwrap(), 0);

    // And lists are empty.
    assert!(stranger.workspaces().await.unwrap().is_empty());
    let secret = TaskFilter { search: Some("secret".to_owned()), ..TaskFilter::default() };
    assert!(stranger.tasks(&secret).await.unwrap().is_empty());
    assert!(stranger.tasks(&TaskFilter::default()).await.unwrap().is_empty());
    assert!(stranger.unfinished_tasks().await.unwrap().is_empty());
    for task_id in [None, Some(theirs.id)] {
        let filter = ApprovalFilter { task_id, ..ApprovalFilter::default() };
        assert!(stranger.approvals(&filter).await.unwrap().is_empty());
        let filter = DecisionFilter { task_id, ..DecisionFilter::default() };
        assert!(stranger.decisions(&filter).await.unwrap().is_empty());
    }
    assert!(stranger.calls_for_replay(10).await.unwrap().is_empty());
    assert!(stranger.audit_entries(0, 10).await.unwrap().is_empty());
    assert!(stranger.secret_rows().await.unwrap().is_empty());
    assert!(stranger.servers().await.unwrap().is_empty());
    assert!(stranger.policies().await.unwrap().is_empty());
    not_found(stranger.policy("p").await);
    not_found(stranger.activate_policy("p", "x").await);
    not_found(stranger.put_link("hash", question.id, now()).await);
    assert!(!stranger.delete_secret_row("s", "x").await.unwrap());
    assert_eq!(stranger.deactivate_policy("x").await.unwrap(), None);
    assert!(stranger.expire_approvals().await.unwrap().is_empty());
    assert_eq!(everything(&owner).await, before, "the stranger changed nothing");
}

async fn tenants_use_the_same_ids_without_noticing(bed: Bed) {
    let owner = bed.local().await;
    let stranger = bed.store.tenant(TenantId::new()).await.unwrap();
    let theirs = task(&owner, "theirs").await;
    let place = stranger.ensure_workspace(Path::new("/srv/project"), "project").await.unwrap();
    assert_ne!(place.id, theirs.workspace_id, "the same folder is another workspace for another tenant");

    // An id that another tenant uses is free: to be refused would tell that it exists.
    let own = stranger.create_task(theirs.id, "own", created(place.id, "own")).await.unwrap();
    stranger.append(own.id, Some(1), vec![note("x")], None).await.unwrap();
    assert_eq!(owner.task(theirs.id).await.unwrap(), theirs);
    assert_eq!(owner.events(theirs.id, 0, 10).await.unwrap().len(), 1);
    assert_eq!(stranger.task(own.id).await.unwrap().title, "own");
    let session = session("token");
    owner.create_session(session.clone()).await.unwrap();
    stranger.create_session(session).await.unwrap();
}

#[track_caller]
fn not_found<T: Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::NotFound { .. })), "{result:?}");
}

async fn everything(tenant: &TenantStore) -> String {
    let tasks = tenant.tasks(&TaskFilter::default()).await.unwrap();
    let mut text = format!(
        "{:?} {tasks:?} {:?} {:?} {:?}",
        tenant.workspaces().await.unwrap(),
        tenant.approvals(&ApprovalFilter::default()).await.unwrap(),
        tenant.decisions(&DecisionFilter::default()).await.unwrap(),
        tenant.session("token").await.unwrap(),
    );
    text +=
        &format!("{:?} {:?}", tenant.policies().await.unwrap(), tenant.audit_entries(0, 100).await.unwrap());
    text += &format!("{:?}", tenant.secret_rows().await.unwrap());
    for task in tasks {
        text += &format!("{:?}", tenant.events(task.id, 0, 1_000).await.unwrap());
        text += &format!("{:?}", tenant.task_rules(task.id).await.unwrap());
    }
    text
}
