//! What an operator sees of a task: metrics and one trace, through the real gateway.

use std::collections::HashMap;

use testkit::otlp::{Receiver, Span};

use crate::support::{Home, events};

/// The sum of a metric over the series whose labels hold all of `labels`.
fn sum(text: &str, metric: &str, labels: &[&str]) -> f64 {
    let series = text.lines().filter(|line| line.starts_with(&format!("{metric}{{")));
    let found = series.filter(|line| labels.iter().all(|label| line.contains(label)));
    found.map(|line| line.rsplit(' ').next().expect("a value").parse::<f64>().expect("a number")).sum()
}

#[tokio::test]
async fn metrics_move_with_what_a_task_does() {
    // Another test of this process may have been first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let home = Home::new();
    let up = home.up();
    let address = address(&home);
    let before = scrape(&address).await;
    let (task, _home) = tokio::task::spawn_blocking(move || {
        let ended = home.run(&["run", "--model", "demo", "--approve", "all", "show me around"]);
        assert_eq!(ended.code, 0, "{ended:#?}");
        (home.newest_task(), home)
    })
    .await
    .expect("joined");
    let after = scrape(&address).await;
    let moved = |metric: &str, labels: &[&str]| sum(&after, metric, labels) - sum(&before, metric, labels);
    let count = |kind: &str| events(&task, kind).len() as f64;

    assert_eq!(sum(&before, "bailiwick_tool_calls_total", &[]), 0.0);
    assert_eq!(moved("bailiwick_tool_calls_total", &[r#"verdict="deny""#]), 1.0, "{after}");
    assert_eq!(moved("bailiwick_tool_duration_seconds_count", &[]), count("tool_call_started"), "{after}");
    assert_eq!(
        moved("bailiwick_decision_duration_seconds_count", &[r#"point="tool.call""#]),
        count("decided"),
        "{after}"
    );
    assert_eq!(
        moved("gen_ai_client_operation_duration_seconds_count", &[r#"model="demo""#]),
        count("model_requested"),
        "{after}"
    );
    assert!(moved("bailiwick_fence_duration_seconds_count", &[]) >= 1.0, "{after}");
    let id = task["task"]["id"].as_str().expect("an id");
    assert!(!after.contains(id), "no metric carries an id");
    drop(up);
}

fn address(home: &Home) -> String {
    let text = std::fs::read_to_string(home.data_dir().join("instance.json")).expect("it serves");
    let instance: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    instance["address"].as_str().expect("an address").to_owned()
}

async fn scrape(address: &str) -> String {
    let answer = reqwest::get(format!("http://{address}/metrics")).await.expect("an answer");
    answer.error_for_status().expect("success").text().await.expect("text")
}

#[tokio::test]
async fn a_task_is_one_trace_with_its_calls_and_decisions_inside() {
    let receiver = Receiver::start().await.expect("the receiver starts");
    let home = Home::new();
    home.write_config(&format!("[telemetry]\notlp_endpoint = \"{}\"\n", receiver.endpoint()));
    let task = tokio::task::spawn_blocking(move || {
        let ended = home.run(&["run", "--model", "demo", "--approve", "all", "show me around"]);
        assert_eq!(ended.code, 0, "{ended:#?}");
        home.newest_task()
    })
    .await
    .expect("joined");

    // The trace is found by the id of the task.
    let trace = task["task"]["id"].as_str().expect("an id").replace('-', "");
    let spans: Vec<Span> = receiver.spans().into_iter().filter(|span| span.trace == trace).collect();
    let by_id: HashMap<&str, &Span> = spans.iter().map(|span| (span.id.as_str(), span)).collect();
    let of = |operation: &str| -> Vec<&Span> {
        let named = |span: &&Span| span.name.split(' ').next() == Some(operation);
        spans.iter().filter(named).collect()
    };

    let roots: Vec<_> = spans.iter().filter(|span| span.parent.is_empty()).collect();
    let [root] = roots[..] else { panic!("one root: {roots:#?}") };
    assert!(root.name.starts_with("invoke_agent"), "{root:?}");
    for span in &spans {
        let inside = span.parent.is_empty() || by_id.contains_key(span.parent.as_str());
        assert!(inside, "the parent is in the trace: {span:?}");
    }
    assert_eq!(of("chat").len(), events(&task, "model_requested").len());
    let tools = of("execute_tool");
    assert_eq!(tools.len(), events(&task, "tool_call_started").len());

    let decisions: Vec<&Span> =
        spans.iter().filter(|span| span.attributes.contains_key("bailiwick.decision.point")).collect();
    let at = |point: &'static str| {
        decisions.iter().filter(move |span| span.attributes["bailiwick.decision.point"] == point)
    };
    assert_eq!(at("tool.call").count(), events(&task, "decided").len());
    assert_eq!(
        at("tool.call").filter(|span| span.attributes["bailiwick.decision.verdict"] == "deny").count(),
        1
    );
    assert_eq!(at("tool.result").count(), tools.len(), "each result is decided on");
    for decision in at("tool.result") {
        assert!(by_id[decision.parent.as_str()].name.starts_with("execute_tool"), "{decision:?}");
    }
    // Each decision of the journal is found again by its id.
    for event in events(&task, "decided") {
        let id = event["decision"]["id"].as_str().expect("an id");
        assert!(decisions.iter().any(|span| span.attributes["bailiwick.decision.id"] == id), "{id}");
    }
}
