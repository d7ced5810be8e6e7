//! The record: one chain of decisions and acts, recorded together, checked and exported.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::TaskId;
use domain::approval::{Answer, ApprovalKind};
use domain::decision::Point;
use serde_json::json;
use store::{
    Act, DecisionFilter, DecisionRecord, Entry, Head, Resolve, StoreError, TenantStore, Verification, kinds,
    verify_export,
};

use crate::fixtures::{Bed, approval, decision, now, task};

crate::on_both_engines! {
    decisions_and_acts_are_one_chain
    a_new_record_is_empty_and_sound
    sixty_four_recorders_make_one_chain
    two_instances_make_one_chain
    one_bad_row_fails_alone
    a_group_is_recorded_whole_or_not_at_all
    a_decision_is_recorded_once
    who_stops_waiting_takes_nothing_back
    too_many_at_once_are_refused
    an_export_checks_without_a_database
    a_head_kept_elsewhere_still_fits_later
    kinds_of_acts_have_a_form
}

pub fn act(subject: &str) -> Act {
    Act {
        kind: "test.done".into(),
        by: "terminal".into(),
        subject: subject.into(),
        detail: json!({"z": 1, "a": "\u{0}"}),
    }
}

pub async fn sound(tenant: &TenantStore) -> Head {
    match tenant.audit_verify(&[], |_| ()).await.unwrap() {
        Verification::Sound { head } => head,
        bad => panic!("{bad:?}"),
    }
}

pub async fn all_entries(tenant: &TenantStore) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let after = entries.last().map_or(0, |entry| entry.seq);
        let page = tenant.audit_entries(after, 7).await.unwrap();
        if page.is_empty() {
            return entries;
        }
        assert!(page.len() <= 7);
        entries.extend(page);
    }
}

async fn decisions_and_acts_are_one_chain(bed: Bed) {
    let tenant = bed.local().await;
    let record = decision(None, Point::ToolCall);
    tenant.record_decision(record.clone()).await.unwrap();
    tenant.record_act(act("x")).await.unwrap();
    let question = tenant
        .request_approval(approval(task(&tenant, "x").await.id, ApprovalKind::ToolCall), None)
        .await
        .unwrap();
    let resolve = Resolve { answer: Answer::Approve, by: "api".to_owned(), note: None, always: false };
    tenant.resolve_approval(question.id, resolve).await.unwrap();
    tenant.void_approval(question.id, "the policy moved").await.unwrap();
    tenant.record_decision(decision(question.task_id, Point::ToolResult)).await.unwrap();

    let entries = all_entries(&tenant).await;
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["decision", "test.done", kinds::APPROVAL_ANSWERED, kinds::APPROVAL_VOIDED, "decision"]
    );
    for (n, entry) in entries.iter().enumerate() {
        assert_eq!(entry.seq, n as u64 + 1);
        assert_eq!(entry.hash, entry.computed());
        assert_eq!(entry.prev, n.checked_sub(1).map_or(Default::default(), |before| entries[before].hash));
    }
    assert_eq!(serde_json::from_str::<DecisionRecord>(&entries[0].body).unwrap(), record);
    assert_eq!(serde_json::from_str::<Act>(&entries[1].body).unwrap(), act("x"));
    let answered: Act = serde_json::from_str(&entries[2].body).unwrap();
    assert_eq!((answered.by.as_str(), answered.subject), ("api", question.id.to_string()));
    assert_eq!(answered.detail["answer"], "approve");
    assert_eq!(answered.detail["binding"], serde_json::to_value(&question.binding).unwrap());

    let last = entries.last().unwrap();
    let head = sound(&tenant).await;
    assert_eq!((head.seq, head.hash, head.at.timestamp_micros()), (5, last.hash, last.at_us));
    assert_eq!(tenant.audit_head().await.unwrap(), head);
    // Acts are not decisions.
    assert_eq!(tenant.decisions(&DecisionFilter::default()).await.unwrap().len(), 2);
}

async fn a_new_record_is_empty_and_sound(bed: Bed) {
    let tenant = bed.local().await;
    let head = sound(&tenant).await;
    assert_eq!((head.seq, head.hash), (0, Default::default()));
    assert!(tenant.audit_entries(0, 10).await.unwrap().is_empty());
}

async fn sixty_four_recorders_make_one_chain(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let recorders = (0..64).map(|n| {
        let tenant = tenant.clone();
        tokio::spawn(async move {
            for round in 0..5 {
                match (n + round) % 4 {
                    0 => tenant.record_act(act("x")).await,
                    1 => tenant.record_decision(decision(Some(id), Point::ToolCall)).await,
                    // A transaction of its own, which moves the head as well.
                    2 => tenant.put_secret_row(&format!("s{n}"), vec![1], "x").await,
                    _ => {
                        let pair = [Point::ToolCall, Point::ToolResult].map(|point| decision(None, point));
                        tenant.record_decisions(pair.into()).await
                    }
                }
                .unwrap();
            }
        })
    });
    for recorder in recorders.collect::<Vec<_>>() {
        recorder.await.unwrap();
    }
    assert_eq!(sound(&tenant).await.seq, 64 * 5 * 5 / 4);
    let seqs: Vec<u64> = all_entries(&tenant).await.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, (1..=400).collect::<Vec<_>>());
}

async fn two_instances_make_one_chain(bed: Bed) {
    let tenant = bed.local().await;
    let other = bed.open_again().await.unwrap().tenant(tenant.tenant_id()).await.unwrap();
    let recorders = (0..20).map(|n| {
        let tenant = if n % 2 == 0 { tenant.clone() } else { other.clone() };
        async move {
            for _ in 0..5 {
                tenant.record_decision(decision(None, Point::ToolCall)).await.unwrap();
            }
        }
    });
    futures::future::join_all(recorders).await;
    assert_eq!(sound(&tenant).await.seq, 100);
    assert_eq!(sound(&other).await, sound(&tenant).await);
}

async fn one_bad_row_fails_alone(bed: Bed) {
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let results = futures::future::join_all((0..40).map(|n| {
        let task_id = if n % 10 == 3 { TaskId::new() } else { id };
        tenant.record_decision(decision(Some(task_id), Point::ToolCall))
    }))
    .await;
    for (n, result) in results.into_iter().enumerate() {
        match result {
            Err(StoreError::NotFound { what: "task" }) => assert_eq!(n % 10, 3),
            result => assert!(result.is_ok() && n % 10 != 3, "{n}: {result:?}"),
        }
    }
    assert_eq!(sound(&tenant).await.seq, 36);
}

async fn a_group_is_recorded_whole_or_not_at_all(bed: Bed) {
    let tenant = bed.local().await;
    let good = decision(None, Point::ToolCall);
    let bad = decision(Some(TaskId::new()), Point::ToolCall);
    let error = tenant.record_decisions(vec![good.clone(), bad]).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "task" }), "{error}");
    assert!(tenant.decisions(&DecisionFilter::default()).await.unwrap().is_empty());
    tenant.record_decisions(vec![]).await.unwrap();
    tenant.record_decisions(vec![good.clone(), decision(None, Point::ToolResult)]).await.unwrap();
    assert_eq!(sound(&tenant).await.seq, 2);
}

async fn a_decision_is_recorded_once(bed: Bed) {
    let tenant = bed.local().await;
    let record = decision(None, Point::ToolCall);
    tenant.record_decision(record.clone()).await.unwrap();
    let error = tenant.record_decision(record).await.unwrap_err();
    assert!(matches!(&error, StoreError::Invalid(text) if text.contains("already")), "{error}");
    assert_eq!(sound(&tenant).await.seq, 1);
}

async fn who_stops_waiting_takes_nothing_back(bed: Bed) {
    let tenant = bed.local().await;
    for _ in 0..50 {
        // Asked once, and then no more.
        let mut recording = Box::pin(tenant.record_decision(decision(None, Point::ToolCall)));
        let _ = futures::poll!(recording.as_mut());
    }
    tenant.record_decision(decision(None, Point::ToolCall)).await.unwrap();
    assert_eq!(sound(&tenant).await.seq, 51);
}

async fn too_many_at_once_are_refused(bed: Bed) {
    let tenant = bed.local().await;
    let records: Vec<_> = (0..1_001).map(|_| decision(None, Point::ToolCall)).collect();
    let error = tenant.record_decisions(records.clone()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Invalid(text) if text.contains("1000")), "{error}");
    tenant.record_decisions(records[1..].to_vec()).await.unwrap();
    let told = Arc::new(AtomicU64::new(0));
    let progress = {
        let told = told.clone();
        move |seq| told.store(seq, Ordering::Relaxed)
    };
    let verified = tenant.audit_verify(&[], progress).await.unwrap();
    assert!(matches!(&verified, Verification::Sound { head } if head.seq == 1_000), "{verified:?}");
    assert_eq!(told.load(Ordering::Relaxed), 1_000);
}

async fn an_export_checks_without_a_database(bed: Bed) {
    let tenant = bed.local().await;
    for _ in 0..5 {
        tenant.record_decision(decision(None, Point::ToolCall)).await.unwrap();
        tenant.record_act(act("x")).await.unwrap();
    }
    let mut lines = tenant.audit_export(0, 4).await.unwrap();
    lines.extend(tenant.audit_export(4, 0).await.unwrap());
    let head = tenant.audit_head().await.unwrap();
    let start = Head::start(now());
    let check = |lines: &[String], from: &Head, trusted: &[Head]| {
        verify_export(lines.iter().cloned().map(io::Result::Ok), from, trusted).unwrap()
    };
    assert_eq!(
        check(&lines, &start, std::slice::from_ref(&head)),
        Verification::Sound { head: head.clone() }
    );
    // What stands in the lines is what is stored.
    let entry: Entry = serde_json::from_str(&lines[3]).unwrap();
    assert_eq!(entry, tenant.audit_entries(3, 1).await.unwrap()[0]);
    // A part, behind an entry that is trusted.
    let part = Head { seq: entry.seq, hash: entry.hash, at: now() };
    assert_eq!(check(&lines[4..], &part, &[]), Verification::Sound { head: head.clone() });
    // Cut off, which only a trusted head can tell.
    assert!(matches!(check(&lines[..8], &start, &[]), Verification::Sound { .. }));
    let cut = check(&lines[..8], &start, std::slice::from_ref(&head));
    assert!(matches!(cut, Verification::FirstBad { seq: 9, .. }), "{cut:?}");
}

async fn a_head_kept_elsewhere_still_fits_later(bed: Bed) {
    let tenant = bed.local().await;
    let mut heads = vec![tenant.audit_head().await.unwrap()];
    for _ in 0..3 {
        tenant.record_act(act("x")).await.unwrap();
        heads.push(tenant.audit_head().await.unwrap());
    }
    tenant.record_act(act("x")).await.unwrap();
    let verified = tenant.audit_verify(&heads, |_| ()).await.unwrap();
    assert_eq!(verified, Verification::Sound { head: tenant.audit_head().await.unwrap() });
    let text = serde_json::to_string(&heads[1]).unwrap();
    assert_eq!(serde_json::from_str::<Head>(&text).unwrap(), heads[1], "a head can be kept in a file");
}

async fn kinds_of_acts_have_a_form(bed: Bed) {
    let tenant = bed.local().await;
    for kind in ["decision", "", "pin", "pin.", "Pin.set", "pin set", "pin.set\u{0}"] {
        let error = tenant.record_act(Act { kind: kind.to_owned().into(), ..act("x") }).await.unwrap_err();
        assert!(matches!(&error, StoreError::Invalid(text) if text.contains("pin.set")), "{error}");
    }
    assert_eq!(sound(&tenant).await.seq, 0);
}
