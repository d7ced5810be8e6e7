//! The tour of the scripted guide, through the real gateway, policy, fence and journal.

use crate::support::{Home, events};

#[test]
fn the_tour_ends_well_when_everything_asked_is_approved() {
    let home = Home::new();
    let ended = home.run(&["run", "--model", "demo", "--approve", "all", "show me around"]);
    assert_eq!(ended.code, 0, "{ended:#?}");

    let shown = home.run(&["task", "show"]);
    assert!(shown.out.contains("policy denied"), "a denial is visible: {}", shown.out);
    assert!(shown.out.contains("(by --approve all)"), "an approval is visible: {}", shown.out);

    let task = home.newest_task();
    assert_eq!(task["task"]["status"], "completed");
    let verdicts: Vec<_> =
        events(&task, "decided").iter().map(|e| e["decision"]["verdict"].clone()).collect();
    assert!(verdicts.contains(&"deny".into()) && verdicts.contains(&"ask".into()), "{verdicts:?}");
    assert_eq!(events(&task, "approval_requested").len(), 1, "the shipped policy knows the tour's commands");
    let proposed: Vec<_> = events(&task, "tool_call_proposed")
        .iter()
        .filter_map(|e| e["name"].as_str())
        .map(str::to_owned)
        .collect();
    for tool in ["list_directory", "read_file", "search_files", "write_file", "edit_file", "run_command"] {
        assert!(proposed.iter().any(|name| name == tool), "the tour uses {tool}: {proposed:?}");
    }
    // What it did is really there: the sample workspace it names has the edited files.
    let root = task["workspace"]["root"].as_str().expect("a root");
    assert!(std::path::Path::new(root).starts_with(home.data_dir()), "{root}");
    assert!(std::path::Path::new(root).is_dir());
}

#[test]
fn the_tour_ends_well_when_everything_asked_is_denied() {
    let home = Home::new();
    let ended = home.run(&["run", "--model", "demo", "--approve", "none", "show me around"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let task = home.newest_task();
    let answers: Vec<_> = events(&task, "approval_resolved").iter().map(|e| e["answer"].clone()).collect();
    assert!(!answers.is_empty() && answers.iter().all(|answer| answer == "deny"), "{answers:?}");
}

#[test]
fn without_a_terminal_what_is_asked_is_denied() {
    let home = Home::new();
    let ended = home.run(&["run", "--model", "demo", "show me around"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    assert!(ended.out.contains("(by --approve none)"), "{}", ended.out);
}

#[test]
fn json_is_one_object_a_line_and_ends_with_a_summary() {
    let home = Home::new();
    let ended = home.run(&["run", "--model", "demo", "--approve", "all", "--json", "show me around"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let lines: Vec<serde_json::Value> =
        ended.out.lines().map(|line| serde_json::from_str(line).expect("JSON on each line")).collect();
    let (summary, journal) = lines.split_last().expect("lines");
    assert_eq!(summary["type"], "summary");
    assert_eq!(summary["task"]["status"], "completed");
    let seqs: Vec<_> = journal.iter().map(|line| line["seq"].as_u64().expect("seq")).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "no gap, none twice");
}

#[test]
fn the_guide_says_that_it_is_a_script() {
    let home = Home::new();
    let ended = home.run(&["run", "--model", "demo", "--approve", "all", "show me around"]);
    assert!(ended.out.to_lowercase().contains("script"), "{}", ended.out);
}
