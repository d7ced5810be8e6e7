//! Stopping a task, whatever it is doing.

use agent::{LimitsChange, TaskError};
use domain::approval::ApprovalStatus;
use domain::journal::{CallEnd, Event};
use domain::model::{Message, ModelErrorKind};
use domain::task::TaskStatus;
use serde_json::json;

use crate::support::{Point, Reply, World, call, calls, count, say};

#[tokio::test]
async fn during_an_answer_the_stream_is_dropped() {
    let world = World::new(vec![Reply::Hang]);
    let process = world.process().await;
    let id = process.create("Think long").await;
    process.until_event(id, "model_requested").await;
    let task = process.tasks.cancel(id, "terminal").await.unwrap();
    assert_eq!(task.status, TaskStatus::Cancelled);
    assert_eq!(task.status_text.as_deref(), Some("Stopped by the person (terminal)."));
    let names = process.names(id).await;
    assert_eq!(names, ["task_created", "model_requested", "cancel_requested", "task_ended"]);
}

#[tokio::test]
async fn during_calls_they_are_dropped_and_what_had_ended_stays() {
    let world = World::new(vec![calls(vec![
        call("read", json!({"n": 1})),
        call("write", json!({"n": 2, "hang": true})),
        call("write", json!({"n": 3})),
    ])]);
    let process = world.process().await;
    let id = process.create("Work long").await;
    while !world.gate.ran_numbers().contains(&2) {
        tokio::task::yield_now().await;
    }
    let task = process.tasks.cancel(id, "terminal").await.unwrap();
    assert_eq!(task.status, TaskStatus::Cancelled);
    assert_eq!(world.gate.stopped().len(), 1, "the tool is gone before the task has ended");
    assert_eq!(world.gate.ran_numbers(), [1, 2]);
    let ends: Vec<_> = process
        .journal(id)
        .await
        .into_iter()
        .filter_map(|envelope| match envelope.event {
            Event::ToolCallFinished { end, .. } => Some(end),
            _ => None,
        })
        .collect();
    assert_eq!(ends, [CallEnd::Completed, CallEnd::Cancelled]);

    // Going on from there, the model is told what became of each call.
    world.models.then(vec![say("As you wish.")]);
    process.tasks.message(id, "Leave it", "terminal").await.unwrap();
    process.until(id, TaskStatus::Completed).await;
    let results = world.models.last_results();
    assert_eq!(results[0], (false, "done 1".to_owned()));
    assert!(results[1].1.starts_with("Stopped by the person while it ran."), "{results:?}");
    assert!(results[2].1.starts_with("This call did not run"), "{results:?}");
    assert_eq!(
        world.models.requests().last().unwrap().messages.last(),
        Some(&Message::User { text: "Leave it".to_owned() })
    );
    assert_eq!(world.gate.ran_numbers(), [1, 2], "nothing of the stopped turn runs later");
}

#[tokio::test]
async fn while_it_waits_the_question_becomes_void() {
    let world = World::new(vec![calls(vec![call("write", json!({"verdict": "ask"}))])]);
    let process = world.process().await;
    let id = process.create("Ask me").await;
    let question = process.question(id).await;
    let task = process.tasks.cancel(id, "dashboard").await.unwrap();
    assert_eq!(task.status, TaskStatus::Cancelled);
    assert_eq!(process.tenant.approval(question.id).await.unwrap().status, ApprovalStatus::Void);
}

#[tokio::test]
async fn while_it_is_paused_and_when_it_has_ended() {
    let world = World::new(vec![Reply::Error(ModelErrorKind::WrongKey)]);
    let process = world.process().await;
    let id = process.create("Try").await;
    process.until(id, TaskStatus::Paused).await;
    assert_eq!(process.tasks.cancel(id, "terminal").await.unwrap().status, TaskStatus::Cancelled);

    let error = process.tasks.cancel(id, "terminal").await.unwrap_err();
    assert!(matches!(&error, TaskError::Invalid(text) if text.contains("ended already")), "{error}");
    let error = process.tasks.resume(id, LimitsChange::default(), "terminal").await.unwrap_err();
    assert!(matches!(&error, TaskError::Invalid(text) if text.contains("send it a message")), "{error}");
}

#[tokio::test]
async fn while_the_gate_is_asked_nothing_starts() {
    let world = World::new(vec![calls(vec![call("write", json!({"n": 1}))])]);
    world.stop.set(Point::Rule, 1);
    let process = world.process().await;
    let id = process.create("Write").await;
    world.stop.reached().await;
    assert_eq!(process.tasks.cancel(id, "terminal").await.unwrap().status, TaskStatus::Cancelled);
    assert_eq!(count(&process.names(id).await, "tool_call_started"), 0);
    assert!(world.gate.ran().is_empty());
}
