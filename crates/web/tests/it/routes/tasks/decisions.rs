use domain::CallId;
use domain::decision::Verdict;

use crate::support::{TestApp, samples};

#[tokio::test]
async fn decisions_are_listed_newest_first() {
    let app = TestApp::new().await;
    let task = app.quiet_task("decided about").await;
    let (first, second) = (CallId::new(), CallId::new());
    for (call, verdict) in [(first, Verdict::Ask), (second, Verdict::Deny)] {
        let mut record = samples::decision_record(task.id, call, verdict);
        if call == second {
            record.at += chrono::TimeDelta::seconds(1);
        }
        app.tenant.record_decision(record).await.unwrap();
    }
    let path = format!("/tasks/{}/decisions", task.id);
    let verdicts = async |query: &str| -> Vec<String> {
        let listed = app.get(&format!("{path}{query}")).await;
        let decisions = listed["decisions"].as_array().unwrap();
        decisions.iter().map(|record| record["decision"]["verdict"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(verdicts("").await, ["deny", "ask"]);
    assert_eq!(verdicts(&format!("?call_id={first}")).await, ["ask"]);
    assert_eq!(verdicts("?point=tool.call&limit=1").await, ["deny"]);
    assert!(verdicts("?point=model.call").await.is_empty());
}
