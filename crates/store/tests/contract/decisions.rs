//! Recorded answers of the policy.

use domain::decision::{Decision, Point, Verdict};
use domain::{CallId, DecisionId, PrincipalId, TaskId};
use serde_json::json;
use store::{DecisionFilter, DecisionRecord, StoreError};

use crate::fixtures::{Bed, decision, task};

crate::on_both_engines! {
    records_come_back_whole_newest_first
    a_decision_needs_its_task
    they_are_found_by_what_they_say
    pages_go_back_to_the_first
    calls_come_back_for_a_draft_of_a_policy
}

async fn records_come_back_whole_newest_first(bed: Bed) {
    let tenant = bed.local().await;
    let (a, b) = (task(&tenant, "a").await.id, task(&tenant, "b").await.id);
    let mut records = Vec::new();
    for (task_id, point) in [
        (Some(a), Point::ModelCall),
        (Some(a), Point::ToolCall),
        (Some(b), Point::ToolCall),
        (None, Point::ToolsList),
        (Some(a), Point::ToolResult),
    ] {
        let record = decision(task_id, point);
        tenant.record_decision(record.clone()).await.unwrap();
        records.push(record);
    }
    records.reverse();

    let all = DecisionFilter::default();
    assert_eq!(tenant.decisions(&all).await.unwrap(), records);
    assert_eq!(tenant.decisions(&DecisionFilter { limit: 2, ..all.clone() }).await.unwrap(), records[..2]);

    let by = |keep: &dyn Fn(&store::DecisionRecord) -> bool| -> Vec<_> {
        records.iter().filter(|record| keep(record)).cloned().collect()
    };
    let of_a = DecisionFilter { task_id: Some(a), ..all.clone() };
    assert_eq!(tenant.decisions(&of_a).await.unwrap(), by(&|record| record.task_id == Some(a)));
    let calls = DecisionFilter { point: Some(Point::ToolCall), ..all.clone() };
    assert_eq!(
        tenant.decisions(&calls).await.unwrap(),
        by(&|record| record.decision.point == Point::ToolCall)
    );
    let call = DecisionFilter { call_id: records[0].call_id, ..all };
    assert_eq!(tenant.decisions(&call).await.unwrap(), records[..1]);
}

async fn a_decision_needs_its_task(bed: Bed) {
    let tenant = bed.local().await;
    let error = tenant.record_decision(decision(Some(TaskId::new()), Point::ToolCall)).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "task" }), "{error}");
    assert!(tenant.decisions(&DecisionFilter::default()).await.unwrap().is_empty());
}

/// A decision on a call of an MCP client.
fn of_client(conversation: &str, server: &str, tool: &str, verdict: Verdict) -> DecisionRecord {
    let record = decision(None, Point::ToolCall);
    let question = json!({"session": {"id": conversation}, "arguments": {"a": 1}});
    let decision = Decision { verdict, ..record.decision };
    let (server, tool) = (server.to_owned(), tool.to_owned());
    DecisionRecord { decision, server, tool, question, call_id: Some(CallId::new()), ..record }
}

async fn they_are_found_by_what_they_say(bed: Bed) {
    let tenant = bed.local().await;
    let somebody = PrincipalId::new();
    let records = [
        of_client("one", "git", "log", Verdict::Allow),
        of_client("two", "git", "push", Verdict::Deny),
        DecisionRecord { principal_id: somebody, ..of_client("one", "time", "now", Verdict::Allow) },
    ];
    tenant.record_decisions(records.to_vec()).await.unwrap();
    let all = DecisionFilter::default();
    let text = |text: &str| Some(text.to_owned());
    for (filter, found) in [
        (DecisionFilter { server: text("git"), ..all.clone() }, vec![1, 0]),
        (DecisionFilter { tool: text("push"), ..all.clone() }, vec![1]),
        (DecisionFilter { verdict: Some(Verdict::Allow), ..all.clone() }, vec![2, 0]),
        (DecisionFilter { session: text("one"), ..all.clone() }, vec![2, 0]),
        (DecisionFilter { session: text("one"), server: text("git"), ..all.clone() }, vec![0]),
        (DecisionFilter { principal_id: Some(somebody), ..all.clone() }, vec![2]),
        (DecisionFilter { call_id: records[1].call_id, ..all.clone() }, vec![1]),
        (DecisionFilter { session: text("three"), ..all.clone() }, vec![]),
    ] {
        let expected: Vec<_> = found.into_iter().map(|n: usize| records[n].clone()).collect();
        assert_eq!(tenant.decisions(&filter).await.unwrap(), expected, "{filter:?}");
    }
}

async fn pages_go_back_to_the_first(bed: Bed) {
    let tenant = bed.local().await;
    let records: Vec<_> = (0..25).map(|_| decision(None, Point::ToolCall)).collect();
    tenant.record_decisions(records.clone()).await.unwrap();
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page =
            tenant.decisions(&DecisionFilter { before, limit: 10, ..Default::default() }).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.decision.id);
        seen.extend(page);
    }
    seen.reverse();
    assert_eq!(seen, records);
    let unknown = DecisionFilter { before: Some(DecisionId::new()), ..Default::default() };
    let error = tenant.decisions(&unknown).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "decision" }), "{error}");
}

async fn calls_come_back_for_a_draft_of_a_policy(bed: Bed) {
    let tenant = bed.local().await;
    let points = [
        Point::ToolsList,
        Point::ToolCall,
        Point::ToolResult,
        Point::ResourceRead,
        Point::ModelCall,
        Point::PromptGet,
        Point::McpRequest,
    ];
    let records = points.map(|point| decision(None, point));
    tenant.record_decisions(records.to_vec()).await.unwrap();
    let replayed = tenant.calls_for_replay(500).await.unwrap();
    assert_eq!(replayed, [1, 3, 5, 6].map(|n| records[n].clone()));
    assert_eq!(tenant.calls_for_replay(2).await.unwrap(), [5, 6].map(|n| records[n].clone()));
}
