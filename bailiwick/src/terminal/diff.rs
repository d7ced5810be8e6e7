//! A unified diff in colour.

use std::io::Write;

use super::{CYAN, DIM, GREEN, RED, clean};

/// Prints a unified diff, indented.
pub fn print(out: &mut impl Write, diff: &str) -> std::io::Result<()> {
    for line in diff.lines() {
        let style = match line.as_bytes().first() {
            _ if line.starts_with("+++") || line.starts_with("---") => DIM,
            Some(b'+') => GREEN,
            Some(b'-') => RED,
            Some(b'@') => CYAN,
            _ => DIM,
        };
        writeln!(out, "    {style}{}{style:#}", clean(line))?;
    }
    Ok(())
}
