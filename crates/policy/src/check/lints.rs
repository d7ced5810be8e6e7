//! Names that nobody asks for, and such that do not exist.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Literal, LiteralStmt, Module, Ref, Rule, RuleHead};
use serde_json::Value as Json;

use super::{Level, Problem};
use crate::compile::{NUMBERS, SETS};
use crate::syntax::{Visitor, name, package, path, visit_module};

/// Rules that people and tests ask, if not the engine.
const ASKED_BY_PEOPLE: [&str; 1] = ["verdict"];

pub(super) fn run(modules: &[Ref<Module>], data: &Json, problems: &mut Vec<Problem>) {
    let rules = by_package(modules);
    let mut uses = BTreeSet::new();
    for module in modules {
        let mut finder = Uses {
            own: package(module).unwrap_or_default(),
            imports: imports(module),
            found: &mut uses,
            rules: &rules,
            data,
            file: module.package.span.source.file(),
            problems,
        };
        visit_module(module, &mut finder);
    }
    for module in modules {
        let own = package(module).unwrap_or_default();
        let file = module.package.span.source.file();
        if own != ["bailiwick"] {
            continue;
        }
        for rule in &module.policy {
            told(rule, file, &uses, problems);
        }
    }
    if !modules.iter().any(|module| package(module).is_some_and(|package| package == ["bailiwick"])) {
        let problem = Problem::new(
            Level::Error,
            "no-package",
            "",
            0,
            0,
            "no file declares `package bailiwick`, so no rule would ever be asked",
        );
        problems.push(problem.with_help(Some("begin the file with `package bailiwick`".into())));
    }
}

/// Names of rules, by package.
fn by_package(modules: &[Ref<Module>]) -> BTreeMap<Vec<String>, BTreeSet<String>> {
    let mut rules: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for module in modules {
        let names = rules.entry(package(module).unwrap_or_default()).or_default();
        names.extend(module.policy.iter().map(|rule| name(rule)));
    }
    rules
}

/// The names by which a file calls packages and rules, with what they stand for.
fn imports(module: &Module) -> BTreeMap<String, Vec<String>> {
    let named = module.imports.iter().filter_map(|import| {
        let path = path(&import.refr)?;
        let name =
            import.r#as.as_ref().map(|name| name.text().to_owned()).or_else(|| path.last().cloned())?;
        Some((name, path))
    });
    named.collect()
}

/// What is wrong with one rule.
fn told(rule: &Rule, file: &str, uses: &BTreeSet<Vec<String>>, problems: &mut Vec<Problem>) {
    let name = name(rule);
    let (line, column) = (rule.span().line as usize, rule.span().col as usize);
    let warn = |code, message: String, help: Option<String>| {
        Problem::new(Level::Warning, code, file, line, column, message).with_help(help)
    };
    let is_set = matches!(rule, Rule::Spec { head: RuleHead::Set { .. }, .. });
    let asked = SETS.contains(&name.as_str()) || NUMBERS.contains(&name.as_str());
    let used = uses.contains(&vec!["bailiwick".to_owned(), name.clone()]);
    if !asked && !used && !ASKED_BY_PEOPLE.contains(&name.as_str()) && !name.starts_with("test_") {
        let known: Vec<&str> = SETS.iter().chain(&NUMBERS).copied().collect();
        let near = nearest(&name, &known)
            .filter(|_| is_set || NUMBERS.iter().any(|number| nearest(&name, &[number]).is_some()));
        problems.push(match near {
            Some(near) => warn(
                "misspelt-set",
                format!("nobody asks for `{name}`, so this rule never speaks"),
                Some(format!("did you mean `{near}`?")),
            ),
            None => warn(
                "unused",
                format!("no rule uses `{name}`, and nobody asks for it"),
                Some(format!("remove it, or add to one of {}", known.join(", "))),
            ),
        });
    }
    let Rule::Spec { bodies, .. } = rule else { return };
    for stmt in bodies.iter().flat_map(|body| &body.query.stmts) {
        if is_false(stmt) {
            problems.push(Problem::new(
                Level::Warning,
                "never-true",
                file,
                stmt.span.line as usize,
                stmt.span.col as usize,
                "this never holds, so the rule never speaks",
            ));
        }
    }
}

fn is_false(stmt: &LiteralStmt) -> bool {
    let truth = |expr: &Ref<Expr>| match &**expr {
        Expr::Bool { value, .. } => value.as_bool().ok().copied(),
        _ => None,
    };
    match &stmt.literal {
        Literal::Expr { expr, .. } => truth(expr) == Some(false),
        Literal::NotExpr { expr, .. } => truth(expr) == Some(true),
        _ => false,
    }
}

/// Rules that are used, by package and name; names of `data` that do not exist are told on the way.
struct Uses<'a> {
    own: Vec<String>,
    imports: BTreeMap<String, Vec<String>>,
    found: &'a mut BTreeSet<Vec<String>>,
    rules: &'a BTreeMap<Vec<String>, BTreeSet<String>>,
    data: &'a Json,
    file: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Visitor for Uses<'_> {
    fn expr(&mut self, expr: &Ref<Expr>) {
        match &**expr {
            Expr::Var { span, .. } => {
                self.found.insert([self.own.clone(), vec![span.text().to_owned()]].concat());
            }
            Expr::RefDot { .. } | Expr::RefBrack { .. } => self.reference(expr),
            _ => {}
        }
    }
}

impl Uses<'_> {
    fn reference(&mut self, expr: &Ref<Expr>) {
        let Some(path) = path(expr) else { return };
        let Some(first) = path.first() else { return };
        let whole: Vec<String> = match self.imports.get(first) {
            Some(import) if import.first().is_some_and(|root| root == "data") => {
                [&import[1..], &path[1..]].concat()
            }
            None if first == "data" => path[1..].to_vec(),
            _ => return,
        };
        for length in 1..=whole.len() {
            self.found.insert(whole[..length].to_vec());
        }
        let Some((name, parent)) = whole.split_last() else { return };
        let Some(rules) = self.rules.get(parent) else { return };
        let in_data = whole.iter().try_fold(self.data, |data, name| data.get(name)).is_some();
        let is_package = self.rules.keys().any(|package| package.starts_with(&whole));
        if rules.contains(name) || in_data || is_package {
            return;
        }
        let names: Vec<&str> = rules.iter().map(String::as_str).collect();
        let message =
            format!("the package `{}` has no `{name}`, so what looks at it never holds", parent.join("."));
        let help = nearest(name, &names).map(|near| format!("did you mean `{near}`?"));
        let span = expr.span();
        let problem = Problem::new(
            Level::Warning,
            "unknown-rule",
            self.file,
            span.line as usize,
            span.col as usize,
            message,
        );
        self.problems.push(problem.with_help(help));
    }
}

/// The name that was meant, if one is so like it that a slip of the finger explains the difference.
pub(super) fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let slips = |other: &str| strsim::damerau_levenshtein(name, other);
    let allowed = |other: &str| if other.len().min(name.len()) <= 4 { 1 } else { 2 };
    known
        .iter()
        .copied()
        .filter(|other| *other != name && slips(other) <= allowed(other))
        .min_by_key(|other| slips(other))
}
