//! "Always for this task" rules.

use domain::approval::{Answer, ApprovalKind};
use domain::{RuleId, TaskId};
use store::{Resolve, StoreError};

use crate::fixtures::{Bed, approval, task};

crate::on_both_engines! {
    rules_are_listed_and_revoked
}

async fn rules_are_listed_and_revoked(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    for _ in 0..2 {
        let question = tenant.request_approval(approval(id, ApprovalKind::ToolCall), None).await.unwrap();
        let resolve =
            Resolve { answer: Answer::Approve, by: "terminal".to_owned(), note: None, always: true };
        tenant.resolve_approval(question.id, resolve).await.unwrap();
    }
    let rules = tenant.task_rules(id).await.unwrap();
    let [first, second] = &rules[..] else { panic!("{rules:?}") };
    assert!(first.created_at <= second.created_at);

    let revoked = tenant.revoke_rule(first.id).await.unwrap();
    assert!(revoked.revoked_at.is_some());
    assert_eq!(tenant.task_rules(id).await.unwrap(), [revoked.clone(), second.clone()]);
    assert_eq!(tenant.revoke_rule(first.id).await.unwrap(), revoked, "the first revocation stands");

    let error = tenant.revoke_rule(RuleId::new()).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "rule" }), "{error}");
    let error = tenant.task_rules(TaskId::new()).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "task" }), "{error}");
}
