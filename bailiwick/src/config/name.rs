//! The name of a setting: parts, of which some may hold dots themselves (`models."qwen2.5"`).

use std::fmt;

/// From the section down to the key. Shown as TOML has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Vec<String>);

impl Name {
    pub fn child(&self, part: &str) -> Self {
        let mut parts = self.0.clone();
        parts.push(part.to_owned());
        Self(parts)
    }

    pub fn parent(&self) -> Self {
        self.first(self.len().saturating_sub(1))
    }

    pub fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// The first `count` parts.
    pub fn first(&self, count: usize) -> Self {
        Self(self.0.iter().take(count).cloned().collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn begins_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// `*` fits any one part.
    pub fn matches(&self, pattern: &[&str]) -> bool {
        self.len() == pattern.len() && self.0.iter().zip(pattern).all(|(part, p)| *p == "*" || part == p)
    }
}

impl From<Vec<String>> for Name {
    fn from(parts: Vec<String>) -> Self {
        Self(parts)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !part.is_empty() && part.chars().all(is_bare) {
                write!(f, "{dot}{part}")?;
            } else {
                write!(f, "{dot}{part:?}")?;
            }
        }
        Ok(())
    }
}
