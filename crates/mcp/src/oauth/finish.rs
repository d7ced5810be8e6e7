//! The second half of a sign-in: what the browser brings back.

use url::form_urlencoded;

use super::client::{Client, Pending};
use super::error::{OAuthError, foreign};
use super::tokens::{self, Grant};

/// A sign-in that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Name of the server.
    pub server: String,
}

/// Longest query that is read.
const QUERY_BYTES_MAX: usize = 8 << 10;

impl Client {
    /// Takes the query of the address that the browser was sent back to, without its `?`. It works once.
    pub async fn finish(&self, query: &str) -> Result<Finished, OAuthError> {
        let answer = Answer::parse(query)?;
        let pending = self.0.take(&answer.state).ok_or(OAuthError::UnknownState)?;
        check_issuer(&pending, answer.iss.as_deref())?;
        let code = match (answer.error, answer.code) {
            (Some(code), _) => {
                let description = answer.error_description.unwrap_or_else(|| "it gave no reason".into());
                return Err(OAuthError::Denied { code: foreign(&code), description: foreign(&description) });
            }
            (None, Some(code)) => code,
            (None, None) => {
                return Err(OAuthError::Refused("the answer holds neither a code nor an error".into()));
            }
        };
        // On its own, so that a browser that goes away does not take the tokens with it.
        let exchange = tokio::spawn(async move {
            let Pending { account, context, verifier, .. } = pending;
            let grant = Grant::Code { code, verifier };
            let tokens = tokens::request(&account.fetch(), account.server(), context, grant, None).await?;
            account.keep(tokens).await?;
            Ok(Finished { server: account.server().name.clone() })
        });
        exchange
            .await
            .unwrap_or_else(|_| Err(OAuthError::Refused("the exchange of the code broke off".into())))
    }
}

/// RFC 9207 §2.4: `iss` is compared letter for letter, and must be there when the server announces it. An answer that
/// carries it although nothing is known to compare it with is refused as well.
fn check_issuer(pending: &Pending, iss: Option<&str>) -> Result<(), OAuthError> {
    let expected = pending.context.issuer.as_deref();
    match iss {
        None if !pending.iss_required => Ok(()),
        None => Err(OAuthError::Refused(format!(
            "the answer does not say that it comes from {}, as it always should; it may be another's",
            foreign(expected.unwrap_or_default())
        ))),
        Some(iss) if Some(iss) == expected => Ok(()),
        Some(iss) => Err(OAuthError::Refused(format!(
            "the answer comes from {} and not from {}; it is not used",
            foreign(iss),
            foreign(expected.unwrap_or("the server that was asked"))
        ))),
    }
}

#[derive(Default)]
struct Answer {
    state: String,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl Answer {
    fn parse(query: &str) -> Result<Self, OAuthError> {
        if query.len() > QUERY_BYTES_MAX {
            return Err(OAuthError::Refused(format!("the answer is longer than {QUERY_BYTES_MAX} bytes")));
        }
        let mut answer = Self::default();
        let mut state = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let slot = match name.as_ref() {
                "state" => &mut state,
                "code" => &mut answer.code,
                "iss" => &mut answer.iss,
                "error" => &mut answer.error,
                "error_description" => &mut answer.error_description,
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(OAuthError::Refused(format!("the answer holds `{name}` twice")));
            }
        }
        answer.state = state.ok_or(OAuthError::UnknownState)?;
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_contradicts_itself_is_refused() {
        let answer = Answer::parse("code=a%20b&state=s&iss=https%3A%2F%2Fa.example&x=1&x=2").unwrap();
        assert_eq!((answer.code.as_deref(), answer.state.as_str()), (Some("a b"), "s"));
        assert_eq!(answer.iss.as_deref(), Some("https://a.example"));
        assert!(matches!(Answer::parse("code=a"), Err(OAuthError::UnknownState)));
        for twice in ["state=a&state=b", "state=a&code=1&code=2", "state=a&iss=1&iss=1"] {
            assert!(Answer::parse(twice).is_err(), "{twice}");
        }
    }
}
