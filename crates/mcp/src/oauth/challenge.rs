//! `WWW-Authenticate` (RFC 9110 §11.6.1), read as the grammar says: a parameter's text cannot pass for another one.

/// The `Bearer` challenge of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// Where the server's metadata lies (RFC 9728 §5.1), unchecked.
    pub resource_metadata: Option<String>,
    /// Scopes the request would have needed.
    pub scopes: Vec<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
}

/// Longest header value that is read; a longer one counts as absent.
const BYTES_MAX: usize = 8 << 10;
/// Scopes of one challenge; further ones are left out.
const SCOPES_MAX: usize = 64;

impl Challenge {
    /// The first `Bearer` challenge among the values of the header; an empty one when there is none.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        values.into_iter().filter(|value| value.len() <= BYTES_MAX).find_map(bearer).unwrap_or_default()
    }

    /// Whether a token with more scopes would help.
    pub fn wants_more_scopes(&self) -> bool {
        self.error.as_deref() == Some("insufficient_scope")
    }

    fn set(&mut self, name: &str, value: String) {
        let slot = match name.to_ascii_lowercase().as_str() {
            "resource_metadata" => &mut self.resource_metadata,
            "error" => &mut self.error,
            "error_description" => &mut self.error_description,
            "scope" if self.scopes.is_empty() => {
                self.scopes = value
                    .split(' ')
                    .filter(|scope| is_scope(scope))
                    .take(SCOPES_MAX)
                    .map(Into::into)
                    .collect();
                return;
            }
            _ => return,
        };
        // Of two with one name the first counts.
        slot.get_or_insert(value);
    }
}

/// A scope token (RFC 6749 §3.3).
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

fn bearer(value: &str) -> Option<Challenge> {
    let mut rest = Reader(value);
    let mut found: Option<Challenge> = None;
    loop {
        rest.skip(|c| c == ',' || c == ' ' || c == '\t');
        let name = rest.token();
        if name.is_empty() {
            if rest.0.is_empty() {
                return found;
            }
            // Not the grammar: what stands here is passed over up to the next comma.
            rest.skip(|c| c != ',');
            continue;
        }
        match rest.value() {
            Some(value) => {
                if let Some(challenge) = &mut found {
                    challenge.set(name, value);
                }
            }
            None if found.is_some() => return found,
            None if name.eq_ignore_ascii_case("bearer") => found = Some(Challenge::default()),
            None => {}
        }
    }
}

struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn skip(&mut self, what: impl Fn(char) -> bool) {
        self.0 = self.0.trim_start_matches(what);
    }

    fn token(&mut self) -> &'a str {
        let end = self.0.find(|c: char| !is_token(c)).unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        token
    }

    /// The value of a parameter whose name was just read; `None` when that was the name of a scheme.
    fn value(&mut self) -> Option<String> {
        let after = self.0.trim_start_matches([' ', '\t']).strip_prefix('=')?;
        self.0 = after.trim_start_matches([' ', '\t']);
        match self.0.strip_prefix('"') {
            Some(quoted) => {
                self.0 = quoted;
                Some(self.quoted())
            }
            None => {
                let end = self.0.find([',', ' ', '\t']).unwrap_or(self.0.len());
                let (value, rest) = self.0.split_at(end);
                self.0 = rest;
                Some(value.to_owned())
            }
        }
    }

    fn quoted(&mut self) -> String {
        let mut text = String::new();
        let mut chars = self.0.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.0 = &self.0[at + 1..];
                    return text;
                }
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                c => text.push(c),
            }
        }
        self.0 = "";
        text
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Challenge {
        Challenge::parse([value])
    }

    #[test]
    fn the_parameters_of_bearer_are_read() {
        let challenge = parse(
            r#"Bearer realm="a", error="insufficient_scope", scope="files:read files:write", resource_metadata="https://a.example/.well-known/x""#,
        );
        assert_eq!(challenge.scopes, ["files:read", "files:write"]);
        assert_eq!(challenge.resource_metadata.as_deref(), Some("https://a.example/.well-known/x"));
        assert!(challenge.wants_more_scopes());
    }

    #[test]
    fn text_inside_a_parameter_is_no_parameter() {
        let challenge = parse(
            r#"Bearer error_description="say scope=admin, \"resource_metadata=x\"", error=invalid_token"#,
        );
        assert_eq!(challenge.scopes, [""; 0]);
        assert_eq!(challenge.resource_metadata, None);
        assert_eq!(challenge.error.as_deref(), Some("invalid_token"));
        assert_eq!(challenge.error_description.as_deref(), Some(r#"say scope=admin, "resource_metadata=x""#));
    }

    #[test]
    fn other_schemes_around_it_are_passed_over() {
        let challenge = parse(
            r#"Negotiate abc==, Basic realm="scope", bEARER scope = "one" , Digest scope="two", nonce="x""#,
        );
        assert_eq!(challenge.scopes, ["one"]);
        assert_eq!(Challenge::parse(["Basic realm=x", "Bearer scope=two"]).scopes, ["two"]);
        assert_eq!(parse("DPoP scope=x"), Challenge::default());
    }

    #[test]
    fn nonsense_is_no_challenge() {
        for text in
            ["", "=", "\"", "Bearer \"", "Bearer =,=;", ",,,", "Bearer scope=\"a\u{e4}\"", "Bearer @ @"]
        {
            assert_eq!(parse(text).scopes, [""; 0], "{text}");
        }
        assert_eq!(parse(&format!("Bearer scope={}", "x".repeat(BYTES_MAX))), Challenge::default());
    }
}
