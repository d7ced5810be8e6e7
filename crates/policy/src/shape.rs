//! Texts that are no policy but would keep the parser busy: refused before it sees them.

use crate::compile::at;
use crate::{PolicyError, PolicyFile};

/// Deepest nesting of brackets. The parser itself takes half of it for expressions, after a time that grows with the
/// square of what it is given.
const BRACKETS_MAX: usize = 64;
/// Longest reference, in names.
const NAMES_MAX: usize = 64;

/// Refuses the first file that is nested too deep, or has too long a reference.
pub(crate) fn check(files: &[PolicyFile]) -> Result<(), PolicyError> {
    for file in files {
        if let Some((offset, what)) = too_much(&file.text) {
            let before = &file.text[..offset];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            return Err(at(&file.path, line, column, &what, files));
        }
    }
    Ok(())
}

fn too_much(text: &str) -> Option<(usize, String)> {
    let (mut brackets, mut names) = (0_usize, 0_usize);
    let mut bytes = text.bytes().enumerate();
    while let Some((offset, byte)) = bytes.next() {
        match byte {
            b'(' | b'[' | b'{' => brackets += 1,
            b')' | b']' | b'}' => brackets = brackets.saturating_sub(1),
            b'.' => names += 1,
            b'#' => {
                bytes.find(|(_, byte)| *byte == b'\n');
                names = 0;
            }
            b'"' => {
                while bytes
                    .next()
                    .is_some_and(|(_, byte)| byte != b'"' && !(byte == b'\\' && bytes.next().is_none()))
                {
                }
            }
            b'`' => {
                bytes.find(|(_, byte)| *byte == b'`');
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'_' => {}
            _ => names = 0,
        }
        if brackets > BRACKETS_MAX {
            return Some((offset, format!("brackets are nested deeper than {BRACKETS_MAX}")));
        }
        if names > NAMES_MAX {
            return Some((offset, format!("the reference has more than {NAMES_MAX} names")));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_not_looked_into() {
        let deep = "[".repeat(100);
        for fine in [format!("# {deep}\nx := 1"), format!("x := \"a\\\"{deep}\""), format!("x := `{deep}`")] {
            assert_eq!(too_much(&fine), None, "{fine}");
        }
        assert!(too_much(&format!("# x\ny := \"\\\\\" + {deep}")).is_some());
        assert!(too_much(&format!("input{}", ".a".repeat(65))).is_some());
        assert!(too_much(&"input.a.b\n".repeat(65)).is_none());
    }
}
