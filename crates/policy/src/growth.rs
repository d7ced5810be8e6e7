//! Whether a policy could make values that take for ever to compare.
//!
//! `x1 := [x0, x0]`, `x2 := [x1, x1]` and so on take up next to nothing, for the parts are shared; but two of them after
//! forty steps have a million million members to compare, which the machine does in a single instruction that nothing
//! can end. Such policies are not refused, for the tree cannot tell what really happens: they are evaluated on a thread
//! of their own (see [`crate::aside`]). The count here errs on that side.

use std::collections::HashMap;

use regorus::CompiledPolicy;
use regorus::unstable::{Expr, Literal, Query, Ref, Rule, RuleHead};

/// Doublings up to which a policy is evaluated where it is asked.
const DOUBLINGS_MAX: usize = 12;
/// What a comprehension counts: it can repeat a value as often as the question has members.
const COMPREHENSION: usize = 6;
/// Longest chain of rules that call each other, up to which a policy is evaluated where it is asked.
const CHAIN_MAX: usize = 48;
/// Longest chain of rules at all: each link takes stack.
pub(crate) const CHAIN_REFUSED: usize = 600;

/// What the tree tells of a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Growth {
    doublings: usize,
    /// Length of the longest chain of rules.
    pub(crate) chain: usize,
}

impl Growth {
    pub(crate) fn of(compiled: &CompiledPolicy) -> Self {
        let mut reader = Reader { compiled, known: HashMap::new() };
        let mut all = Self::default();
        for path in compiled.get_rules().keys() {
            let rule = reader.rule(path, 0);
            all.doublings = all.doublings.max(rule.peak);
            all.chain = all.chain.max(rule.chain);
        }
        all
    }

    /// Whether it may be evaluated on the thread of whoever asks.
    pub(crate) fn is_bounded(self) -> bool {
        self.doublings < DOUBLINGS_MAX && self.chain <= CHAIN_MAX
    }
}

#[derive(Clone, Copy, Default)]
struct Known {
    /// Doublings within.
    peak: usize,
    /// Doublings of its value.
    value: usize,
    chain: usize,
}

struct Reader<'c> {
    compiled: &'c CompiledPolicy,
    /// What is known of a rule; unknown while it is being read.
    known: HashMap<String, Known>,
}

/// What one definition does.
#[derive(Default)]
struct Count {
    own: usize,
    calls: usize,
    rules: usize,
    peak: usize,
    chain: usize,
}

impl Reader<'_> {
    fn rule(&mut self, path: &str, depth: usize) -> Known {
        if let Some(known) = self.known.get(path) {
            return *known;
        }
        let Some(definitions) = self.compiled.get_rules().get(path) else { return Known::default() };
        if depth > CHAIN_REFUSED {
            return Known { chain: CHAIN_REFUSED, ..Known::default() };
        }
        self.known.insert(path.to_owned(), Known::default());
        let package = path.rsplit_once('.').map_or("", |(package, _)| package).to_owned();
        let mut known = Known::default();
        for definition in definitions {
            let Rule::Spec { head, bodies, .. } = &**definition else { continue };
            let mut count = Count::default();
            let (values, mut scalar): (Vec<&Ref<Expr>>, bool) = match head {
                RuleHead::Compr { assign, refr, .. } => {
                    (assign.iter().map(|assign| &assign.value).collect(), matches!(&**refr, Expr::Var { .. }))
                }
                RuleHead::Set { key, .. } => (key.iter().collect(), false),
                RuleHead::Func { assign, .. } => (assign.iter().map(|assign| &assign.value).collect(), true),
            };
            for value in values {
                scalar &= is_literal(value);
                self.expr(value, &package, &mut count, depth);
            }
            for body in bodies {
                if let Some(assign) = &body.assign {
                    scalar &= is_literal(&assign.value);
                    self.expr(&assign.value, &package, &mut count, depth);
                }
                self.query(&body.query, &package, &mut count, depth);
            }
            let all = count.own + count.calls + count.rules;
            known.peak = known.peak.max(all).max(count.peak);
            known.value = known.value.max(if scalar { 0 } else { all });
            known.chain = known.chain.max(count.chain + 1);
        }
        self.known.insert(path.to_owned(), known);
        known
    }

    fn query(&mut self, query: &Query, package: &str, count: &mut Count, depth: usize) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn { collection, .. } => self.expr(collection, package, count, depth),
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => {
                    self.expr(expr, package, count, depth);
                }
                Literal::Every { domain, query, .. } => {
                    self.expr(domain, package, count, depth);
                    self.query(query, package, count, depth);
                }
            }
        }
    }

    fn expr(&mut self, expr: &Expr, package: &str, count: &mut Count, depth: usize) {
        match expr {
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                count.own += usize::from(items.iter().filter(|item| !is_literal(item)).count() > 1);
                items.iter().for_each(|item| self.expr(item, package, count, depth));
            }
            Expr::Object { fields, .. } => {
                let parts = fields.iter().flat_map(|(_, key, value)| [key, value]);
                count.own += usize::from(parts.clone().filter(|part| !is_literal(part)).count() > 1);
                parts.for_each(|part| self.expr(part, package, count, depth));
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                count.own += COMPREHENSION;
                self.expr(term, package, count, depth);
                self.query(query, package, count, depth);
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                count.own += COMPREHENSION;
                self.expr(key, package, count, depth);
                self.expr(value, package, count, depth);
                self.query(query, package, count, depth);
            }
            Expr::Call { fcn, params, .. } => self.call(fcn, params, package, count, depth),
            Expr::UnaryExpr { expr, .. } => self.expr(expr, package, count, depth),
            Expr::RefDot { refr, .. } => {
                self.reference(expr, package, count, depth);
                self.expr(refr, package, count, depth);
            }
            Expr::RefBrack { refr, index, .. } => {
                self.expr(refr, package, count, depth);
                self.expr(index, package, count, depth);
            }
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => {
                self.expr(lhs, package, count, depth);
                self.expr(rhs, package, count, depth);
            }
            Expr::Membership { key, value, collection, .. } => {
                key.iter().chain([value, collection]).for_each(|part| self.expr(part, package, count, depth));
            }
            Expr::Var { .. } => self.reference(expr, package, count, depth),
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
        }
    }

    /// A name that may be a rule's: of the same package, or with its whole path.
    fn reference(&mut self, expr: &Expr, package: &str, count: &mut Count, depth: usize) {
        let text = expr.span().text();
        let path = if text.starts_with("data.") { text.to_owned() } else { format!("{package}.{text}") };
        let known = self.rule(&path, depth + 1);
        count.rules = count.rules.max(known.value);
        count.chain = count.chain.max(known.chain);
    }

    fn call(&mut self, fcn: &Expr, params: &[Ref<Expr>], package: &str, count: &mut Count, depth: usize) {
        let name = fcn.span().text();
        let before = count.own;
        params.iter().for_each(|param| self.expr(param, package, count, depth));
        match name {
            // A text of the parts, whose length is metered.
            "sprintf" | "concat" | "count" | "internal.template_string" => count.own = before,
            // Its operations can put the whole into itself as often as there are operations.
            "json.patch" => count.own += DOUBLINGS_MAX,
            "array.concat" | "object.union" | "object.union_n" => count.own += 1,
            _ => {}
        }
        let path = if name.starts_with("data.") { name.to_owned() } else { format!("{package}.{name}") };
        let known = self.rule(&path, depth + 1);
        count.calls += known.value;
        count.peak = count.peak.max(known.peak);
        count.chain = count.chain.max(known.chain);
    }
}

fn is_literal(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
    )
}
