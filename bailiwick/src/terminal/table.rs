//! Columns that line up.

use super::{BOLD, clean, say};

/// Prints rows under headings; every column but the last is as wide as its widest cell.
pub fn print(headings: &[&str], rows: &[Vec<String>]) -> std::io::Result<()> {
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(column, heading)| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([heading.chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: Vec<&str>| -> String {
        let last = cells.len().saturating_sub(1);
        let padded = cells.iter().enumerate().map(|(column, cell)| match column {
            column if column == last => (*cell).to_owned(),
            column => format!("{cell:<width$}", width = widths[column]),
        });
        padded.collect::<Vec<_>>().join("  ")
    };
    say!("{BOLD}{}{BOLD:#}", line(headings.to_vec()))?;
    for row in rows {
        say!("{}", clean(&line(row.iter().map(String::as_str).collect())))?;
    }
    Ok(())
}
