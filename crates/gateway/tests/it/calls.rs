//! Identify, decide, record: before anything runs.

use domain::decision::Verdict;
use domain::journal::CallEnd;
use domain::tool::{ServerKind, ToolOutcome};
use gateway::{Gateway, GatewayError};
use policy::Policy;
use serde_json::json;

use crate::room::{Act, Room, allowed, asked, call, denied, policy_of, server, shell, silent, tool};

#[tokio::test]
async fn an_allowed_call_is_recorded_and_then_runs() {
    let room = Room::new().await;
    let call = call("read_file", json!({"path": "a.txt"}));
    let (decision, permit) = allowed(room.decide(&call).await);
    assert_eq!(decision.reasons[0].rule, "reads.workspace");
    let records = room.records().await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].decision, decision);
    assert_eq!(records[0].call_id, Some(call.id));
    assert_eq!(records[0].task_id, Some(room.task_id));
    assert_eq!(records[0].question["resources"]["paths"][0]["inside"], "a.txt");
    assert_eq!(room.called(), 0, "nothing runs by deciding");

    let forwarded = permit.forward(silent()).await;
    assert_eq!(forwarded.end, CallEnd::Completed);
    assert_eq!(forwarded.outcome, ToolOutcome::text("done"));
    assert_eq!(forwarded.decision.unwrap().obligations.labels, ["private_data"]);
    assert_eq!(room.records().await.len(), 2);
    assert_eq!(*room.server.calls.lock().unwrap(), [("read_file".into(), json!({"path": "a.txt"}))]);
}

#[tokio::test]
async fn paths_outside_and_secrets_are_denied_with_the_reason() {
    let room = Room::new().await;
    for (path, rule) in
        [("../x", "paths.outside"), ("/etc/passwd", "paths.outside"), (".env", "secrets.path")]
    {
        let decision = denied(room.decide(&call("read_file", json!({"path": path}))).await);
        assert_eq!(decision.reasons[0].rule, rule, "{path}");
    }
    assert_eq!(room.records().await.len(), 3);
}

#[tokio::test]
async fn a_link_out_of_the_workspace_is_seen_through() {
    let room = Room::new().await;
    std::os::unix::fs::symlink("/etc", room.caller.workspace.root.join("docs")).unwrap();
    let decision = denied(room.decide(&call("read_file", json!({"path": "docs/passwd"}))).await);
    assert_eq!(decision.reasons[0].rule, "paths.outside");
}

#[tokio::test]
async fn an_unknown_tool_is_denied_and_the_nearest_named() {
    let room = Room::new().await;
    let decision = denied(room.decide(&call("read_fil", json!({}))).await);
    assert_eq!(decision.reasons[0].rule, "gateway.unknown_tool");
    assert_eq!(decision.reasons[0].message, "there is no tool `read_fil`; the nearest is `read_file`");
    let decision = denied(room.decide(&call("zzz", json!({}))).await);
    assert!(decision.reasons[0].message.contains("`delete_path`"), "{}", decision.reasons[0].message);
    let records = room.records().await;
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].server, "");
}

#[tokio::test]
async fn a_name_of_any_length_is_survived() {
    let room = Room::new().await;
    let decision = denied(room.decide(&call(&"ü".repeat(100_000), json!({}))).await);
    assert!(decision.reasons[0].message.len() < 1_000);
}

#[tokio::test]
async fn arguments_against_the_schema_are_denied_with_all_that_is_wrong() {
    let room = Room::new().await;
    let decision = denied(room.decide(&call("read_file", json!({"path": 7, "extra": true}))).await);
    assert_eq!(decision.reasons[0].rule, "gateway.invalid_arguments");
    let message = &decision.reasons[0].message;
    assert!(message.contains("`path`") && message.contains("extra"), "{message}");
    let decision = denied(room.decide(&call("read_file", json!("not an object"))).await);
    assert_eq!(decision.reasons[0].rule, "gateway.invalid_arguments");
    assert_eq!(room.records().await.len(), 2);
}

#[tokio::test]
async fn large_arguments_are_denied_and_left_out_of_the_record() {
    let room = Room::new().await;
    let content = "x".repeat(3 << 20);
    let decision = denied(room.decide(&call("write_file", json!({"path": "a", "content": content}))).await);
    assert_eq!(decision.reasons[0].rule, "gateway.arguments_size");
    assert!(decision.reasons[0].message.contains("gateway.arguments_bytes_max"));
    let record = &room.records().await[0];
    assert!(record.question.to_string().len() < 10_000);
}

#[tokio::test]
async fn a_schema_that_cannot_be_used_denies() {
    let mut broken = tool("broken", true, json!({"path": {"type": "string"}}));
    broken.input_schema = json!({"type": "object", "properties": {"path": {"type": "nonsense"}}});
    let other = server("other", ServerKind::Stdio, vec![broken]);
    let room = Room::with(Policy::shipped(), vec![other]).await;
    let decision = denied(room.decide(&call("broken", json!({"path": "a"}))).await);
    assert_eq!(decision.reasons[0].rule, "gateway.invalid_arguments");
    assert!(decision.reasons[0].message.contains("schema cannot be used"), "{}", decision.reasons[0].message);
}

#[tokio::test]
async fn tools_of_the_same_name_are_told_apart_by_their_server() {
    let other = server("other", ServerKind::Stdio, vec![tool("read_file", true, json!({"path": {}}))]);
    let room = Room::with(Policy::shipped(), vec![other.clone()]).await;
    let names: Vec<String> =
        room.gateway.tools(&room.caller).await.unwrap().into_iter().map(|tool| tool.name).collect();
    assert!(names.contains(&"workspace__read_file".into()) && names.contains(&"other__read_file".into()));
    assert!(names.contains(&"write_file".into()));
    denied(room.decide(&call("read_file", json!({"path": "a.txt"}))).await);
    allowed(room.decide(&call("workspace__read_file", json!({"path": "a.txt"}))).await);
    let approval = asked(room.decide(&call("other__read_file", json!({"path": "a.txt"}))).await);
    assert_eq!((approval.server.as_str(), approval.tool.as_str()), ("other", "read_file"));
}

#[tokio::test]
async fn tools_that_the_policy_hides_are_not_listed() {
    let policy = policy_of(
        "allow contains \"x\" if { input.point == \"tools.list\"; input.tool.name == \"read_file\" }",
    );
    let room = Room::with(policy, vec![]).await;
    let tools = room.gateway.tools(&room.caller).await.unwrap();
    assert_eq!(tools.len(), 1);
    assert_eq!(tools[0].name, "read_file");
}

#[tokio::test]
async fn without_a_task_nobody_can_be_asked() {
    let mut room = Room::new().await;
    room.caller.task = None;
    let decision = denied(room.decide(&shell("git push")).await);
    assert_eq!(decision.reasons[0].rule, "gateway.no_task");
    allowed(room.decide(&call("read_file", json!({"path": "a.txt"}))).await);
}

#[tokio::test]
async fn labels_of_the_task_reach_the_policy() {
    let mut room = Room::new().await;
    let labels = vec!["private_data".to_owned(), "untrusted_content".to_owned()];
    room.caller.task.as_mut().unwrap().labels = labels;
    let approval = asked(room.decide(&shell("git push")).await);
    assert!(approval.reasons.iter().any(|reason| reason.rule == "labels.trifecta"));
}

#[tokio::test]
async fn secrets_in_arguments_stay_out_of_records_and_questions() {
    let policy = policy_of(
        "ask contains {\"rule\": \"w\"} if input.point == \"tool.call\"\nallow contains \"x\"\n\
         redact contains \"/password\" if input.point == \"tool.call\"",
    );
    let room = Room::with(policy, vec![]).await;
    let call = call("write_file", json!({"path": "a", "content": "c", "password": "hunter2"}));
    let approval = asked(room.decide(&call).await);
    assert_eq!(approval.arguments["password"], "[redacted]");
    assert_eq!(room.records().await[0].question["arguments"]["password"], "[redacted]");
    // The tool gets what was really meant.
    let id = room.answer(&approval, domain::approval::Answer::Approve, false).await;
    let (_, permit) = allowed(room.decide(&gateway::Call { approval: Some(id), ..call }).await);
    permit.forward(silent()).await;
    assert_eq!(room.server.calls.lock().unwrap()[0].1["password"], "hunter2");
    assert!(room.records().await.iter().all(|record| !record.question.to_string().contains("hunter2")));
}

#[tokio::test]
async fn when_the_store_is_gone_nothing_is_allowed() {
    let mut room = Room::new().await;
    let (_, permit) = allowed(room.decide(&call("read_file", json!({"path": "a.txt"}))).await);
    room.store.take().unwrap().close().await;
    let refused = room.gateway.decide(&room.caller, &call("read_file", json!({"path": "a.txt"}))).await;
    assert!(matches!(refused, Err(GatewayError::Store(_))), "{refused:?}");
    let refused = room.gateway.decide(&room.caller, &call("nothing", json!({}))).await;
    assert!(matches!(refused, Err(GatewayError::Store(_))), "{refused:?}");
    assert_eq!(room.called(), 0);
    // A call that was let through before runs, and its result is withheld.
    room.server.acts.lock().unwrap().push_back(Act::Answer(ToolOutcome::text("what came back")));
    let forwarded = permit.forward(silent()).await;
    assert_eq!(forwarded.end, CallEnd::Failed);
    assert!(!forwarded.outcome.joined_text().contains("what came back"));
}

#[tokio::test]
async fn a_silent_policy_denies() {
    let room = Room::with(policy_of("allow contains \"x\" if false"), vec![]).await;
    let decision = denied(room.decide(&call("read_file", json!({"path": "a.txt"}))).await);
    assert_eq!(decision.verdict, Verdict::Deny);
    let text = gateway::explain(&decision, "workspace", "read_file");
    assert!(text.starts_with("The call of read_file of workspace is denied.\n"), "{text}");
    assert!(text.contains("no rule of the policy allows this"), "{text}");
}

#[test]
fn a_gateway_is_cheap_to_clone_and_shown_without_secrets() {
    let gateway = Gateway::new(Policy::shipped(), vec![server("s", ServerKind::Http, vec![])]);
    let shown = format!("{:?}", gateway.clone());
    assert!(shown.contains("\"s\"") && shown.contains("sha256:"), "{shown}");
}
