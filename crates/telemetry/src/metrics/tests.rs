use super::*;

fn info() -> ModelInfo {
    ModelInfo {
        name: "openai/gpt".to_owned(),
        context_tokens: 1,
        max_output_tokens: 1,
        price: None,
        host: None,
    }
}

/// The only test that counts: the metrics are of the whole process.
#[test]
fn everything_counted_is_in_the_text_without_ids() {
    let took = Duration::from_micros(40);
    let metrics = metrics();
    metrics.tool_call("workspace", "read_file", Verdict::Allow);
    metrics.tool_call("", "invented-by-the-model", Verdict::Deny);
    metrics.tool_finished("workspace", "read_file", true, took);
    metrics.decision(Point::ToolCall, Verdict::Ask, took);
    metrics.model_call(&info(), Some(ModelErrorKind::RateLimited), took);
    let usage = Usage { input: 1_000, output: 50, ..Usage::default() };
    metrics.model_usage(&info(), &usage, MicroUsd(250_000));
    metrics.task_moved(None, Some(TaskStatus::Running));
    metrics.task_moved(None, Some(TaskStatus::Running));
    metrics.task_moved(Some(TaskStatus::Running), Some(TaskStatus::Waiting));
    metrics.fence_launch("exited", took);
    metrics.http_request("GET", "/api/v1/tasks/{id}", 200, took);
    metrics.http_request("BREW", "/api/v1/tasks/{id}", 405, took);

    let text = prometheus_text();
    for line in [
        r#"bailiwick_tool_calls_total{bailiwick_decision_verdict="allow",bailiwick_tool_server="workspace",gen_ai_tool_name="read_file"} 1"#,
        r#"bailiwick_tool_duration_seconds_count{bailiwick_tool_server="workspace",error_type="tool_error",gen_ai_tool_name="read_file"} 1"#,
        r#"bailiwick_decision_duration_seconds_bucket{bailiwick_decision_point="tool.call",bailiwick_decision_verdict="ask",le="0.00005"} 1"#,
        r#"gen_ai_client_operation_duration_seconds_count{error_type="RateLimited",gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="openai/gpt"} 1"#,
        r#"gen_ai_client_token_usage_sum{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="openai/gpt",gen_ai_token_type="input"} 1000"#,
        r#"bailiwick_tasks{bailiwick_task_status="running"} 1"#,
        r#"bailiwick_tasks{bailiwick_task_status="waiting"} 1"#,
        r#"bailiwick_fence_duration_seconds_count{bailiwick_fence_outcome="exited"} 1"#,
        r#"http_server_request_duration_seconds_count{http_request_method="_OTHER",http_response_status_code="405",http_route="/api/v1/tasks/{id}"} 1"#,
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
    assert!(
        text.lines().any(|line| line.starts_with("bailiwick_model_cost") && line.ends_with(" 0.25")),
        "{text}"
    );
    assert!(!text.contains("invented-by-the-model"));
    for id in ["task_id", "conversation", "call_id", "principal", "user"] {
        assert!(!text.contains(id), "the label or metric {id} is in\n{text}");
    }
}
