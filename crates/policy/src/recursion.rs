//! Rules that call themselves, and how long a row of calls can be.

use std::collections::HashMap;

use regorus::rvm::{Instruction, Program};

/// The longest row of rules of which each calls the next, or the name of one that can come to call itself: Rego knows no
/// recursion, and the compiled form would recurse until the stack ends, and the process with it.
pub(crate) fn longest_row(program: &Program) -> Result<usize, String> {
    let mut known = HashMap::new();
    let mut longest = 0;
    for rule in 0..program.rule_infos.len() {
        longest = longest.max(row(program, rule, &mut known)?);
    }
    Ok(longest)
}

/// Length of the row that begins with `rule`; one that is being looked at is in the map without a length.
fn row(program: &Program, rule: usize, known: &mut HashMap<usize, Option<usize>>) -> Result<usize, String> {
    match known.get(&rule) {
        Some(Some(length)) => return Ok(*length),
        Some(None) => return Err(program.rule_infos[rule].name.clone()),
        None => {}
    }
    known.insert(rule, None);
    let mut longest = 0;
    for called in calls(program, rule) {
        longest = longest.max(row(program, called, known)?);
    }
    known.insert(rule, Some(longest + 1));
    Ok(longest + 1)
}

fn calls(program: &Program, rule: usize) -> Vec<usize> {
    let info = &program.rule_infos[rule];
    let entries = info.definitions.iter().flatten().chain(info.destructuring_blocks.iter().flatten());
    let mut called = Vec::new();
    for entry in entries {
        for instruction in program.instructions.iter().skip(*entry as usize) {
            match instruction {
                Instruction::CallRule { rule_index, .. } => called.push(usize::from(*rule_index)),
                Instruction::FunctionCall { params_index } => {
                    let params = program.instruction_data.get_function_call_params(*params_index);
                    called.extend(params.map(|params| usize::from(params.func_rule_index)));
                }
                Instruction::RuleReturn {} | Instruction::DestructuringSuccess {} => break,
                _ => {}
            }
        }
    }
    called.retain(|called| *called < program.rule_infos.len());
    called.sort_unstable();
    called.dedup();
    called
}
