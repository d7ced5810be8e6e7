use domain::decision::{Obligations, Verdict};
use domain::limits::Usage;
use domain::model::{ModelErrorKind, StopReason};
use domain::{DecisionId, decision::Reason};
use opentelemetry::Value;
use opentelemetry::trace::{SpanId, Status, TraceId};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SpanData};

use super::*;
use crate::init::{log_filter, subscriber, tracer_provider};
use crate::logs::Format;

/// The spans that `work` makes, in the order in which they end.
fn traced(work: impl FnOnce()) -> Vec<SpanData> {
    let exporter = InMemorySpanExporter::default();
    let tracer = tracer_provider().with_simple_exporter(exporter.clone()).build();
    // Logs turned off altogether: traces must not depend on them.
    let subscriber = subscriber(log_filter("off").unwrap(), Format::Json, std::io::sink, &tracer);
    tracing::subscriber::with_default(subscriber, work);
    exporter.get_finished_spans().unwrap()
}

fn attribute<'a>(span: &'a SpanData, name: &str) -> Option<&'a Value> {
    span.attributes.iter().find(|attribute| attribute.key.as_str() == name).map(|attribute| &attribute.value)
}

fn info() -> ModelInfo {
    ModelInfo {
        name: "anthropic/claude".to_owned(),
        context_tokens: 1,
        max_output_tokens: 1,
        price: None,
        host: Some("api.example.com".to_owned()),
    }
}

fn allowed() -> Decision {
    Decision {
        id: DecisionId::new(),
        point: Point::ToolCall,
        verdict: Verdict::Allow,
        reasons: vec![Reason {
            verdict: Verdict::Allow,
            rule: "files.read".to_owned(),
            message: "reading is fine".to_owned(),
        }],
        obligations: Obligations::default(),
        policy_revision: "r1".to_owned(),
        took_us: 7,
    }
}

#[test]
fn a_task_is_one_trace_with_its_model_decision_and_tool_spans() {
    let (task_id, call_id, request_id) = (TaskId::new(), CallId::new(), ModelRequestId::new());
    let response = ModelResponse {
        text: String::new(),
        reasoning: None,
        calls: Vec::new(),
        usage: Usage { input: 900, output: 30, cache_read: 800, cache_write: 5, reasoning: 0 },
        stop: StopReason::End,
        opaque: None,
    };
    let spans = traced(|| {
        let task = task(task_id, "anthropic/claude");
        let _running = task.enter();
        model_call(&info(), request_id, ModelPurpose::Turn)
            .in_scope(|| model_answered(&Span::current(), &Ok(response), MicroUsd(42)));
        decision(Point::ToolCall, "read_file").in_scope(|| decided(&Span::current(), &allowed()));
        tool_call(call_id, "workspace", "read_file").in_scope(|| {
            decision(Point::ToolResult, "read_file").in_scope(|| {});
            tool_answered(&Span::current(), &ToolOutcome::text("hello"));
        });
    });

    let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(
        names,
        [
            "chat anthropic/claude",
            "decide tool.call",
            "decide tool.result",
            "execute_tool read_file",
            "invoke_agent bailiwick"
        ]
    );
    let [chat, decide, decide_result, tool, root] = &spans[..] else { unreachable!() };
    assert!(
        spans.iter().all(|span| span.span_context.trace_id() == TraceId::from_bytes(*task_id.0.as_bytes()))
    );
    assert_eq!(root.parent_span_id, SpanId::INVALID);
    for child in [chat, decide, tool] {
        assert_eq!(child.parent_span_id, root.span_context.span_id());
    }
    assert_eq!(decide_result.parent_span_id, tool.span_context.span_id());

    let text = |span, name| attribute(span, name).map(|value| value.as_str().into_owned());
    assert_eq!(text(root, names::CONVERSATION_ID), Some(task_id.to_string()));
    assert_eq!(text(chat, names::PROVIDER).as_deref(), Some("anthropic"));
    assert_eq!(text(chat, names::SERVER_ADDRESS).as_deref(), Some("api.example.com"));
    assert_eq!(attribute(chat, names::INPUT_TOKENS), Some(&Value::I64(900)));
    assert_eq!(attribute(chat, names::COST_MICRO_USD), Some(&Value::I64(42)));
    assert_eq!(text(decide, names::DECISION_VERDICT).as_deref(), Some("allow"));
    assert_eq!(text(decide, names::DECISION_RULES).as_deref(), Some("files.read"));
    assert_eq!(text(tool, names::TOOL_CALL_ID), Some(call_id.to_string()));
    assert_eq!(text(tool, names::TOOL_SERVER).as_deref(), Some("workspace"));
    assert_eq!(attribute(tool, names::ERROR_TYPE), None);
    assert_eq!(tool.status, Status::Unset);
}

#[test]
fn failures_are_marked_with_a_kind_and_not_with_their_text() {
    let error = ModelError { kind: ModelErrorKind::WrongKey, message: "the key sk-123 is wrong".to_owned() };
    let spans = traced(|| {
        let span = model_call(&info(), ModelRequestId::new(), ModelPurpose::Turn);
        model_answered(&span, &Err(error), MicroUsd::ZERO);
        drop(span);
        let span = tool_call(CallId::new(), "workspace", "read_file");
        tool_answered(&span, &ToolOutcome::error("no such file"));
    });
    let [chat, tool] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(attribute(chat, names::ERROR_TYPE), Some(&"WrongKey".into()));
    assert_eq!(attribute(tool, names::ERROR_TYPE), Some(&"tool_error".into()));
    assert!(spans.iter().all(|span| matches!(span.status, Status::Error { .. })));
    assert!(!format!("{spans:?}").contains("sk-123"));
}

#[test]
fn a_task_goes_on_in_its_trace_and_others_have_their_own() {
    let id = TaskId::new();
    let spans = traced(|| {
        task(id, "demo").in_scope(|| {});
        // As after a restart, and though another task is the current span.
        task(TaskId::new(), "demo").in_scope(|| task(id, "demo").in_scope(|| {}));
        decision(Point::ToolsList, "").in_scope(|| {});
    });
    let [first, again, other, alone] = &spans[..] else { panic!("{spans:?}") };
    let trace = |span: &SpanData| span.span_context.trace_id();
    assert_eq!(trace(first), trace(again));
    assert_eq!(again.parent_span_id, SpanId::INVALID);
    assert_ne!(trace(first), trace(other));
    assert!(![trace(first), trace(other)].contains(&trace(alone)));
}
