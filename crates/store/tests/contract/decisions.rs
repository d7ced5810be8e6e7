//! Recorded answers of the policy.

use domain::TaskId;
use domain::decision::Point;
use store::{DecisionFilter, StoreError};

use crate::fixtures::{Bed, decision, task};

crate::on_both_engines! {
    records_come_back_whole_newest_first
    a_decision_needs_its_task
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
