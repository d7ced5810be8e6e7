//! What the API shows is what the domain says: the same JSON.

use std::collections::BTreeSet;

use agent::LiveEvent;
use domain::approval::{Answer, ApprovalKind, ApprovalStatus};
use domain::decision::{Point, Verdict};
use domain::journal::{CallEnd, Envelope, ModelPurpose};
use domain::limits::{LimitKind, Limits, Spent};
use domain::model::{ModelErrorKind, ModelInfo, Price, StopReason};
use domain::task::{TaskStatus, TaskSummary, Workspace};
use domain::tool::{Tool, ToolAnnotations, ToolProgress};
use domain::{CallId, MicroUsd, ModelRequestId, TaskId, WorkspaceId};
use serde::Serialize;
use serde_json::{Value, json, to_value};
use web::views::{self, Mirror};

use crate::support::samples;

/// Checks a view against its original and gives the JSON.
fn same<V: Mirror<T> + Serialize, T: Serialize + Clone>(of: &T) -> Value {
    let original = to_value(of).unwrap();
    assert_eq!(to_value(V::mirror(of.clone())).unwrap(), original);
    original
}

#[test]
fn every_event_is_shown_as_it_is_stored() {
    let mut seen = BTreeSet::new();
    for event in samples::events() {
        let envelope = Envelope { task_id: TaskId::new(), seq: 3, at: samples::at(), version: 1, event };
        let json = same::<views::Envelope, _>(&envelope);
        seen.insert(json["event"]["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, described("Event", "type"), "every variant that the API describes has a sample");
}

#[test]
fn every_reason_to_pause_has_a_sample() {
    let events = samples::events().into_iter().map(|event| to_value(event).unwrap());
    let seen: BTreeSet<String> =
        events.filter_map(|event| Some(event["reason"]["kind"].as_str()?.to_owned())).collect();
    assert_eq!(seen, described("PauseReason", "kind"));
}

#[test]
fn approvals_rules_and_decisions_are_the_same() {
    let mut approval = samples::approval(TaskId::new());
    same::<views::Approval, _>(&approval);
    approval.kind = ApprovalKind::OutcomeUnknown;
    approval.status = ApprovalStatus::Resolved;
    approval.answer = Some(Answer::Retry);
    approval.answered_by = Some("dashboard".into());
    approval.note = Some("go".into());
    approval.resolved_at = Some(samples::at());
    approval.always.as_mut().unwrap().command_prefixes.clear();
    same::<views::Approval, _>(&approval);
    approval.always = None;
    same::<views::Approval, _>(&approval);
    same::<views::TaskRule, _>(&samples::rule());

    let mut record = samples::decision_record(TaskId::new(), CallId::new(), Verdict::Ask);
    same::<views::DecisionRecord, _>(&record);
    record.decision.obligations = Default::default();
    record.task_id = None;
    record.call_id = None;
    same::<views::DecisionRecord, _>(&record);
}

#[test]
fn tasks_models_tools_and_fences_are_the_same() {
    same::<views::TaskSummary, _>(&TaskSummary {
        id: TaskId::new(),
        workspace_id: WorkspaceId::new(),
        title: "do it".into(),
        model: "demo".into(),
        status: TaskStatus::Waiting,
        status_text: Some("asks".into()),
        limits: Limits::default(),
        spent: Spent { steps: 1, tokens: 2, cost: MicroUsd(3), wall_ms: 4 },
        last_seq: 5,
        created_at: samples::at(),
        updated_at: samples::at(),
    });
    same::<views::Workspace, _>(&Workspace {
        id: WorkspaceId::new(),
        root: "/home/äöü".into(),
        name: "äöü".into(),
        created_at: samples::at(),
    });
    let price = Price { input: 3.0, output: 15.5, cache_read: Some(0.3), cache_write: None };
    let mut info = ModelInfo {
        name: "acme/large".into(),
        context_tokens: 1,
        max_output_tokens: 2,
        price: Some(price),
        host: Some("api.acme.example".into()),
    };
    same::<views::ModelInfo, _>(&info);
    (info.price, info.host) = (None, None);
    same::<views::ModelInfo, _>(&info);

    let mut tool = Tool {
        name: "read_file".into(),
        description: "Reads.".into(),
        input_schema: json!({"type": "object"}),
        output_schema: Some(json!({"type": "object"})),
        annotations: ToolAnnotations {
            title: Some("Read".into()),
            read_only_hint: Some(true),
            destructive_hint: Some(false),
            idempotent_hint: Some(true),
            open_world_hint: Some(false),
        },
    };
    same::<views::Tool, _>(&tool);
    tool.output_schema = None;
    tool.annotations = ToolAnnotations::default();
    same::<views::Tool, _>(&tool);
    same::<views::ToolOutcome, _>(&samples::outcome());

    let mut report = samples::fence_report();
    same::<views::FenceReport, _>(&report);
    report.level = None;
    report.layers[0].advice = None;
    same::<views::FenceReport, _>(&report);
}

#[test]
fn live_events_are_the_same() {
    let (request_id, call_id) = (ModelRequestId::new(), CallId::new());
    let text = || "text".to_owned();
    let events = [
        LiveEvent::Text { request_id, delta: text() },
        LiveEvent::Reasoning { request_id, delta: text() },
        LiveEvent::Retrying { request_id, attempt: 2, wait_ms: 500, why: text() },
        LiveEvent::ToolProgress { call_id, progress: ToolProgress::Stdout { text: text() } },
        LiveEvent::ToolProgress { call_id, progress: ToolProgress::Stderr { text: text() } },
        LiveEvent::ToolProgress { call_id, progress: ToolProgress::Message { text: text() } },
    ];
    let seen = |pointer: &str| -> BTreeSet<String> {
        let found = events.iter().filter_map(|event| {
            let json = same::<views::LiveEvent, _>(event);
            Some(json.pointer(pointer)?.as_str()?.to_owned())
        });
        found.collect()
    };
    assert_eq!(seen("/type"), described("LiveEvent", "type"));
    assert_eq!(seen("/progress/kind"), described("ToolProgress", "kind"));
}

/// Every word of an enum is the same, and none is missing.
macro_rules! same_words {
    ($($view:ident: $($original:expr),* ;)*) => {
        $({
            let seen: BTreeSet<String> = [$($original),*]
                .iter()
                .map(|word| same::<views::$view, _>(word).as_str().unwrap().to_owned())
                .collect();
            assert_eq!(seen, words(stringify!($view)));
        })*
    };
}

#[test]
fn words_are_the_same() {
    use {ApprovalStatus as S, ModelErrorKind as E, TaskStatus as T};
    same_words! {
        Verdict: Verdict::Allow, Verdict::Ask, Verdict::Deny;
        Point: Point::ToolsList, Point::ToolCall, Point::ToolResult, Point::ResourcesList, Point::ResourceRead, Point::ResourceResult, Point::PromptsList, Point::PromptGet, Point::PromptResult, Point::McpRequest, Point::Egress, Point::ModelCall;
        ApprovalKind: ApprovalKind::ToolCall, ApprovalKind::OutcomeUnknown;
        ApprovalStatus: S::Pending, S::Resolved, S::Void;
        Answer: Answer::Approve, Answer::Deny, Answer::Retry, Answer::CountAsDone, Answer::Stop;
        TaskStatus: T::Running, T::Waiting, T::Paused, T::Completed, T::Failed, T::Cancelled;
        LimitKind: LimitKind::Steps, LimitKind::Tokens, LimitKind::Cost, LimitKind::WallTime;
        ModelPurpose: ModelPurpose::Turn, ModelPurpose::Compaction;
        StopReason: StopReason::End, StopReason::MaxTokens, StopReason::Refused, StopReason::Other;
        CallEnd: CallEnd::Completed, CallEnd::Cancelled, CallEnd::Failed, CallEnd::ResultBlocked,
            CallEnd::CountedAsDone;
        ModelErrorKind: E::WrongKey, E::UnknownModel, E::QuotaExhausted, E::RateLimited, E::ContextTooLong,
            E::Unavailable, E::BadResponse, E::BadRequest;
        FenceLevel: fence::Level::Limits, fence::Level::Landlock, fence::Level::Namespaces;
    }
}

/// Values of the tag that the API's description knows for a type.
fn described(schema: &str, tag: &str) -> BTreeSet<String> {
    let schema = schema_of(schema);
    let variants = schema["oneOf"].as_array().expect("one of several");
    variants
        .iter()
        .map(|variant| {
            let words = variant["properties"][tag]["enum"].as_array().expect("a tag");
            assert_eq!(words.len(), 1, "{variant}");
            assert!(variant["required"].as_array().unwrap().contains(&json!(tag)), "{variant}");
            words[0].as_str().unwrap().to_owned()
        })
        .collect()
}

fn words(schema: &str) -> BTreeSet<String> {
    let schema = schema_of(schema);
    schema["enum"].as_array().expect("words").iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn schema_of(name: &str) -> Value {
    let whole: Value = serde_json::from_str(&web::openapi_json()).unwrap();
    whole["components"]["schemas"][name].clone()
}
