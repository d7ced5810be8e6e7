//! Which definitions of a rule can speak for a question at all.
//!
//! A definition whose body demands `input.point == "tool.call"` adds nothing at any other point, and one that demands
//! `input.tool.name == "send_mail"` nothing for any other tool. Both are read off the tree, once, so that a question is
//! put only to the definitions that could answer it, however many others there are. What cannot be told is kept.

use std::collections::BTreeSet;

use regorus::CompiledPolicy;
use regorus::unstable::{AssignOp, BoolOp, Expr, Literal, LiteralStmt, Query, Ref, Rule, RuleHead};

/// Longest chain of helper rules that is followed.
const HELPERS_MAX: usize = 8;

type Names = BTreeSet<String>;

/// Where a definition can speak; `None` is everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    points: Option<Names>,
    tools: Option<Names>,
}

impl Scope {
    /// Whether the definition can speak at this point, for a tool that is known by name to some rule (or for one that
    /// no rule names).
    pub(crate) fn covers(&self, point: &str, tool: Option<&str>) -> bool {
        self.points.as_ref().is_none_or(|points| points.contains(point))
            && self.tools.as_ref().is_none_or(|tools| tool.is_some_and(|tool| tools.contains(tool)))
    }

    /// The names of tools it demands.
    pub(crate) fn tools(&self) -> impl Iterator<Item = &String> {
        self.tools.iter().flatten()
    }

    fn nowhere() -> Self {
        Self { points: Some(Names::new()), tools: Some(Names::new()) }
    }

    fn and(self, other: Self) -> Self {
        let both = |a: Option<Names>, b: Option<Names>| match (a, b) {
            (Some(a), Some(b)) => Some(a.intersection(&b).cloned().collect()),
            (one, None) | (None, one) => one,
        };
        Self { points: both(self.points, other.points), tools: both(self.tools, other.tools) }
    }

    fn or(self, other: Self) -> Self {
        let either = |a: Option<Names>, b: Option<Names>| Some(a?.union(&b?).cloned().collect());
        Self { points: either(self.points, other.points), tools: either(self.tools, other.tools) }
    }
}

/// The scopes of the definitions of a rule of `package`, in their order.
pub(crate) fn scopes_of(compiled: &CompiledPolicy, package: &str, rule: &str) -> Vec<Scope> {
    let reader = Reader::new(compiled, package);
    reader.definitions(rule).iter().map(|definition| reader.definition(definition, 0)).collect()
}

struct Reader<'c> {
    compiled: &'c CompiledPolicy,
    package: &'c str,
    /// Names that may mean something else than the rule of that name: defaults hold when no body does, imports hide.
    ambiguous: BTreeSet<String>,
}

impl<'c> Reader<'c> {
    fn new(compiled: &'c CompiledPolicy, package: &'c str) -> Self {
        let mut ambiguous = BTreeSet::new();
        for module in compiled.get_modules().iter() {
            for import in &module.imports {
                let name =
                    import.r#as.as_ref().map_or_else(|| last_name(&import.refr), |name| Some(name.text()));
                ambiguous.extend(name.map(str::to_owned));
            }
            for rule in &module.policy {
                if let Rule::Default { refr, .. } = &**rule {
                    ambiguous.extend(last_name(refr).map(str::to_owned));
                }
            }
        }
        Self { compiled, package, ambiguous }
    }

    fn definitions(&self, rule: &str) -> &'c [Ref<Rule>] {
        self.compiled.get_rules().get(&format!("{}.{rule}", self.package)).map_or(&[], Vec::as_slice)
    }

    fn definition(&self, rule: &Rule, depth: usize) -> Scope {
        let Rule::Spec { bodies, .. } = rule else { return Scope::default() };
        bodies.iter().map(|body| self.query(&body.query, depth)).reduce(Scope::or).unwrap_or_default()
    }

    /// What all the statements of a body demand together.
    fn query(&self, query: &Query, depth: usize) -> Scope {
        let locals = locals(query);
        query
            .stmts
            .iter()
            .filter(|statement| statement.with_mods.is_empty())
            .map(|statement| self.statement(statement, &locals, depth))
            .fold(Scope::default(), Scope::and)
    }

    fn statement(&self, statement: &LiteralStmt, locals: &Names, depth: usize) -> Scope {
        match &statement.literal {
            Literal::Expr { expr, .. } => match demanded(expr) {
                Some(scope) => scope,
                None => self.helper(expr, locals, depth, false),
            },
            // `some x in judged` holds nothing when the list is empty.
            Literal::SomeIn { collection, .. } => self.helper(collection, locals, depth, true),
            Literal::SomeVars { .. } | Literal::NotExpr { .. } | Literal::Every { .. } => Scope::default(),
        }
    }

    /// A rule of the same package that must hold, or (`members`) have members.
    fn helper(&self, expr: &Expr, locals: &Names, depth: usize, members: bool) -> Scope {
        let Expr::Var { span, .. } = expr else { return Scope::default() };
        let name = span.text();
        let definitions = self.definitions(name);
        if depth >= HELPERS_MAX
            || definitions.is_empty()
            || locals.contains(name)
            || self.ambiguous.contains(name)
        {
            return Scope::default();
        }
        definitions
            .iter()
            .map(|definition| {
                let holds = self.definition(definition, depth + 1);
                match &**definition {
                    Rule::Spec { head: RuleHead::Set { .. }, .. } if members => holds,
                    Rule::Spec { head: RuleHead::Compr { assign: Some(assign), .. }, bodies, .. }
                        if members && bodies.len() <= 1 =>
                    {
                        holds.and(self.comprehended(&assign.value, depth + 1))
                    }
                    // The rule itself must be defined; a set always is.
                    Rule::Spec { head: RuleHead::Compr { refr, .. }, .. }
                        if matches!(&**refr, Expr::Var { .. }) =>
                    {
                        holds
                    }
                    _ => Scope::default(),
                }
            })
            .fold(Scope::nowhere(), Scope::or)
    }

    /// What a comprehension demands to have members.
    fn comprehended(&self, value: &Expr, depth: usize) -> Scope {
        match value {
            Expr::ArrayCompr { query, .. } | Expr::SetCompr { query, .. } => self.query(query, depth),
            _ => Scope::default(),
        }
    }
}

/// `input.point == "…"`, `input.point in {"…"}`, and the same of `input.tool.name`.
fn demanded(expr: &Expr) -> Option<Scope> {
    let (subject, names) = match expr {
        Expr::BoolExpr { op: BoolOp::Eq, lhs, rhs, .. }
        | Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } => match (text(lhs), text(rhs)) {
            (None, Some(name)) => (lhs, Names::from([name])),
            (Some(name), None) => (rhs, Names::from([name])),
            _ => return None,
        },
        Expr::Membership { key: None, value, collection, .. } => match &**collection {
            Expr::Set { items, .. } | Expr::Array { items, .. } => {
                (value, items.iter().map(|item| text(item)).collect::<Option<Names>>()?)
            }
            _ => return None,
        },
        _ => return None,
    };
    match path(subject)?.as_slice() {
        ["input", "point"] => Some(Scope { points: Some(names), tools: None }),
        ["input", "tool", "name"] => Some(Scope { points: None, tools: Some(names) }),
        _ => None,
    }
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::String { value, .. } | Expr::RawString { value, .. } => {
            value.as_string().ok().map(|text| text.to_string())
        }
        _ => None,
    }
}

/// `input.tool.name` as its names.
fn path(expr: &Expr) -> Option<Vec<&str>> {
    match expr {
        Expr::Var { span, .. } => Some(vec![span.text()]),
        Expr::RefDot { refr, field, .. } => {
            let mut names = path(refr)?;
            names.push(field.0.text());
            Some(names)
        }
        _ => None,
    }
}

fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Var { span, .. } => Some(span.text()),
        Expr::RefDot { field, .. } => Some(field.0.text()),
        _ => None,
    }
}

/// Names that a body declares, which hide rules of the same name.
fn locals(query: &Query) -> Names {
    let mut names = Names::new();
    for statement in &query.stmts {
        match &statement.literal {
            Literal::SomeVars { vars, .. } => names.extend(vars.iter().map(|var| var.text().to_owned())),
            Literal::SomeIn { key, value, .. } => {
                key.iter().chain([value]).for_each(|pattern| variables(pattern, &mut names));
            }
            Literal::Expr { expr, .. } => {
                if let Expr::AssignExpr { op: AssignOp::ColEq, lhs, .. } = &**expr {
                    variables(lhs, &mut names);
                }
            }
            Literal::NotExpr { .. } | Literal::Every { .. } => {}
        }
    }
    names
}

fn variables(pattern: &Expr, names: &mut Names) {
    match pattern {
        Expr::Var { span, .. } => {
            names.insert(span.text().to_owned());
        }
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| variables(item, names));
        }
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, _, value)| variables(value, names)),
        _ => {}
    }
}
