//! Questions for tests.

use domain::decision::Point;
use domain::digest::Digest;
use domain::tool::{ServerKind, ToolAnnotations};
use policy::{PathFact, PrincipalFacts, Question, Resources, ServerFacts, TaskFacts, TenantFacts, ToolFacts};
use serde_json::{Value, json};

/// A call of the built-in toolbox that names nothing.
pub fn call(tool: &str, arguments: Value) -> Question {
    Question {
        point: Point::ToolCall,
        tenant: TenantFacts { id: "local".into(), plan: "desk".into() },
        principal: PrincipalFacts { id: "p".into(), kind: "agent".into(), roles: vec!["owner".into()] },
        task: Some(TaskFacts {
            id: "t".into(),
            step: 3,
            cost_usd: 0.25,
            labels: vec!["private_data".into()],
        }),
        session: None,
        server: ServerFacts { name: "workspace".into(), kind: ServerKind::Builtin },
        tool: ToolFacts {
            name: tool.into(),
            annotations: ToolAnnotations::default(),
            digest: Digest::of(&tool),
            pinned: true,
        },
        arguments,
        resources: Resources::default(),
        result: None,
    }
}

pub fn reading(path: &str) -> Question {
    let mut question = call("read_file", json!({"path": path}));
    question.tool.annotations.read_only_hint = Some(true);
    question.tool.annotations.title = Some("Read a file".into());
    question.resources.paths = vec![fact(path, "read")];
    question
}

pub fn writing(path: &str, text: &str) -> Question {
    let mut question = call("write_file", json!({"path": path, "content": text}));
    question.tool.annotations.destructive_hint = Some(true);
    question.resources.paths = vec![fact(path, "write")];
    question
}

pub fn running(commands: &[&[&str]]) -> Question {
    let mut question = call("run_command", json!({"command": "…", "timeout_ms": 60_000}));
    question.resources.commands =
        commands.iter().map(|words| words.iter().map(|word| (*word).to_owned()).collect()).collect();
    question
}

pub fn result_of(mut question: Question, text: &str) -> Question {
    question.point = Point::ToolResult;
    question.result = Some(json!({
        "content": [{"type": "text", "text": text}],
        "structuredContent": {"lines": 12, "ratio": 0.5, "tail": null},
        "isError": false,
    }));
    question
}

pub fn model_call(input_tokens: u64) -> Question {
    let mut question =
        call("demo", json!({"model": "demo", "input_tokens": input_tokens, "max_output_tokens": 4096}));
    question.point = Point::ModelCall;
    question.server = ServerFacts { name: "model".into(), kind: ServerKind::Http };
    question
}

fn fact(path: &str, access: &str) -> PathFact {
    let leaves = path.starts_with('/') || path.starts_with("..");
    PathFact {
        given: path.into(),
        inside: (!leaves).then(|| path.trim_start_matches("./").to_owned()),
        access: access.into(),
    }
}

/// What a day of work asks, in about the proportions of a real one.
pub fn realistic() -> Vec<Question> {
    let source = "fn main() {\n    println!(\"hello\");\n}\n".repeat(60);
    let mut trifecta = running(&[&["git", "push"]]);
    trifecta.task.as_mut().unwrap().labels.push("untrusted_content".into());
    let mut opaque = running(&[&["echo", "x"]]);
    opaque.resources.opaque = true;
    let mut deleting = writing("target/debug", "");
    deleting.resources.paths[0].access = "delete".into();
    let mut host = call("fetch", json!({"url": "https://example.com/a"}));
    host.server = ServerFacts { name: "web".into(), kind: ServerKind::Http };
    host.resources.hosts = vec!["example.com".into()];
    let mut link = reading("notes.txt");
    link.resources.paths[0].inside = Some(".env".into());
    let mut egress = call("run_command", json!({}));
    egress.point = Point::Egress;
    egress.resources.hosts = vec!["packages.example.org".into()];
    let mut taskless = reading("a.rs");
    taskless.task = None;
    vec![
        reading("src/main.rs"),
        reading("README.md"),
        reading("."),
        reading("crates/gateway/src/decide.rs"),
        reading(".env"),
        reading("../outside.txt"),
        taskless,
        link,
        writing("src/lib.rs", &source),
        writing("docs/notes.md", "# Notes\n"),
        writing(".git/hooks/pre-commit", "#!/bin/sh\n"),
        deleting,
        running(&[&["cargo", "test", "--workspace"]]),
        running(&[&["git", "status", "--short"]]),
        running(&[&["cd", "src"], &["rg", "-n", "todo"], &["head", "-20"]]),
        running(&[&["git", "push", "origin", "main"]]),
        running(&[&["rm", "-rf", "target"]]),
        running(&[&["sudo", "reboot"], &["reboot"]]),
        running(&[&["frobnicate", "--all"]]),
        running(&[&["cat", "deploy/.env.production"]]),
        opaque,
        trifecta,
        host,
        egress,
        result_of(reading("src/main.rs"), &source),
        result_of(running(&[&["cargo", "test"]]), &"test a … ok\n".repeat(100)),
        result_of(reading("key.txt"), "-----BEGIN PRIVATE KEY-----\nAAAA"),
        model_call(20_000),
        model_call(3_000_000),
    ]
}
