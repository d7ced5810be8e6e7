//! Rego text as a tree, and ways through it.

use regorus::Engine;
use regorus::unstable::{Expr, Literal, LiteralStmt, Module, Parser, Query, Ref, Rule, RuleHead};

use crate::compile::located;
use crate::{PolicyError, PolicyFile};

/// The tree of one file.
pub(crate) fn parse(file: &PolicyFile) -> Result<Ref<Module>, PolicyError> {
    let files = std::slice::from_ref(file);
    let mut engine = Engine::new();
    engine
        .add_policy(file.path.clone(), crate::extensions::rewrite(&file.text).into_owned())
        .map_err(|error| located(&error.to_string(), files))?;
    match engine.get_modules().first() {
        Some(module) => Ok(module.clone()),
        None => Err(PolicyError::new(format!("{} holds nothing", file.path))),
    }
}

/// The package of a file, as the names it is made of; `None` for a file that does not parse.
pub(crate) fn package_of(file: &PolicyFile) -> Option<Vec<String>> {
    package(&*parse(file).ok()?)
}

/// The package of a tree, as the names it is made of.
pub(crate) fn package(module: &Module) -> Option<Vec<String>> {
    path(&module.package.refr)
}

/// A reference as the names it is made of (`a.b["c"]` is `a`, `b`, `c`); `None` when one of them is worked out at run
/// time.
pub(crate) fn path(reference: &Ref<Expr>) -> Option<Vec<String>> {
    let spans = Parser::get_path_ref_components(reference).ok()?;
    Some(spans.iter().map(|span| span.text().to_owned()).collect())
}

/// The reference that a rule defines.
pub(crate) fn defined(rule: &Rule) -> &Ref<Expr> {
    match rule {
        Rule::Spec { head, .. } => match head {
            RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. } => refr,
        },
        Rule::Default { refr, .. } => refr,
    }
}

/// The first name of what a rule defines: `deny` of `deny contains …`.
pub(crate) fn name(rule: &Rule) -> String {
    let mut reference = defined(rule);
    loop {
        match &**reference {
            Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => reference = refr,
            other => return other.span().text().to_owned(),
        }
    }
}

/// What stands in double quotes or backticks in a rule's `"rule": …`: the stable name of a member of `deny`, `ask` or
/// `allow`.
pub(crate) fn spoken_name(rule: &Rule) -> Option<String> {
    let Rule::Spec { head: RuleHead::Set { key: Some(key), .. }, .. } = rule else { return None };
    let Expr::Object { fields, .. } = &**key else { return None };
    fields.iter().find_map(|(_, key, value)| {
        (literal_text(key)? == "rule").then(|| literal_text(value)).flatten().map(str::to_owned)
    })
}

/// The text of a string literal.
pub(crate) fn literal_text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::String { value, .. } | Expr::RawString { value, .. } => {
            value.as_string().ok().map(AsRef::as_ref)
        }
        _ => None,
    }
}

/// Sees every part of a tree once, outer before inner.
pub(crate) trait Visitor {
    fn expr(&mut self, _expr: &Ref<Expr>) {}
    fn stmt(&mut self, _stmt: &LiteralStmt) {}
    /// A body in braces, a lone condition behind `if`, or what follows the bar of a comprehension.
    fn query(&mut self, _query: &Ref<Query>) {}
}

pub(crate) fn visit_module(module: &Module, visitor: &mut impl Visitor) {
    for rule in &module.policy {
        visit_rule(rule, visitor);
    }
}

pub(crate) fn visit_rule(rule: &Rule, visitor: &mut impl Visitor) {
    match rule {
        Rule::Default { args, value, .. } => {
            args.iter().for_each(|arg| visit_expr(arg, visitor));
            visit_expr(value, visitor);
        }
        Rule::Spec { head, bodies, .. } => {
            match head {
                RuleHead::Compr { refr, assign, .. } => {
                    visit_head_brackets(refr, visitor);
                    assign.iter().for_each(|assign| visit_expr(&assign.value, visitor));
                }
                RuleHead::Set { refr, key, .. } => {
                    visit_head_brackets(refr, visitor);
                    key.iter().for_each(|key| visit_expr(key, visitor));
                }
                RuleHead::Func { args, assign, .. } => {
                    args.iter().for_each(|arg| visit_expr(arg, visitor));
                    assign.iter().for_each(|assign| visit_expr(&assign.value, visitor));
                }
            }
            for body in bodies {
                body.assign.iter().for_each(|assign| visit_expr(&assign.value, visitor));
                visit_query(&body.query, visitor);
            }
        }
    }
}

/// `hosts[name] := …`: the bracket is an expression, the name before it is not.
fn visit_head_brackets(mut reference: &Ref<Expr>, visitor: &mut impl Visitor) {
    loop {
        match &**reference {
            Expr::RefDot { refr, .. } => reference = refr,
            Expr::RefBrack { refr, index, .. } => {
                visit_expr(index, visitor);
                reference = refr;
            }
            _ => return,
        }
    }
}

pub(crate) fn visit_query(query: &Ref<Query>, visitor: &mut impl Visitor) {
    visitor.query(query);
    for stmt in &query.stmts {
        visit_stmt(stmt, visitor);
    }
}

pub(crate) fn visit_stmt(stmt: &LiteralStmt, visitor: &mut impl Visitor) {
    visitor.stmt(stmt);
    match &stmt.literal {
        Literal::SomeVars { .. } => {}
        Literal::SomeIn { key, value, collection, .. } => {
            key.iter().for_each(|key| visit_expr(key, visitor));
            visit_expr(value, visitor);
            visit_expr(collection, visitor);
        }
        Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => visit_expr(expr, visitor),
        Literal::Every { domain, query, .. } => {
            visit_expr(domain, visitor);
            visit_query(query, visitor);
        }
    }
    for modifier in &stmt.with_mods {
        visit_expr(&modifier.refr, visitor);
        visit_expr(&modifier.r#as, visitor);
    }
}

pub(crate) fn visit_expr(expr: &Ref<Expr>, visitor: &mut impl Visitor) {
    visitor.expr(expr);
    match &**expr {
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| visit_expr(item, visitor));
        }
        Expr::Object { fields, .. } => {
            for (_, key, value) in fields {
                visit_expr(key, visitor);
                visit_expr(value, visitor);
            }
        }
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            visit_expr(term, visitor);
            visit_query(query, visitor);
        }
        Expr::ObjectCompr { key, value, query, .. } => {
            visit_expr(key, visitor);
            visit_expr(value, visitor);
            visit_query(query, visitor);
        }
        Expr::Call { fcn, params, .. } => {
            visit_expr(fcn, visitor);
            params.iter().for_each(|param| visit_expr(param, visitor));
        }
        Expr::UnaryExpr { expr, .. } => visit_expr(expr, visitor),
        Expr::RefDot { refr, .. } => visit_expr(refr, visitor),
        Expr::RefBrack { refr, index, .. } => {
            visit_expr(refr, visitor);
            visit_expr(index, visitor);
        }
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            visit_expr(lhs, visitor);
            visit_expr(rhs, visitor);
        }
        Expr::Membership { key, value, collection, .. } => {
            key.iter().for_each(|key| visit_expr(key, visitor));
            visit_expr(value, visitor);
            visit_expr(collection, visitor);
        }
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => {}
    }
}
