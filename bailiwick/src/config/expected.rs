//! A value of the wrong kind, said in a person's words instead of the program's types.

use figment::error::{Actual, Kind};

use super::check::nearest;

/// What was expected and what was found.
pub fn sentence(kind: &Kind) -> String {
    match kind {
        Kind::InvalidType(found, wanted) | Kind::InvalidValue(found, wanted) => {
            format!("expected {}, not {}", wanted_words(wanted), found_words(found))
        }
        Kind::UnknownVariant(found, wanted) => {
            let hint = nearest(found, wanted.iter().copied());
            let hint = hint.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            format!("`{found}` is none of {}{hint}", wanted.join(", "))
        }
        other => other.to_string(),
    }
}

fn wanted_words(wanted: &str) -> String {
    let up_to = |max: u64| format!("a whole number from 0 to {max}");
    match wanted {
        "u8" => up_to(u8::MAX.into()),
        "u16" => up_to(u16::MAX.into()),
        "u32" => up_to(u32::MAX.into()),
        "u64" | "usize" | "u128" => "a whole number, 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" => "a text in quotes".to_owned(),
        "path string" => "a path in quotes".to_owned(),
        "a sequence" => "a list".to_owned(),
        other if other.starts_with("struct ") || other == "a map" => "a section".to_owned(),
        other => other.to_owned(),
    }
}

fn found_words(found: &Actual) -> String {
    match found {
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(value) => value.to_string(),
        Actual::Signed(value) => value.to_string(),
        Actual::Float(value) => value.to_string(),
        Actual::Str(value) => format!("{value:?}"),
        Actual::Seq => "a list".to_owned(),
        Actual::Map => "a section".to_owned(),
        other => other.to_string(),
    }
}
