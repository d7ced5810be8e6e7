//! `[web.mcp_auth]` of the configuration.

use std::collections::BTreeMap;

use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};

/// Tokens of other issuers that open `/mcp`. Left out: only our own tokens do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpAuth {
    /// The address under which clients reach `/mcp`, like `https://desk.example.org/mcp`. Tokens must be made for it.
    pub resource: String,
    pub issuers: Vec<Issuer>,
    /// Difference between our clock and an issuer's that is put up with.
    #[serde(default = "clock_skew")]
    pub clock_skew_seconds_max: u64,
}

/// Somebody whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// `iss` of its tokens, letter for letter.
    pub issuer: String,
    /// Where its public keys are.
    pub jwks_url: String,
    /// `aud` of tokens that are for us; empty: the `resource`.
    #[serde(default)]
    pub audiences: Vec<String>,
    #[serde(default = "algorithms")]
    pub algorithms: Vec<SigningAlgorithm>,
    /// Scopes without which a token opens nothing.
    #[serde(default)]
    pub required_scopes: Vec<String>,
    /// Roles that a scope gives, for rules of the policy.
    #[serde(default)]
    pub roles: BTreeMap<String, Vec<String>>,
}

/// Signatures by a private key only: with a shared secret, whoever can check a token can make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    ES256,
    ES384,
    EdDSA,
    PS256,
    PS384,
    PS512,
    RS256,
    RS384,
    RS512,
}

impl SigningAlgorithm {
    pub(super) fn algorithm(self) -> Algorithm {
        match self {
            Self::ES256 => Algorithm::ES256,
            Self::ES384 => Algorithm::ES384,
            Self::EdDSA => Algorithm::EdDSA,
            Self::PS256 => Algorithm::PS256,
            Self::PS384 => Algorithm::PS384,
            Self::PS512 => Algorithm::PS512,
            Self::RS256 => Algorithm::RS256,
            Self::RS384 => Algorithm::RS384,
            Self::RS512 => Algorithm::RS512,
        }
    }
}

impl McpAuth {
    /// What a person has to mend before it can be used.
    ///
    /// # Errors
    /// The text names the setting.
    pub fn check(&self) -> Result<(), String> {
        if !is_address(&self.resource) {
            return Err(
                "`resource` in [web.mcp_auth] must be the http(s) address of /mcp, without query or `#`"
                    .into(),
            );
        }
        if self.issuers.is_empty() {
            return Err(
                "[web.mcp_auth] names no `issuers`; leave the whole section out if there are none".into()
            );
        }
        for (at, issuer) in self.issuers.iter().enumerate() {
            if self.issuers[..at].iter().any(|other| other.issuer == issuer.issuer) {
                return Err(format!("{} stands twice among `issuers` of [web.mcp_auth]", issuer.issuer));
            }
            if !is_address(&issuer.jwks_url) {
                return Err(format!("`jwks_url` of {} must be an http(s) address", issuer.issuer));
            }
            if issuer.algorithms.is_empty() {
                return Err(format!(
                    "`algorithms` of {} is empty: none of its tokens could be accepted",
                    issuer.issuer
                ));
            }
        }
        Ok(())
    }

    /// Scopes that a client may ask an issuer for.
    pub(crate) fn scopes(&self) -> Vec<&str> {
        let mut scopes: Vec<&str> = self
            .issuers
            .iter()
            .flat_map(|issuer| issuer.required_scopes.iter().chain(issuer.roles.keys()))
            .map(String::as_str)
            .collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }
}

fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !rest.contains(['#', '?', ' ', '"', '\\'])
    })
}

fn clock_skew() -> u64 {
    60
}

fn algorithms() -> Vec<SigningAlgorithm> {
    use SigningAlgorithm::*;
    vec![ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_secrets_and_none_cannot_be_configured() {
        for name in ["HS256", "none", "NONE", "hs256"] {
            assert!(serde_json::from_str::<SigningAlgorithm>(&format!("{name:?}")).is_err(), "{name}");
        }
    }

    #[test]
    fn what_could_not_work_is_said_at_once() {
        let issuer = Issuer {
            issuer: "https://auth.example".into(),
            jwks_url: "https://auth.example/keys".into(),
            audiences: Vec::new(),
            algorithms: algorithms(),
            required_scopes: Vec::new(),
            roles: BTreeMap::new(),
        };
        let good = McpAuth {
            resource: "https://desk.example/mcp".into(),
            issuers: vec![issuer.clone()],
            clock_skew_seconds_max: 60,
        };
        assert_eq!(good.check(), Ok(()));
        let bad = [
            McpAuth { resource: "desk.example/mcp".into(), ..good.clone() },
            McpAuth { resource: "https://desk.example/mcp?x".into(), ..good.clone() },
            McpAuth { issuers: Vec::new(), ..good.clone() },
            McpAuth { issuers: vec![issuer.clone(), issuer.clone()], ..good.clone() },
            McpAuth {
                issuers: vec![Issuer { jwks_url: "keys.json".into(), ..issuer.clone() }],
                ..good.clone()
            },
            McpAuth { issuers: vec![Issuer { algorithms: Vec::new(), ..issuer }], ..good.clone() },
        ];
        for bad in bad {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
