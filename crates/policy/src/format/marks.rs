//! What the tree says about tokens.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Literal, LiteralStmt, Module, Query, Ref, Rule};

use super::tokens::{Kind, Token};
use crate::syntax::{Visitor, visit_module};

/// Tokens that begin something, by index.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// `package`, imports and rules, with what they are.
    pub(crate) items: BTreeMap<usize, Item>,
    pub(crate) stmts: BTreeSet<usize>,
    /// `{` of rule bodies.
    pub(crate) bodies: BTreeSet<usize>,
    /// `{` behind `every`.
    pub(crate) every: BTreeSet<usize>,
    /// `|` of comprehensions.
    pub(crate) bars: BTreeSet<usize>,
    pub(crate) elses: BTreeSet<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Package,
    Import,
    Rule {
        /// Written on one line, so that it may stand right below another such.
        groupable: bool,
    },
}

impl Marks {
    pub(crate) fn of(module: &Module, tokens: &[Token<'_>]) -> Self {
        let mut finder = Finder { tokens, marks: Marks::default() };
        finder.item(module.package.span.start, Item::Package);
        for import in &module.imports {
            finder.item(import.span.start, Item::Import);
        }
        for rule in &module.policy {
            finder.rule(rule);
        }
        visit_module(module, &mut finder);
        finder.marks
    }
}

struct Finder<'t> {
    tokens: &'t [Token<'t>],
    marks: Marks,
}

impl Finder<'_> {
    /// The token at a place. Places of texts are behind their quote.
    fn token(&self, place: u32) -> Option<usize> {
        let after = self.tokens.partition_point(|token| token.start <= place as usize);
        let index = after.checked_sub(1)?;
        let token = &self.tokens[index];
        (token.kind != Kind::Comment && (place as usize) < token.end().max(token.start + 1)).then_some(index)
    }

    fn item(&mut self, place: u32, item: Item) {
        if let Some(index) = self.token(place) {
            self.marks.items.insert(index, item);
        }
    }

    fn rule(&mut self, rule: &Ref<Rule>) {
        let groupable = match &**rule {
            Rule::Default { .. } => false,
            Rule::Spec { bodies, .. } => match bodies.as_slice() {
                [] => true,
                [body] => body.query.stmts.len() == 1,
                _ => false,
            },
        };
        self.item(rule.span().start, Item::Rule { groupable });
        let Rule::Spec { bodies, .. } = &**rule else { return };
        for body in bodies {
            if body.is_else
                && let Some(index) = self.token(body.span.start)
            {
                self.marks.elses.insert(index);
            }
            if let Some(index) = self.brace(&body.query) {
                self.marks.bodies.insert(index);
            }
        }
    }

    /// The brace before a query, when it stands in braces.
    fn brace(&self, query: &Query) -> Option<usize> {
        let index = self.token(query.span.start)?;
        let first = self.token(query.stmts.first()?.span.start)?;
        (self.tokens[index].text == "{" && index != first).then_some(index)
    }
}

impl Visitor for Finder<'_> {
    fn expr(&mut self, expr: &Ref<Expr>) {
        if let Expr::ArrayCompr { query, .. } | Expr::SetCompr { query, .. } | Expr::ObjectCompr { query, .. } =
            &**expr
            && let Some(index) = self.token(query.span.start)
        {
            self.marks.bars.insert(index);
        }
    }

    fn stmt(&mut self, stmt: &LiteralStmt) {
        if let Some(index) = self.token(stmt.span.start) {
            self.marks.stmts.insert(index);
        }
        if let Literal::Every { query, .. } = &stmt.literal
            && let Some(index) = self.brace(query)
        {
            self.marks.every.insert(index);
        }
    }
}
