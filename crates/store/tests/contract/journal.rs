//! The journal: in order, without gaps, seen by whoever waits.

use std::collections::HashSet;
use std::time::Duration;

use domain::TaskId;
use domain::journal::{Envelope, Event};
use domain::task::TaskStatus;
use futures::future::try_join_all;
use proptest::prelude::any;
use proptest::strategy::{Strategy, ValueTree};
use store::StoreError;

use crate::fixtures::{Bed, approval, ended, note, projection, task};

crate::on_both_engines! {
    events_are_numbered_without_gaps
    a_wrong_expectation_changes_nothing
    any_cut_into_pages_gives_the_same_journal
    fifty_tasks_append_from_two_handles
    many_append_to_one_task
    one_of_many_expecting_the_same_wins
    an_abandoned_append_is_whole_or_not_there
    subscribers_hear_of_every_commit
    the_end_of_a_task_voids_its_questions_first
    a_task_that_is_not_there_has_no_journal
    text_of_any_kind_comes_back
    a_long_append_is_one_append
}

async fn events_are_numbered_without_gaps(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let first = tenant.append(id, Some(1), vec![note("a"), note("b")], None).await.unwrap();
    let second = tenant.append(id, None, vec![note("c")], None).await.unwrap();
    assert_eq!(seqs(&first), [2, 3]);
    assert_eq!(seqs(&second), [4]);
    let all = tenant.events(id, 0, 100).await.unwrap();
    assert_eq!(seqs(&all), [1, 2, 3, 4]);
    assert_eq!(all[1..], [first, second].concat());
    assert_eq!(tenant.task(id).await.unwrap().last_seq, 4);
}

async fn a_wrong_expectation_changes_nothing(bed: Bed) {
    let tenant = bed.local().await;
    let before = task(&tenant, "x").await;
    for expected in [0, 2, u64::MAX] {
        for events in [vec![note("a")], vec![ended()], vec![]] {
            let moved = Some(projection(TaskStatus::Failed));
            let error = tenant.append(before.id, Some(expected), events, moved).await.unwrap_err();
            assert!(
                matches!(error, StoreError::Conflict { task_id, expected: e, actual: 1 } if task_id == before.id && e == expected),
                "{error}"
            );
        }
    }
    assert_eq!(tenant.task(before.id).await.unwrap(), before);
    assert_eq!(tenant.events(before.id, 0, 10).await.unwrap().len(), 1);
}

async fn any_cut_into_pages_gives_the_same_journal(bed: Bed) {
    const EVENTS: u64 = 40;
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let notes = (2..=EVENTS).map(|n| note(n.to_string())).collect();
    tenant.append(id, None, notes, None).await.unwrap();
    let all = tenant.events(id, 0, 1_000).await.unwrap();

    // Shrinking wants a closure that does not await, so the cases are drawn first.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let cases = (0..EVENTS + 5, 1_u32..15);
    for _ in 0..30 {
        let (after, limit) = cases.new_tree(&mut runner).unwrap().current();
        let page = tenant.events(id, after, limit).await.unwrap();
        let wanted: Vec<_> = all.iter().filter(|e| e.seq > after).take(limit as usize).cloned().collect();
        assert_eq!(page, wanted, "after {after}, limit {limit}");

        let (mut read, mut cursor) = (Vec::new(), after);
        loop {
            let page = tenant.events(id, cursor, limit).await.unwrap();
            let Some(last) = page.last() else { break };
            cursor = last.seq;
            read.extend(page);
        }
        assert_eq!(read, all[all.len().min(after as usize)..]);
    }
    assert!(tenant.events(id, u64::MAX, 10).await.unwrap().is_empty());
    assert!(tenant.events(id, 0, 0).await.unwrap().is_empty());
}

async fn fifty_tasks_append_from_two_handles(bed: Bed) {
    const TASKS: usize = 50;
    const APPENDS: usize = 5;
    let tenant = bed.local().await;
    // The second handle has connections of its own, like another process.
    let other = bed.open_again().await.unwrap().tenant(tenant.tenant_id()).await.unwrap();
    let mut ids = Vec::new();
    for n in 0..TASKS {
        ids.push(task(&tenant, &format!("task {n}")).await.id);
    }
    try_join_all(ids.iter().enumerate().map(|(n, id)| {
        let handle = if n % 2 == 0 { tenant.clone() } else { other.clone() };
        async move {
            for k in 0..APPENDS {
                let expected = Some(1 + 2 * k as u64);
                handle.append(*id, expected, vec![note("a"), note("b")], None).await?;
            }
            Ok::<_, StoreError>(())
        }
    }))
    .await
    .unwrap();
    for id in ids {
        let events = tenant.events(id, 0, 100).await.unwrap();
        assert_eq!(seqs(&events), (1..=1 + 2 * APPENDS as u64).collect::<Vec<_>>());
    }
}

async fn many_append_to_one_task(bed: Bed) {
    const WRITERS: usize = 30;
    let tenant = bed.local().await;
    let other = bed.open_again().await.unwrap().tenant(tenant.tenant_id()).await.unwrap();
    let id = task(&tenant, "x").await.id;
    let appended = try_join_all((0..WRITERS).map(|n| {
        let handle = if n % 2 == 0 { tenant.clone() } else { other.clone() };
        async move { handle.append(id, None, vec![note(n.to_string()), note(n.to_string())], None).await }
    }))
    .await
    .unwrap();
    let events = tenant.events(id, 1, 1_000).await.unwrap();
    assert_eq!(seqs(&events), (2..2 + 2 * WRITERS as u64).collect::<Vec<_>>());
    for pair in appended {
        assert_eq!(pair[1].seq, pair[0].seq + 1, "events of one append stay together");
        assert!(pair.iter().all(|envelope| events.contains(envelope)));
    }
}

async fn one_of_many_expecting_the_same_wins(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let results = futures::future::join_all((0..20).map(|n| {
        let tenant = tenant.clone();
        async move { tenant.append(id, Some(1), vec![note(n.to_string())], None).await }
    }))
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for error in results.into_iter().filter_map(Result::err) {
        assert!(matches!(error, StoreError::Conflict { expected: 1, actual: 2, .. }), "{error}");
    }
}

/// A caller that goes away (a browser that hangs up) must neither leave half an append nor keep the writer.
async fn an_abandoned_append_is_whole_or_not_there(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let mut changes = bed.store.subscribe();
    for n in 0..20_u64 {
        let append = tenant.append(id, None, vec![note("a"), note("b")], None);
        // From "not even begun" to "perhaps done".
        let _ = tokio::time::timeout(Duration::from_micros(n * 100), append).await;
    }
    let last = tenant.append(id, None, vec![note("last")], None).await.unwrap()[0].seq;
    // What was begun goes to its end in the background, so it may come behind.
    let mut heard = HashSet::new();
    while let Ok(Ok(change)) = tokio::time::timeout(Duration::from_millis(200), changes.recv()).await {
        heard.insert(change.last_seq);
    }
    let events = tenant.events(id, 0, 1_000).await.unwrap();
    assert_eq!(seqs(&events), (1..=events.len() as u64).collect::<Vec<_>>());
    assert!(heard.contains(&last));
    assert_eq!(
        heard.len(),
        events[1..].iter().filter(|e| e.event != note("b")).count(),
        "each commit is told once"
    );
}

async fn subscribers_hear_of_every_commit(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let mut changes = bed.store.subscribe();
    tenant.append(id, None, vec![note("a"), note("b")], None).await.unwrap();
    tenant.append(id, Some(99), vec![note("refused")], None).await.unwrap_err();
    tenant.append(id, None, vec![note("c")], None).await.unwrap();
    for last_seq in [3, 4] {
        let change = changes.recv().await.unwrap();
        assert_eq!((change.task_id, change.last_seq), (id, last_seq));
        // Told after the commit: what it speaks of can be read.
        assert!(tenant.task(id).await.unwrap().last_seq >= last_seq);
    }
    assert!(changes.try_recv().is_err());
}

async fn the_end_of_a_task_voids_its_questions_first(bed: Bed) {
    use domain::approval::{ApprovalKind, ApprovalStatus};
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let a = tenant.request_approval(approval(id, ApprovalKind::ToolCall), None).await.unwrap();
    let b = tenant.request_approval(approval(id, ApprovalKind::OutcomeUnknown), None).await.unwrap();
    let elsewhere = task(&tenant, "y").await.id;
    let other = tenant.request_approval(approval(elsewhere, ApprovalKind::ToolCall), None).await.unwrap();

    let events = vec![note("bye"), ended()];
    let done = Some(projection(TaskStatus::Completed));
    let appended = tenant.append(id, Some(3), events, done).await.unwrap();
    let voided = |approval: &domain::approval::Approval| Event::ApprovalVoided {
        approval_id: approval.id,
        call_id: approval.call_id,
        why: "the task ended".to_owned(),
    };
    let happened: Vec<_> = appended.iter().map(|envelope| envelope.event.clone()).collect();
    assert_eq!(happened, [note("bye"), voided(&a), voided(&b), ended()]);
    assert_eq!(seqs(&appended), [4, 5, 6, 7]);
    for id in [a.id, b.id] {
        assert_eq!(tenant.approval(id).await.unwrap().status, ApprovalStatus::Void);
    }
    assert_eq!(tenant.approval(other.id).await.unwrap().status, ApprovalStatus::Pending);
}

async fn a_task_that_is_not_there_has_no_journal(bed: Bed) {
    let tenant = bed.local().await;
    let nobody = TaskId::new();
    for result in [
        tenant.events(nobody, 0, 10).await.map(drop),
        tenant.append(nobody, None, vec![note("x")], None).await.map(drop),
        tenant.append(nobody, Some(0), vec![ended()], None).await.map(drop),
        tenant.append(nobody, None, vec![], None).await.map(drop),
    ] {
        assert!(matches!(result, Err(StoreError::NotFound { what: "task" })), "{result:?}");
    }
}

async fn text_of_any_kind_comes_back(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strings = proptest::collection::vec(any::<char>(), 0..200);
    let mut texts =
        vec!["\u{0}".to_owned(), "'; DROP TABLE journal; --".to_owned(), "\u{feff}\u{202e}x".to_owned()];
    for _ in 0..40 {
        texts.push(strings.new_tree(&mut runner).unwrap().current().into_iter().collect());
    }
    let notes: Vec<_> = texts.into_iter().map(note).collect();
    tenant.append(id, None, notes.clone(), None).await.unwrap();
    let read: Vec<_> = tenant.events(id, 1, 1_000).await.unwrap().into_iter().map(|e| e.event).collect();
    assert_eq!(read, notes);
}

/// More rows than one INSERT holds, and a text of some megabytes.
async fn a_long_append_is_one_append(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let mut events: Vec<_> = (0..2_500).map(|n| note(n.to_string())).collect();
    events.push(note("m".repeat(4 << 20)));
    let appended = tenant.append(id, Some(1), events, None).await.unwrap();
    assert_eq!(appended.last().unwrap().seq, 2_502);
    assert_eq!(tenant.events(id, 1, 5_000).await.unwrap(), appended);
}

fn seqs(events: &[Envelope]) -> Vec<u64> {
    events.iter().map(|envelope| envelope.seq).collect()
}
