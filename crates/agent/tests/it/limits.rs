//! Limits pause a task whole; raising them lets it go on.

use agent::{LimitsChange, TaskError};
use domain::MicroUsd;
use domain::journal::PauseReason;
use domain::limits::LimitKind;
use domain::task::TaskStatus;
use serde_json::json;

use crate::support::{Reply, World, call, calls, say};

async fn pauses_and_goes_on(
    replies: Vec<Reply>,
    tight: LimitsChange,
    raised: LimitsChange,
    expected: LimitKind,
    words: [&str; 3],
) {
    let mut world = World::new(replies);
    world.config.system_prompt = "Be brief.".to_owned();
    let process = world.process().await;
    let id = process.create_with("Work", tight).await;
    let task = process.until(id, TaskStatus::Paused).await;
    let text = task.status_text.unwrap();
    for word in words {
        assert!(text.contains(word), "{word:?} in {text:?}");
    }
    let reason = process.pause_reason(id).await;
    assert!(matches!(reason, PauseReason::Limit { limit, .. } if limit == expected), "{reason:?}");

    let error = process.tasks.resume(id, LimitsChange::default(), "terminal").await.unwrap_err();
    assert!(matches!(&error, TaskError::Invalid(again) if *again == text), "{error}");
    assert_eq!(process.tenant.task(id).await.unwrap().status, TaskStatus::Paused);

    let task = process.tasks.resume(id, raised, "terminal").await.unwrap();
    assert_eq!(task.limits, raised.apply(tight.apply(world.config.limits)));
    process.until(id, TaskStatus::Completed).await;
    let names = process.names(id).await;
    let at = names.iter().position(|name| name == "limits_changed").unwrap();
    assert_eq!(names[at - 1..=at + 1], ["paused", "limits_changed", "resumed"]);
    assert_eq!(world.gate.ran_numbers(), [1, 2], "nothing is done twice");
}

fn two_steps() -> Vec<Reply> {
    vec![
        calls(vec![call("write", json!({"n": 1, "sleep_ms": 20}))]),
        calls(vec![call("write", json!({"n": 2}))]),
        say("Done."),
    ]
}

#[tokio::test]
async fn steps() {
    pauses_and_goes_on(
        two_steps(),
        LimitsChange { steps_max: Some(1), ..LimitsChange::default() },
        LimitsChange { steps_max: Some(10), ..LimitsChange::default() },
        LimitKind::Steps,
        ["1 of 1 model turns", "bailiwick task resume ID --max-steps N", "`steps_max` in `[agent.limits]`"],
    )
    .await;
}

#[tokio::test]
async fn tokens_are_reserved_before_the_call() {
    pauses_and_goes_on(
        two_steps(),
        LimitsChange { tokens_max: Some(1_300), ..LimitsChange::default() },
        LimitsChange { tokens_max: Some(50_000), ..LimitsChange::default() },
        LimitKind::Tokens,
        [" of 1300 tokens", "--max-tokens N", "tokens_max"],
    )
    .await;
}

#[tokio::test]
async fn cost_is_reserved_before_the_call() {
    // A call costs 300 millionths, and is not begun without room for 1,024 tokens of answer: 10,240.
    pauses_and_goes_on(
        two_steps(),
        LimitsChange { cost_max: Some(MicroUsd(10_800)), ..LimitsChange::default() },
        LimitsChange { cost_max: Some(MicroUsd(1_000_000)), ..LimitsChange::default() },
        LimitKind::Cost,
        ["are spent", "--max-usd N", "cost_max"],
    )
    .await;
}

#[tokio::test]
async fn working_time() {
    let mut replies = two_steps();
    replies[0] = calls(vec![call("write", json!({"n": 1, "sleep_ms": 1_100}))]);
    pauses_and_goes_on(
        replies,
        LimitsChange { wall_seconds_max: Some(1), ..LimitsChange::default() },
        LimitsChange { wall_seconds_max: Some(60), ..LimitsChange::default() },
        LimitKind::WallTime,
        ["1 of 1 seconds", "--max-seconds N", "wall_seconds_max"],
    )
    .await;
}

#[tokio::test]
async fn an_unknown_price_is_said_once() {
    let world = World::new(two_steps());
    world.models.info.lock().unwrap().price = None;
    let process = world.process().await;
    let id = process.create("Work").await;
    process.until(id, TaskStatus::Completed).await;
    let names = process.names(id).await;
    assert_eq!(names.iter().filter(|name| *name == "note").count(), 1);
    assert_eq!(names[1], "note");
}
