//! Where requests of one model go, and what they may take.

use std::time::Duration;

use reqwest::Client;
use secrecy::SecretString;
use url::{Host, Url};

use crate::config::{Api, Config};

/// One model at one address. `Debug` shows no key: [`SecretString`] hides it.
#[derive(Debug)]
pub(crate) struct Target {
    pub api: Api,
    pub provider: String,
    /// As the vendor calls it, without the provider's name.
    pub model: String,
    /// With a path, without a slash at its end.
    pub base: Url,
    pub key: Option<SecretString>,
    /// Where a missing or wrong key is mended, in words.
    pub key_hint: String,
    /// Names this provider is known to have, for "did you mean".
    pub known: Vec<String>,
    pub client: Client,
    pub bounds: Bounds,
}

/// The limits of [`Config`], as durations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub idle: Duration,
    pub first_word: Duration,
    pub attempts: u32,
    pub backoff_min: Duration,
    pub backoff_max: Duration,
    pub retry_after: Duration,
    pub answer_bytes: u64,
}

impl Bounds {
    pub fn of(config: &Config) -> Self {
        Self {
            idle: Duration::from_secs(config.idle_seconds_max),
            first_word: Duration::from_secs(config.first_word_seconds_max),
            attempts: config.attempts_max.max(1),
            backoff_min: Duration::from_millis(config.backoff_ms_min),
            backoff_max: Duration::from_millis(config.backoff_ms_max),
            retry_after: Duration::from_secs(config.retry_after_seconds_max),
            answer_bytes: config.answer_bytes_max,
        }
    }
}

impl Target {
    /// Host that requests go to, as the policy is asked about it.
    pub fn host(&self) -> String {
        self.base.host_str().unwrap_or_default().to_owned()
    }

    /// Whether the address is this machine.
    pub fn is_local(&self) -> bool {
        is_local(&self.base)
    }

    /// Address without credentials, for a person.
    pub fn shown_address(&self) -> String {
        let mut shown = self.base.clone();
        // These fail only for addresses that cannot have credentials.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        shown.set_query(None);
        shown.to_string()
    }
}

/// Whether an address is this machine.
pub(crate) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A provider's address: `http` or `https`, with the API's usual path when it has none.
pub(crate) fn parse_base(text: &str, api: Api) -> Result<Url, String> {
    let mut url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("it must begin with http:// or https:// and name a host".to_owned());
    }
    let path = match url.path().trim_end_matches('/') {
        "" => api.usual_path().to_owned(),
        path => path.to_owned(),
    };
    url.set_path(&path);
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_the_usual_path_only_when_it_has_none() {
        let parse = |text, api| parse_base(text, api).map(|url| url.to_string());
        assert_eq!(parse("http://127.0.0.1:1", Api::Gemini), Ok("http://127.0.0.1:1/v1beta".into()));
        assert_eq!(parse("http://h/api/", Api::OpenaiChat), Ok("http://h/api".into()));
        assert_eq!(parse("https://h/v1", Api::AnthropicMessages), Ok("https://h/v1".into()));
        assert!(parse("ftp://h", Api::Gemini).is_err());
        assert!(parse("nonsense", Api::Gemini).is_err());
    }

    #[test]
    fn this_machine_is_recognised() {
        for (text, local) in [
            ("http://localhost:1/v1", true),
            ("http://127.8.8.8/v1", true),
            ("http://[::1]:3/v1", true),
            ("https://api.openai.com/v1", false),
            ("http://127.0.0.1.example.org/v1", false),
        ] {
            assert_eq!(is_local(&Url::parse(text).expect(text)), local, "{text}");
        }
    }
}
