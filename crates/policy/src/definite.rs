//! Assignments that hold only when there is something to assign.
//!
//! In Rego `x := y` fails where `y` is undefined. The compiled form of the engine goes on with a variable that is
//! undefined, and `not x == "evil"` then holds: an allow would be said that no other evaluation says. So every such
//! assignment is followed by `[x]`, which is undefined where `x` is, on the same line: places in errors stay right.
//!
//! An argument that a function does not name (`f(_)`) is not looked at in the compiled form, and the call then holds for
//! something undefined: such arguments are given names.
//!
//! The same with `every`: of something undefined it holds nothing in Rego, and everything in the compiled form.
//!
//! A condition that fails in a comprehension without a loop of its own ends the loop around it, and leaves the machine
//! believing that it is still inside: a later failure then goes on in the middle of another rule. So each comprehension
//! is given a loop, over one value.

use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt, Module, Ref, Rule, RuleHead};

use crate::syntax::{Visitor, visit_module};

/// The text of a module with the checks put in; `None` when it needs none.
pub(crate) fn checked(module: &Module) -> Option<String> {
    let mut finder = Finder::default();
    visit_module(module, &mut finder);
    let unnamed = unnamed_arguments(module);
    if finder.found.is_empty() && finder.comprehensions.is_empty() && unnamed.is_empty() {
        return None;
    }
    let text = module.package.span.source.contents();
    let mut inserted: Vec<(usize, String)> = Vec::with_capacity(finder.found.len());
    for (start, end, name) in finder.found {
        // Places in the tree leave out the quote with which a statement begins or ends.
        let is_quote = |place: usize| matches!(text.as_bytes().get(place), Some(b'"' | b'`'));
        let start = start - usize::from(start > 0 && is_quote(start - 1));
        let end = end + usize::from(is_quote(end));
        // A body of one statement may stand without braces, and two may not.
        let before = text[..start].trim_end();
        let bare = before.ends_with("if")
            && before[..before.len() - 2].ends_with(|c: char| c.is_whitespace() || "])}".contains(c));
        if bare {
            inserted.push((start, "{ ".into()));
        }
        inserted.push((end, format!("; [{name}]{}", if bare { " }" } else { "" })));
    }
    inserted.extend(finder.comprehensions.iter().map(|start| (*start, " some _ in [1];".to_owned())));
    inserted.extend(unnamed.iter().enumerate().map(|(number, end)| (*end, format!("_unnamed_{number}"))));
    inserted.sort_by_key(|(place, _)| *place);
    let mut checked = String::with_capacity(text.len() + inserted.len() * 16);
    let mut from = 0;
    for (place, addition) in &inserted {
        checked.push_str(&text[from..*place]);
        checked.push_str(addition);
        from = *place;
    }
    checked.push_str(&text[from..]);
    Some(checked)
}

/// Where each `_` among the arguments of functions ends.
fn unnamed_arguments(module: &Module) -> Vec<usize> {
    let mut ends = Vec::new();
    for rule in &module.policy {
        let (Rule::Spec { head: RuleHead::Func { args, .. }, .. } | Rule::Default { args, .. }) = &**rule
        else {
            continue;
        };
        ends.extend(args.iter().filter_map(|argument| match &**argument {
            Expr::Var { span, .. } if span.text() == "_" => Some(span.end as usize),
            _ => None,
        }));
    }
    ends
}

#[derive(Default)]
struct Finder {
    /// Where the statement begins and ends, and what must be defined: a variable, or what `every` goes through.
    found: Vec<(usize, usize, String)>,
    /// Where the bodies of comprehensions begin.
    comprehensions: Vec<usize>,
}

impl Visitor for Finder {
    fn expr(&mut self, expr: &Ref<Expr>) {
        if let Expr::ArrayCompr { query, .. } | Expr::SetCompr { query, .. } | Expr::ObjectCompr { query, .. } =
            &**expr
            && !query.stmts.is_empty()
        {
            // Behind the bar, because the place of a statement that begins with a text is behind its quote.
            self.comprehensions.push(query.span.start as usize + 1);
        }
    }

    fn stmt(&mut self, stmt: &LiteralStmt) {
        if let Literal::Every { domain, .. } = &stmt.literal
            && !always_defined(domain)
        {
            let domain = domain.span().text().to_owned();
            self.found.push((stmt.span.start as usize, stmt.span.end as usize, domain));
            return;
        }
        let Literal::Expr { expr, .. } = &stmt.literal else { return };
        let Expr::AssignExpr { op, lhs, rhs, .. } = &**expr else { return };
        for (name, value) in [(lhs, rhs), (rhs, lhs)] {
            let Expr::Var { span, .. } = &**name else { continue };
            if span.text() != "_" && !always_defined(value) {
                self.found.push((stmt.span.start as usize, stmt.span.end as usize, span.text().to_owned()));
                return;
            }
            if *op == AssignOp::ColEq {
                return;
            }
        }
    }
}

fn always_defined(value: &Ref<Expr>) -> bool {
    match &**value {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::ArrayCompr { .. }
        | Expr::SetCompr { .. }
        | Expr::ObjectCompr { .. } => true,
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().all(always_defined),
        Expr::Object { fields, .. } => {
            fields.iter().all(|(_, key, value)| always_defined(key) && always_defined(value))
        }
        _ => false,
    }
}
