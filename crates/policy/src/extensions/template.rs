//! Template strings: `$"the tool {input.tool.name} may not"`.
//!
//! The engine's parser does not know them, so the text is rewritten before it is read, into the call that OPA makes of
//! them as well: `internal.template_string(["the tool ", {t | t := input.tool.name}, " may not"])`. The set is empty
//! where the expression is undefined. Lines keep their numbers.

use std::borrow::Cow;

use regorus::Value;

use super::Made;

/// Deepest nesting of templates in templates.
const DEPTH_MAX: usize = 16;

/// Rewrites every template string of a file. A template that does not end is left as it stands, for the parser to
/// complain about.
pub(crate) fn rewrite(source: &str) -> Cow<'_, str> {
    if !source.contains("$\"") && !source.contains("$`") {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len() + source.len() / 4);
    match code(source, &mut out, false, 0) {
        Some(_) => Cow::Owned(out),
        None => Cow::Borrowed(source),
    }
}

/// Copies code until its end, or (`inside` a template) until the brace that closes the expression. Gives the length
/// read, without that brace.
fn code(source: &str, out: &mut String, inside: bool, depth: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    let (mut at, mut braces) = (0, 0_usize);
    while at < bytes.len() {
        let length = match bytes[at] {
            b'}' if inside && braces == 0 => return Some(at),
            b'{' => {
                braces += 1;
                1
            }
            b'}' => {
                braces = braces.saturating_sub(1);
                1
            }
            b'#' => source[at..].find('\n').unwrap_or(source.len() - at),
            quote @ (b'"' | b'`') => quoted(&source[at..], quote)?,
            b'$' if matches!(bytes.get(at + 1), Some(b'"' | b'`')) => {
                at += 1 + template(&source[at + 1..], out, depth + 1)?;
                continue;
            }
            _ => source[at..].chars().next()?.len_utf8(),
        };
        out.push_str(&source[at..at + length]);
        at += length;
    }
    (!inside).then_some(at)
}

/// Length of a string with both its quotes.
fn quoted(source: &str, quote: u8) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            b'\\' if quote == b'"' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Rewrites one template, `source` beginning with its quote. Gives the length read.
fn template(source: &str, out: &mut String, depth: usize) -> Option<usize> {
    if depth > DEPTH_MAX {
        return None;
    }
    let bytes = source.as_bytes();
    let quote = bytes[0];
    let mut at = 1;
    out.push_str("internal.template_string([");
    out.push(char::from(quote));
    loop {
        match *bytes.get(at)? {
            b'\\' if bytes.get(at + 1) == Some(&b'{') => {
                out.push('{');
                at += 2;
            }
            b'\\' if quote == b'"' => {
                let escaped = source.get(at + 1..)?.chars().next()?;
                out.push('\\');
                out.push(escaped);
                at += 1 + escaped.len_utf8();
            }
            b'{' => {
                out.push(char::from(quote));
                // One name for each depth: the parts of one template do not see each other's.
                out.push_str(&format!(", {{__template{depth} | __template{depth} := "));
                at += 1 + code(&source[at + 1..], out, true, depth)? + 1;
                out.push_str("}, ");
                out.push(char::from(quote));
            }
            byte if byte == quote => {
                out.push(char::from(quote));
                out.push_str("])");
                return Some(at + 1);
            }
            _ => {
                let next = source[at..].chars().next()?;
                out.push(next);
                at += next.len_utf8();
            }
        }
    }
}

/// Joins the parts: texts as they are, and the one value of each set.
pub(super) fn joined(arguments: &[Value]) -> Made {
    let Some(Value::Array(parts)) = arguments.first() else { return Err("the parts must be an array") };
    let mut text = String::new();
    for part in parts.iter() {
        match part {
            Value::String(part) => text.push_str(part),
            Value::Set(values) if values.is_empty() => text.push_str("<undefined>"),
            Value::Set(values) if values.len() == 1 => match values.iter().next() {
                Some(Value::String(value)) => text.push_str(value),
                Some(value) => write(value, &mut text)?,
                None => {}
            },
            _ => return Err("a part of a template has several values"),
        }
    }
    Ok(Value::from(text))
}

/// Longest text of one template, bytes. A value can be far larger than the memory that its parts, used twice and more,
/// take up.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// A value as Rego writes it.
fn write(value: &Value, out: &mut String) -> Result<(), &'static str> {
    if out.len() > TEXT_BYTES_MAX {
        return Err("the text of the template is too long");
    }
    match value {
        Value::Array(members) => {
            out.push('[');
            list(members.iter(), out)?;
            out.push(']');
        }
        Value::Set(members) if members.is_empty() => out.push_str("set()"),
        Value::Set(members) => {
            out.push('{');
            list(members.iter(), out)?;
            out.push('}');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter_sorted().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write(key, out)?;
                out.push_str(": ");
                write(value, out)?;
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
    Ok(())
}

fn list<'v>(members: impl Iterator<Item = &'v Value>, out: &mut String) -> Result<(), &'static str> {
    for (index, member) in members.enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        write(member, out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_templates_are_rewritten() {
        for same in ["x := \"$\\\"{a}\"", "# $\"{a}\"\n", "x := `$\"{a}\"`", "x := $\"{a", "x := \"a\""] {
            assert_eq!(rewrite(same), same);
        }
        assert_eq!(
            rewrite("x := $\"a {b} \\{c}\""),
            "x := internal.template_string([\"a \", {__template1 | __template1 := b}, \" {c}\"])"
        );
        let raw = rewrite("x := $`a\n{ {\"b\": \"}\"} }\n`");
        assert!(raw.contains("__template1 :=  {\"b\": \"}\"} }"), "{raw}");
        assert_eq!(raw.matches('\n').count(), 2);
    }
}
