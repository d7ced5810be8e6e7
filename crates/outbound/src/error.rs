use std::error::Error;
use std::path::PathBuf;

/// Why nothing came of a request. The texts hold no query of a URL and no header.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// No request may go there.
    #[error("{0}")]
    Refused(String),
    #[error("{0:?} is no URL that can be asked: {1}")]
    Url(String, String),
    #[error("the answer is larger than {bytes_max} bytes")]
    TooLarge { bytes_max: u64 },
    #[error("{}", explain_ref(.0))]
    Failed(reqwest::Error),
    #[error("`ca_file` in [outbound]: {path}: {why}", path = .0.display(), why = .1)]
    CaFile(PathBuf, String),
    #[error("HTTP out could not be set up: {0}")]
    SetUp(String),
}

impl From<reqwest::Error> for OutboundError {
    fn from(error: reqwest::Error) -> Self {
        Self::Failed(error.without_url())
    }
}

/// All that an error of a client knows, its causes included and the URL left out: a query may hold a secret.
pub fn explain(error: reqwest::Error) -> String {
    explain_ref(&error.without_url())
}

/// For an error without its URL. What a cause repeats of its effect is said once.
fn explain_ref(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}
