//! Questions put to a person.

use domain::approval::{Answer, Approval, ApprovalKind, ApprovalStatus};
use domain::journal::Event;
use domain::task::TaskStatus;
use domain::{ApprovalId, TaskId};
use store::{ApprovalFilter, Resolve, StoreError, TenantStore};

use crate::fixtures::{Bed, approval, projection, scope, task};

crate::on_both_engines! {
    a_question_is_stored_and_journalled
    the_same_call_is_asked_about_once
    simultaneous_askers_get_one_question
    fifty_answers_one_counts
    answers_have_to_fit
    always_makes_the_rule_that_was_offered
    always_is_refused_where_it_was_not_offered
    void_questions_cannot_be_answered
    an_unused_approval_can_be_voided
    lists_are_filtered_and_oldest_first
}

fn answer(answer: Answer) -> Resolve {
    Resolve { answer, by: "dashboard".to_owned(), note: None, always: false }
}

async fn asked(tenant: &TenantStore, kind: ApprovalKind) -> Approval {
    let id = task(tenant, "x").await.id;
    tenant.request_approval(approval(id, kind), None).await.unwrap()
}

async fn last_event(tenant: &TenantStore, task_id: TaskId) -> Event {
    tenant.events(task_id, 0, 1_000).await.unwrap().pop().unwrap().event
}

async fn a_question_is_stored_and_journalled(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let wanted = approval(id, ApprovalKind::ToolCall);
    let mut changes = bed.store.subscribe();
    let made = tenant.request_approval(wanted.clone(), Some(projection(TaskStatus::Waiting))).await.unwrap();
    assert_eq!(made, wanted);
    assert_eq!(tenant.approval(made.id).await.unwrap(), wanted);
    assert_eq!(
        last_event(&tenant, id).await,
        Event::ApprovalRequested { approval_id: made.id, call_id: made.call_id, kind: made.kind }
    );
    let now = tenant.task(id).await.unwrap();
    assert_eq!((now.status, now.last_seq), (TaskStatus::Waiting, 2));
    assert_eq!(changes.recv().await.unwrap().last_seq, 2);
}

async fn the_same_call_is_asked_about_once(bed: Bed) {
    let tenant = bed.local().await;
    let first = asked(&tenant, ApprovalKind::ToolCall).await;
    let again = Approval { id: ApprovalId::new(), ..first.clone() };
    assert_eq!(tenant.request_approval(again.clone(), None).await.unwrap(), first);

    // Another kind of question about the same call is another question.
    let other = Approval { id: ApprovalId::new(), kind: ApprovalKind::OutcomeUnknown, ..first.clone() };
    assert_eq!(tenant.request_approval(other.clone(), None).await.unwrap(), other);

    // And once it is answered, it may be asked again.
    tenant.resolve_approval(first.id, answer(Answer::Deny)).await.unwrap();
    assert_eq!(tenant.request_approval(again.clone(), None).await.unwrap(), again);
    assert_eq!(tenant.task(first.task_id.unwrap()).await.unwrap().last_seq, 5);
}

async fn simultaneous_askers_get_one_question(bed: Bed) {
    let tenant = bed.local().await;
    let other = bed.open_again().await.unwrap().tenant(tenant.tenant_id()).await.unwrap();
    let wanted = approval(task(&tenant, "x").await.id, ApprovalKind::ToolCall);
    let made = futures::future::try_join_all((0..20).map(|n| {
        let handle = if n % 2 == 0 { tenant.clone() } else { other.clone() };
        let wanted = Approval { id: ApprovalId::new(), ..wanted.clone() };
        async move { handle.request_approval(wanted, None).await }
    }))
    .await
    .unwrap();
    assert!(made.iter().all(|approval| approval.id == made[0].id));
    assert_eq!(tenant.task(wanted.task_id.unwrap()).await.unwrap().last_seq, 2);
}

async fn fifty_answers_one_counts(bed: Bed) {
    let tenant = bed.local().await;
    let other = bed.open_again().await.unwrap().tenant(tenant.tenant_id()).await.unwrap();
    let question = asked(&tenant, ApprovalKind::ToolCall).await;
    let results = futures::future::join_all((0..50).map(|n| {
        let handle = if n % 2 == 0 { tenant.clone() } else { other.clone() };
        let resolve = Resolve {
            answer: if n % 3 == 0 { Answer::Approve } else { Answer::Deny },
            by: format!("person {n}"),
            note: Some("because".to_owned()),
            always: n % 3 == 0,
        };
        async move { handle.resolve_approval(question.id, resolve).await }
    }))
    .await;

    let mut winners = results.iter().flatten();
    let winner = winners.next().expect("somebody was first").clone();
    assert!(winners.next().is_none(), "only one was first");
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        let StoreError::AlreadyResolved { status } = error else { panic!("{error}") };
        assert!(status.contains(winner.answered_by.as_deref().unwrap()), "{status}");
    }
    assert_eq!(tenant.approval(question.id).await.unwrap(), winner);
    let events = tenant.events(question.task_id.unwrap(), 2, 100).await.unwrap();
    assert_eq!(events.len(), 1, "one answer is journalled");
    let rules = tenant.task_rules(question.task_id.unwrap()).await.unwrap();
    assert_eq!(rules.len(), usize::from(winner.answer == Some(Answer::Approve)));
}

async fn answers_have_to_fit(bed: Bed) {
    let tenant = bed.local().await;
    for (kind, fitting, unfit) in [
        (ApprovalKind::ToolCall, Answer::Deny, [Answer::Retry, Answer::CountAsDone, Answer::Stop].as_slice()),
        (ApprovalKind::OutcomeUnknown, Answer::CountAsDone, &[Answer::Approve, Answer::Deny]),
    ] {
        let question = asked(&tenant, kind).await;
        for unfit in unfit {
            let error = tenant.resolve_approval(question.id, answer(*unfit)).await.unwrap_err();
            assert!(matches!(error, StoreError::WrongAnswer), "{error}");
        }
        assert_eq!(tenant.approval(question.id).await.unwrap(), question);
        let resolved = tenant.resolve_approval(question.id, answer(fitting)).await.unwrap();
        assert_eq!((resolved.status, resolved.answer), (ApprovalStatus::Resolved, Some(fitting)));
        assert!(resolved.resolved_at.unwrap() >= question.created_at);
    }
}

async fn always_makes_the_rule_that_was_offered(bed: Bed) {
    let tenant = bed.local().await;
    let question = asked(&tenant, ApprovalKind::ToolCall).await;
    let resolve = Resolve {
        answer: Answer::Approve,
        by: "--approve all".to_owned(),
        note: Some("fine\u{0}".to_owned()),
        always: true,
    };
    let resolved = tenant.resolve_approval(question.id, resolve).await.unwrap();
    assert_eq!(resolved.answered_by.as_deref(), Some("--approve all"));

    let rules = tenant.task_rules(question.task_id.unwrap()).await.unwrap();
    let [rule] = &rules[..] else { panic!("{rules:?}") };
    assert_eq!((&rule.scope, rule.task_id, rule.revoked_at), (&scope(), question.task_id.unwrap(), None));
    assert_eq!(rule.created_by, "--approve all");
    assert_eq!(
        last_event(&tenant, question.task_id.unwrap()).await,
        Event::ApprovalResolved {
            approval_id: question.id,
            call_id: question.call_id,
            kind: question.kind,
            answer: Answer::Approve,
            by: "--approve all".to_owned(),
            note: Some("fine\u{0}".to_owned()),
            rule_id: Some(rule.id),
        }
    );
}

async fn always_is_refused_where_it_was_not_offered(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let plain = Approval { always: None, ..approval(id, ApprovalKind::ToolCall) };
    let plain = tenant.request_approval(plain, None).await.unwrap();
    let offering = tenant.request_approval(approval(id, ApprovalKind::ToolCall), None).await.unwrap();
    for (question, given) in [(&plain, Answer::Approve), (&offering, Answer::Deny)] {
        let resolve = Resolve { always: true, ..answer(given) };
        let error = tenant.resolve_approval(question.id, resolve).await.unwrap_err();
        assert!(matches!(error, StoreError::WrongAnswer), "{error}");
        assert_eq!(tenant.approval(question.id).await.unwrap().status, ApprovalStatus::Pending);
    }
    assert!(tenant.task_rules(id).await.unwrap().is_empty());
    assert_eq!(tenant.task(id).await.unwrap().last_seq, 3);
}

async fn void_questions_cannot_be_answered(bed: Bed) {
    let tenant = bed.local().await;
    let question = asked(&tenant, ApprovalKind::ToolCall).await;
    tenant.void_approval(question.id, "the policy moved").await.unwrap();
    assert_eq!(
        last_event(&tenant, question.task_id.unwrap()).await,
        Event::ApprovalVoided {
            approval_id: question.id,
            call_id: question.call_id,
            why: "the policy moved".to_owned()
        }
    );
    let error = tenant.resolve_approval(question.id, answer(Answer::Approve)).await.unwrap_err();
    assert_eq!(error.to_string(), "this approval was already made void");
    // Once more is no error, and no second event.
    tenant.void_approval(question.id, "again").await.unwrap();
    assert_eq!(tenant.task(question.task_id.unwrap()).await.unwrap().last_seq, 3);
}

async fn an_unused_approval_can_be_voided(bed: Bed) {
    let tenant = bed.local().await;
    let question = asked(&tenant, ApprovalKind::ToolCall).await;
    tenant.resolve_approval(question.id, answer(Answer::Approve)).await.unwrap();
    tenant.void_approval(question.id, "the tool changed").await.unwrap();
    let now = tenant.approval(question.id).await.unwrap();
    // What was answered stays on record.
    assert_eq!((now.status, now.answer), (ApprovalStatus::Void, Some(Answer::Approve)));
}

async fn lists_are_filtered_and_oldest_first(bed: Bed) {
    let tenant = bed.local().await;
    let a = asked(&tenant, ApprovalKind::ToolCall).await;
    let b = asked(&tenant, ApprovalKind::ToolCall).await;
    let c =
        tenant.request_approval(approval(a.task_id.unwrap(), ApprovalKind::ToolCall), None).await.unwrap();
    tenant.resolve_approval(a.id, answer(Answer::Approve)).await.unwrap();

    let ids = async |status, task_id| -> Vec<ApprovalId> {
        let list = tenant.approvals(&ApprovalFilter { status, task_id }).await.unwrap();
        list.iter().map(|approval| approval.id).collect()
    };
    assert_eq!(ids(None, None).await, [a.id, b.id, c.id]);
    assert_eq!(ids(Some(ApprovalStatus::Pending), None).await, [b.id, c.id]);
    assert_eq!(ids(None, a.task_id).await, [a.id, c.id]);
    assert_eq!(ids(Some(ApprovalStatus::Resolved), a.task_id).await, [a.id]);
    assert!(ids(Some(ApprovalStatus::Void), None).await.is_empty());
}
