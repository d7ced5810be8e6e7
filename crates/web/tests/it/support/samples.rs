//! Values of the domain, with everything in them filled in.

use chrono::{DateTime, Utc};
use domain::approval::{Answer, Approval, ApprovalKind, ApprovalStatus, Binding, RuleScope, TaskRule};
use domain::decision::{Decision, Obligations, Point, Reason, Verdict};
use domain::digest::Digest;
use domain::journal::{CallEnd, CallTarget, Event, ModelPurpose, PauseReason, TaskEnd};
use domain::limits::{LimitKind, Limits, Usage};
use domain::model::{ModelCall, ModelError, ModelErrorKind, ModelResponse, StopReason};
use domain::tool::{Content, ToolOutcome};
use domain::{
    ApprovalId, CallId, DecisionId, MicroUsd, ModelRequestId, PrincipalId, RuleId, TaskId, WorkspaceId,
};
use serde_json::json;
use store::DecisionRecord;

pub fn at() -> DateTime<Utc> {
    "2026-11-23T20:00:00.123456Z".parse().unwrap()
}

pub fn fence_report() -> fence::Report {
    fence::Report {
        level: Some(fence::Level::Landlock),
        floor: fence::Level::Landlock,
        layers: vec![fence::Layer {
            name: "landlock".into(),
            holds: true,
            detail: "ABI 7".into(),
            advice: Some("none needed".into()),
        }],
    }
}

pub fn decision(point: Point, verdict: Verdict) -> Decision {
    Decision {
        id: DecisionId::new(),
        point,
        verdict,
        reasons: vec![
            Reason { verdict, rule: "commands.unknown".into(), message: "`git push` is not known.".into() },
            Reason { verdict: Verdict::Allow, rule: String::new(), message: "It stays inside.".into() },
        ],
        obligations: Obligations {
            redact: vec!["/key".into()],
            labels: vec!["private".into()],
            time_limit_ms: Some(5),
            detectors: vec!["emails".into()],
            result_bytes_max: Some(9),
            approval_roles: vec!["admin".into()],
        },
        policy_revision: "sha256:abc".into(),
        took_us: 42,
    }
}

pub fn decision_record(task_id: TaskId, call_id: CallId, verdict: Verdict) -> DecisionRecord {
    DecisionRecord {
        decision: decision(Point::ToolCall, verdict),
        task_id: Some(task_id),
        call_id: Some(call_id),
        principal_id: PrincipalId::LOCAL_USER,
        server: "workspace".into(),
        tool: "run_command".into(),
        question: json!({"point": "tool.call"}),
        at: at(),
    }
}

pub fn scope() -> RuleScope {
    RuleScope {
        server: "workspace".into(),
        tool: "run_command".into(),
        rules: vec!["commands.unknown".into()],
        command_prefixes: vec![vec!["git".into(), "push".into()]],
        description: "allow commands beginning with `git push`".into(),
    }
}

/// Pending, and offering "always for this task".
pub fn approval(task_id: TaskId) -> Approval {
    Approval {
        id: ApprovalId::new(),
        task_id: Some(task_id),
        call_id: CallId::new(),
        kind: ApprovalKind::ToolCall,
        server: "workspace".into(),
        tool: "run_command".into(),
        arguments: json!({"command": "git push"}),
        reasons: decision(Point::ToolCall, Verdict::Ask).reasons,
        binding: Binding {
            caller: "task:1".into(),
            tool_digest: Digest("sha256:1".into()),
            arguments_digest: Digest("sha256:2".into()),
            policy_revision: "sha256:abc".into(),
        },
        always: Some(scope()),
        status: ApprovalStatus::Pending,
        answer: None,
        answered_by: None,
        note: None,
        created_at: at(),
        resolved_at: None,
        roles: Vec::new(),
        expires_at: None,
        used_at: None,
    }
}

pub fn rule() -> TaskRule {
    TaskRule {
        id: RuleId::new(),
        task_id: TaskId::new(),
        scope: scope(),
        created_by: "dashboard".into(),
        created_at: at(),
        revoked_at: Some(at()),
    }
}

pub fn outcome() -> ToolOutcome {
    ToolOutcome {
        content: vec![
            Content::text("text"),
            Content::image("aGk=", "image/png"),
            Content::Other(json!({"type": "resource", "uri": "file:///a"})),
        ],
        structured_content: Some(json!({"n": 1})),
        is_error: true,
    }
}

/// Every variant, with every field filled in; those with optional fields a second time without.
pub fn events() -> Vec<Event> {
    let (call_id, request_id, approval_id) = (CallId::new(), ModelRequestId::new(), ApprovalId::new());
    let decision = || decision(Point::ToolResult, Verdict::Deny);
    let kind = ApprovalKind::OutcomeUnknown;
    let response = ModelResponse {
        text: "text".into(),
        reasoning: Some("because".into()),
        calls: vec![ModelCall {
            provider_call_id: "call_0".into(),
            name: "read_file".into(),
            arguments: json!({"path": "a"}),
            repaired: Some("a comma".into()),
        }],
        usage: Usage { input: 5, output: 4, cache_read: 3, cache_write: 2, reasoning: 1 },
        stop: StopReason::MaxTokens,
        opaque: Some(json!(["signature"])),
    };
    let bare = ModelResponse { reasoning: None, opaque: None, calls: vec![], ..response.clone() };
    let error = || ModelError { kind: ModelErrorKind::ContextTooLong, message: "too long".into() };
    let target = CallTarget {
        server: "workspace".into(),
        tool: "read_file".into(),
        tool_digest: Digest("sha256:1".into()),
        arguments_digest: Digest("sha256:2".into()),
        read_only: true,
        safe_to_repeat: true,
    };
    let mut events = vec![
        Event::TaskCreated {
            prompt: "do it".into(),
            workspace_id: WorkspaceId::new(),
            model: "demo".into(),
            limits: Limits::default(),
            system_prompt: "be careful".into(),
        },
        Event::ModelRequested {
            request_id,
            purpose: ModelPurpose::Compaction,
            reserved_tokens: 7,
            reserved_cost: MicroUsd(8),
            decision: decision(),
        },
        Event::ModelResponded { request_id, response, cost: MicroUsd(9), took_ms: 10 },
        Event::ModelResponded { request_id, response: bare, cost: MicroUsd(0), took_ms: 0 },
        Event::ModelFailed { request_id, error: error(), took_ms: 11 },
        Event::Decided { call_id, decision: decision(), target },
        Event::ApprovalRequested { approval_id, call_id, kind },
        Event::ApprovalVoided { approval_id, call_id, why: "moved".into() },
        Event::ToolCallStarted { call_id, safe_to_repeat: false },
        Event::MessageReceived { text: "hello".into(), by: "terminal".into() },
        Event::LimitsChanged { limits: Limits::default(), by: "api".into() },
        Event::Resumed { by: "api".into() },
        Event::CancelRequested { by: "api".into() },
        Event::Compacted { request_id, through_seq: 12, summary: "short".into() },
        Event::Note { text: "note".into() },
    ];
    for filled in [true, false] {
        events.push(Event::ToolCallProposed {
            call_id,
            request_id,
            provider_call_id: "call_0".into(),
            name: "read_file".into(),
            arguments: json!({"path": "a", "nested": {"z": 1, "a": null}}),
            repaired: filled.then(|| "a quote".into()),
        });
        events.push(Event::ApprovalResolved {
            approval_id,
            call_id,
            kind,
            answer: Answer::CountAsDone,
            by: "--approve all".into(),
            note: filled.then(|| "fine".into()),
            rule_id: filled.then(RuleId::new),
        });
        events.push(Event::ToolCallFinished {
            call_id,
            outcome: if filled { outcome() } else { ToolOutcome::default() },
            end: CallEnd::ResultBlocked,
            took_ms: 13,
            decision: filled.then(decision),
        });
    }
    for reason in [
        PauseReason::Limit { limit: LimitKind::WallTime, used: 1, max: 2 },
        PauseReason::Model { error: error() },
        PauseReason::Policy { decision: decision() },
        PauseReason::Workspace,
        PauseReason::Person,
        PauseReason::Fault,
    ] {
        events.push(Event::Paused { reason, text: "paused".into() });
    }
    for end in [TaskEnd::Completed, TaskEnd::Failed, TaskEnd::Cancelled] {
        events.push(Event::TaskEnded { end, text: "over".into() });
    }
    events
}
