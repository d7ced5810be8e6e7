//! Rules beside the rules, which tell how far each of them came.

use std::time::Duration;

use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt, Module, Query, Ref, Rule, RuleHead};
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use serde_json::Value as Json;

use super::{Condition, FOUND_MAX, Named, Place, Silent, Spoke};
use crate::compile::{NUMBERS, SETS, engine_with, located};
use crate::format::marks::Marks;
use crate::format::tokens::{Kind, Token, tokens};
use crate::syntax::{Visitor, name, package, path, spoken_name, visit_stmt};
use crate::{Policy, PolicyError, PolicyFile};

/// Time all of it may take.
const TIME_MAX: Duration = Duration::from_secs(5);

/// A rule and the probes for it.
struct Probe {
    module: Ref<Module>,
    place: Place,
    conditions: Vec<Condition>,
    /// Text of a rule whose members tell what was said and found.
    whole: String,
    /// For each number of conditions from 1 up, a rule whose members tell what was found.
    parts: Vec<String>,
}

pub(super) fn run(policy: &Policy, input: &Json) -> Result<(Vec<Spoke>, Vec<Silent>), PolicyError> {
    let files: Vec<PolicyFile> = policy.files().iter().filter(|file| !file.is_test()).cloned().collect();
    let mut engine = engine_with(&files, policy.data())?;
    let mut probes = Vec::new();
    for module in engine.get_modules().clone() {
        if package(&module).is_some_and(|package| package == ["bailiwick"]) {
            for rule in &module.policy {
                probes.extend(probe(&module, rule, probes.len(), input));
            }
        }
    }
    let fails = |error: &dyn std::fmt::Display| located(&error.to_string(), &files);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: TIME_MAX,
        check_interval: std::num::NonZeroU32::new(256).unwrap_or(std::num::NonZeroU32::MIN),
    });
    engine.set_input(Value::from_json_str(&input.to_string()).map_err(|error| fails(&error))?);
    // A condition may use a variable that a later one binds: then the first of them alone are no rule, and such a
    // rule goes without its parts.
    let mut with_parts = add(engine.clone(), &probes, true);
    if with_parts.is_none() {
        for index in 0..probes.len() {
            if add(engine.clone(), &probes[index..=index], true).is_none() {
                probes[index].parts.clear();
            }
        }
        with_parts = add(engine, &probes, true);
    }
    let Some(mut engine) = with_parts else {
        return Err(PolicyError::new("the rules of the policy cannot be taken apart to explain them"));
    };

    let (mut spoke, mut silent) = (Vec::new(), Vec::new());
    for (index, probe) in probes.into_iter().enumerate() {
        let whole = members(&mut engine, &format!("explain_{index}_whole")).map_err(|error| fails(&error))?;
        if !whole.is_empty() {
            let said = whole.iter().map(|member| member["said"].clone());
            let mut unique: Vec<Json> = Vec::new();
            said.for_each(|said| {
                if !unique.contains(&said) {
                    unique.push(said)
                }
            });
            spoke.push(Spoke {
                place: probe.place,
                said: unique,
                conditions: probe.conditions,
                found: found(&whole),
            });
            continue;
        }
        let (mut held, mut last) = (0, Vec::new());
        for part in 0..probe.parts.len() {
            let reached =
                members(&mut engine, &format!("explain_{index}_{part}")).map_err(|error| fails(&error))?;
            if reached.is_empty() {
                break;
            }
            (held, last) = (part + 1, reached);
        }
        let of = probe.conditions.len();
        if let Some(failed) = probe.conditions.into_iter().nth(held) {
            silent.push(Silent { place: probe.place, held, of, failed, found: found(&last) });
        }
    }
    Ok((spoke, silent))
}

/// The engine with the probes, if they compile.
fn add(mut engine: Engine, probes: &[Probe], parts: bool) -> Option<Engine> {
    let mut texts: Vec<(Ref<Module>, String)> = Vec::new();
    for probe in probes {
        let mut rules = probe.whole.clone();
        if parts {
            probe.parts.iter().for_each(|part| rules.push_str(part));
        }
        match texts.iter_mut().find(|(module, _)| *module == probe.module) {
            Some((_, text)) => text.push_str(&rules),
            None => texts.push((probe.module.clone(), [header(&probe.module), rules].concat())),
        }
    }
    for (index, (_, text)) in texts.into_iter().enumerate() {
        engine.add_policy(format!("bailiwick_explain_{index}.rego"), text).ok()?;
    }
    engine
        .add_policy("bailiwick_explain.rego".into(), "package bailiwick_explain\nready := true\n".into())
        .ok()?;
    engine.eval_rule("data.bailiwick_explain.ready".into()).ok()?;
    Some(engine)
}

fn header(module: &Module) -> String {
    let imports: String = module
        .imports
        .iter()
        .map(|import| match &import.r#as {
            Some(name) => format!("import {} as {}\n", import.refr.span().text(), name.text()),
            None => format!("import {}\n", import.refr.span().text()),
        })
        .collect();
    format!("package bailiwick\n{imports}\n")
}

fn probe(module: &Ref<Module>, rule: &Ref<Rule>, index: usize, input: &Json) -> Option<Probe> {
    let Rule::Spec { span, head, bodies } = &**rule else { return None };
    let set = name(rule);
    let known = SETS.contains(&set.as_str()) || NUMBERS.contains(&set.as_str());
    if !known || bodies.len() > 1 || matches!(head, RuleHead::Func { .. }) {
        return None;
    }
    let source = span.source.contents();
    let words = Words::of(module, source)?;
    let key = words.key(rule)?;
    let stmts: Vec<&LiteralStmt> =
        bodies.first().map(|body| body.query.stmts.iter().collect()).unwrap_or_default();
    let texts: Vec<String> = match bodies.first() {
        Some(body) => words.conditions(&body.query)?,
        None => Vec::new(),
    };
    let mut bound: Vec<Vec<String>> = Vec::new();
    for stmt in &stmts {
        let mut names = bound.last().cloned().unwrap_or_default();
        binds(stmt).into_iter().for_each(|name| {
            if !names.contains(&name) {
                names.push(name)
            }
        });
        bound.push(names);
    }
    let object = |names: &[String]| -> String {
        let members: Vec<String> = names.iter().map(|name| format!("\"{name}\": {name}")).collect();
        format!("{{{}}}", members.join(", "))
    };
    let body = |count: usize| match count {
        0 => "\n".to_owned(),
        count => format!(" if {{\n{}\n}}\n", texts[..count].join("\n")),
    };
    let all = object(bound.last().map(Vec::as_slice).unwrap_or_default());
    let whole =
        format!("explain_{index}_whole contains {{\"said\": {key}, \"found\": {all}}}{}", body(texts.len()));
    let parts = (1..texts.len())
        .map(|count| {
            let found = object(&bound[count - 1]);
            format!("explain_{index}_{} contains {{\"found\": {found}}}{}", count - 1, body(count))
        })
        .collect();
    let line_end = span.line + u32::try_from(span.text().trim_end().matches('\n').count()).unwrap_or(0);
    let place = Place {
        set,
        rule: spoken_name(rule).unwrap_or_default(),
        file: span.source.file().clone(),
        line: span.line,
        line_end,
    };
    let conditions = stmts.iter().zip(texts).map(|(stmt, text)| condition(stmt, text, input)).collect();
    Some(Probe { module: module.clone(), place, conditions, whole, parts })
}

/// The words of a file. Places in the tree are off by a quote where something begins or ends with a text, so parts of
/// rules are cut out by words.
struct Words<'t> {
    text: &'t str,
    tokens: Vec<Token<'t>>,
    marks: Marks,
}

impl<'t> Words<'t> {
    fn of(module: &Module, text: &'t str) -> Option<Self> {
        let tokens = tokens(text).ok()?;
        let marks = Marks::of(module, &tokens);
        Some(Self { text, tokens, marks })
    }

    /// The token at a place of the tree.
    fn at(&self, place: u32) -> Option<usize> {
        self.tokens.partition_point(|token| token.start <= place as usize).checked_sub(1)
    }

    /// The text from one token to the one before another, without comments and separators at its end.
    fn between(&self, from: usize, to: usize) -> Option<String> {
        let last = (from..to)
            .rev()
            .find(|index| self.tokens[*index].kind != Kind::Comment && self.tokens[*index].text != ";")?;
        Some(self.text[self.tokens[from].start..self.tokens[last].end()].to_owned())
    }

    /// Where the rule or import behind a token begins.
    fn next_item(&self, index: usize) -> usize {
        self.marks.items.range(index + 1..).next().map_or(self.tokens.len(), |(next, _)| *next)
    }

    /// What a rule adds to its set, or comes to.
    fn key(&self, rule: &Rule) -> Option<String> {
        let start = self.at(rule.span().start)?;
        let end = self.next_item(start);
        let introduces = |index: &usize| matches!(self.tokens[*index].text, "contains" | ":=" | "=");
        let from = (start + 1..end).find(introduces)? + 1;
        let mut depth = 0_usize;
        let to = (from..end).find(|index| {
            match self.tokens[*index].text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && self.tokens[*index].text == "if" && self.tokens[*index - 1].text != "."
        });
        self.between(from, to.unwrap_or(end))
    }

    /// The conditions of a body, one by one.
    fn conditions(&self, query: &Query) -> Option<Vec<String>> {
        let begins: Option<Vec<usize>> = query.stmts.iter().map(|stmt| self.at(stmt.span.start)).collect();
        let begins = begins?;
        let open = self.at(query.span.start)?;
        let end = match self.marks.bodies.contains(&open) {
            true => self.close_of(open)?,
            false => self.next_item(open),
        };
        let ends = begins.iter().skip(1).copied().chain([end]);
        begins.iter().zip(ends).map(|(from, to)| self.between(*from, to)).collect()
    }

    fn close_of(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (open..self.tokens.len()).find(|index| {
            match self.tokens[*index].text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
    }
}

/// Variables that a condition binds for those behind it.
fn binds(stmt: &LiteralStmt) -> Vec<String> {
    let variable = |expr: &Ref<Expr>| match &**expr {
        Expr::Var { span, .. } if span.text() != "_" => Some(span.text().to_owned()),
        _ => None,
    };
    match &stmt.literal {
        Literal::SomeIn { key, value, .. } => key.iter().chain([value]).filter_map(variable).collect(),
        Literal::Expr { expr, .. } => match &**expr {
            Expr::AssignExpr { op: AssignOp::ColEq, lhs, .. } => variable(lhs).into_iter().collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn condition(stmt: &LiteralStmt, text: String, input: &Json) -> Condition {
    let mut inputs = Inputs::default();
    visit_stmt(stmt, &mut inputs);
    // `input.tool` says nothing more where `input.tool.name` is named.
    let names =
        inputs.0.iter().filter(|one| !inputs.0.iter().any(|other| other != *one && other.starts_with(one)));
    let values = names
        .map(|names| Named {
            name: format!("input.{}", names.join(".")),
            value: names.iter().try_fold(input, |value, name| value.get(name)).cloned().unwrap_or(Json::Null),
        })
        .collect();
    Condition { text, line: stmt.span.line, values }
}

/// Members of the question that are named outright.
#[derive(Default)]
struct Inputs(Vec<Vec<String>>);

impl Visitor for Inputs {
    fn expr(&mut self, expr: &Ref<Expr>) {
        if !matches!(&**expr, Expr::RefDot { .. } | Expr::RefBrack { .. }) {
            return;
        }
        if let Some(path) = path(expr)
            && path.first().is_some_and(|first| first == "input")
            && !self.0.contains(&path[1..].to_vec())
        {
            self.0.push(path[1..].to_vec());
        }
    }
}

fn members(engine: &mut Engine, rule: &str) -> Result<Vec<Json>, String> {
    let path = format!("data.bailiwick.{rule}");
    let value = match engine.eval_rule(path) {
        Ok(Value::Undefined) => return Ok(Vec::new()),
        Ok(value) => value,
        Err(error) => return Err(error.to_string()),
    };
    let json = value.to_json_str().map_err(|error| error.to_string())?;
    serde_json::from_str(&json).map_err(|error| error.to_string())
}

fn found(members: &[Json]) -> Vec<Json> {
    let found = members.iter().map(|member| member["found"].clone());
    found.filter(|found| found.as_object().is_some_and(|found| !found.is_empty())).take(FOUND_MAX).collect()
}
