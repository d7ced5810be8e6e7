//! Questions for a person, and their answers.

use domain::decision::Verdict;
use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, Turn, samples};

#[tokio::test]
async fn an_answer_lets_the_task_go_on() {
    let app = TestApp::new().await;
    let task = app.start(vec![Turn::Call("delicate"), Turn::Say("All done.")]).await;
    let waiting = app.until(&task, "waiting").await;
    let pending = &waiting["pending_approvals"][0];
    assert_eq!((&pending["tool"], &pending["status"]), (&json!("delicate"), &json!("pending")));

    let path = format!("/approvals/{}", pending["id"].as_str().unwrap());
    let body = json!({"answer": "approve", "note": "go on", "by": "terminal"});
    let answered = app.post(&path, &body).await;
    assert_eq!((&answered["status"], &answered["answer"]), (&json!("resolved"), &json!("approve")));
    assert_eq!((&answered["answered_by"], &answered["note"]), (&json!("terminal"), &json!("go on")));
    assert_eq!(app.get(&path).await, answered);

    let done = app.until(&task, "completed").await;
    assert_eq!(done["pending_approvals"], json!([]));
}

#[tokio::test]
async fn a_question_is_answered_once() {
    let app = TestApp::new().await;
    let approval = app.pending_approval().await;
    let path = format!("/approvals/{}", approval.id);
    let answered = app.post(&path, &json!({"answer": "deny"})).await;
    assert_eq!(answered["answered_by"], "api");
    let problem =
        app.refused(409, app.request(Method::POST, &path).json(&json!({"answer": "approve"}))).await;
    assert_eq!(problem["code"], "already_resolved");
    assert_eq!(app.get(&path).await["answer"], "deny");
}

#[tokio::test]
async fn of_many_answers_at_once_one_counts() {
    let app = TestApp::new().await;
    let approval = app.pending_approval().await;
    let path = format!("/approvals/{}", approval.id);
    let answers = (0..8).map(|number| {
        let answer = if number % 2 == 0 { "approve" } else { "deny" };
        app.request(Method::POST, &path).json(&json!({"answer": answer})).send()
    });
    let statuses: Vec<u16> = futures::future::join_all(answers)
        .await
        .into_iter()
        .map(|response| response.unwrap().status().as_u16())
        .collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
}

#[tokio::test]
async fn a_browser_answers_as_the_dashboard() {
    let app = TestApp::new().await;
    let approval = app.pending_approval().await;
    let request = app
        .bare(Method::POST, &format!("/api/v1/approvals/{}", approval.id))
        .header("cookie", app.cookie().await)
        .header("origin", app.base())
        .json(&json!({"answer": "approve"}));
    let answered = crate::support::json(200, request).await;
    assert_eq!(answered["answered_by"], "dashboard");
}

#[tokio::test]
async fn answers_that_do_not_fit_are_refused() {
    let app = TestApp::new().await;
    let approval = app.pending_approval().await;
    let path = format!("/approvals/{}", approval.id);
    for (body, status, code) in [
        (json!({"answer": "retry"}), 422, "wrong_answer"),
        (json!({"answer": "deny", "always": true}), 422, "always_not_offered"),
        (json!({"answer": "perhaps"}), 422, "invalid"),
        (json!({"answer": "approve", "by": "somebody"}), 422, "invalid"),
    ] {
        let problem = app.refused(status, app.request(Method::POST, &path).json(&body)).await;
        assert_eq!(problem["code"], code, "{body}");
    }
    assert_eq!(app.get(&path).await["status"], "pending");

    let task = app.quiet_task("no always").await;
    let mut unoffered = samples::approval(task.id);
    unoffered.always = None;
    let unoffered = app.tenant.request_approval(unoffered, None).await.unwrap();
    let body = json!({"answer": "approve", "always": true});
    let request = app.request(Method::POST, &format!("/approvals/{}", unoffered.id)).json(&body);
    assert_eq!(app.refused(422, request).await["code"], "always_not_offered");
}

#[tokio::test]
async fn questions_are_listed_by_status_and_task() {
    let app = TestApp::new().await;
    let (first, second) = (app.pending_approval().await, app.pending_approval().await);
    app.post(&format!("/approvals/{}", first.id), &json!({"answer": "deny"})).await;

    let ids = async |path: &str| -> Vec<String> {
        let listed = app.get(path).await;
        let approvals = listed["approvals"].as_array().unwrap();
        approvals.iter().map(|approval| approval["id"].as_str().unwrap().to_owned()).collect()
    };
    let (first_id, second_id) = (first.id.to_string(), second.id.to_string());
    assert_eq!(ids("/approvals").await, [first_id.clone(), second_id.clone()]);
    assert_eq!(ids("/approvals?status=pending").await, [second_id]);
    assert_eq!(ids(&format!("/approvals?task_id={}", first.task_id.unwrap())).await, [first_id]);
    assert!(ids(&format!("/approvals?status=pending&task_id={}", first.task_id.unwrap())).await.is_empty());
}

#[tokio::test]
async fn a_question_is_explained_in_sentences() {
    let app = TestApp::new().await;
    let approval = app.pending_approval().await;
    let path = format!("/approvals/{}/explain", approval.id);
    let problem = app.refused(404, app.request(Method::GET, &path)).await;
    assert!(problem["detail"].as_str().unwrap().contains("not recorded"));

    for verdict in [Verdict::Ask, Verdict::Allow] {
        let record = samples::decision_record(approval.task_id.unwrap(), approval.call_id, verdict);
        app.tenant.record_decision(record).await.unwrap();
    }
    let explained = app.get(&path).await;
    assert_eq!(explained["approval"]["id"], approval.id.to_string());
    assert_eq!(explained["decision"]["verdict"], "ask", "the decision that asked, not the newest");
    assert_eq!(explained["question"]["point"], "tool.call");
    let text = explained["text"].as_str().unwrap();
    for part in [
        "The call of run_command of workspace waits for a person.",
        "commands.unknown asks: `git push` is not known.",
        "\"Always for this task\" covers: allow commands beginning with `git push`.",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}
