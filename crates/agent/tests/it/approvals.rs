//! Questions to the person.

use domain::approval::Answer;
use domain::journal::Event;
use domain::task::TaskStatus;
use serde_json::json;
use store::{Resolve, StoreError};

use crate::support::{World, call, calls, count, say};

fn asking() -> World {
    World::new(vec![
        calls(vec![call("write", json!({"n": 1, "verdict": "ask"})), call("write", json!({"n": 2}))]),
        say("Done."),
    ])
}

#[tokio::test]
async fn an_approved_call_runs_and_others_do_not_wait_for_it() {
    let world = asking();
    let process = world.process().await;
    let id = process.create("Ask me").await;
    let question = process.question(id).await;
    process.until_event(id, "tool_call_finished").await;
    assert_eq!(world.gate.ran_numbers(), [2], "the other call proceeds meanwhile");
    assert_eq!(process.tenant.task(id).await.unwrap().status, TaskStatus::Waiting);
    assert_eq!(world.models.requests().len(), 1, "the model waits for both");

    process.answer(&question, Answer::Approve).await;
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.gate.ran_numbers(), [2, 1]);
    let results = world.models.last_results();
    assert_eq!(results, [(false, "done 1".to_owned()), (false, "done 2".to_owned())]);
}

#[tokio::test]
async fn a_denied_question_gives_the_model_the_persons_words() {
    let world = asking();
    let process = world.process().await;
    let id = process.create("Ask me").await;
    let question = process.question(id).await;
    process.answer_with(&question, Answer::Deny, Some("use the other file")).await;
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.gate.ran_numbers(), [2]);
    let (is_error, text) = world.models.last_results().remove(0);
    assert!(is_error && text.contains("use the other file") && text.contains("terminal"), "{text}");
}

#[tokio::test]
async fn of_two_answers_one_counts() {
    let world = asking();
    let process = world.process().await;
    let id = process.create("Ask me").await;
    let question = process.question(id).await;
    let resolve = |answer| Resolve { answer, by: "api".to_owned(), note: None, always: false };
    let (approve, deny) = tokio::join!(
        process.tenant.resolve_approval(question.id, resolve(Answer::Approve)),
        process.tenant.resolve_approval(question.id, resolve(Answer::Deny)),
    );
    let refused =
        [&approve, &deny].into_iter().filter_map(|answer| answer.as_ref().err()).collect::<Vec<_>>();
    assert!(matches!(refused[..], [StoreError::AlreadyResolved { .. }]), "{refused:?}");
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.gate.ran_numbers().contains(&1), approve.is_ok());
    assert_eq!(count(&process.names(id).await, "approval_resolved"), 1);
}

#[tokio::test]
async fn a_question_that_was_made_void_is_asked_anew() {
    let world = asking();
    let process = world.process().await;
    let id = process.create("Ask me").await;
    let first = process.question(id).await;
    process.until_event(id, "tool_call_finished").await;
    process.tenant.void_approval(first.id, "the policy has changed").await.unwrap();
    process.until_task(id, |task| task.last_seq > 12).await;
    let second = loop {
        match process.questions(id).await.pop() {
            Some(question) if question.id != first.id => break question,
            _ => tokio::task::yield_now().await,
        }
    };
    process.answer(&second, Answer::Approve).await;
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.gate.ran_numbers(), [2, 1]);
}

#[tokio::test]
async fn a_question_outlives_the_process() {
    let world = asking();
    let process = world.process().await;
    let id = process.create("Ask me").await;
    let question = process.question(id).await;
    process.until_event(id, "tool_call_finished").await;
    process.tasks.shutdown(std::time::Duration::from_secs(5)).await;
    // Answered while nothing runs.
    process.answer(&question, Answer::Approve).await;
    process.store.close().await;

    let process = world.process().await;
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.gate.ran_numbers(), [2, 1]);
    let journal = process.journal(id).await;
    let asked = journal.iter().filter(|e| matches!(e.event, Event::ApprovalRequested { .. })).count();
    assert_eq!(asked, 1, "the same question is not asked twice");
}
