//! Rules that could contradict themselves.

use regorus::CompiledPolicy;
use regorus::unstable::{Expr, Ref, Rule, RuleAssign, RuleHead};

use crate::compile::at;
use crate::{PolicyError, PolicyFile};

/// Refuses a rule or function with two definitions that could hold at once with different values.
///
/// OPA ends such an evaluation with an error. The compiled form takes the value for undefined and goes on, by
/// which a deny that depends on it would fall silent. `else` puts the definitions into an order and is fine.
pub(crate) fn check(compiled: &CompiledPolicy, files: &[PolicyFile]) -> Result<(), PolicyError> {
    for (path, definitions) in compiled.get_rules() {
        let definitions: Vec<&Rule> =
            definitions.iter().map(|rule| &**rule).filter(|rule| !is_test(rule)).collect();
        for (index, second) in definitions.iter().enumerate() {
            if definitions[..index].iter().any(|first| may_contradict(first, second)) {
                let name = path.rsplit('.').next().unwrap_or(path);
                let what = format!(
                    "`{name}` has several definitions with different values, and two of them could hold at once; \
                     join them with `else`"
                );
                let span = second.span();
                return Err(at(span.source.file(), span.line as usize, span.col as usize, &what, files));
            }
        }
    }
    Ok(())
}

fn is_test(rule: &Rule) -> bool {
    rule.span().source.file().ends_with("_test.rego")
}

fn may_contradict(first: &Rule, second: &Rule) -> bool {
    let (Rule::Spec { head: first, .. }, Rule::Spec { head: second, .. }) = (first, second) else {
        return false;
    };
    match (first, second) {
        (RuleHead::Compr { assign: a, .. }, RuleHead::Compr { assign: b, .. }) => !same(a, b),
        (RuleHead::Func { args: xs, assign: a, .. }, RuleHead::Func { args: ys, assign: b, .. }) => {
            !same(a, b) && !xs.iter().zip(ys).any(|(x, y)| different_literals(x, y))
        }
        _ => false,
    }
}

/// Whether both give the same literal; a rule without a value is `true`.
fn same(a: &Option<RuleAssign>, b: &Option<RuleAssign>) -> bool {
    let text = |assign: &Option<RuleAssign>| match assign {
        None => Some("true".to_owned()),
        Some(assign) => literal(&assign.value),
    };
    matches!((text(a), text(b)), (Some(a), Some(b)) if a == b)
}

/// `f("a") := 1` and `f("b") := 2` never hold for the same argument.
fn different_literals(a: &Ref<Expr>, b: &Ref<Expr>) -> bool {
    matches!((literal(a), literal(b)), (Some(a), Some(b)) if a != b)
}

fn literal(expr: &Ref<Expr>) -> Option<String> {
    match &**expr {
        Expr::String { value, .. } | Expr::RawString { value, .. } | Expr::Number { value, .. } => {
            Some(value.to_string())
        }
        Expr::Bool { value, .. } => Some(value.to_string()),
        Expr::Null { .. } => Some("null".into()),
        _ => None,
    }
}
