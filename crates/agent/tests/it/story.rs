//! A task from beginning to end.

use agent::LiveEvent;
use domain::MicroUsd;
use domain::journal::{CallEnd, Event};
use domain::model::Message;
use domain::task::TaskStatus;
use serde_json::json;

use crate::support::{Point, World, call, calls, count, say};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_with_parallel_calls_runs_to_its_end() {
    let world = World::new(vec![
        calls(vec![
            call("read", json!({"n": 1, "sleep_ms": 50})),
            call("read", json!({"n": 2, "sleep_ms": 50})),
            call("write", json!({"n": 3})),
        ]),
        say("All done."),
    ]);
    let process = world.process().await;
    let id = process.create("Do it\nwith care").await;
    let task = process.until(id, TaskStatus::Completed).await;

    assert_eq!(task.title, "Do it");
    assert_eq!(task.status_text.as_deref(), Some("All done."));
    assert_eq!((task.spent.steps, task.spent.tokens), (2, 240));
    assert_eq!(task.spent.cost, MicroUsd(2 * (100 + 200)), "100 tokens in at 1, 20 out at 10 millionths");
    assert_eq!(world.gate.running_max(), 2, "the two that only read ran side by side");
    assert_eq!(world.gate.ran_numbers()[2], 3, "the one that writes ran after them");

    let names = process.names(id).await;
    let expected = [
        "task_created",
        "model_requested",
        "model_responded",
        "tool_call_proposed",
        "tool_call_proposed",
        "tool_call_proposed",
        "decided",
        "decided",
        "decided",
        "tool_call_started",
        "tool_call_started",
    ];
    assert_eq!(names[..expected.len()], expected);
    assert_eq!(names.last().unwrap(), "task_ended");
    assert_eq!(count(&names, "tool_call_finished"), 3);

    let requests = world.models.requests();
    assert_eq!(requests[0].messages, [Message::User { text: "Do it\nwith care".to_owned() }]);
    assert_eq!(requests[0].tools.len(), 3);
    assert!(requests[0].system.contains("# Where you are"));
    let Message::Assistant { calls, .. } = &requests[1].messages[1] else { panic!("{requests:?}") };
    assert_eq!(calls.len(), 3);
    assert_eq!(
        world.models.last_results(),
        [(false, "done 1".to_owned()), (false, "done 2".to_owned()), (false, "done 3".to_owned())]
    );
}

#[tokio::test]
async fn a_denied_call_tells_the_model_why_and_does_not_run() {
    let denied = call("write", json!({"n": 1, "verdict": "deny"}));
    let world = World::new(vec![calls(vec![denied, call("read", json!({"n": 2}))]), say("I may not.")]);
    let process = world.process().await;
    let id = process.create("Do it").await;
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.gate.ran_numbers(), [2]);
    let results = world.models.last_results();
    assert!(results[0].0 && results[0].1.contains("The script says Deny."), "{results:?}");
    assert!(results[0].1.contains("did not run"), "{results:?}");
    assert_eq!(results[1], (false, "done 2".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_run_side_by_side_up_to_the_limit_and_writes_one_after_another() {
    let reads = (0..20).map(|n| call("read", json!({"n": n, "sleep_ms": 20}))).collect();
    let writes = (20..25).map(|n| call("write", json!({"n": n, "sleep_ms": 5}))).collect();
    let world = World::new(vec![calls(reads), say("Read.")]);
    let process = world.process().await;
    let id = process.create("Read").await;
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.gate.running_max(), agent::next::CONCURRENT_CALLS_MAX);

    world.models.then(vec![calls(writes), say("Written.")]);
    process.tasks.message(id, "Now write", "terminal").await.unwrap();
    process.until_task(id, |task| task.status_text.as_deref() == Some("Written.")).await;
    assert_eq!(world.gate.ran_numbers()[20..], [20, 21, 22, 23, 24]);
}

#[tokio::test]
async fn a_label_that_came_since_the_ruling_makes_it_void() {
    // Both are ruled on before either runs; the first one's result then labels the task.
    let world = World::new(vec![
        calls(vec![
            call("read", json!({"n": 1, "result_label": "secret"})),
            call("write", json!({"n": 2, "deny_with": "secret"})),
        ]),
        say("I see."),
    ]);
    let process = world.process().await;
    let id = process.create("Leak it").await;
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.gate.ran_numbers(), [1], "what was allowed without the label is not with it");
    let labels: Vec<_> = world.gate.ruled().into_iter().map(|(_, labels)| labels).collect();
    assert_eq!(labels, [vec![], vec![], vec!["secret".to_owned()]]);
}

#[tokio::test]
async fn a_long_output_is_cut_for_the_model_and_whole_in_the_journal() {
    let bytes = 500_000;
    let world = World::new(vec![calls(vec![call("read", json!({"output_bytes": bytes}))]), say("Long.")]);
    let process = world.process().await;
    let id = process.create("Read much").await;
    process.until(id, TaskStatus::Completed).await;
    let (_, shown) = world.models.last_results().remove(0);
    assert!(shown.len() < 33_000 && shown.contains("bytes left out here"), "{}", shown.len());
    let journal = process.journal(id).await;
    let kept = journal.iter().find_map(|envelope| match &envelope.event {
        Event::ToolCallFinished { outcome, .. } => Some(outcome.joined_text().len()),
        _ => None,
    });
    assert_eq!(kept, Some(bytes));
}

#[tokio::test]
async fn a_tool_that_panics_is_a_failed_call() {
    let world = World::new(vec![calls(vec![call("write", json!({"panic": true}))]), say("Odd.")]);
    let process = world.process().await;
    let id = process.create("Panic").await;
    process.until(id, TaskStatus::Completed).await;
    let (is_error, text) = world.models.last_results().remove(0);
    assert!(is_error && text.contains("a defect"), "{text}");
    let failed = process.journal(id).await;
    let failed = failed
        .iter()
        .any(|envelope| matches!(envelope.event, Event::ToolCallFinished { end: CallEnd::Failed, .. }));
    assert!(failed);
}

#[tokio::test]
async fn a_watcher_sees_words_and_output_as_they_come_and_none_of_it_stays() {
    let world = World::new(Vec::new());
    world.models.by_turn(vec![calls(vec![call("write", json!({"n": 1}))]), say("Done.")]);
    world.stop.set(Point::Stream, 1);
    let process = world.process().await;
    let id = process.create("Show me").await;
    world.stop.reached().await;
    let (gathered, _) = process.tasks.live().watch(id);
    let [LiveEvent::Text { delta, .. }] = &gathered[..] else { panic!("{gathered:?}") };
    assert_eq!(delta, "Let me see.");
    process.tasks.shutdown(std::time::Duration::ZERO).await;
    assert_eq!(process.tasks.live().watch(id).0, []);

    let process = world.process().await;
    let (_, mut live) = process.tasks.live().watch(id);
    process.until(id, TaskStatus::Completed).await;
    let mut seen = Vec::new();
    while let Ok(event) = live.try_recv() {
        seen.push(event);
    }
    assert!(seen.iter().any(|event| matches!(event, LiveEvent::ToolProgress { .. })), "{seen:?}");
    assert_eq!(process.tasks.live().watch(id).0, [], "the journal has superseded it all");
}
