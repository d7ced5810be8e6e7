use std::path::PathBuf;

use crate::RowsError;

/// What went wrong. No text holds a value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("there is no secret {0:?}; `bailiwick secret set {0}` stores one")]
    Unknown(String),
    #[error(
        "{0:?} is no name of a secret: lower-case letters, digits, `-`, `_` and `.`, at most 64, beginning and \
         ending with a letter or digit"
    )]
    Name(String),
    #[error("the reference at byte {at} cannot be read: {why}. A reference is written `secret://name`")]
    Reference { at: usize, why: &'static str },
    #[error("the value of {name:?} {why}")]
    Value { name: String, why: String },
    #[error(
        "the secret {name:?} is bound to the hosts {hosts} and may not go to {to}; `bailiwick secret set {name}` \
         with other hosts changes that"
    )]
    Bound { name: String, hosts: String, to: String },
    #[error("{0:?} is no host that a secret can be bound to: write `api.example.com` or `*.example.com`")]
    Host(String),
    /// Another key, another tenant's or secret's row, or a changed one: they look the same.
    #[error(
        "the secret {0:?} does not open: it was stored with another key, or its row was changed. Put the key back \
         that it was stored with, or store the secret anew with `bailiwick secret set {0}`"
    )]
    Sealed(String),
    #[error("the secret key in {place} cannot be used: {why}")]
    Key { place: String, why: String },
    #[error("{path}: {error}", path = .path.display())]
    KeyFile { path: PathBuf, error: std::io::Error },
    #[error("secrets cannot be reached: {0}")]
    Rows(#[from] RowsError),
}
