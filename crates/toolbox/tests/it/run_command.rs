use std::time::{Duration, Instant};

use domain::tool::ToolProgress;
use insta::assert_snapshot;
use serde_json::json;
use toolbox::Config;

use crate::bench::{Bench, names};

crate::trials![
    a_program_gets_its_arguments_as_they_are,
    a_line_of_shell_has_pipes_and_both_streams,
    how_a_command_ended_is_told,
    folder_and_environment_are_as_asked,
    a_command_that_takes_too_long_is_ended,
    a_hundred_megabytes_keep_head_and_tail,
    invalid_utf8_is_shown_and_told,
    output_is_seen_while_the_command_runs,
    arguments_that_make_no_sense_are_refused,
    a_command_cannot_leave_the_workspace,
    a_dropped_call_ends_the_command,
];

fn a_program_gets_its_arguments_as_they_are() {
    let bench = Bench::new();
    let data = bench.data("run_command", json!({"argv": ["printf", "%s|", "$HOME *", "", "a b"]}));
    assert_eq!(data["stdout"], "$HOME *||a b|");
    assert_eq!(
        (&data["exit_code"], &data["truncated"], &data["lossy"]),
        (&json!(0), &json!(false), &json!(false))
    );
}

fn a_line_of_shell_has_pipes_and_both_streams() {
    let bench = Bench::new();
    bench.file("a.txt", "b\na\n");
    let text = bench.text("run_command", json!({"shell": "sort a.txt | head -1; echo oops >&2"}));
    assert_snapshot!(without_time(&text), @r"
    Exit code 0 after TIME s.
    stdout:
    a

    stderr:
    oops
    ");
    assert_snapshot!(without_time(&bench.text("run_command", json!({"shell": ":"}))), @r"
    Exit code 0 after TIME s.
    (no output)
    ");
}

fn how_a_command_ended_is_told() {
    let bench = Bench::new();
    let outcome = bench.call("run_command", json!({"shell": "echo half; exit 3"}));
    assert!(outcome.is_error);
    assert_snapshot!(without_time(&outcome.joined_text()), @r"
    Exit code 3 after TIME s.
    stdout:
    half
    ");
    assert_eq!(outcome.structured_content.unwrap()["exit_code"], 3);
    let outcome = bench.call("run_command", json!({"shell": "kill -TERM $$"}));
    let data = outcome.structured_content.unwrap();
    assert_eq!((data.get("exit_code"), &data["signal"]), (None, &json!(15)));
    assert!(
        bench
            .error("run_command", json!({"argv": ["no-such-program-here"]}))
            .contains("\"no-such-program-here\" was not found"),
    );
}

fn folder_and_environment_are_as_asked() {
    let bench = Bench::new();
    bench.file("sub/deep/x", "");
    let data = bench.data(
        "run_command",
        json!({"shell": "ls; echo $GREETING", "cwd": "sub/deep", "environment": {"GREETING": "hello there"}}),
    );
    assert_eq!(data["stdout"], "x\nhello there\n");
    assert_snapshot!(bench.error("run_command", json!({"shell": "ls", "cwd": "sub/deep/x"})), @"sub/deep/x is not a folder.");
    assert_snapshot!(bench.error("run_command", json!({"shell": "ls", "cwd": "sub/dep"})), @"sub/dep does not exist. Did you mean sub/deep?");
}

fn a_command_that_takes_too_long_is_ended() {
    let bench = Bench::new();
    let begin = Instant::now();
    let outcome = bench.call("run_command", json!({"shell": "echo begun; sleep 60", "time_out_seconds": 1}));
    assert!(outcome.is_error && begin.elapsed() < Duration::from_secs(10));
    let text = outcome.joined_text();
    assert!(text.starts_with("Ended after 1.") && text.contains("the time was over"), "{text}");
    assert!(text.ends_with("stdout:\nbegun\n"), "{text}");
    assert_eq!(outcome.structured_content.unwrap()["timed_out"], true);
    assert_snapshot!(
        bench.error("run_command", json!({"shell": ":", "time_out_seconds": 601})),
        @"time_out_seconds is 601; at most 600 are allowed. A person can raise `command_seconds_max` in [toolbox]."
    );
}

fn a_hundred_megabytes_keep_head_and_tail() {
    let bench = Bench::with(Config { output_bytes_max: 1_000, ..Config::default() });
    let shell = "echo BEGIN; head -c 104857600 /dev/zero | tr '\\0' x; echo; echo END";
    let outcome = bench.call("run_command", json!({"shell": shell}));
    let data = outcome.structured_content.as_ref().unwrap();
    let stdout = data["stdout"].as_str().unwrap();
    assert!(stdout.starts_with("BEGIN\nxxx") && stdout.ends_with("xxx\nEND\n"), "{stdout}");
    assert!(
        stdout.contains("\n[… 104856611 bytes left out here: `output_bytes_max` in [toolbox] …]\n"),
        "{stdout}"
    );
    assert_eq!((&data["stdout_bytes"], &data["truncated"]), (&json!(104_857_611), &json!(true)));
    assert!(!outcome.is_error && outcome.joined_text().len() < 1_200);
    let live: usize = bench
        .progress()
        .iter()
        .map(|progress| match progress {
            ToolProgress::Stdout { text } => text.len(),
            _ => 0,
        })
        .sum();
    assert!(live < 20 << 20, "{live} bytes went to whoever watches");
}

fn invalid_utf8_is_shown_and_told() {
    let bench = Bench::new();
    let text = bench.text("run_command", json!({"shell": r"printf 'caf\351\n'"}));
    assert_snapshot!(without_time(&text), @r"
    Exit code 0 after TIME s.
    stdout:
    caf�

    [Some bytes of the output are not valid UTF-8 and are shown as �.]
    ");
}

fn output_is_seen_while_the_command_runs() {
    let bench = Bench::new();
    bench.text("run_command", json!({"shell": "echo one; sleep 0.5; echo two >&2; sleep 0.5; echo three"}));
    assert_eq!(
        bench.progress(),
        [
            ToolProgress::Stdout { text: "one\n".into() },
            ToolProgress::Stderr { text: "two\n".into() },
            ToolProgress::Stdout { text: "three\n".into() },
        ]
    );
}

fn arguments_that_make_no_sense_are_refused() {
    let bench = Bench::new();
    let run = |arguments| bench.error("run_command", arguments);
    assert_snapshot!(run(json!({})), @"Neither argv nor shell is given; give one of them.");
    assert_snapshot!(run(json!({"argv": ["ls"], "shell": "ls"})), @"Both argv and shell are given; give one of them.");
    assert_snapshot!(run(json!({"argv": [""]})), @"The first element of argv is the program to run; it is empty.");
    assert_snapshot!(run(json!({"argv": ["ls", "a\0b"]})), @"An argument holds a NUL character, which no command can be given.");
    assert_snapshot!(
        run(json!({"argv": ["ls"], "environment": {"A=B": "x"}})),
        @r#"The environment variable "A=B" cannot be set: a name may not be empty or hold `=`, and neither name nor value may hold a NUL character."#
    );
    assert_snapshot!(run(json!({"argv": ["ls"], "environment": {"A": 1}})), @"The arguments of run_command do not fit its schema: `environment.A` has to be of type string, not number.");
}

fn a_command_cannot_leave_the_workspace() {
    let bench = Bench::new();
    let outside = bench.outside.display();
    let outcome = bench.call(
        "run_command",
        json!({"shell": format!("cat {outside}/secret.txt; echo x > {outside}/new; echo ok > inside.txt")}),
    );
    assert!(!outcome.joined_text().contains(crate::bench::SECRET), "{}", outcome.joined_text());
    assert_eq!(bench.content("inside.txt"), "ok\n");
    bench.assert_outside_untouched();
}

fn a_dropped_call_ends_the_command() {
    let bench = Bench::new();
    let shell = "while :; do echo x >> beats; sleep 0.05; done";
    bench.runtime.block_on(async {
        let call = bench.toolbox.call("run_command", json!({"shell": shell}), std::sync::Arc::new(|_| {}));
        tokio::time::timeout(Duration::from_secs(1), call).await.expect_err("the command has no end");
    });
    assert_eq!(names(&bench.workspace), ["beats"]);
    let beats = || std::fs::metadata(bench.path("beats")).unwrap().len();
    // The kill is on its way; once it has arrived, nothing is written any more.
    let quiet = (0..50).any(|_| {
        let before = beats();
        std::thread::sleep(Duration::from_millis(200));
        before == beats()
    });
    assert!(quiet, "the command still runs");
}

/// The first line without its time.
fn without_time(text: &str) -> String {
    let (first, rest) = text.split_once('\n').unwrap();
    let (head, _) = first.split_once(" after ").unwrap();
    format!("{head} after TIME s.\n{rest}")
}
