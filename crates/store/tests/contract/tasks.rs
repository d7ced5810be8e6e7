//! Tasks as a list shows them.

use domain::TaskId;
use domain::journal::EVENT_VERSION;
use domain::limits::{Limits, Spent};
use domain::task::{TaskStatus, TaskSummary};
use domain::{TenantId, WorkspaceId};
use store::{StoreError, TaskFilter};

use crate::fixtures::{Bed, created, note, projection, task, workspace};

crate::on_both_engines! {
    a_new_task_has_its_first_event
    only_task_created_begins_a_task
    an_id_is_used_once
    a_task_needs_its_workspace
    the_list_pages_by_cursor
    the_list_filters_by_status_and_workspace
    search_takes_text_as_it_is
    a_projection_replaces_what_the_list_shows
    only_unfinished_tasks_go_on_after_a_restart
    everything_is_there_after_reopening
    creating_is_told
}

async fn a_new_task_has_its_first_event(bed: Bed) {
    let tenant = bed.local().await;
    let workspace = workspace(&tenant).await;
    let first = created(workspace.id, "tidy up\u{0}");
    let made = tenant.create_task(TaskId::new(), "tidy up", first.clone()).await.unwrap();

    assert_eq!(made.status, TaskStatus::Running);
    assert_eq!((made.limits, made.spent, made.last_seq), (Limits::default(), Spent::default(), 1));
    assert_eq!((made.model.as_str(), made.workspace_id), ("demo", workspace.id));
    assert_eq!(tenant.task(made.id).await.unwrap(), made);

    let events = tenant.events(made.id, 0, 10).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].seq, events[0].version, events[0].at), (1, EVENT_VERSION, made.created_at));
    assert_eq!(events[0].event, first);
}

async fn only_task_created_begins_a_task(bed: Bed) {
    let tenant = bed.local().await;
    let error = tenant.create_task(TaskId::new(), "x", note("hello")).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid(_)), "{error}");
    assert!(tenant.tasks(&TaskFilter::default()).await.unwrap().is_empty());
}

async fn an_id_is_used_once(bed: Bed) {
    let tenant = bed.local().await;
    let made = task(&tenant, "one").await;
    tenant.append(made.id, None, vec![note("a"), note("b")], None).await.unwrap();
    let error = tenant.create_task(made.id, "two", created(made.workspace_id, "two")).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { expected: 0, actual: 3, .. }), "{error}");
    assert_eq!(tenant.task(made.id).await.unwrap().title, "one");
}

async fn a_task_needs_its_workspace(bed: Bed) {
    let tenant = bed.local().await;
    let error = tenant.create_task(TaskId::new(), "x", created(WorkspaceId::new(), "x")).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "workspace" }), "{error}");
    assert!(tenant.tasks(&TaskFilter::default()).await.unwrap().is_empty());
}

async fn the_list_pages_by_cursor(bed: Bed) {
    let tenant = bed.local().await;
    let mut made = Vec::new();
    for n in 0..7 {
        made.push(task(&tenant, &format!("task {n}")).await.id);
    }
    made.reverse();

    let mut seen = Vec::new();
    let mut filter = TaskFilter { limit: 3, ..TaskFilter::default() };
    loop {
        let page = tenant.tasks(&filter).await.unwrap();
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        filter.before = Some(last.id);
        seen.extend(ids(&page));
    }
    assert_eq!(seen, made);
}

async fn the_list_filters_by_status_and_workspace(bed: Bed) {
    let tenant = bed.local().await;
    let (a, b) = (task(&tenant, "a").await, task(&tenant, "b").await);
    tenant.append(b.id, None, vec![note("x")], Some(projection(TaskStatus::Waiting))).await.unwrap();
    let elsewhere = tenant.ensure_workspace("/srv/other".as_ref(), "other").await.unwrap();
    let c = tenant.create_task(TaskId::new(), "c", created(elsewhere.id, "c")).await.unwrap();

    let by = async |filter: TaskFilter| ids(&tenant.tasks(&filter).await.unwrap());
    let status = |status| TaskFilter { status: Some(status), ..TaskFilter::default() };
    assert_eq!(by(status(TaskStatus::Waiting)).await, [b.id]);
    assert_eq!(by(status(TaskStatus::Running)).await, [c.id, a.id]);
    assert!(by(status(TaskStatus::Failed)).await.is_empty());
    let there = TaskFilter { workspace_id: Some(elsewhere.id), ..TaskFilter::default() };
    assert_eq!(by(there).await, [c.id]);
}

async fn search_takes_text_as_it_is(bed: Bed) {
    let tenant = bed.local().await;
    let workspace = workspace(&tenant).await;
    let make = async |title: &str, prompt: &str| {
        tenant.create_task(TaskId::new(), title, created(workspace.id, prompt)).await.unwrap().id
    };
    let percent = make("Raise coverage", "to 100% please").await;
    let umlaut = make("ÜBERARBEITE die Straße", "mit a_b und c:\\temp").await;
    let plain = make("something", "to 1000 and aXb").await;

    let found = async |text: &str| {
        let filter = TaskFilter { search: Some(text.to_owned()), ..TaskFilter::default() };
        ids(&tenant.tasks(&filter).await.unwrap())
    };
    let everything = [plain, umlaut, percent];
    for (text, expected) in [
        ("RAISE", &[percent][..]),
        ("100% P", &[percent]),
        ("100", &[plain, percent]),
        ("überarbeite", &[umlaut]),
        ("STRAßE", &[umlaut]),
        ("a_b", &[umlaut]),
        ("c:\\T", &[umlaut]),
        ("'; DROP TABLE tasks; --", &[]),
        ("%", &[percent]),
        ("", &everything),
        ("nowhere", &[]),
    ] {
        assert_eq!(found(text).await, expected, "search for {text:?}");
    }
}

async fn a_projection_replaces_what_the_list_shows(bed: Bed) {
    let tenant = bed.local().await;
    let made = task(&tenant, "x").await;
    let wanted = projection(TaskStatus::Paused);
    tenant.append(made.id, Some(1), vec![note("stop")], Some(wanted.clone())).await.unwrap();
    let now = tenant.task(made.id).await.unwrap();
    assert_eq!(
        (now.status, now.status_text, now.limits, now.spent),
        (wanted.status, wanted.status_text, wanted.limits, wanted.spent)
    );
    assert_eq!(now.last_seq, 2);
    assert!(now.updated_at > made.updated_at && now.created_at == made.created_at);

    // Without events it changes the list and not the journal.
    tenant.append(made.id, Some(2), vec![], Some(projection(TaskStatus::Running))).await.unwrap();
    let now = tenant.task(made.id).await.unwrap();
    assert_eq!((now.status, now.last_seq), (TaskStatus::Running, 2));
}

async fn only_unfinished_tasks_go_on_after_a_restart(bed: Bed) {
    let tenant = bed.local().await;
    let mut unfinished = Vec::new();
    for status in [
        TaskStatus::Running,
        TaskStatus::Completed,
        TaskStatus::Waiting,
        TaskStatus::Failed,
        TaskStatus::Paused,
        TaskStatus::Cancelled,
    ] {
        let made = task(&tenant, status.as_str()).await;
        tenant.append(made.id, None, vec![note("x")], Some(projection(status))).await.unwrap();
        if !status.ended() {
            unfinished.push(made.id);
        }
    }
    assert_eq!(ids(&tenant.unfinished_tasks().await.unwrap()), unfinished);
}

async fn everything_is_there_after_reopening(bed: Bed) {
    let tenant = bed.local().await;
    let made = task(&tenant, "survive").await;
    let appended = tenant.append(made.id, Some(1), vec![note("a"), note("b")], None).await.unwrap();
    let before = tenant.task(made.id).await.unwrap();

    // Without closing: like a process that dies. The first store still holds its connections.
    let again = bed.open_again().await.unwrap();
    let tenant = again.tenant(TenantId::LOCAL).await.unwrap();
    assert_eq!(tenant.task(made.id).await.unwrap(), before);
    assert_eq!(tenant.events(made.id, 1, 10).await.unwrap(), appended);
}

async fn creating_is_told(bed: Bed) {
    let mut changes = bed.store.subscribe();
    let made = task(&bed.local().await, "x").await;
    let change = changes.recv().await.unwrap();
    assert_eq!((change.tenant_id, change.task_id, change.last_seq), (TenantId::LOCAL, made.id, 1));
}

fn ids(tasks: &[TaskSummary]) -> Vec<TaskId> {
    tasks.iter().map(|task| task.id).collect()
}
