//! What must stop a task, and what must not stop the others.

use std::time::Duration;

use agent::LimitsChange;
use domain::journal::PauseReason;
use domain::task::TaskStatus;
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;

use crate::support::{Point, Reply, World, call, calls, say};

#[tokio::test]
async fn a_workspace_that_vanishes_pauses_until_it_is_back() {
    let world = World::new(vec![calls(vec![call("write", json!({"n": 1}))]), say("Done.")]);
    let process = world.process().await;
    world.stop.set(Point::Stream, 1);
    let id = process.create("Write").await;
    world.stop.reached().await;
    process.tasks.shutdown(Duration::ZERO).await;
    let root = world.root.path().to_owned();
    let away = world.data.path().join("away");
    std::fs::rename(&root, &away).unwrap();

    // The next process finds it gone.
    let store = store::Store::open(&store::Config::default(), world.data.path()).await.unwrap();
    let tenant = store.tenant(domain::TenantId::LOCAL).await.unwrap();
    let (models, gate) = (world.models.clone(), world.gate.clone());
    let tasks =
        agent::Tasks::start(world.config.clone(), store.clone(), tenant.clone(), models, gate).await.unwrap();
    let process = crate::support::Process { store, tenant, tasks, workspace: process.workspace };
    let text = process.until(id, TaskStatus::Paused).await.status_text.unwrap();
    assert!(text.contains(&root.display().to_string()) && text.contains("is gone"), "{text}");
    assert_eq!(process.pause_reason(id).await, PauseReason::Workspace);

    std::fs::rename(&away, &root).unwrap();
    process.tasks.resume(id, LimitsChange::default(), "terminal").await.unwrap();
    process.until(id, TaskStatus::Completed).await;
}

#[tokio::test]
async fn a_gate_that_cannot_answer_pauses_and_nothing_runs() {
    let world = World::new(vec![calls(vec![call("write", json!({"n": 1}))]), say("Done.")]);
    *world.gate.broken.lock().unwrap() = true;
    let process = world.process().await;
    let id = process.create("Write").await;
    let text = process.until(id, TaskStatus::Paused).await.status_text.unwrap();
    assert_eq!(text, "The policy cannot be read.");
    assert_eq!(process.pause_reason(id).await, PauseReason::Fault);
    assert!(world.gate.ran().is_empty());
}

#[tokio::test]
async fn a_closed_store_stops_the_action() {
    let world = World::new(Vec::new());
    world.models.by_turn(vec![calls(vec![call("write", json!({"n": 1}))]), say("Done.")]);
    let process = world.process().await;
    // The gate says yes, and then no start can be written.
    *world.gate.closes.lock().unwrap() = Some(process.store.clone());
    let id = process.create("Write").await;
    while world.gate.ruled().is_empty() {
        tokio::task::yield_now().await;
    }
    process.tasks.shutdown(Duration::from_secs(10)).await;
    assert!(world.gate.ran().is_empty(), "what cannot be journalled does not happen");

    let process = world.process().await;
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.gate.ran_numbers(), [1]);
}

#[tokio::test]
async fn a_panic_pauses_its_task_and_no_other() {
    let world = World::new(vec![Reply::Panic]);
    let process = world.process().await;
    let broken = process.create("Panic").await;
    let text = process.until(broken, TaskStatus::Paused).await.status_text.unwrap();
    assert!(text.contains("a defect") && text.contains("the script says so"), "{text}");
    assert_eq!(process.pause_reason(broken).await, PauseReason::Fault);

    world.models.then(vec![say("Fine.")]);
    let other = process.create("Work").await;
    process.until(other, TaskStatus::Completed).await;
    // The journal is whole, so even this one can go on.
    world.models.then(vec![say("Better.")]);
    process.tasks.resume(broken, LimitsChange::default(), "terminal").await.unwrap();
    process.until(broken, TaskStatus::Completed).await;
}

#[tokio::test]
async fn a_journal_of_a_newer_version_pauses_and_says_so() {
    let world = World::new(vec![Reply::Hang]);
    let process = world.process().await;
    let id = process.create("Begin").await;
    process.until_event(id, "model_requested").await;
    process.tasks.shutdown(Duration::ZERO).await;
    process.store.close().await;

    let file = world.data.path().join("bailiwick.db");
    let db = Database::connect(format!("sqlite://{}", file.display())).await.unwrap();
    let newer = "INSERT INTO journal (tenant_id, task_id, seq, at, version, event)
                 SELECT tenant_id, task_id, 3, at, 7, event FROM journal WHERE seq = 2";
    db.execute_unprepared(newer).await.unwrap();
    db.execute_unprepared("UPDATE tasks SET last_seq = 3").await.unwrap();
    db.close().await.unwrap();

    let process = world.process().await;
    let task = process.until(id, TaskStatus::Paused).await;
    let text = task.status_text.unwrap();
    assert!(text.contains("version 7") && text.contains("newer"), "{text}");
    // Resuming does not help, and says so again.
    process.tasks.resume(id, LimitsChange::default(), "terminal").await.unwrap();
    process.until_task(id, |now| now.status == TaskStatus::Paused && now.last_seq > task.last_seq).await;
    assert_eq!(world.models.requests().len(), 1, "the model was not asked over an unread journal");
}
