//! Members of the question that do not exist, and values that they never have.

use regorus::unstable::{BoolOp, Expr, Literal, LiteralStmt, Module, Query, Ref};

use super::lints::nearest;
use super::{Level, Problem};
use crate::syntax::{Visitor, literal_text, path, visit_module};

/// The members of a question; see [`crate::Question`]. A name without members may hold anything.
const SHAPE: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "point",
            "tenant",
            "principal",
            "task",
            "session",
            "server",
            "tool",
            "arguments",
            "resources",
            "result",
        ],
    ),
    ("tenant", &["id", "plan"]),
    ("principal", &["id", "kind", "roles"]),
    ("task", &["id", "step", "cost_usd", "labels"]),
    ("session", &["id", "client", "labels"]),
    ("server", &["name", "kind"]),
    ("tool", &["name", "annotations", "digest", "pinned"]),
    ("tool.annotations", &["title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"]),
    ("resources", &["paths", "hosts", "commands", "opaque"]),
];

/// Members with few values.
const WORDS: &[(&str, &[&str])] = &[
    (
        "point",
        &[
            "tools.list",
            "tool.call",
            "tool.result",
            "resources.list",
            "resource.read",
            "resource.result",
            "prompts.list",
            "prompt.get",
            "prompt.result",
            "mcp.request",
            "egress",
            "model.call",
        ],
    ),
    ("principal.kind", &["user", "api_key", "agent", "mcp_client"]),
    ("server.kind", &["builtin", "stdio", "http"]),
];

pub(super) fn run(modules: &[Ref<Module>], problems: &mut Vec<Problem>) {
    for module in modules {
        let file = module.package.span.source.file();
        // Tests bring questions of their own making.
        if !file.ends_with("_test.rego") {
            visit_module(module, &mut Finder { file, problems });
        }
    }
}

struct Finder<'a> {
    file: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Visitor for Finder<'_> {
    fn expr(&mut self, expr: &Ref<Expr>) {
        match &**expr {
            // Only the step at which a member is unknown is told, not each one behind it.
            Expr::RefDot { refr, field, .. } => {
                if let Some(parent) = input_path(refr) {
                    let (line, column) = (field.0.line as usize, field.0.col as usize);
                    self.member(&parent, field.0.text(), line, column);
                }
            }
            Expr::RefBrack { refr, index, .. } => {
                if let (Some(parent), Some(name)) = (input_path(refr), literal_text(index)) {
                    self.member(&parent, name, index.span().line as usize, index.span().col as usize);
                }
            }
            Expr::BoolExpr { op: BoolOp::Eq, lhs, rhs, span, .. } => {
                for (member, word) in [(lhs, rhs), (rhs, lhs)] {
                    self.word(member, word, span.line as usize, span.col as usize);
                }
            }
            _ => {}
        }
    }

    /// Two values for the same member in one body: never both.
    fn query(&mut self, query: &Ref<Query>) {
        let mut seen: Vec<(String, &str)> = Vec::new();
        for stmt in &query.stmts {
            let Some((member, word)) = equality(stmt) else { continue };
            match seen.iter().find(|(earlier, _)| *earlier == member) {
                Some((_, other)) if *other != word => self.problems.push(Problem::new(
                    Level::Warning,
                    "never-true",
                    self.file,
                    stmt.span.line as usize,
                    stmt.span.col as usize,
                    format!("`input.{member}` cannot be {word:?} and {other:?} at once, so this never holds"),
                )),
                Some(_) => {}
                None => seen.push((member, word)),
            }
        }
    }
}

impl Finder<'_> {
    fn member(&mut self, parent: &str, name: &str, line: usize, column: usize) {
        let Some((_, members)) = SHAPE.iter().find(|(path, _)| *path == parent) else { return };
        if members.contains(&name) {
            return;
        }
        let of = if parent.is_empty() { "input".to_owned() } else { format!("input.{parent}") };
        let message = format!("no question has `{of}.{name}`, so what looks at it never holds");
        let help = match nearest(name, members) {
            Some(near) => format!("did you mean `{of}.{near}`?"),
            None => format!("`{of}` has {}", members.join(", ")),
        };
        let problem = Problem::new(Level::Warning, "unknown-member", self.file, line, column, message);
        self.problems.push(problem.with_help(Some(help)));
    }

    fn word(&mut self, member: &Ref<Expr>, word: &Ref<Expr>, line: usize, column: usize) {
        let (Some(member), Some(word)) = (input_path(member), literal_text(word)) else { return };
        let Some((_, words)) = WORDS.iter().find(|(path, _)| *path == member) else { return };
        if words.contains(&word) {
            return;
        }
        let message = format!("`input.{member}` is never {word:?}, so this never holds");
        let help = match nearest(word, words) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("it is one of {}", words.join(", ")),
        };
        let problem = Problem::new(Level::Warning, "never-true", self.file, line, column, message);
        self.problems.push(problem.with_help(Some(help)));
    }
}

/// `a.b` of `input.a.b`; empty for `input` itself.
fn input_path(expr: &Ref<Expr>) -> Option<String> {
    let path = path(expr)?;
    (path.first()? == "input").then(|| path[1..].join("."))
}

/// `input.a == "word"` as a condition by itself.
fn equality(stmt: &LiteralStmt) -> Option<(String, &str)> {
    let Literal::Expr { expr, .. } = &stmt.literal else { return None };
    let Expr::BoolExpr { op: BoolOp::Eq, lhs, rhs, .. } = &**expr else { return None };
    match (input_path(lhs), literal_text(rhs), input_path(rhs), literal_text(lhs)) {
        (Some(member), Some(word), _, _) | (_, _, Some(member), Some(word)) => Some((member, word)),
        _ => None,
    }
}
