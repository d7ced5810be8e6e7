//! Any JSON as a question to the shipped pack: an answer comes, it is the same twice, and garbage is not allowed.
#![no_main]

use std::sync::LazyLock;

use domain::decision::{Point, Verdict};
use domain::tool::ServerKind;
use libfuzzer_sys::fuzz_target;
use policy::{Answer, Config, Policy, Question, shipped_files};
use serde_json::{Value, json};

/// Time is no property of a question: on a busy machine it would make two answers of one.
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let config = Config { evaluation_ms_max: 60_000, compile_ms_max: 600_000, ..Config::default() };
    Policy::compile_with(shipped_files(), config).expect("the shipped pack compiles")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(garbage) = serde_json::from_slice::<Value>(bytes) else { return };
    let mut unknown = base();
    unknown["arguments"] = garbage.clone();
    let unknown: Question = serde_json::from_value(unknown).expect("a question");
    assert_ne!(answer(&unknown).verdict, Verdict::Allow, "a tool that nobody knows was allowed");

    let mut merged = base();
    merge(&mut merged, garbage);
    let Ok(question) = serde_json::from_value::<Question>(merged) else { return };
    let said = answer(&question);
    let foreign = question.server.kind != ServerKind::Builtin;
    let outside =
        question.resources.paths.iter().any(|path| path.inside.is_none() && path.access != "unknown");
    if question.point == Point::ToolCall && (foreign || !question.tool.pinned || question.resources.opaque) {
        assert_ne!(said.verdict, Verdict::Allow, "{question:?}");
    }
    if question.point == Point::ToolCall && outside && question.resources.commands.is_empty() {
        let device = |given: &str| given.starts_with("/dev/") || given.starts_with("/tmp/");
        let harmless = question.resources.paths.iter().any(|path| device(&path.given));
        assert!(harmless || said.verdict != Verdict::Allow, "{question:?}");
    }
});

/// Asked twice. Whatever is allowed was allowed by a rule, and by nothing against a rule.
fn answer(question: &Question) -> Answer {
    let (first, second) = (POLICY.decide(question), POLICY.decide(question));
    assert_eq!((first.verdict, &first.reasons), (second.verdict, &second.reasons));
    assert_eq!(first.obligations, second.obligations);
    let strictest = first.reasons.iter().map(|reason| reason.verdict).max();
    assert_eq!(strictest.unwrap_or(Verdict::Deny), first.verdict, "{:?}", first.reasons);
    first
}

/// A call of a tool that nobody has looked at.
fn base() -> Value {
    json!({
        "point": "tool.call",
        "tenant": {"id": "t", "plan": "desk"},
        "principal": {"id": "p", "kind": "mcp_client", "roles": ["owner"]},
        "task": null,
        "server": {"name": "s", "kind": "http"},
        "tool": {"name": "t", "annotations": {}, "digest": "sha256:0", "pinned": false},
        "arguments": {},
        "resources": {"paths": [], "hosts": [], "commands": [], "opaque": false},
    })
}

/// JSON Merge Patch (RFC 7396), but that a null stays a null.
fn merge(into: &mut Value, patch: Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, patch) => *into = patch,
    }
}
