//! The description of the API, and what it promises of every operation.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, problem};

fn description() -> Value {
    serde_json::from_str(&web::openapi_json()).unwrap()
}

/// Path, method and description of every operation.
fn operations() -> Vec<(String, Method, Value)> {
    let whole = description();
    let mut found = Vec::new();
    for (path, item) in whole["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            found.push((path.clone(), method, operation.clone()));
        }
    }
    found
}

/// A path with something in place of its parameters.
fn filled(path: &str) -> String {
    path.replace("{id}", "0193a1b2-0000-7000-8000-000000000001")
        .replace("{rule_id}", "0193a1b2-0000-7000-8000-000000000002")
        .replace("{name}", "acme")
}

#[tokio::test]
async fn nothing_under_the_api_answers_without_a_sign_in() {
    let app = TestApp::new().await;
    let mut tried = 0;
    for (path, method, _) in operations() {
        if !path.starts_with("/api/") {
            continue;
        }
        for (name, value) in [
            ("x-nothing", "nothing"),
            ("authorization", "Bearer wrong"),
            ("authorization", "Basic bG9jYWwtdG9rZW4tb2YtdGhlLXRlc3Q="),
            ("cookie", "bailiwick_session=wrong"),
        ] {
            let request = app.bare(method.clone(), &filled(&path)).header(name, value).json(&json!({}));
            let problem = problem(401, request.send().await.unwrap()).await;
            assert_eq!(problem["code"], "unauthenticated", "{method} {path} with {name}");
            assert!(problem["detail"].as_str().unwrap().contains("bailiwick sign-in"));
            tried += 1;
        }
    }
    assert!(tried >= 4 * 27, "only {tried} requests were tried");
}

#[tokio::test]
async fn only_health_and_metrics_are_described_as_open() {
    let open: Vec<String> = operations()
        .into_iter()
        .filter(|(_, _, operation)| {
            operation["security"].as_array().is_some_and(|ways| ways.contains(&json!({})))
        })
        .map(|(path, _, _)| path)
        .collect();
    assert_eq!(open, ["/healthz", "/metrics"]);
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_does() {
    let mut names: Vec<String> = Vec::new();
    for (path, method, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(!names.contains(&name), "{name} is there twice");
        names.push(name);
        assert!(operation["summary"].is_string(), "{method} {path} says nothing");
        assert!(operation["tags"].is_array(), "{method} {path} has no tag");
        assert_eq!(
            operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"],
            "#/components/schemas/Problem",
            "{method} {path}"
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(target) if name == "$ref" => found.push(target.clone()),
                        value => references(value, found),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let whole = description();
    let mut found = Vec::new();
    references(&whole, &mut found);
    assert!(found.len() > 50);
    for target in found {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(whole.pointer(pointer).is_some(), "{target} is missing");
    }
}

#[tokio::test]
async fn the_server_serves_its_description() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/openapi.json").await, description());
}
