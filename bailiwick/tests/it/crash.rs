//! `kill -9` in the middle, and what the next start makes of it.

use serde_json::json;
use testkit::model_server::{Api, Fault, Turn};

use crate::support::{Home, events, eventually};
use crate::vendors::{beside, served, up};

fn lines(home: &Home, file: &str) -> usize {
    std::fs::read_to_string(home.workspace().join(file)).map_or(0, |text| text.lines().count())
}

/// Begins a task, approves its command, and kills the server while that runs. Gives the task.
fn killed_in_its_command(home: &Home) -> String {
    let first = up(home);
    let id = home.run(&["run", "--detach", "work"]).out.trim().to_owned();
    eventually("the command runs", || {
        home.run(&["task", "approve", &id]);
        (lines(home, "marks") == 1).then_some(())
    });
    first.kill();
    id
}

#[tokio::test]
async fn a_call_that_was_running_is_asked_about_and_never_run_twice_unasked() {
    let (_server, home) = served(
        Api::OpenaiChat,
        [
            Turn::call("write_file", json!({"path": "before.txt", "content": "kept\n"})),
            Turn::call(
                "run_command",
                json!({"shell": "echo started >> marks; sleep 60; echo ended >> marks"}),
            ),
            Turn::text("That is settled."),
        ],
    )
    .await;
    beside(move || {
        let id = killed_in_its_command(&home);

        let second = up(&home);
        let task = eventually("the question", || {
            let task = home.newest_task();
            (task["task"]["status"] == "waiting").then_some(task)
        });
        assert_eq!(task["pending_approvals"][0]["kind"], "outcome_unknown");
        assert_eq!(lines(&home, "marks"), 1, "it did not run again by itself");
        let ended = home.run(&["task", "outcome", &id, "count-as-done"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let task = eventually("the end", || {
            let task = home.newest_task();
            (task["task"]["status"] == "completed").then_some(task)
        });
        assert_eq!(lines(&home, "marks"), 1);
        let finished = events(&task, "tool_call_finished");
        assert_eq!(finished.len(), 2, "the written file was not written again");
        assert_eq!(finished[1]["end"], "counted_as_done");
        drop(second);
    })
    .await;
}

#[tokio::test]
async fn retry_runs_the_unknown_call_once_more() {
    let (_server, home) = served(
        Api::Anthropic,
        [
            Turn::call(
                "run_command",
                json!({"shell": "echo started >> marks; test $(wc -l < marks) = 2 || sleep 60"}),
            ),
            Turn::text("That is settled."),
        ],
    )
    .await;
    beside(move || {
        let id = killed_in_its_command(&home);
        let second = up(&home);
        eventually("the question", || {
            (home.newest_task()["pending_approvals"][0]["kind"] == "outcome_unknown").then_some(())
        });
        assert_eq!(home.run(&["task", "outcome", &id, "retry"]).code, 0);
        eventually("the end", || {
            // The policy may ask about the command once more: its first approval was used.
            home.run(&["task", "approve", &id]);
            (home.newest_task()["task"]["status"] == "completed").then_some(())
        });
        assert_eq!(lines(&home, "marks"), 2);
        drop(second);
    })
    .await;
}

#[tokio::test]
async fn a_model_call_cut_by_the_crash_is_made_again_and_finished_calls_are_not() {
    let (server, home) = served(
        Api::OpenaiResponses,
        [
            Turn::call("write_file", json!({"path": "a.txt", "content": "one\n"})),
            Turn::text("This answer never ends.").with_fault(Fault::Idle { after_events: 2, seconds: 120.0 }),
            Turn::text("Here is the answer."),
        ],
    )
    .await;
    let home = beside(move || {
        let first = up(&home);
        home.run(&["run", "--detach", "work"]);
        eventually("the second model call", || {
            (events(&home.newest_task(), "model_requested").len() == 2).then_some(())
        });
        first.kill();
        // Changed from outside while nobody looked: were the call made again, this would be overwritten.
        std::fs::write(home.workspace().join("a.txt"), "two\n").expect("written");
        let second = up(&home);
        let task = eventually("the end", || {
            let task = home.newest_task();
            (task["task"]["status"] == "completed").then_some(task)
        });
        assert_eq!(events(&task, "tool_call_finished").len(), 1);
        assert_eq!(std::fs::read_to_string(home.workspace().join("a.txt")).expect("there"), "two\n");
        drop(second);
        home
    })
    .await;
    assert_eq!(server.requests().len(), 3);
    drop(home);
}

#[tokio::test]
async fn a_question_outlives_the_process_and_is_answered_once() {
    let (_server, home) = served(
        Api::Gemini,
        [Turn::call("delete_path", json!({"path": "old.txt"})), Turn::text("It is gone.")],
    )
    .await;
    std::fs::write(home.workspace().join("old.txt"), "old").expect("written");
    beside(move || {
        let first = up(&home);
        let id = home.run(&["run", "--detach", "work"]).out.trim().to_owned();
        let asked = |home: &Home| {
            let task = home.newest_task();
            (task["task"]["status"] == "waiting").then(|| task["pending_approvals"][0]["id"].clone())
        };
        let before = eventually("the question", || asked(&home));
        first.kill();
        let second = up(&home);
        assert_eq!(eventually("the question again", || asked(&home)), before, "it is the same question");
        assert!(home.workspace().join("old.txt").exists());

        assert_eq!(home.run(&["task", "approve", &id]).code, 0);
        let task = eventually("the end", || {
            let task = home.newest_task();
            (task["task"]["status"] == "completed").then_some(task)
        });
        assert!(!home.workspace().join("old.txt").exists());
        assert_eq!(events(&task, "approval_requested").len(), 1, "asked once");
        assert_eq!(events(&task, "approval_resolved").len(), 1);
        assert_eq!(events(&task, "tool_call_started").len(), 1);
        let again = home.run(&["task", "approve", before.as_str().expect("an id")]);
        assert_ne!(again.code, 0, "{again:?}");
        drop(second);
    })
    .await;
}
