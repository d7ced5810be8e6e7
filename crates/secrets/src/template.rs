//! Texts of settings that refer to secrets.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::name::is_inner;
use crate::{SCHEME, SecretError, Vault, check_name};

/// A text with references, like `Bearer secret://github-token`.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Secret(String),
}

impl Template {
    /// Finds the references. What looks like one and is none is an error: it would be sent as it stands.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let lower = text.to_ascii_lowercase();
        let mut parts = Vec::new();
        let mut done = 0;
        while let Some(found) = lower[done..].find(SCHEME) {
            let at = done + found;
            let wrong = |why| SecretError::Reference { at, why };
            if !text[at..].starts_with(SCHEME) {
                return Err(wrong("`secret://` is written in lower case"));
            }
            if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) {
                return Err(wrong("it is joined to what stands before it"));
            }
            let rest = &text[at + SCHEME.len()..];
            let name = &rest[..rest.find(|c| !is_inner(c)).unwrap_or(rest.len())];
            // A sentence may go on after a name; a longer name may not be cut short.
            let joined = |c: char| c.is_alphanumeric() || "/?#%@:\\~+=$".contains(c);
            if name.is_empty() {
                return Err(wrong("no name follows"));
            }
            if check_name(name).is_err() || rest[name.len()..].starts_with(joined) {
                return Err(wrong(
                    "what follows is no name: lower-case letters, digits, `-`, `_` and `.`, beginning and ending \
                     with a letter or digit, and then a space, a comma or the end",
                ));
            }
            if at > done {
                parts.push(Part::Text(text[done..at].to_owned()));
            }
            parts.push(Part::Secret(name.to_owned()));
            done = at + SCHEME.len() + name.len();
        }
        if done < text.len() {
            parts.push(Part::Text(text[done..].to_owned()));
        }
        Ok(Self { parts })
    }

    /// The secrets it names, in order, each as often as it is named.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Secret(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with every value in its place, for a program of its own ([`Vault::open`]).
    pub async fn resolve(&self, vault: &Vault) -> Result<SecretString, SecretError> {
        self.fill(vault, None).await
    }

    /// The text with every value in its place, to be sent to `host` ([`Vault::open_for`]).
    pub async fn resolve_for(&self, vault: &Vault, host: &str) -> Result<SecretString, SecretError> {
        self.fill(vault, Some(host)).await
    }

    async fn fill(&self, vault: &Vault, host: Option<&str>) -> Result<SecretString, SecretError> {
        let mut values = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            values.push(match (part, host) {
                (Part::Text(text), _) => SecretString::from(text.as_str()),
                (Part::Secret(name), None) => vault.open(name).await?,
                (Part::Secret(name), Some(host)) => vault.open_for(name, host).await?,
            });
        }
        // Joined in one piece of memory, which is cleared.
        let bytes = values.iter().map(|value| value.expose_secret().len()).sum();
        let mut text = Zeroizing::new(String::with_capacity(bytes));
        values.iter().for_each(|value| text.push_str(value.expose_secret()));
        Ok(SecretString::from(text.as_str()))
    }
}

/// Names only: somebody may have written a secret itself into the settings.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("names", &self.names().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}
