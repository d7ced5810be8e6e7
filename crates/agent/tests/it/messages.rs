//! What the person says while a task runs, and afterwards.

use agent::{LimitsChange, TaskError};
use domain::model::{Message, ModelErrorKind};
use domain::task::TaskStatus;
use serde_json::json;

use crate::support::{Point, Reply, World, call, calls, say};

fn user(text: &str) -> Message {
    Message::User { text: text.to_owned() }
}

#[tokio::test]
async fn a_message_during_an_answer_comes_behind_it_and_is_answered() {
    let world = World::new(vec![calls(vec![call("read", json!({"n": 1, "sleep_ms": 100}))]), say("Done.")]);
    let process = world.process().await;
    let id = process.create("Begin").await;
    process.until_event(id, "tool_call_started").await;
    process.tasks.message(id, "In French, please", "dashboard").await.unwrap();
    process.until(id, TaskStatus::Completed).await;
    let requests = world.models.requests();
    let messages = &requests[1].messages;
    assert!(matches!(messages[1], Message::Assistant { .. }));
    assert!(matches!(messages[2], Message::ToolResult { .. }), "results follow their calls at once");
    assert_eq!(messages[3], user("In French, please"));
}

#[tokio::test]
async fn a_message_at_the_last_moment_keeps_the_task_going() {
    let world = World::new(vec![Reply::Hang, say("Oui.")]);
    let process = world.process().await;
    let id = process.create("Begin").await;
    process.until_event(id, "model_requested").await;
    process.tasks.message(id, "In French", "dashboard").await.unwrap();
    // The model is still at its first answer; the process dies over it and the next one asks again.
    process.tasks.shutdown(std::time::Duration::ZERO).await;
    let process = world.process().await;
    let task = process.until(id, TaskStatus::Completed).await;
    assert_eq!(task.status_text.as_deref(), Some("Oui."));
    assert_eq!(world.models.requests()[1].messages, [user("Begin\n\nIn French")]);
}

#[tokio::test]
async fn a_message_to_an_ended_task_begins_a_new_turn() {
    let world = World::new(vec![say("Done."), say("More done.")]);
    let process = world.process().await;
    let id = process.create("Begin").await;
    process.until(id, TaskStatus::Completed).await;
    let task = process.tasks.message(id, "And now more", "terminal").await.unwrap();
    assert!(matches!(task.status, TaskStatus::Running | TaskStatus::Completed));
    process.until_task(id, |task| task.status_text.as_deref() == Some("More done.")).await;
    let messages = world.models.requests().pop().unwrap().messages;
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[2], user("And now more"));
}

#[tokio::test]
async fn a_message_to_a_paused_task_is_there_when_it_goes_on() {
    let world = World::new(vec![Reply::Error(ModelErrorKind::RateLimited), say("Yes.")]);
    let process = world.process().await;
    let id = process.create("Begin").await;
    process.until(id, TaskStatus::Paused).await;
    let task = process.tasks.message(id, "Try again", "terminal").await.unwrap();
    assert_eq!(task.status, TaskStatus::Paused);
    process.tasks.resume(id, LimitsChange::default(), "terminal").await.unwrap();
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.models.requests()[1].messages, [user("Begin\n\nTry again")]);
}

#[tokio::test]
async fn words_that_cannot_be_taken_are_refused_with_the_setting() {
    let mut world = World::new(vec![say("Done.")]);
    world.config.message_bytes_max = 10;
    let process = world.process().await;
    let id = process.create("Begin").await;
    for (text, expected) in [("  ", "needs words"), ("much too long", "message_bytes_max")] {
        let error = process.tasks.message(id, text, "terminal").await.unwrap_err();
        assert!(matches!(&error, TaskError::Invalid(text) if text.contains(expected)), "{error}");
    }
}

#[tokio::test]
async fn a_message_during_the_stream_does_not_interrupt_it() {
    let world = World::new(vec![say("First."), say("Second.")]);
    world.stop.set(Point::Rule, 1); // Never passed: there is no call.
    let process = world.process().await;
    let id = process.create("Begin").await;
    let _ = process.tasks.message(id, "More", "terminal").await.unwrap();
    let task = process.until_task(id, |task| task.status == TaskStatus::Completed).await;
    // Whether it came before or behind the first request, each message is seen once.
    let messages = world.models.requests().pop().unwrap().messages;
    let said: String = messages
        .iter()
        .filter_map(|message| match message {
            Message::User { text } => Some(text.as_str()),
            _ => None,
        })
        .collect::<Vec<_>>()
        .join("|");
    assert_eq!(said.matches("More").count(), 1, "{task:?} {said}");
}
