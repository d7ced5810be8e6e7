//! Canonical layout of Rego, as `opa fmt` has it: tabs, spaces around operators, one condition a line, one blank line
//! between rules.
//!
//! Only what has no meaning changes: spaces, line breaks, and the separators that a line break makes needed or needless
//! (a comma behind the last element of a list over several lines, a semicolon between conditions). Every other token and
//! every comment stays what it is, in its order; a text for which that did not hold would be refused, not damaged. What
//! `opa fmt` rewrites beyond layout (the order of imports, braces around a lone condition) is left as it was written.

pub(crate) mod marks;
mod print;
pub(crate) mod tokens;

use serde::Serialize;

use crate::syntax::parse;
use crate::{PolicyError, PolicyFile};
use marks::Marks;
use tokens::{Kind, Token, tokens};

/// A file in canonical layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Formatted {
    pub path: String,
    pub text: String,
    /// Whether it was laid out otherwise before.
    pub changed: bool,
}

/// Lays out one file. A file that does not parse is an error, with the place.
pub fn format(file: &PolicyFile) -> Result<Formatted, PolicyError> {
    let text = file.text.replace("\r\n", "\n");
    let tokens =
        tokens(&text).map_err(|line| PolicyError::at(&file.path, &text, line, 1, "a text is not closed"))?;
    let module =
        parse(&PolicyFile { path: file.path.clone(), text: tokens::without_templates(&text, &tokens) })?;
    let marks = Marks::of(&module, &tokens);
    let laid_out = print::print(&tokens, &marks);
    if !same_tokens(&tokens, &laid_out) {
        return Err(PolicyError::new(format!(
            "{} cannot be laid out without changing it; it is left as it is",
            file.path
        )));
    }
    Ok(Formatted { path: file.path.clone(), changed: laid_out != file.text, text: laid_out })
}

/// Whether both hold the same, but for separators.
fn same_tokens(before: &[Token<'_>], after: &str) -> bool {
    let Ok(after) = tokens(after) else { return false };
    let what = |tokens: &[Token<'_>]| -> Vec<String> {
        let counts = |(index, token): (usize, &Token<'_>)| match token.text {
            ";" => None,
            "," => {
                let next = tokens[index + 1..].iter().find(|token| token.kind != Kind::Comment);
                next.is_none_or(|next| !matches!(next.text, ")" | "]" | "}")).then(|| ",".to_owned())
            }
            text => Some(text.trim_end().to_owned()),
        };
        // A comma may move before a comment.
        let (comments, rest): (Vec<_>, Vec<_>) =
            tokens.iter().enumerate().partition(|(_, token)| token.kind == Kind::Comment);
        rest.into_iter().chain(comments).filter_map(counts).collect()
    };
    what(before) == what(&after)
}
