//! PostgreSQL instead of the file in the data folder.

use crate::support::{Home, events};

#[tokio::test]
async fn the_whole_tour_on_postgres() {
    let database = testkit::postgres::database().await;
    let home = Home::new();
    home.write_config(&format!("[store]\nurl = \"{}\"\n", database.url));
    let steps = tokio::task::spawn_blocking(move || {
        let ended = home.run(&["run", "--model", "demo", "--approve", "all", "show me around"]);
        assert_eq!(ended.code, 0, "{ended:#?}");
        // Another process finds it again.
        let task = home.newest_task();
        assert_eq!(task["task"]["status"], "completed");
        let verdicts: Vec<_> =
            events(&task, "decided").iter().map(|event| event["decision"]["verdict"].clone()).collect();
        assert!(verdicts.contains(&"deny".into()) && verdicts.contains(&"ask".into()), "{verdicts:?}");
        assert!(!home.data_dir().join("bailiwick.db").exists(), "nothing goes to a file");
        let backup = home.run(&["backup", "copy"]);
        assert!(backup.code != 0 && backup.err.contains("pg_dump"), "{backup:?}");
        task["task"]["last_seq"].as_u64().expect("a number")
    });
    let last_seq = steps.await.expect("joined");
    assert_eq!(database.sql("SELECT count(*) FROM journal").await, last_seq.to_string());
    assert_ne!(database.sql("SELECT count(*) FROM record WHERE kind = 'decision'").await, "0");
}
