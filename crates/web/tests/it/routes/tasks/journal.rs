use crate::support::TestApp;

#[tokio::test]
async fn the_journal_is_read_page_by_page() {
    let app = TestApp::new().await;
    let task = app.quiet_task("much happens").await;
    app.append_notes(task.id, 4).await;
    let path = format!("/tasks/{}/journal", task.id);

    let whole = app.get(&path).await;
    assert_eq!(whole["last_seq"], 5);
    let events = whole["events"].as_array().unwrap();
    assert_eq!(
        events.iter().map(|event| event["seq"].as_u64().unwrap()).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
    assert_eq!(events[0]["event"]["type"], "task_created");
    assert_eq!(events[4]["event"]["text"], "note 3");

    let part = app.get(&format!("{path}?after=2&limit=2")).await;
    assert_eq!(part["events"].as_array().unwrap(), &events[2..4]);
    assert_eq!(part["last_seq"], 5);
    assert_eq!(app.get(&format!("{path}?after=99")).await["events"].as_array().unwrap().len(), 0);
}
