//! Drafts of a policy: looked at, compared, and put in force when their tests pass.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestApp;

const RULES: &str = "package bailiwick\n\nimport rego.v1\n\nallow contains \"all\" if input.point\n";

fn draft(test: Option<&str>) -> Value {
    let mut files = vec![json!({"path": "mine.rego", "text": RULES})];
    if let Some(test) = test {
        let text = format!("package bailiwick\n\nimport rego.v1\n\ntest_it if {{ {test} }}\n");
        files.push(json!({"path": "mine_test.rego", "text": text}));
    }
    json!({"files": files})
}

#[tokio::test]
async fn a_draft_is_checked_tested_and_compared() {
    let app = TestApp::new().await;
    let broken = json!({"files": [{"path": "a.rego", "text": "package bailiwick\nallow contains"}]});
    let found = app.post("/policy/check", &broken).await;
    assert_eq!(
        (&found["problems"][0]["level"], &found["problems"][0]["file"]),
        (&json!("error"), &json!("a.rego"))
    );
    assert_eq!(app.post("/policy/check", &draft(None)).await["problems"], json!([]));
    let tested = app.post("/policy/test", &draft(Some("1 == 1"))).await;
    assert_eq!(tested["tests"]["passed"], json!(["bailiwick.test_it"]));
    let difference = app.post("/policy/diff", &draft(None)).await;
    assert!(!difference["rules"]["removed"].as_array().unwrap().is_empty());
    app.refused(400, app.request(Method::POST, "/policy/check").json(&json!({"files": []}))).await;
}

#[tokio::test]
async fn only_a_draft_whose_tests_pass_comes_into_force() {
    let app = TestApp::new().await;
    for (test, said) in [(None, "has no tests"), (Some("1 == 2"), "test_it")] {
        let request = app.request(Method::POST, "/policy/activate").json(&draft(test));
        let problem = app.refused(422, request).await;
        assert_eq!(problem["code"], "policy_tests_failed");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    assert_eq!(app.get("/policy/versions").await["versions"], json!([]));
    let done = app.post("/policy/activate", &draft(Some("1 == 1"))).await;
    assert_eq!(app.get("/policy/versions").await["versions"][0]["id"], done["id"]);
}

#[tokio::test]
async fn a_question_is_explained_by_the_rules_in_force_or_by_others() {
    let app = TestApp::new().await;
    let question = json!({"point": "tool.call", "tool": {"name": "x"}});
    let explained = app.post("/policy/explain", &json!({"question": question})).await;
    assert_eq!(explained["verdict"], "ask", "the pack asks about a call it does not know");
    let ask = json!({"question": question, "files": draft(None)["files"]});
    let explained = app.post("/policy/explain", &ask).await;
    assert_eq!((&explained["verdict"], &explained["spoke"][0]["line"]), (&json!("allow"), &json!(5)));
    app.refused(400, app.request(Method::POST, "/policy/explain").json(&json!({}))).await;
    let unknown = json!({"decision_id": "00000000-0000-7000-8000-000000000000"});
    app.refused(404, app.request(Method::POST, "/policy/explain").json(&unknown)).await;
}

#[tokio::test]
async fn recorded_calls_are_put_to_a_draft() {
    let app = TestApp::new().await;
    let replayed = app.post("/policy/replay", &draft(None)).await;
    assert_eq!((&replayed["replayed"], &replayed["groups"]), (&json!(0), &json!([])));
}
