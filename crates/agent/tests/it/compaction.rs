//! Making room in the model's window.

use domain::journal::{Event, ModelPurpose, PauseReason};
use domain::model::{Message, ModelErrorKind, ModelRequest};
use domain::task::TaskStatus;
use serde_json::json;

use crate::support::{Reply, World, call, calls, count, say};

/// Each result belongs to a call of the last answer before it, and each call of an answer has its result.
fn assert_whole(request: &ModelRequest) {
    let mut open: Vec<String> = Vec::new();
    for message in &request.messages {
        match message {
            Message::Assistant { calls, .. } => {
                assert!(open.is_empty(), "calls without results: {open:?}");
                open = calls.iter().map(|call| call.provider_call_id.clone()).collect();
            }
            Message::ToolResult { provider_call_id, .. } => {
                let at = open.iter().position(|id| id == provider_call_id).expect("a call for this result");
                open.remove(at);
            }
            Message::User { .. } => assert!(open.is_empty(), "calls without results: {open:?}"),
        }
    }
    assert!(matches!(request.messages.first(), Some(Message::User { .. })));
    assert!(!matches!(request.messages.last(), Some(Message::Assistant { .. })));
}

fn reading(times: usize, bytes: usize) -> Vec<Reply> {
    (0..times).map(|n| calls(vec![call("read", json!({"n": n, "output_bytes": bytes}))])).collect()
}

#[tokio::test]
async fn a_long_conversation_is_summarised_before_the_window_is_full() {
    let mut replies = reading(3, 10_000);
    replies.push(say("SUMMARY: three files read."));
    replies.extend(reading(1, 100));
    replies.push(say("Done."));
    let world = World::new(replies);
    world.models.info.lock().unwrap().context_tokens = 8_000;
    world.models.count();
    let process = world.process().await;
    let id = process.create("Read them all").await;
    process.until(id, TaskStatus::Completed).await;

    let requests = world.models.requests();
    let summarising = requests.iter().position(|request| request.tools.is_empty()).unwrap();
    assert!(requests[summarising].system.starts_with("You shorten the record"));
    let [Message::User { text }] = &requests[summarising].messages[..] else { panic!("{requests:?}") };
    assert!(text.contains("Read them all") && text.contains("## It called read"), "{text}");

    let after = &requests[summarising + 1];
    let Message::User { text } = &after.messages[0] else { panic!("{after:?}") };
    assert!(text.starts_with("Read them all\n\n") && text.contains("SUMMARY: three files read."), "{text}");
    assert!(after.messages.len() < requests[summarising - 1].messages.len());
    requests.iter().for_each(assert_whole);

    let journal = process.journal(id).await;
    let purposes: Vec<_> = journal
        .iter()
        .filter_map(|envelope| match &envelope.event {
            Event::ModelRequested { purpose, .. } => Some(*purpose),
            _ => None,
        })
        .collect();
    assert!(purposes.contains(&ModelPurpose::Compaction));
    let task = process.tenant.task(id).await.unwrap();
    assert_eq!(task.spent.steps as usize, purposes.len() - 1, "a summary is no step");
    let charged = journal.iter().filter_map(|envelope| match &envelope.event {
        Event::ModelResponded { response, .. } => Some(response.usage.total()),
        _ => None,
    });
    assert_eq!(task.spent.tokens, charged.sum::<u64>(), "and it is charged");

    // A fold from the beginning gives the same conversation.
    let state = agent::state::State::fold(&journal);
    assert!(state.summary.is_some());
}

#[tokio::test]
async fn too_long_for_the_vendor_is_compacted_once() {
    let mut replies = reading(2, 1_000);
    replies.extend([Reply::Error(ModelErrorKind::ContextTooLong), say("SUMMARY"), say("Done.")]);
    let world = World::new(replies);
    let process = world.process().await;
    let id = process.create("Read").await;
    process.until(id, TaskStatus::Completed).await;
    let names = process.names(id).await;
    assert_eq!((count(&names, "compacted"), count(&names, "paused")), (1, 0));
    world.models.requests().iter().for_each(assert_whole);
}

#[tokio::test]
async fn too_long_even_then_pauses() {
    let mut replies = reading(2, 1_000);
    let too_long = || Reply::Error(ModelErrorKind::ContextTooLong);
    replies.extend([too_long(), say("SUMMARY"), too_long()]);
    let world = World::new(replies);
    let process = world.process().await;
    let id = process.create("Read").await;
    let text = process.until(id, TaskStatus::Paused).await.status_text.unwrap();
    assert!(text.contains("even when it is compacted"), "{text}");
    assert!(matches!(process.pause_reason(id).await, PauseReason::Model { .. }));
    assert_eq!(count(&process.names(id).await, "compacted"), 1);
}

#[tokio::test]
async fn too_long_with_nothing_to_leave_out_pauses_at_once() {
    let world = World::new(vec![Reply::Error(ModelErrorKind::ContextTooLong)]);
    let process = world.process().await;
    let id = process.create("Read").await;
    process.until(id, TaskStatus::Paused).await;
    assert_eq!(world.models.requests().len(), 1);
}

#[tokio::test]
async fn a_summary_that_fails_pauses_and_is_tried_again() {
    for (failure, words) in
        [(say(" "), "empty summary"), (Reply::Error(ModelErrorKind::Unavailable), "Unavailable")]
    {
        let mut replies = reading(3, 10_000);
        replies.extend([failure, say("SUMMARY"), say("Done.")]);
        let world = World::new(replies);
        world.models.info.lock().unwrap().context_tokens = 8_000;
        world.models.count();
        let process = world.process().await;
        let id = process.create("Read").await;
        let text = process.until(id, TaskStatus::Paused).await.status_text.unwrap();
        assert!(text.contains(words), "{text}");
        process.tasks.resume(id, Default::default(), "terminal").await.unwrap();
        process.until(id, TaskStatus::Completed).await;
        assert_eq!(count(&process.names(id).await, "compacted"), 1);
    }
}
