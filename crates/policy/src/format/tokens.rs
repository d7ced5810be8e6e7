//! Rego text as tokens, comments among them.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    Number,
    /// In double quotes or backticks, with a `$` before it or without.
    Text,
    Symbol,
    Comment,
}

/// A token with its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind,
    pub(crate) text: &'t str,
    pub(crate) start: usize,
    /// Where it begins and ends, lines counted from 1.
    pub(crate) line: usize,
    pub(crate) line_end: usize,
}

impl Token<'_> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Splits a text. The error is the line on which something begins that has no end.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, usize> {
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            line += usize::from(first == '\n');
            at += first.len_utf8();
            continue;
        }
        let rest = &text[at..];
        let (kind, length) = one(rest).ok_or(line)?;
        let token = &rest[..length];
        let line_end = line + token.matches('\n').count();
        tokens.push(Token { kind, text: token, start: at, line, line_end });
        (at, line) = (at + length, line_end);
    }
    Ok(tokens)
}

fn one(rest: &str) -> Option<(Kind, usize)> {
    let bytes = rest.as_bytes();
    Some(match bytes[0] {
        b'#' => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
        b'"' => (Kind::Text, quoted(rest, 0)?),
        b'`' => (Kind::Text, 1 + rest[1..].find('`')? + 1),
        b'$' if bytes.get(1) == Some(&b'"') => (Kind::Text, quoted(rest, 1)?),
        b'$' if bytes.get(1) == Some(&b'`') => (Kind::Text, 2 + rest[2..].find('`')? + 1),
        byte if byte.is_ascii_digit() => (Kind::Number, number(rest)),
        byte if byte.is_ascii_alphabetic() || byte == b'_' => {
            (Kind::Word, rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len()))
        }
        b':' | b'=' | b'!' | b'<' | b'>' if bytes.get(1) == Some(&b'=') => (Kind::Symbol, 2),
        _ => (Kind::Symbol, rest.chars().next().map_or(1, char::len_utf8)),
    })
}

/// The length of a text in double quotes; braces of a template may hold quotes of their own.
fn quoted(rest: &str, dollar: usize) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = dollar + 1;
    let mut depth = 0_usize;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 1,
            b'{' if dollar > 0 => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            b'"' if depth > 0 => at += quoted(&rest[at..], 0)? - 1,
            b'"' => return Some(at + 1),
            b'\n' => return None,
            _ => {}
        }
        at += 1;
    }
}

fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let exponent = at > 0 && matches!(byte, b'+' | b'-') && matches!(bytes[at - 1], b'e' | b'E');
        let point = *byte == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if !(byte.is_ascii_alphanumeric() || exponent || point) {
            break;
        }
        at += 1;
    }
    at
}

/// The text with every template turned into a plain text of the same length, for a parser that knows none.
pub(crate) fn without_templates(text: &str, tokens: &[Token<'_>]) -> String {
    let mut plain = text.to_owned();
    for token in tokens.iter().filter(|token| token.kind == Kind::Text && token.text.starts_with('$')) {
        let quote = &token.text[1..2];
        let inside: String = token.text[2..token.text.len() - 1]
            .bytes()
            .map(|byte| if byte == b'\n' { '\n' } else { 'x' })
            .collect();
        plain.replace_range(token.start..token.end(), &format!("{quote}x{inside}{quote}"));
    }
    plain
}
