//! Questions about calls of MCP clients, and what becomes of questions that nobody answers.

use chrono::TimeDelta;
use domain::approval::{Answer, Approval, ApprovalKind, ApprovalStatus, Binding};
use domain::digest::Digest;
use domain::journal::Event;
use domain::{ApprovalId, CallId};
use store::{Resolve, StoreError, Subject, TenantStore, kinds};

use crate::fixtures::{Bed, approval, now, task};
use crate::record::{all_entries, sound};

crate::on_both_engines! {
    the_same_call_is_asked_about_once
    simultaneous_askers_get_one_question
    a_yes_is_used_once
    simultaneous_takers_use_it_once
    any_other_call_is_not_approved
    a_no_never_counts
    a_yes_expires
    an_open_question_expires
    a_question_of_a_task_expires_into_its_journal
    roles_and_expiry_are_kept
    watchers_are_told
    it_needs_no_task_and_must_not_have_one
}

fn question() -> Approval {
    let id = domain::TaskId::new();
    let asked = approval(id, ApprovalKind::ToolCall);
    let binding = Binding { caller: "client:one".to_owned(), ..asked.binding };
    Approval { task_id: None, always: None, roles: vec!["admin".to_owned()], binding, ..asked }
}

async fn answer(tenant: &TenantStore, id: ApprovalId, answer: Answer) -> Result<Approval, StoreError> {
    tenant.resolve_approval(id, Resolve { answer, by: "api".to_owned(), note: None, always: false }).await
}

async fn the_same_call_is_asked_about_once(bed: Bed) {
    let tenant = bed.local().await;
    let first = question();
    assert_eq!(tenant.request_call_approval(first.clone()).await.unwrap(), first);
    let again = Approval { id: ApprovalId::new(), call_id: CallId::new(), ..first.clone() };
    assert_eq!(tenant.request_call_approval(again.clone()).await.unwrap(), first);
    assert_eq!(tenant.approval(first.id).await.unwrap(), first);
    // Another caller's is another question.
    let binding = Binding { caller: "client:two".to_owned(), ..first.binding.clone() };
    let other = Approval { id: ApprovalId::new(), binding, ..first.clone() };
    assert_eq!(tenant.request_call_approval(other.clone()).await.unwrap(), other);
    // And once it is answered, it may be asked again.
    answer(&tenant, first.id, Answer::Deny).await.unwrap();
    assert_eq!(tenant.request_call_approval(again.clone()).await.unwrap(), again);
}

async fn simultaneous_askers_get_one_question(bed: Bed) {
    let tenant = bed.local().await;
    let other = bed.open_again().await.unwrap().tenant(tenant.tenant_id()).await.unwrap();
    let wanted = question();
    let made = futures::future::try_join_all((0..20).map(|n| {
        let tenant = if n % 2 == 0 { &tenant } else { &other };
        tenant.request_call_approval(Approval { id: ApprovalId::new(), ..wanted.clone() })
    }))
    .await
    .unwrap();
    assert!(made.iter().all(|approval| approval.id == made[0].id));
}

async fn a_yes_is_used_once(bed: Bed) {
    let tenant = bed.local().await;
    let asked = tenant.request_call_approval(question()).await.unwrap();
    assert_eq!(tenant.take_call_approval(&asked.binding).await.unwrap(), None, "nobody answered yet");
    let resolved = answer(&tenant, asked.id, Answer::Approve).await.unwrap();
    let taken = tenant.take_call_approval(&asked.binding).await.unwrap().expect("it was approved");
    assert_eq!(taken, Approval { used_at: taken.used_at, ..resolved });
    assert!(taken.used_at.is_some());
    assert_eq!(tenant.approval(asked.id).await.unwrap(), taken);
    assert_eq!(tenant.take_call_approval(&asked.binding).await.unwrap(), None, "it was used");
    let kinds: Vec<String> = all_entries(&tenant).await.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [kinds::APPROVAL_ANSWERED, kinds::APPROVAL_USED]);
    sound(&tenant).await;
}

async fn simultaneous_takers_use_it_once(bed: Bed) {
    let tenant = bed.local().await;
    let other = bed.open_again().await.unwrap().tenant(tenant.tenant_id()).await.unwrap();
    let asked = tenant.request_call_approval(question()).await.unwrap();
    answer(&tenant, asked.id, Answer::Approve).await.unwrap();
    let taken = futures::future::try_join_all((0..20).map(|n| {
        let tenant = if n % 2 == 0 { &tenant } else { &other };
        tenant.take_call_approval(&asked.binding)
    }))
    .await
    .unwrap();
    assert_eq!(taken.iter().flatten().count(), 1);
}

async fn any_other_call_is_not_approved(bed: Bed) {
    let tenant = bed.local().await;
    let asked = tenant.request_call_approval(question()).await.unwrap();
    answer(&tenant, asked.id, Answer::Approve).await.unwrap();
    let given = asked.binding;
    let others = [
        Binding { caller: "client:two".to_owned(), ..given.clone() },
        Binding { tool_digest: Digest::of(&"other"), ..given.clone() },
        Binding { arguments_digest: Digest::of(&"other"), ..given.clone() },
        Binding { policy_revision: "r2".to_owned(), ..given.clone() },
    ];
    for other in others {
        assert_eq!(tenant.take_call_approval(&other).await.unwrap(), None, "{other:?}");
    }
    let stranger = bed.store.tenant(domain::TenantId::new()).await.unwrap();
    assert_eq!(stranger.take_call_approval(&given).await.unwrap(), None);
    assert!(tenant.take_call_approval(&given).await.unwrap().is_some());
}

async fn a_no_never_counts(bed: Bed) {
    let tenant = bed.local().await;
    let denied = tenant.request_call_approval(question()).await.unwrap();
    answer(&tenant, denied.id, Answer::Deny).await.unwrap();
    assert_eq!(tenant.take_call_approval(&denied.binding).await.unwrap(), None);
    let voided = tenant.request_call_approval(question()).await.unwrap();
    answer(&tenant, voided.id, Answer::Approve).await.unwrap();
    tenant.void_approval(voided.id, "the tool changed").await.unwrap();
    assert_eq!(tenant.take_call_approval(&voided.binding).await.unwrap(), None);
}

async fn a_yes_expires(bed: Bed) {
    let tenant = bed.local().await;
    // Answered in time, and used too late: the wait is for the clock, which moves on by itself.
    let soon = Approval { expires_at: Some(now() + TimeDelta::milliseconds(1_500)), ..question() };
    let asked = tenant.request_call_approval(soon).await.unwrap();
    if answer(&tenant, asked.id, Answer::Approve).await.is_ok() {
        while now() <= asked.expires_at.unwrap() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    assert_eq!(tenant.take_call_approval(&asked.binding).await.unwrap(), None);
}

async fn an_open_question_expires(bed: Bed) {
    let tenant = bed.local().await;
    let late = Approval { expires_at: Some(now() - TimeDelta::seconds(1)), ..question() };
    let late = tenant.request_call_approval(late).await.unwrap();
    let error = answer(&tenant, late.id, Answer::Approve).await.unwrap_err();
    assert_eq!(error.to_string(), "this approval was already expired");

    // It does not stand in the way of a new one, and the sweep finds nothing that is left.
    let open = Approval { expires_at: Some(now() + TimeDelta::hours(1)), ..question() };
    assert_eq!(tenant.request_call_approval(open.clone()).await.unwrap().id, open.id);
    assert_eq!(tenant.approval(late.id).await.unwrap().status, ApprovalStatus::Void);
    assert!(tenant.expire_approvals().await.unwrap().is_empty());
    assert_eq!(tenant.approval(open.id).await.unwrap(), open);
    sound(&tenant).await;
}

async fn a_question_of_a_task_expires_into_its_journal(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let late = approval(id, ApprovalKind::ToolCall);
    let late = Approval { expires_at: Some(now() - TimeDelta::seconds(1)), ..late };
    let late = tenant.request_approval(late, None).await.unwrap();
    let open = tenant.request_approval(approval(id, ApprovalKind::ToolCall), None).await.unwrap();
    assert_eq!(tenant.expire_approvals().await.unwrap(), [late.id]);
    assert!(tenant.expire_approvals().await.unwrap().is_empty());
    let last = tenant.events(id, 0, 100).await.unwrap().pop().unwrap().event;
    assert!(matches!(last, Event::ApprovalVoided { approval_id, .. } if approval_id == late.id), "{last:?}");
    assert_eq!(tenant.approval(open.id).await.unwrap().status, ApprovalStatus::Pending);
}

async fn roles_and_expiry_are_kept(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let asked = Approval {
        roles: vec!["admin".to_owned(), "owner".to_owned()],
        expires_at: Some(now() + TimeDelta::hours(1)),
        ..approval(id, ApprovalKind::ToolCall)
    };
    tenant.request_approval(asked.clone(), None).await.unwrap();
    assert_eq!(tenant.approval(asked.id).await.unwrap(), asked);
}

async fn watchers_are_told(bed: Bed) {
    let tenant = bed.local().await;
    let mut notices = bed.store.notices();
    let asked = tenant.request_call_approval(question()).await.unwrap();
    answer(&tenant, asked.id, Answer::Approve).await.unwrap();
    tenant.take_call_approval(&asked.binding).await.unwrap();
    tenant.void_approval(asked.id, "used").await.unwrap();
    for _ in 0..4 {
        let notice = notices.recv().await.unwrap();
        assert_eq!((notice.tenant_id, notice.subject), (tenant.tenant_id(), Subject::Approval(asked.id)));
    }
}

async fn it_needs_no_task_and_must_not_have_one(bed: Bed) {
    let tenant = bed.local().await;
    let of_task = approval(task(&tenant, "x").await.id, ApprovalKind::ToolCall);
    let error = tenant.request_call_approval(of_task).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid(_)), "{error}");
    let error = tenant.request_approval(question(), None).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid(_)), "{error}");
}
