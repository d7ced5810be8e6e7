//! Built-ins that a policy may not call.

use regorus::rvm::Program;

use crate::compile::at;
use crate::{PolicyError, PolicyFile};

/// Refused, each with its reason. The time limit of an evaluation is looked at between instructions, so one call
/// that runs long would outlast it; and an answer that depends on more than the question cannot be replayed.
const REFUSED: &[(&str, &str)] = &[
    ("numbers.range", "it can build a list of any length in one step"),
    ("numbers.range_step", "it can build a list of any length in one step"),
    ("net.cidr_expand", "it can build a list of any length in one step"),
    ("graph.reachable_paths", "the number of paths can grow exponentially in one step"),
    ("json.match_schema", "a schema can hold patterns that take exponential time"),
    ("json.verify_schema", "a schema can hold patterns that take exponential time"),
    ("bits.lsh", "a shift can make a number of any length"),
    ("format_int", "it can write a number of any length"),
    ("http.send", "a policy does no I/O"),
    ("opa.runtime", "a policy sees the question and nothing else"),
    ("rand.intn", "the same question must get the same answer"),
    ("time.now_ns", "the same question must get the same answer"),
    ("uuid.rfc4122", "the same question must get the same answer"),
    ("trace", "there is no trace to write to"),
];

/// Widest field that a format of `sprintf` may ask for.
const FORMAT_WIDTH_MAX: usize = 1_000;

/// Refuses a program whose rules call one of them, at the first place where the name is written.
pub(crate) fn check(program: &Program, files: &[PolicyFile]) -> Result<(), PolicyError> {
    for builtin in &program.builtin_info_table {
        if let Some((name, why)) = REFUSED.iter().find(|(name, _)| *name == builtin.name) {
            return Err(refusal(name, why, files));
        }
    }
    match program.literals.iter().filter_map(|literal| literal.as_string().ok()).find(|text| too_wide(text)) {
        Some(text) => Err(PolicyError::new(format!(
            "the format {:?} asks for a field wider than {FORMAT_WIDTH_MAX} characters",
            text.as_ref()
        ))),
        None => Ok(()),
    }
}

/// Whether some `%` is followed by a width above the limit.
fn too_wide(format: &str) -> bool {
    format.split('%').skip(1).any(|after| {
        let digits: String =
            after.chars().skip_while(|c| *c == '.').take_while(char::is_ascii_digit).collect();
        !digits.is_empty() && digits.parse::<usize>().map_or(true, |width| width > FORMAT_WIDTH_MAX)
    })
}

fn refusal(name: &str, why: &str, files: &[PolicyFile]) -> PolicyError {
    let what = format!("`{name}` may not be called: {why}");
    let place = files.iter().find_map(|file| {
        file.text.lines().enumerate().find_map(|(number, line)| {
            let code = line.split('#').next().unwrap_or(line);
            let offset = code.find(&format!("{name}("))?;
            Some((&file.path, number + 1, code[..offset].chars().count() + 1))
        })
    });
    match place {
        Some((path, line, column)) => at(path, line, column, &what, files),
        None => PolicyError::new(what),
    }
}
