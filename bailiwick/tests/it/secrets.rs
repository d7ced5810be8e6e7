//! Secrets of servers: where they come, and everywhere they must not.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::gateway::exposed;
use crate::support::api::Api;
use crate::support::receiver::{Receiver, Request};
use crate::support::script_server::{ScriptServer, home_with_rules};
use crate::support::{Home, Up, eventually};

#[test]
fn secrets_are_kept_listed_by_name_and_forgotten() {
    let home = Home::new();
    let set = home.run_with_input(&["secret", "set", "token", "--host", "api.example.org"], "canary-1234\n");
    assert!(set.code == 0 && set.out.contains("secret://token"), "{set:?}");
    let listed = home.run(&["secret", "list"]);
    assert!(listed.out.contains("token") && listed.out.contains("api.example.org"), "{listed:?}");
    let json: Value = serde_json::from_str(&home.run(&["secret", "list", "--json"]).out).expect("JSON");
    assert_eq!(json[0]["name"], "token");
    for said in [&set, &listed] {
        assert!(!said.out.contains("canary-1234") && !said.err.contains("canary-1234"), "{said:?}");
    }
    let empty = home.run_with_input(&["secret", "set", "token"], "\n");
    assert!(empty.code == 2 && empty.err.contains("empty"), "{empty:?}");
    let bad = home.run_with_input(&["secret", "set", "No Name"], "canary-1234");
    assert!(bad.code != 0 && !bad.err.contains("canary-1234"), "{bad:?}");
    assert_eq!(home.run(&["secret", "remove", "token"]).code, 0);
    let again = home.run(&["secret", "remove", "token"]);
    assert!(again.code != 0 && again.err.contains("token"), "{again:?}");
    assert!(!home.run(&["secret", "list"]).out.contains("token"));
}

#[test]
fn a_secret_that_the_settings_need_is_named_when_it_is_missing() {
    let receiver = Receiver::start(|_| (200, "{}".into()));
    let home = Home::new();
    let settings = format!(
        "[policy.decision_log]\nurl = {:?}\ntoken = \"secret://log-token\"\nallow_private = true\n",
        receiver.url("/")
    );
    home.write_config(&settings);
    let up = home.run(&["up", "--no-open", "--port", "0"]);
    assert!(up.code != 0 && up.err.contains("bailiwick secret set log-token"), "{up:?}");
    home.write_config("");
    let set = home.run_with_input(&["secret", "set", "log-token"], "canary-1234");
    assert_eq!(set.code, 0, "{set:?}");
    home.write_config(&settings);
    drop(home.up());
}

const NAMES: [&str; 5] = ["web-token", "child-a", "child-b", "oauth-secret", "hook-secret"];

/// Has signs that base64, percent-encoding and JSON write otherwise. (A header takes no line breaks.)
fn canary(name: &str) -> String {
    format!("cn-{name}/7f+3 \"a9?x=&~")
}

/// The value itself and the forms in which programs write it into other texts.
fn forms(name: &str) -> Vec<Vec<u8>> {
    let value = canary(name);
    let quoted = Value::from(value.as_str()).to_string();
    let mut forms = vec![
        value.clone(),
        quoted[1..quoted.len() - 1].to_owned(),
        hex::encode(&value),
        hex::encode_upper(&value),
        url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
    ];
    for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        forms.push(engine.encode(&value));
        // Behind other text the same bytes give other letters; those in the middle do not depend on it.
        for before in 1..3 {
            let encoded = engine.encode(format!("{}{value}", "x".repeat(before)));
            forms.push(encoded[4..encoded.len() - 4].to_owned());
        }
    }
    forms.into_iter().map(String::into_bytes).collect()
}

fn finds(bytes: &[u8]) -> Option<&'static str> {
    // One pass for each first byte would be slow over megabytes of memory; `windows` is fast enough for the rest.
    NAMES.into_iter().find(|name| forms(name).iter().any(|form| contains(bytes, form)))
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == needle[0]) {
        if rest[at..].starts_with(needle) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

#[test]
fn planted_secrets_reach_their_servers_and_nothing_else() {
    // An upstream that tells its client's header in every form, as a result and as an error.
    let upstream = Receiver::start(tell_all);
    let hook = Receiver::start(|_| (200, "{}".into()));
    let home = home_with_rules("");
    let log_file = home.path().join("decisions.jsonl");
    let text = fs::read_to_string(home.config_file()).expect("there");
    home.write_config(&format!(
        "{text}\n[policy.decision_log]\nfile = {:?}\n\n[webhook]\nurl = {:?}\nsecret = \"secret://hook-secret\"\n\
         allow_private = true\n\n[gateway]\napproval_wait_seconds_max = 0\n\n[telemetry]\nlog = \"debug\"\n\n\
         [servers.signed]\ntransport = \"http\"\nurl = {:?}\nallow_private = true\n\n[servers.signed.oauth]\n\
         client_id = \"us\"\nclient_secret = \"secret://oauth-secret\"\n",
        log_file.display().to_string(),
        hook.url("/hook"),
        upstream.url("/locked"),
    ));
    let mut said = Vec::new();
    for name in NAMES {
        said.push(home.run_with_input(&["secret", "set", name], &canary(name)));
    }
    let mut command = home.bailiwick(&["up", "--no-open", "--port", "0"]);
    let log = File::create(home.path().join("up.log")).expect("the log");
    command.stdout(Stdio::piped()).stderr(log);
    let up = Up::start(command);
    let api = Api::of(&home);

    let (a, b) =
        (ScriptServer::new(&home, "a", &["env", "complain"]), ScriptServer::new(&home, "b", &["env"]));
    said.push(a.add(&home, "a", &["--env", "TOKEN=secret://child-a", "--yes"]));
    said.push(b.add(&home, "b", &["--env", "TOKEN=secret://child-b", "--yes"]));
    said.push(home.run(&[
        "gateway",
        "add",
        "web",
        "--url",
        &upstream.url("/mcp"),
        "--allow-private",
        "--header",
        "Authorization: Bearer secret://web-token",
        "--yes",
    ]));
    for ended in &said {
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    said.push(home.run(&["gateway", "inspect", "signed"]));
    said.push(home.run(&["gateway", "restart", "signed"]));

    // The right ones got them…
    let sent = upstream
        .requests()
        .iter()
        .any(|request| request.header("authorization").ends_with(&canary("web-token")));
    assert!(sent, "the header reached the upstream");
    let env = |server: &str| exposed(&home, server, "env");
    let mut answers = Vec::new();
    for (server, secret) in [("a", "child-a"), ("b", "child-b")] {
        let (text, is_error) = api.call(&env(server), json!({"name": "TOKEN"}));
        assert_eq!((text.as_str(), is_error), (format!("[secret {secret}]").as_str(), false));
        answers.push(text);
    }
    answers.push(api.call(&exposed(&home, "a", "complain"), json!({"name": "TOKEN"})).0);
    let tell = exposed(&home, "web", "tell");
    for fail in [false, true] {
        let (text, _) = api.call(&tell, json!({"fail": fail}));
        assert!(text.contains("[secret web-token]"), "it told, and was cut: {text}");
        answers.push(text);
    }
    // …the webhook was signed with its own…
    answers.push(api.call(&env("a"), json!({"name": "TOKEN", "ask": true})).0);
    let told = eventually("the webhook", || hook.requests().pop());
    let signed = format!("{}.{}.{}", told.header("webhook-id"), told.header("webhook-timestamp"), told.body);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, canary("hook-secret").as_bytes());
    let expected = STANDARD.encode(aws_lc_rs::hmac::sign(&key, signed.as_bytes()));
    assert_eq!(told.header("webhook-signature"), format!("v1,{expected}"));
    // …and no child has another's.
    let children = children_of(up.child.id());
    for (server, own, program) in [("a", "child-a", a.program()), ("b", "child-b", b.program())] {
        let tree: Vec<_> = children.iter().filter(|id| is_of(**id, &program)).copied().collect();
        assert!(!tree.is_empty(), "{server} runs");
        let held: Vec<_> = NAMES
            .into_iter()
            .filter(|name| tree.iter().any(|id| holds(*id, canary(name).as_bytes())))
            .collect();
        assert_eq!(held, [own], "in the memory of {server}");
    }

    // All that is said, by every door.
    for args in [
        &["gateway", "list"][..],
        &["gateway", "list", "--json"],
        &["gateway", "inspect", "a"],
        &["gateway", "inspect", "a", "--json"],
        &["gateway", "inspect", "web", "--json"],
        &["secret", "list", "--json"],
        &["audit", "show", "--limit", "500", "--json"],
        &["audit", "export"],
        &["config", "show", "--json"],
        &["doctor", "--json"],
    ] {
        said.push(home.run(args));
    }
    assert!(
        said.iter().any(|ended| ended.out.contains("complaint: [secret child-a]")),
        "what it complained is told"
    );
    for ended in &said {
        assert_eq!(finds(ended.out.as_bytes()).or(finds(ended.err.as_bytes())), None, "{ended:?}");
    }
    for path in [
        "/status",
        "/servers",
        "/servers/a",
        "/servers/web",
        "/servers/signed",
        "/secrets",
        "/record",
        "/approvals",
        "/policy/status",
        "/tools",
        "/openapi.json",
    ] {
        answers.push(api.send("GET", path, None).text);
    }
    answers.push(api.anonymous("GET", &format!("{}/metrics", api.base)).text);
    answers.push(told.body);
    for answer in &answers {
        assert_eq!(finds(answer.as_bytes()), None, "{answer}");
    }
    // While it runs, with what is only in SQLite's log yet, and after.
    assert!(search(home.path()) > 5);
    let log = fs::read_to_string(home.path().join("up.log")).expect("the log");
    assert!(log.contains("DEBUG"), "the log says something: {log}");
    assert!(fs::read_to_string(&log_file).expect("the decision log").lines().count() > 3);
    let (_, code) = up.terminate();
    assert_eq!(code, 0);
    assert!(search(home.path()) > 5);
}

/// Speaks MCP like any other server, and tells what it was sent in the header.
fn tell_all(request: &Request) -> (u16, String) {
    if request.line.contains("/locked") {
        return (401, json!({"was": request.header("authorization")}).to_string());
    }
    let Ok(asked) = serde_json::from_str::<Value>(&request.body) else { return (405, String::new()) };
    let mut answer = json!({"jsonrpc": "2.0", "id": asked["id"]});
    let header = request.header("authorization");
    let value = header.strip_prefix("Bearer ").unwrap_or(header);
    let percent: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let all = format!("{header} {} {percent} {}", STANDARD.encode(value), hex::encode(value));
    match asked["method"].as_str() {
        _ if asked["id"].is_null() => return (202, String::new()),
        Some("initialize") => {
            answer["result"] = json!({
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "tells", "version": "1"},
            });
        }
        Some("tools/list") => {
            answer["result"] = json!({"tools": [{"name": "tell", "inputSchema": {"type": "object"}}]});
        }
        Some("tools/call") if asked["params"]["arguments"]["fail"] == true => {
            answer["error"] = json!({"code": -32000, "message": all, "data": {"header": header}});
        }
        Some("tools/call") => answer["result"] = json!({"content": [{"type": "text", "text": all}]}),
        _ => answer["error"] = json!({"code": -32601, "message": "unknown method"}),
    }
    (200, answer.to_string())
}

/// Every file beneath, but for the servers' own programs. How many were read.
fn search(dir: &Path) -> usize {
    let mut read = 0;
    for entry in fs::read_dir(dir).expect("readable").flatten() {
        let path = entry.path();
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            read += search(&path);
        } else if kind.is_file()
            && let Ok(bytes) = fs::read(&path)
        {
            read += 1;
            assert_eq!(finds(&bytes), None, "in {}", path.display());
        }
    }
    read
}

/// All processes beneath one.
fn children_of(ancestor: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("there is /proc").flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parents: BTreeMap<u32, u32> = ids
        .filter_map(|id: u32| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            Some((id, stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?))
        })
        .collect();
    let beneath = |id: &u32| {
        let mut id = *id;
        while let Some(parent) = parents.get(&id) {
            if *parent == ancestor {
                return true;
            }
            id = *parent;
        }
        false
    };
    parents.keys().copied().filter(beneath).collect()
}

fn is_of(id: u32, program: &str) -> bool {
    let arguments = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    arguments.split(|byte| *byte == 0).any(|argument| argument == program.as_bytes())
}

/// Whether a process has the bytes in its environment or in memory that was written to.
fn holds(id: u32, needle: &[u8]) -> bool {
    if fs::read(format!("/proc/{id}/environ")).is_ok_and(|environment| contains(&environment, needle)) {
        return true;
    }
    // A helper lets nobody but root look at it, not even us.
    let (Ok(maps), Ok(memory)) =
        (fs::read_to_string(format!("/proc/{id}/maps")), File::open(format!("/proc/{id}/mem")))
    else {
        return false;
    };
    maps.lines().any(|line| {
        let mut fields = line.split_whitespace();
        let range = fields.next().and_then(|range| range.split_once('-'));
        let (Some((from, to)), Some(rights)) = (range, fields.next()) else { return false };
        let bound = |text: &str| u64::from_str_radix(text, 16).expect("an address");
        let (from, to) = (bound(from), bound(to));
        if !rights.starts_with("rw") || to - from > 1 << 30 {
            return false;
        }
        let mut bytes = vec![0; usize::try_from(to - from).expect("it fits")];
        memory.read_exact_at(&mut bytes, from).is_ok() && contains(&bytes, needle)
    })
}
