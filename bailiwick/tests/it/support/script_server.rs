//! MCP servers of a test: a Python program behind a pipe, and one behind HTTP.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Home;
use super::receiver::{Receiver, Request};

/// Speaks 2025-06-18. Its tools stand in a file beside it; `env` tells one of its variables, `complain` says one on
/// standard error, `count` counts its calls, and any other tool gives its arguments back.
const SCRIPT: &str = r#"
import json, os, sys

here = os.path.dirname(os.path.abspath(__file__))
count = 0
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    method, params = asked.get("method"), asked.get("params") or {}
    answer = {"jsonrpc": "2.0", "id": asked["id"]}
    if method == "initialize":
        answer["result"] = {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "script", "version": "1"},
        }
    elif method == "tools/list":
        with open(os.path.join(here, "tools.json")) as file:
            answer["result"] = {"tools": json.load(file)}
    elif method == "tools/call":
        name, arguments = params["name"], params.get("arguments") or {}
        if name == "env":
            text = os.environ.get(arguments["name"], "not set")
        elif name == "complain":
            text = "said"
            print("complaint:", os.environ.get(arguments["name"], "not set"), file=sys.stderr, flush=True)
        elif name == "count":
            count += 1
            text = str(count)
        else:
            text = json.dumps(arguments, sort_keys=True)
        answer["result"] = {"content": [{"type": "text", "text": text}]}
    else:
        answer["error"] = {"code": -32601, "message": "unknown method"}
    print(json.dumps(answer), flush=True)
"#;

/// Rules for tests of the gateway: a call of `count` with `ask` waits for a person (with `role`, for one who has
/// it), one with `deny` is refused, and everything else is allowed.
pub const RULES: &str = r#"package bailiwick

import rego.v1

call if input.point == "tool.call"

allow contains {"rule": "test.rest", "message": "not a call"} if input.point != "tool.call"

allow contains {"rule": "test.calls", "message": "calls are allowed"} if call

ask contains {"rule": "test.asks", "message": "it asked to be asked about"} if {
	call
	input.arguments.ask
}

deny contains {"rule": "test.denies", "message": "it asked to be refused"} if {
	call
	input.arguments.deny
}

approval_role contains input.arguments.role if call
"#;

/// A folder with the program and its list of tools.
pub struct ScriptServer {
    pub dir: PathBuf,
}

impl ScriptServer {
    /// With these tools, each of the description "The tool NAME.".
    pub fn new(home: &Home, name: &str, tools: &[&str]) -> Self {
        let dir = home.path().join("servers").join(name);
        std::fs::create_dir_all(&dir).expect("the folder");
        std::fs::write(dir.join("server.py"), SCRIPT).expect("the program");
        let this = Self { dir };
        let tools: Vec<_> = tools.iter().map(|tool| (*tool, format!("The tool {tool}."))).collect();
        this.describe(&tools);
        this
    }

    /// What its tools are and say of themselves from now on.
    pub fn describe(&self, tools: &[(&str, String)]) {
        let tools: Vec<_> = tools.iter().map(|(name, description)| tool(name, description)).collect();
        std::fs::write(self.dir.join("tools.json"), json!(tools).to_string()).expect("the tools");
    }

    pub fn folder(&self) -> String {
        self.dir.display().to_string()
    }

    pub fn program(&self) -> String {
        self.dir.join("server.py").display().to_string()
    }

    /// `gateway add NAME MORE… -- python3 server.py`.
    pub fn add(&self, home: &Home, name: &str, more: &[&str]) -> super::Ended {
        let (folder, program) = (self.folder(), self.program());
        let mut args = vec!["gateway", "add", name, "--read", &folder];
        args.extend(more);
        args.extend(["--", "python3", &program]);
        home.run(&args)
    }
}

/// A streamable HTTP server of 2025-06-18 with these tools, which give their arguments back.
pub fn http_server(tools: &[&str]) -> Receiver {
    let tools: Vec<_> = tools.iter().map(|name| tool(name, &format!("The tool {name}."))).collect();
    Receiver::start(move |request: &Request| {
        let Ok(asked) = serde_json::from_str::<Value>(&request.body) else { return (405, String::new()) };
        if asked["id"].is_null() {
            return (202, String::new());
        }
        let mut answer = json!({"jsonrpc": "2.0", "id": asked["id"]});
        match asked["method"].as_str().unwrap_or_default() {
            "initialize" => {
                answer["result"] = json!({
                    "protocolVersion": "2025-06-18",
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "web", "version": "1"},
                });
            }
            "tools/list" => answer["result"] = json!({"tools": tools}),
            "tools/call" => {
                let text = asked["params"]["arguments"].to_string();
                answer["result"] = json!({"content": [{"type": "text", "text": text}]});
            }
            _ => answer["error"] = json!({"code": -32601, "message": "unknown method"}),
        }
        (200, answer.to_string())
    })
}

fn tool(name: &str, description: &str) -> Value {
    json!({"name": name, "description": description, "inputSchema": {"type": "object"}})
}

/// A home whose policy is [`RULES`], with `more` in its configuration.
pub fn home_with_rules(more: &str) -> Home {
    let home = Home::new();
    let dir = home.path().join("rules");
    std::fs::create_dir_all(&dir).expect("the folder");
    std::fs::write(dir.join("rules.rego"), RULES).expect("the rules");
    home.write_config(&format!("[policy]\ndir = {:?}\n{more}", dir.display().to_string()));
    home
}
