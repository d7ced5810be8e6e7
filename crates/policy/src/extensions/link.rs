//! Extensions in a compiled program.

use regorus::Value;
use regorus::rvm::instructions::BuiltinCallParams;
use regorus::rvm::program::BuiltinInfo;
use regorus::rvm::{Instruction, Program};

use super::{Call, EXTENSIONS};
use crate::costs;

/// Names and numbers of arguments, for the compiler to leave their calls to the host.
pub(crate) fn names() -> Vec<(&'static str, usize)> {
    EXTENSIONS.iter().map(|extension| (extension.name, usize::from(extension.arguments))).collect()
}

/// Turns every call that was left to the host into a call of a built-in. The error names the call that cannot be.
pub(crate) fn link(program: &mut Program) -> Result<(), String> {
    for at in 0..program.instructions.len() {
        let Instruction::HostAwait { dest, arg, id } = program.instructions[at] else { continue };
        let name = identifier(program, at, id).ok_or("a policy may not wait for its host")?;
        let extension = EXTENSIONS
            .iter()
            .find(|extension| extension.name == name)
            .ok_or_else(|| format!("there is no `{name}`"))?;
        let known = program.builtin_info_table.iter().position(|info| info.name == name);
        let index = known.unwrap_or_else(|| {
            program.builtin_info_table.push(BuiltinInfo { name: name.clone(), num_args: 1 });
            program.resolved_builtins.push((extension.linked, 1));
            program.builtin_info_table.len() - 1
        });
        let builtin_index = u16::try_from(index).map_err(|_| "the policy calls too many built-ins")?;
        let mut args = [0; 8];
        args[0] = arg;
        let params_index =
            program.add_builtin_call_params(BuiltinCallParams { dest, builtin_index, num_args: 1, args });
        program.instructions[at] = Instruction::BuiltinCall { params_index };
    }
    program.recompute_host_await_presence();
    Ok(())
}

/// The compiler loads the name of a registered call just before it. Anything else is a call that the policy wrote as
/// one to the host, with a name made at run time.
fn identifier(program: &Program, at: usize, id: u8) -> Option<String> {
    match program.instructions.get(at.checked_sub(1)?)? {
        Instruction::Load { dest, literal_idx } if *dest == id => {
            program.literals.get(usize::from(*literal_idx))?.as_string().ok().map(ToString::to_string)
        }
        _ => None,
    }
}

/// Calls `function` with the members of the one array it is handed.
pub(super) fn called(function: Call, arguments: &[Value]) -> anyhow::Result<Value> {
    match arguments {
        [Value::Array(members)] => {
            let members = members.as_slice();
            costs::extension(members)?;
            function(members).map_err(anyhow::Error::msg)
        }
        _ => Err(anyhow::Error::msg("the arguments are no array")),
    }
}
