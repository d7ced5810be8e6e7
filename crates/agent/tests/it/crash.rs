//! The process dies, at every place where it can wait, and after every event; the next one goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::approval::{Answer, ApprovalKind};
use domain::journal::{Envelope, Event};
use domain::task::TaskStatus;
use domain::{CallId, TaskId};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::{Point, Process, Reply, World, call, calls, name, say};

fn replies() -> Vec<Reply> {
    vec![
        calls(vec![
            call("read", json!({"n": 1})),
            call("put", json!({"n": 2})),
            call("write", json!({"n": 3})),
        ]),
        calls(vec![call("write", json!({"n": 4, "verdict": "ask"}))]),
        say("Done."),
    ]
}

fn world() -> World {
    let world = World::new(Vec::new());
    world.models.by_turn(replies());
    world
}

/// Runs one life of a process and then pulls the plug: nothing gets to clean up.
fn live<T>(life: impl Future<Output = T>) -> T {
    let runtime: Runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let result = runtime.block_on(life);
    // Drops every future where it stands. Only its threads are waited for: two lives at the same time are for
    // the lock of the data folder to prevent.
    runtime.shutdown_timeout(Duration::from_secs(10));
    result
}

/// A person who approves whatever the policy asks about, as long as this is polled.
async fn approve_all(process: &Process, id: TaskId) {
    loop {
        for question in process.questions(id).await {
            process.answer(&question, Answer::Approve).await;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Lets a restarted process finish the task. Questions about unknown outcomes are answered with the truth.
async fn finish(world: &World, process: &Process, id: TaskId) -> Vec<CallId> {
    let mut asked = Vec::new();
    loop {
        let task =
            process.until_task(id, |task| task.status.ended() || task.status != TaskStatus::Running).await;
        match task.status {
            TaskStatus::Completed => return asked,
            TaskStatus::Waiting => {
                for question in process.questions(id).await {
                    if question.kind == ApprovalKind::ToolCall {
                        process.answer(&question, Answer::Approve).await;
                        continue;
                    }
                    assert_eq!((question.server.as_str(), question.tool.as_str()), ("script", "write"));
                    let done = world.gate.ran().iter().any(|(ran, _)| *ran == question.call_id);
                    asked.push(question.call_id);
                    process.answer(&question, if done { Answer::CountAsDone } else { Answer::Retry }).await;
                }
                process.until_task(id, |task| task.status != TaskStatus::Waiting).await;
            }
            status => panic!("{status:?}: {:?} {:#?}", task.status_text, process.names(id).await),
        }
    }
}

fn finished(journal: &[Envelope]) -> Vec<CallId> {
    let calls = journal.iter().filter_map(|envelope| match envelope.event {
        Event::ToolCallFinished { call_id, .. } => Some(call_id),
        _ => None,
    });
    calls.collect()
}

fn times_run(world: &World) -> BTreeMap<i64, usize> {
    let mut times = BTreeMap::new();
    for number in world.gate.ran_numbers() {
        *times.entry(number).or_default() += 1;
    }
    times
}

/// What must hold, wherever the process died.
fn check(world: &World, before: &[Envelope], ran_before: &[(CallId, Value)], after: &[Envelope]) {
    assert_eq!(after[..before.len()], *before, "every acknowledged event is there");
    for call in finished(before) {
        let times = |ran: &[(CallId, Value)]| ran.iter().filter(|(id, _)| *id == call).count();
        assert_eq!(times(&world.gate.ran()), times(ran_before), "a finished call ran again");
    }
    let mut ends = finished(after);
    ends.sort();
    ends.dedup();
    assert_eq!(ends.len(), 4, "each call has one end: {after:#?}");
    assert_eq!(finished(after).len(), 4);
    for number in [3, 4] {
        assert_eq!(times_run(world).get(&number), Some(&1), "a call that writes took effect once");
    }
    for number in [1, 2] {
        let times = times_run(world).get(&number).copied().unwrap_or_default();
        assert!((1..=2).contains(&times), "call {number} ran {times} times");
    }
}

#[test]
fn at_every_place_where_it_waits() {
    let points = [
        (Point::ListTools, 3),
        (Point::RuleModelCall, 3),
        (Point::Stream, 3),
        (Point::Rule, 5),
        (Point::BeforeEffect, 4),
        (Point::AfterEffect, 4),
    ];
    for (point, passings) in points {
        for nth in 1..=passings {
            dies_at(point, nth);
        }
    }
}

fn dies_at(point: Point, nth: u32) {
    let world = world();
    world.stop.set(point, nth);
    let id = live(async {
        let process = world.process().await;
        let id = process.create("Survive").await;
        tokio::select! {
            () = world.stop.reached() => id,
            () = approve_all(&process, id) => unreachable!(),
        }
    });
    let ran_before = world.gate.ran();
    live(async {
        // Nothing runs here; this is the disk as the crash left it.
        let store = store::Store::open(&store::Config::default(), world.data.path()).await.unwrap();
        let tenant = store.tenant(domain::TenantId::LOCAL).await.unwrap();
        let before = tenant.events(id, 0, 1_000).await.unwrap();
        store.close().await;

        let process = world.process().await;
        let asked = finish(&world, &process, id).await;
        let after = process.journal(id).await;
        check(&world, &before, &ran_before, &after);
        // The third and the fourth call write; only they may not simply be repeated.
        let in_a_write = matches!(point, Point::BeforeEffect | Point::AfterEffect) && nth >= 3;
        assert_eq!(asked.len(), usize::from(in_a_write), "{point:?} {nth}");
        let spent = process.tenant.task(id).await.unwrap().spent;
        assert_eq!(
            (spent.steps, spent.tokens),
            (3, 360),
            "{point:?} {nth}: an answer that was lost is not counted"
        );
    });
}

#[test]
fn after_every_event() {
    let total = live(async {
        let world = world();
        let process = world.process().await;
        let id = process.create("Survive").await;
        tokio::select! {
            task = process.until(id, TaskStatus::Completed) => task.last_seq,
            () = approve_all(&process, id) => unreachable!(),
        }
    });
    assert!(total > 15, "{total}");
    for seq in 1..total {
        let world = world();
        let id = live(async {
            let process = world.process().await;
            let mut changes = process.store.subscribe();
            let id = process.create("Survive").await;
            let reached = async {
                while let Ok(change) = changes.recv().await {
                    if change.last_seq >= seq {
                        break;
                    }
                }
            };
            tokio::select! {
                () = reached => id,
                () = approve_all(&process, id) => unreachable!(),
            }
        });
        let ran_before = world.gate.ran();
        live(async {
            let store = store::Store::open(&store::Config::default(), world.data.path()).await.unwrap();
            let tenant = store.tenant(domain::TenantId::LOCAL).await.unwrap();
            let before = tenant.events(id, 0, 1_000).await.unwrap();
            assert!(before.len() as u64 >= seq, "what was told was durable");
            println!("died after event {seq}, with {} written", before.len()); // Shown when it fails.
            store.close().await;
            let process = world.process().await;
            finish(&world, &process, id).await;
            check(&world, &before, &ran_before, &process.journal(id).await);
        });
    }
}

#[tokio::test]
async fn stop_as_the_answer_to_an_unknown_outcome_ends_the_task() {
    let world = world();
    world.stop.set(Point::AfterEffect, 3);
    let process = world.process().await;
    let id = process.create("Survive").await;
    world.stop.reached().await;
    process.tasks.shutdown(Duration::ZERO).await;
    let process = world.process().await;
    let question = process.question(id).await;
    assert_eq!(question.reasons[0].rule, "outcome_unknown");
    process.answer(&question, Answer::Stop).await;
    let task = process.until(id, TaskStatus::Cancelled).await;
    assert_eq!(task.status_text.as_deref(), Some("Stopped by the person (terminal)."));
    let names: Vec<_> = process.journal(id).await.iter().map(|envelope| name(&envelope.event)).collect();
    assert_eq!(names.iter().filter(|name| *name == "tool_call_finished").count(), 2, "{names:?}");
}

#[tokio::test]
async fn a_process_that_only_looks_leaves_tasks_alone_until_it_is_told() {
    let world = world();
    world.stop.set(Point::Stream, 1);
    let process = world.process().await;
    let id = process.create("Survive").await;
    world.stop.reached().await;
    process.tasks.shutdown(Duration::ZERO).await;
    let before = process.journal(id).await;

    let (store, tenant) = (process.store.clone(), process.tenant.clone());
    let (models, gate) = (world.models.clone(), world.gate.clone());
    let tasks = agent::Tasks::idle(world.config.clone(), store, tenant, models, gate).await.unwrap();
    let looking = Process { tasks, ..process };
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(looking.journal(id).await, before);
    let resumed = looking.tasks.resume(id, Default::default(), "terminal").await.unwrap();
    assert_eq!(resumed.status, TaskStatus::Running);
    finish(&world, &looking, id).await;
}

#[tokio::test]
async fn an_orderly_shutdown_lets_what_runs_come_to_an_end() {
    let world = World::new(Vec::new());
    world.models.by_turn(vec![
        calls(vec![call("write", json!({"n": 1, "sleep_ms": 300})), call("write", json!({"n": 2}))]),
        say("Done."),
    ]);
    let process = world.process().await;
    let id = process.create("Work").await;
    process.until_event(id, "tool_call_started").await;
    process.tasks.shutdown(Duration::from_secs(10)).await;
    let names = process.names(id).await;
    assert_eq!(names.last().unwrap(), "tool_call_finished", "{names:?}");
    assert_eq!(world.gate.ran_numbers(), [1], "nothing new begins");
    let refused = process.tasks.message(id, "More", "terminal").await;
    assert!(matches!(refused, Err(agent::TaskError::ShuttingDown)));
    process.store.close().await;

    let process = world.process().await;
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.gate.ran_numbers(), [1, 2]);
}
