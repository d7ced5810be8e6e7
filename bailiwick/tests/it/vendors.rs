//! A real task in a real Git repository, in each vendor's wire format, streamed.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use testkit::model_server::{Api, Call, Fault, ModelServer, Reply, Script, Turn, Usage};

use crate::support::{Home, Up, events};

/// The setting that makes a provider `lab` of a scripted server.
pub fn provider(server: &ModelServer, api: Api) -> String {
    let name = match api {
        Api::OpenaiChat => "openai_chat",
        Api::OpenaiResponses => "openai_responses",
        Api::Anthropic => "anthropic_messages",
        Api::Gemini => "gemini",
    };
    format!(
        "[agent]\nmodel = \"lab/test\"\n\n[models]\nbackoff_ms_min = 10\n\n[models.providers.lab]\napi = \"{name}\"\n\
         base_url = \"{}\"\nkey_env = \"LAB_KEY\"\n\n[models.providers.lab.models.test]\ncontext_tokens = 100000\n\
         max_output_tokens = 4000\nprice = {{ input = 1.0, output = 10.0 }}\n",
        server.url(api)
    )
}

/// A home whose model is a scripted server.
pub async fn served(api: Api, turns: impl IntoIterator<Item = Turn>) -> (ModelServer, Home) {
    let server = ModelServer::start(Script::new(turns)).await.expect("the server starts");
    let home = Home::new();
    home.write_config(&provider(&server, api));
    (server, home)
}

/// `bailiwick` with the key of that model.
pub fn with_key(home: &Home, args: &[&str]) -> Command {
    let mut command = home.bailiwick(args);
    command.env("LAB_KEY", "k");
    command
}

/// A serving process with the key of that model.
pub fn up(home: &Home) -> Up {
    let mut command = with_key(home, &["up", "--no-open", "--port", "0"]);
    command.stdout(std::process::Stdio::piped());
    Up::start(command)
}

/// Runs blocking steps beside the scripted server.
pub async fn beside<T: Send + 'static>(steps: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(steps).await.expect("joined")
}

/// A project whose test fails until `+` stands where `-` stands.
fn broken_project(dir: &Path) {
    std::fs::write(dir.join("add.sh"), "#!/bin/sh\necho $(($1 - $2))\n").expect("written");
    std::fs::write(dir.join("test.sh"), "#!/bin/sh\n[ \"$(sh ./add.sh 2 3)\" = 5 ] && echo all tests pass\n")
        .expect("written");
    let git = |args: &[&str]| {
        let status = Command::new("git")
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org"])
            .args(args)
            .current_dir(dir)
            .env("HOME", dir)
            .status();
        assert!(status.expect("git starts").success(), "git {args:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "broken"]);
}

fn script() -> Script {
    Script::new([
        Turn::calls([
            Call::new("read_file", json!({"path": "add.sh"})),
            Call::new("read_file", json!({"path": "test.sh"})),
        ])
        .with_text("I look at both files first.")
        .with_usage(Usage { input: 1000, output: 100, ..Usage::default() }),
        Turn::call("edit_file", json!({"path": "add.sh", "old_text": "$1 - $2", "new_text": "$1 + $2"})),
        Turn::call("run_command", json!({"argv": ["sh", "./test.sh"]})),
        Turn::text("Fixed: the sign was wrong, and all tests pass.").when("all tests pass"),
    ])
}

async fn fixes_the_project(api: Api) {
    let server = ModelServer::start(script()).await.expect("the server starts");
    let home = Home::new();
    home.write_config(&provider(&server, api));
    broken_project(&home.workspace());
    let work = tokio::task::spawn_blocking(move || {
        let mut command = home.bailiwick(&["run", "--approve", "all", "make the tests pass"]);
        let ended =
            crate::support::Ended::from(command.env("LAB_KEY", "canary-key-4711").output().expect("runs"));
        (home, ended)
    });
    let (home, ended) = work.await.expect("joined");
    assert_eq!(ended.code, 0, "{ended:#?}\n{:#?}", server.requests());
    assert!(ended.out.contains("all tests pass"), "{}", ended.out);
    let text = std::fs::read_to_string(home.workspace().join("add.sh")).expect("there");
    assert!(text.contains("$1 + $2"), "{text}");
    assert!(ended.out.contains("+echo $(($1 + $2))"), "the diff is shown: {}", ended.out);

    let task = home.newest_task();
    assert_eq!(events(&task, "tool_call_finished").len(), 4);
    assert!(task["task"]["spent"]["cost"].as_i64().expect("a cost") >= 2_000, "{}", task["task"]);
    assert_eq!(server.requests().len(), 4, "one request a turn");
}

#[tokio::test]
async fn openai_chat_completions() {
    fixes_the_project(Api::OpenaiChat).await;
}

#[tokio::test]
async fn openai_responses() {
    fixes_the_project(Api::OpenaiResponses).await;
}

#[tokio::test]
async fn anthropic_messages() {
    fixes_the_project(Api::Anthropic).await;
}

#[tokio::test]
async fn gemini() {
    fixes_the_project(Api::Gemini).await;
}

/// Runs one task against a script and gives what the terminal said and the task.
async fn one_run(
    script: Script,
    args: &'static [&'static str],
) -> (crate::support::Ended, serde_json::Value) {
    let server = ModelServer::start(script).await.expect("the server starts");
    let home = Home::new();
    home.write_config(&provider(&server, Api::OpenaiChat));
    let done = tokio::task::spawn_blocking(move || {
        let mut command = home.bailiwick(args);
        let ended =
            crate::support::Ended::from(command.env("LAB_KEY", "canary-key-4711").output().expect("runs"));
        let task = home.newest_task();
        (ended, task)
    });
    done.await.expect("joined")
}

#[tokio::test]
async fn a_wrong_key_pauses_the_task_and_names_the_setting() {
    let (ended, task) = one_run(Script::new([Turn::fault(Fault::WrongKey).repeated()]), &["run", "x"]).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.out.contains("LAB_KEY"), "{}", ended.out);
    assert!(!ended.out.contains("canary-key-4711") && !task.to_string().contains("canary-key-4711"));
}

#[tokio::test]
async fn a_cut_stream_is_tried_again_and_nothing_runs_twice() {
    let call = || Turn::call("write_file", json!({"path": "a.txt", "content": "once"}));
    let script = Script::new([
        call().with_fault(Fault::Cut { after_events: 2, clean: false }),
        call(),
        Turn::text("Done."),
    ]);
    let (ended, task) = one_run(script, &["run", "--approve", "all", "x"]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(events(&task, "tool_call_finished").len(), 1);
}

#[tokio::test]
async fn nonsense_from_the_model_is_told_to_it_and_costs_nothing_else() {
    let script = Script::new([
        Turn::calls([
            Call::new("raed_file", json!({"path": "a.txt"})),
            Call::new("read_file", json!({"pth": "a.txt"})),
            Call::raw("read_file", "{'path': 'a.txt',}"),
        ]),
        Turn::text("I see my mistakes."),
    ]);
    let (ended, task) = one_run(script, &["run", "x"]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let reasons: Vec<String> =
        events(&task, "decided").iter().map(|e| e["decision"]["reasons"].to_string()).collect();
    assert!(reasons[0].contains("read_file"), "the nearest tool is named: {}", reasons[0]);
    assert!(reasons[1].contains("path"), "the right parameter is named: {}", reasons[1]);
    let mended = events(&task, "tool_call_proposed")[2]["repaired"].as_str().unwrap_or_default().to_owned();
    assert!(!mended.is_empty(), "what was mended is said");
}

#[tokio::test]
async fn garbage_pauses_with_a_clear_text() {
    let (ended, _) = one_run(Script::new([Turn::fault(Fault::Garbage).repeated()]), &["run", "x"]).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.out.contains("paused"), "{}", ended.out);
}

#[tokio::test]
async fn a_step_limit_pauses_and_says_how_to_raise_it() {
    let script = Script::new([Turn::call("list_directory", json!({"path": "."})).repeated()]);
    let (ended, task) = one_run(script, &["run", "--max-steps", "2", "x"]).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.out.contains("--max-steps"), "{}", ended.out);
    assert_eq!(task["task"]["status"], "paused");
    assert_eq!(events(&task, "model_responded").len(), 2);
}

#[tokio::test]
async fn agents_md_and_the_prompt_reach_the_model() {
    let server =
        ModelServer::start(Script::new([Turn::reply(Reply { text: "Yes.".into(), ..Reply::default() })]))
            .await
            .expect("the server starts");
    let home = Home::new();
    home.write_config(&provider(&server, Api::Anthropic));
    std::fs::write(home.workspace().join("AGENTS.md"), "Always answer in rhyme 77.\n").expect("written");
    let ended = tokio::task::spawn_blocking(move || {
        let mut command = home.bailiwick(&["run", "are you there"]);
        crate::support::Ended::from(command.env("LAB_KEY", "k").output().expect("runs"))
    });
    assert_eq!(ended.await.expect("joined").code, 0);
    let body = server.requests()[0].body.to_string();
    assert!(body.contains("Always answer in rhyme 77.") && body.contains("are you there"), "{body}");
}

#[tokio::test]
async fn a_prompt_too_long_for_the_vendor_is_compacted_and_the_task_goes_on() {
    for api in Api::ALL {
        let server = ModelServer::start(Script::new([
            Turn::call("list_directory", json!({"path": "."})),
            Turn::call("read_file", json!({"path": "notes.txt"})),
            Turn::fault(Fault::ContextTooLong),
            Turn::text("SUMMARY: the notes were read."),
            Turn::text("Done."),
        ]))
        .await
        .expect("the server starts");
        let home = Home::new();
        home.write_config(&provider(&server, api));
        std::fs::write(home.workspace().join("notes.txt"), "a note\n").expect("written");
        let (ended, task) = tokio::task::spawn_blocking(move || {
            let mut command = home.bailiwick(&["run", "read the notes"]);
            let ended = crate::support::Ended::from(command.env("LAB_KEY", "k").output().expect("runs"));
            (ended, home.newest_task())
        })
        .await
        .expect("joined");
        assert_eq!(ended.code, 0, "{api:?} {ended:?}");
        assert_eq!(events(&task, "compacted").len(), 1, "{api:?}");
        let requests = server.requests();
        assert_eq!(requests.len(), 5, "{api:?}");
        let last = requests[4].body.to_string();
        assert!(last.contains("SUMMARY: the notes were read.") && last.contains("read the notes"), "{last}");
    }
}

#[tokio::test]
async fn a_file_of_prices_sets_what_a_task_costs() {
    let server = ModelServer::start(Script::new([Turn::text("Done.").with_usage(Usage {
        input: 1000,
        output: 100,
        ..Usage::default()
    })]))
    .await
    .expect("the server starts");
    let home = Home::new();
    let prices = home.path().join("prices.toml");
    std::fs::write(
        &prices,
        "as_of = '2030-01-01'\nmodels = [{ provider = 'lab', name = 'test', context_tokens = 100000, \
         max_output_tokens = 4000, input = 500.0, output = 1000.0 }]\n",
    )
    .expect("written");
    home.write_config(&format!(
        "[agent]\nmodel = \"lab/test\"\n\n[models]\nprices_file = {prices:?}\n\n[models.providers.lab]\n\
         api = \"openai_chat\"\nbase_url = \"{}\"\n",
        server.url(Api::OpenaiChat)
    ));
    let task = tokio::task::spawn_blocking(move || {
        let ended = home.run(&["run", "x"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        home.newest_task()
    })
    .await
    .expect("joined");
    // 1000 × $500 and 100 × $1000 a million tokens: 60 cents.
    assert_eq!(task["task"]["spent"]["cost"], 600_000, "{}", task["task"]);
}
