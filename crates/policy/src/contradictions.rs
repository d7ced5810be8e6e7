//! Rules that the compiled form would read otherwise than OPA.

use regorus::CompiledPolicy;
use regorus::rvm::instructions::LoopMode;
use regorus::rvm::{Instruction, Program};
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
        if let Some(value) = definitions.iter().find_map(|rule| undefined_before_else(rule)) {
            let what = "this value can be undefined, which would end the chain of `else`; bind it in the body first \
                        (`value := …`) and give `value`";
            let span = value.span();
            return Err(at(span.source.file(), span.line as usize, span.col as usize, what, files));
        }
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

/// In OPA a body whose value is undefined does not hold, and the next `else` is tried. The compiled form stops there.
fn undefined_before_else(rule: &Rule) -> Option<&Ref<Expr>> {
    let Rule::Spec { head, bodies, .. } = rule else { return None };
    let of_head = match head {
        RuleHead::Compr { assign, .. } | RuleHead::Func { assign, .. } => assign.as_ref(),
        RuleHead::Set { .. } => None,
    };
    bodies
        .windows(2)
        .filter(|pair| pair[1].is_else)
        .filter_map(|pair| pair[0].assign.as_ref().or(if pair[0].is_else { None } else { of_head }))
        .map(|assign| &assign.value)
        .find(|value| may_be_undefined(value))
}

fn may_be_undefined(value: &Expr) -> bool {
    match value {
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().any(|item| may_be_undefined(item))
        }
        Expr::Object { fields, .. } => {
            fields.iter().any(|(_, key, value)| may_be_undefined(key) || may_be_undefined(value))
        }
        Expr::Call { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } | Expr::ArithExpr { .. } => true,
        Expr::BinExpr { .. } | Expr::BoolExpr { .. } | Expr::UnaryExpr { .. } => true,
        _ => false,
    }
}

/// In OPA a body that finds nothing does not hold, and the next `else` is tried. The compiled form takes a loop that ran
/// to its end for done.
pub(crate) fn check_loops(
    program: &Program,
    compiled: &CompiledPolicy,
    files: &[PolicyFile],
) -> Result<(), PolicyError> {
    for rule in &program.rule_infos {
        for (definition, bodies) in rule.definitions.iter().enumerate() {
            let followed = bodies.len().saturating_sub(1);
            let Some(body) = (0..followed).find(|body| loops(program, bodies[*body])) else { continue };
            let what =
                "this body looks for something and has an `else`; move the search into a rule of its own";
            let place = compiled.get_rules().get(&rule.name).and_then(|rules| rules.get(definition));
            return Err(match place.map(|rule| &**rule) {
                Some(Rule::Spec { bodies, .. }) if bodies.len() > body => {
                    let span = &bodies[body].query.span;
                    at(span.source.file(), span.line as usize, span.col as usize, what, files)
                }
                _ => PolicyError::new(format!("{}: {what}", rule.name)),
            });
        }
    }
    Ok(())
}

/// Whether the body that begins at `start` has a loop that is not inside of a comprehension and not an `every`.
fn loops(program: &Program, start: u32) -> bool {
    let mut inside = 0_usize;
    for instruction in program.instructions.iter().skip(start as usize) {
        match instruction {
            Instruction::ComprehensionBegin { .. } => inside += 1,
            Instruction::ComprehensionEnd {} => inside = inside.saturating_sub(1),
            Instruction::LoopStart { params_index } if inside == 0 => {
                let params = program.instruction_data.get_loop_params(*params_index);
                if params.is_none_or(|params| params.mode != LoopMode::Every) {
                    return true;
                }
            }
            Instruction::RuleReturn {} => return false,
            _ => {}
        }
    }
    false
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
