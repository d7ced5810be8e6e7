//! What the built-ins cost, told from their arguments before they run.
//!
//! A cost is a number of bytes, above what the built-in will hold in memory, and for those that take long for little
//! memory a number that takes about as long as copying so many bytes.

use std::collections::HashMap;
use std::sync::LazyLock;

use regorus::rvm::Program;
use regorus::unstable::BUILTINS;
use regorus::{LimitError, Value};

use crate::extensions::Function;
use crate::meter::{left, spend};
use crate::patterns;

/// What a cost function says; an error ends the evaluation at once.
type Cost = Result<u64, LimitError>;

/// What one value of a list, set or object takes besides its own contents, bytes.
const MEMBER_BYTES: u64 = 48;

macro_rules! metered {
    ($($name:literal => $cost:expr),* $(,)?) => {
        /// The metered form of each built-in that can be costly.
        static METERED: LazyLock<HashMap<&'static str, Function>> = LazyLock::new(|| {
            let mut metered: HashMap<&'static str, Function> = HashMap::new();
            $(if BUILTINS.contains_key($name) {
                let function: Function = |span, params, arguments, strict| {
                    static PLAIN: LazyLock<Function> = LazyLock::new(|| BUILTINS[$name].0);
                    let cost: fn(&[Value]) -> Cost = $cost;
                    spend(cost(arguments)?)?;
                    PLAIN(span, params, arguments, strict)
                };
                metered.insert($name, function);
            })*
            metered
        });
    };
}

metered! {
    "array.concat" => members,
    "array.reverse" => members,
    "array.slice" => members,
    "base64.decode" => |a| Ok(2 * texts(a)),
    "base64.encode" => |a| Ok(2 * texts(a)),
    "base64url.decode" => |a| Ok(2 * texts(a)),
    "base64url.encode" => |a| Ok(2 * texts(a)),
    "base64url.encode_no_pad" => |a| Ok(2 * texts(a)),
    "concat" => |a| Ok(texts(a) + length(a, 1).saturating_mul(text(a, 0))),
    "contains" => |a| Ok(texts(a)),
    "glob.match" => |a| patterns::glob(a),
    "graph.reachable" => deep,
    "hex.decode" => |a| Ok(texts(a)),
    "hex.encode" => |a| Ok(2 * texts(a)),
    "indexof" => |a| Ok(texts(a)),
    "indexof_n" => |a| Ok(texts(a).saturating_mul(24)),
    "intersection" => deep,
    "json.filter" => deep,
    "json.is_valid" => |a| Ok(texts(a).saturating_add(exponents(a))),
    "json.marshal_with_options" => |a| Ok(deep(a)?.saturating_mul(4)),
    "json.patch" => |a| Ok(deep(a)?.saturating_mul(1 + length(a, 1))),
    "json.remove" => deep,
    "json.unmarshal" => |a| Ok(texts(a).saturating_mul(32).saturating_add(exponents(a))),
    "lower" => |a| Ok(texts(a)),
    "max" => deep,
    "min" => deep,
    "object.filter" => deep,
    "object.keys" => members,
    "object.remove" => deep,
    "object.subset" => deep,
    "object.union" => deep,
    "object.union_n" => deep,
    "product" => factors,
    "regex.find_n" => |a| patterns::regex(a, 0, 1, 48),
    "regex.globs_match" => |a| patterns::globs(a),
    "regex.match" => |a| patterns::regex(a, 0, 1, 0),
    "regex.replace" => |a| {
        let by_match = text(a, 2).saturating_add(dollars(a, 2).saturating_mul(text(a, 0)));
        Ok(patterns::regex(a, 1, 0, 0)?.saturating_add((text(a, 0) + 1).saturating_mul(by_match)))
    },
    "regex.split" => |a| patterns::regex(a, 0, 1, 48),
    "regex.template_match" => |a| patterns::regex(a, 0, 1, 0),
    "replace" => |a| {
        let places = 1 + text(a, 0) / text(a, 1).max(1);
        Ok(text(a, 0) + places.saturating_mul(text(a, 2)))
    },
    "sort" => deep,
    "split" => |a| Ok(text(a, 0) + (1 + text(a, 0) / text(a, 1).max(1)).saturating_mul(MEMBER_BYTES)),
    "sprintf" => |a| Ok(deep(a)?.saturating_add(patterns::format(a))),
    "strings.any_prefix_match" => matches,
    "strings.any_suffix_match" => matches,
    "strings.reverse" => |a| Ok(4 * texts(a)),
    "substring" => |a| Ok(texts(a)),
    "sum" => numbers,
    "to_number" => numbers,
    "trim" => |a| Ok(texts(a)),
    "trim_left" => |a| Ok(texts(a)),
    "trim_right" => |a| Ok(texts(a)),
    "trim_space" => |a| Ok(texts(a)),
    "union" => deep,
    "units.parse" => numbers,
    "units.parse_bytes" => numbers,
    "upper" => |a| Ok(2 * texts(a)),
    "urlquery.decode" => |a| Ok(texts(a)),
    "urlquery.decode_object" => |a| Ok(texts(a).saturating_mul(32)),
    "urlquery.encode" => |a| Ok(3 * texts(a)),
    "urlquery.encode_object" => |a| Ok(deep(a)?.saturating_mul(3)),
    // Each node with its path.
    "walk" => |a| Ok(deep(a)?.saturating_mul(4)),
    "yaml.is_valid" => |a| Ok(texts(a).saturating_mul(64).saturating_add(exponents(a))),
    "yaml.marshal" => deep,
    "yaml.unmarshal" => |a| Ok(texts(a).saturating_mul(64).saturating_add(exponents(a))),
}

/// Puts the metered forms into a program.
pub(crate) fn meter(program: &mut Program) {
    for (info, resolved) in program.builtin_info_table.iter().zip(&mut program.resolved_builtins) {
        if let Some(metered) = METERED.get(info.name.as_str()) {
            resolved.0 = *metered;
        }
    }
}

/// The same of extensions.
pub(crate) fn extension(arguments: &[Value]) -> Result<(), LimitError> {
    spend(2 * texts(arguments))
}

/// Length of an argument that is a text.
fn text(arguments: &[Value], index: usize) -> u64 {
    arguments.get(index).map_or(0, written)
}

fn written(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        _ => 0,
    }
}

/// Length of all texts of the arguments, and of the texts in their lists.
fn texts(arguments: &[Value]) -> u64 {
    let one = |argument: &Value| match argument {
        Value::Array(members) => members.iter().map(written).sum(),
        Value::Set(members) => members.iter().map(written).sum(),
        other => written(other),
    };
    arguments.iter().map(one).sum()
}

/// How many members an argument has.
fn length(arguments: &[Value], index: usize) -> u64 {
    (match arguments.get(index) {
        Some(Value::Array(members)) => members.len(),
        Some(Value::Set(members)) => members.len(),
        Some(Value::Object(members)) => members.len(),
        _ => 0,
    }) as u64
}

fn members(arguments: &[Value]) -> Cost {
    Ok((0..arguments.len()).map(|index| length(arguments, index)).sum::<u64>().saturating_mul(MEMBER_BYTES))
}

/// Everything the arguments hold, as often as it is in them. Counting ends where the evaluation would.
pub(crate) fn deep(arguments: &[Value]) -> Cost {
    let limit = left();
    let mut bytes = 0_u64;
    let mut waiting: Vec<&Value> = arguments.iter().collect();
    while let Some(value) = waiting.pop() {
        bytes = bytes.saturating_add(MEMBER_BYTES).saturating_add(written(value));
        if bytes > limit {
            return Ok(bytes);
        }
        match value {
            Value::Array(members) => waiting.extend(members.iter()),
            Value::Set(members) => waiting.extend(members.iter()),
            Value::Object(members) => {
                for (key, value) in members.iter() {
                    waiting.push(key);
                    waiting.push(value);
                }
            }
            _ => {}
        }
    }
    Ok(bytes)
}

/// Each text of one list against each of the other.
fn matches(arguments: &[Value]) -> Cost {
    Ok((0..2).map(|index| length(arguments, index).max(1)).product::<u64>())
}

/// Texts of numbers: one with many digits takes the square of them.
fn numbers(arguments: &[Value]) -> Cost {
    let length = texts(arguments);
    Ok(members(arguments)?.saturating_add(length.saturating_mul(length)).saturating_add(exponents(arguments)))
}

/// Factors make one number with the digits of all of them, and each multiplication goes over what there is by then.
fn factors(arguments: &[Value]) -> Cost {
    /// Digits of one step of the engine's arithmetic, squared: that many together cost about a byte.
    const STEP: u64 = 16;
    let digits: u64 = match arguments.first() {
        Some(Value::Array(members)) => members.iter().map(digits).sum(),
        Some(Value::Set(members)) => members.iter().map(digits).sum(),
        _ => 0,
    };
    Ok(numbers(arguments)?.saturating_add(digits.saturating_mul(digits) / STEP))
}

/// At most how many digits a number has.
fn digits(value: &Value) -> u64 {
    const OF_64_BITS: u64 = 20;
    match value {
        Value::Number(number) if number.as_i64().is_some() || number.as_u64().is_some() => OF_64_BITS,
        Value::Number(number) => number.format_decimal().len() as u64,
        _ => 0,
    }
}

/// A text that holds numbers is endless when one of them has an exponent of four digits or more: the engine writes all
/// the zeros out.
fn exponents(arguments: &[Value]) -> u64 {
    let part_of_number = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let endless = |text: &str| text.split(|c| !part_of_number(c)).any(has_long_exponent);
    match arguments.first() {
        Some(Value::String(text)) if endless(text) => u64::MAX,
        _ => 0,
    }
}

/// `1e9999`, with or without a unit behind.
fn has_long_exponent(word: &str) -> bool {
    const DIGITS: usize = 4;
    let Some((number, exponent)) = word.split_once(['e', 'E']) else { return false };
    let exponent =
        exponent.trim_start_matches(['+', '-']).trim_end_matches(|c: char| c.is_ascii_alphabetic());
    number.contains(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || "+-.".contains(c))
        && exponent.len() >= DIGITS
        && exponent.chars().all(|c| c.is_ascii_digit())
}

/// How many groups a replacement puts in.
fn dollars(arguments: &[Value], index: usize) -> u64 {
    match arguments.get(index) {
        Some(Value::String(text)) => text.matches('$').count() as u64,
        _ => 0,
    }
}
