//! Questions by chance, the same ones each time: every point, odd strings, odd numbers, deep arguments.

use domain::decision::Point;
use domain::digest::Digest;
use domain::tool::{ServerKind, ToolAnnotations};
use policy::{
    PathFact, PrincipalFacts, Question, Resources, ServerFacts, SessionFacts, TaskFacts, TenantFacts,
    ToolFacts,
};
use serde_json::{Value, json};

const POINTS: [Point; 12] = [
    Point::ToolsList,
    Point::ToolCall,
    Point::ToolResult,
    Point::ResourcesList,
    Point::ResourceRead,
    Point::ResourceResult,
    Point::PromptsList,
    Point::PromptGet,
    Point::PromptResult,
    Point::McpRequest,
    Point::Egress,
    Point::ModelCall,
];

/// Words that rules look at, and words that could break whatever looks.
const WORDS: &[&str] = &[
    "",
    " ",
    ".",
    "..",
    "a.txt",
    "src/main.rs",
    ".env",
    "deploy/.env.local",
    "id_rsa",
    ".git/hooks/pre-commit",
    ".GIT",
    ".github/workflows/ci.yml",
    "AGENTS.md",
    "/etc/passwd",
    "/tmp/x",
    "/dev/null",
    "/usr/bin/git",
    "git",
    "rm",
    "-rf",
    "sudo",
    "mount",
    "curl",
    "push",
    "sed",
    "s/a/b/",
    "w x",
    "-i",
    "sort",
    "--co",
    "printf",
    "-v",
    "bash",
    "-c",
    "python3",
    "-m",
    "pytest",
    "npm",
    "run",
    "test",
    "make",
    "deploy",
    "x=1",
    "find",
    "-delete",
    "mv",
    "cp",
    "tee",
    "example.com",
    "packages.example.org",
    "169.254.169.254",
    "metadata.google.internal",
    "[fe80::1]",
    "private_data",
    "untrusted_content",
    "file:///srv/.env",
    "file:///a/b.txt",
    "ticket://1",
    "ping",
    "tools/other",
    "tasks/get",
    "read_file",
    "send_mail",
    "workspace",
    "tickets",
    "password",
    "Token",
    "api_key",
    "tests",
    "clean",
    "commit",
    "--amend",
    "branch",
    "-D",
    "HEAD:.env",
    "-----BEGIN PRIVATE KEY-----",
    "\u{0}",
    "ü",
    "e\u{301}",
    "İ",
    "ß",
    "🦀",
    "\u{202e}x",
    "a\nb",
    "\"quoted\"",
    "\\",
    "{}",
    "%d",
    "${x}",
    "a/b/../c",
    "x/.ssh/config",
    "store.p12",
    ".env.example",
];

/// xorshift: questions must not depend on the version of a library.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn word(&mut self) -> String {
        let word = WORDS[self.below(WORDS.len())];
        if self.one_in(8) { format!("{word}{}", WORDS[self.below(WORDS.len())]) } else { word.to_owned() }
    }

    fn words(&mut self, end: usize) -> Vec<String> {
        (0..self.below(end)).map(|_| self.word()).collect()
    }

    fn hint(&mut self) -> Option<bool> {
        [None, Some(true), Some(false)][self.below(3)]
    }

    fn json(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => json!(self.one_in(2)),
            2 => json!(self.below(1_000)),
            3 => [i64::MIN, i64::MAX, 0, -1, 9_007_199_254_740_993][self.below(5)].into(),
            4 => [0.5, -2.25, 1e21, 1e-7, 0.1][self.below(5)].into(),
            5 => json!(self.word()),
            6 => (0..self.below(4)).map(|_| self.json(depth - 1)).collect(),
            _ => Value::Object((0..self.below(5)).map(|_| (self.word(), self.json(depth - 1))).collect()),
        }
    }

    fn path(&mut self) -> PathFact {
        let given = self.word();
        let inside = match self.below(4) {
            0 => None,
            1 => Some(self.word()),
            _ => Some(given.clone()),
        };
        PathFact { given, inside, access: ["read", "write", "delete", "unknown"][self.below(4)].into() }
    }

    fn arguments(&mut self, point: Point) -> Value {
        match point {
            _ if self.one_in(12) => self.json(4),
            Point::ModelCall => {
                let input_tokens = [0, 5, 2_000_000, 2_000_001, 9_000_000][self.below(5)];
                let max_output_tokens = [1, 256_000, 256_001][self.below(3)];
                json!({
                    "model": self.word(),
                    "input_tokens": input_tokens,
                    "max_output_tokens": max_output_tokens,
                })
            }
            Point::ResourcesList | Point::ResourceRead | Point::ResourceResult => json!({"uri": self.word()}),
            Point::PromptsList | Point::PromptGet | Point::PromptResult => {
                json!({"name": self.word(), "arguments": self.json(2)})
            }
            Point::McpRequest => json!({"method": self.word(), "params": self.json(2)}),
            _ => {
                let mut arguments = self.json(3);
                if let Value::Object(members) = &mut arguments {
                    let name = self.word();
                    let value = self.word();
                    members.insert(name, value.into());
                }
                arguments
            }
        }
    }

    fn result(&mut self, point: Point) -> Option<Value> {
        let text = self.words(5).join("\n");
        match point {
            Point::ToolResult => Some(match self.below(4) {
                0 => self.json(4),
                1 => json!({"content": [{"type": "text", "text": text}], "isError": self.one_in(2)}),
                _ => json!({
                    "content": [{"type": "resource", "resource": {"uri": self.word(), "text": self.word()}}, self.json(2)],
                    "structuredContent": {"files": [{"path": self.word(), "lines": []}], "x": self.json(3)},
                    "isError": self.one_in(3),
                }),
            }),
            Point::ResourceResult => {
                Some(json!({"contents": [{"uri": self.word(), "text": text}, self.json(1)]}))
            }
            Point::PromptResult => Some(
                json!({"messages": [{"role": "user", "content": {"type": "text", "text": text}}, self.json(2)]}),
            ),
            _ => None,
        }
    }

    fn question(&mut self) -> Question {
        // Half of them calls and results, where most rules are.
        let point = match self.below(4) {
            0 => Point::ToolCall,
            1 => Point::ToolResult,
            _ => POINTS[self.below(POINTS.len())],
        };
        let name = self.word();
        Question {
            point,
            tenant: TenantFacts { id: self.word(), plan: "desk".into() },
            principal: PrincipalFacts { id: self.word(), kind: "agent".into(), roles: self.words(3) },
            task: (!self.one_in(3)).then(|| TaskFacts {
                id: self.word(),
                step: u32::try_from(self.below(50)).unwrap(),
                cost_usd: [0.0, 0.25, 1e-9, 12.5][self.below(4)],
                labels: self.words(4),
            }),
            session: self.one_in(2).then(|| SessionFacts {
                id: self.word(),
                client: self.word(),
                labels: [vec!["private_data".into(), "untrusted_content".into()], self.words(3)]
                    [self.below(2)]
                .clone(),
            }),
            server: ServerFacts {
                name: self.word(),
                kind: [ServerKind::Builtin, ServerKind::Builtin, ServerKind::Stdio, ServerKind::Http]
                    [self.below(4)],
            },
            tool: ToolFacts {
                digest: Digest::of(&name),
                name,
                annotations: ToolAnnotations {
                    title: self.one_in(3).then(|| self.word()),
                    read_only_hint: self.hint(),
                    destructive_hint: self.hint(),
                    idempotent_hint: self.hint(),
                    open_world_hint: self.hint(),
                },
                pinned: !self.one_in(5),
            },
            arguments: self.arguments(point),
            resources: Resources {
                paths: (0..self.below(3)).map(|_| self.path()).collect(),
                hosts: if self.one_in(4) { self.words(3) } else { vec![] },
                commands: if self.one_in(2) {
                    (0..self.below(3)).map(|_| self.words(6)).collect()
                } else {
                    vec![]
                },
                opaque: self.one_in(8),
            },
            result: self.result(point),
        }
    }
}

/// The first `n` of them.
pub fn generated(n: usize) -> Vec<Question> {
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    (0..n).map(|_| chance.question()).collect()
}
