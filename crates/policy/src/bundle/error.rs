//! Why a bundle was not taken.

/// Why a bundle was not taken, or could not be written. The text names the file it is about.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The bytes are no archive, or a cut one.
    #[error("the bundle is not a readable .tar.gz archive: {0}")]
    Archive(String),
    #[error("the bundle {what} {max}, the most that is read; raise {setting} to allow more")]
    TooLarge { what: &'static str, max: u64, setting: &'static str },
    /// A name that leaves the bundle, a link, a double.
    #[error("the bundle holds `{name}`: {why}")]
    Entry { name: String, why: String },
    #[error("the bundle's .manifest: {0}")]
    Manifest(String),
    #[error("the bundle's data: {0}")]
    Data(String),
    #[error("the bundle's signature: {0}")]
    Signature(String),
}

impl BundleError {
    pub(super) fn entry(name: &str, why: impl Into<String>) -> Self {
        Self::Entry { name: name.to_owned(), why: why.into() }
    }
}
