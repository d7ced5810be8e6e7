//! More tasks than may run at the same time.

use domain::approval::Answer;
use domain::task::TaskStatus;
use serde_json::json;

use crate::support::{Point, World, call, calls, say};

#[tokio::test]
async fn a_queued_task_says_so_and_starts_when_its_turn_comes() {
    let mut world = World::new(vec![say("One."), say("Two.")]);
    world.config.concurrent_tasks_max = 1;
    world.stop.set(Point::Stream, 1);
    let process = world.process().await;
    let first = process.create("One").await;
    world.stop.reached().await;
    let second = process.create("Two").await;
    let task = process.until_task(second, |task| task.status_text.is_some()).await;
    assert_eq!(task.status, TaskStatus::Running);
    let text = task.status_text.unwrap();
    assert!(
        text.starts_with("Queued: 1 tasks run already") && text.contains("concurrent_tasks_max"),
        "{text}"
    );

    process.tasks.cancel(first, "terminal").await.unwrap();
    process.until(second, TaskStatus::Completed).await;
    let third = process.create("Three").await;
    process.until(third, TaskStatus::Completed).await;
    assert!(!process.names(third).await.contains(&"note".to_owned()), "with room there is no queue");
}

#[tokio::test]
async fn a_task_that_waits_for_a_person_holds_up_nobody() {
    let mut world =
        World::new(vec![calls(vec![call("write", json!({"n": 1, "verdict": "ask"}))]), say("Two.")]);
    world.config.concurrent_tasks_max = 1;
    let process = world.process().await;
    let first = process.create("One").await;
    let question = process.question(first).await;
    let second = process.create("Two").await;
    process.until(second, TaskStatus::Completed).await;
    process.answer(&question, Answer::Approve).await;
    process.until(first, TaskStatus::Completed).await;
}

#[tokio::test]
async fn a_queued_task_can_be_cancelled() {
    let mut world = World::new(vec![say("One."), say("Two.")]);
    world.config.concurrent_tasks_max = 1;
    world.stop.set(Point::Stream, 1);
    let process = world.process().await;
    process.create("One").await;
    world.stop.reached().await;
    let second = process.create("Two").await;
    process.until_task(second, |task| task.status_text.is_some()).await;
    assert_eq!(process.tasks.cancel(second, "terminal").await.unwrap().status, TaskStatus::Cancelled);
}
