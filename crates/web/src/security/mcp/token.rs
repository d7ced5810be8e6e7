//! Tokens of other issuers (JWT access tokens, RFC 9068).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use gateway::Principal;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::McpAuth;
use super::admitted::{Caller, principal_of};
use super::challenge::Denied;
use super::config::Issuer;
use super::keys::{Keys, NoKey};
use crate::ports::KeySets;

/// Longest token that is looked at.
const TOKEN_BYTES_MAX: usize = 16 << 10;

/// Checks tokens against the configured issuers.
pub(crate) struct Verifier {
    issuers: HashMap<String, Trusted>,
}

struct Trusted {
    issuer: Issuer,
    algorithms: Vec<Algorithm>,
    validation: Validation,
    keys: Keys,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: i64,
    /// Space-separated (RFC 9068), or a list at some issuers.
    #[serde(default)]
    scope: Value,
    #[serde(default)]
    scp: Value,
    /// The token is bound to a key (RFC 7800) that its bearer would have to prove.
    #[serde(default)]
    cnf: Value,
    client_id: Option<String>,
    azp: Option<String>,
}

/// What is read before the signature is checked, to find out whose it should be.
#[derive(Deserialize)]
struct Unchecked {
    iss: String,
}

impl Verifier {
    pub fn new(auth: &McpAuth, port: &Arc<dyn KeySets>) -> Self {
        let issuers = auth.issuers.iter().map(|issuer| {
            let algorithms: Vec<Algorithm> =
                issuer.algorithms.iter().map(|named| named.algorithm()).collect();
            let trusted = Trusted {
                validation: validation(auth, issuer),
                algorithms,
                keys: Keys::new(issuer.jwks_url.clone(), port.clone()),
                issuer: issuer.clone(),
            };
            (issuer.issuer.clone(), trusted)
        });
        Self { issuers: issuers.collect() }
    }

    /// Who the token stands for, and how long it does.
    pub(super) async fn verify(&self, token: &str) -> Result<(Caller, Duration), Denied> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Denied::invalid(format!("it is longer than {TOKEN_BYTES_MAX} bytes")));
        }
        let no_token = || Denied::invalid("it is neither one of ours nor a JWT");
        let header = jsonwebtoken::decode_header(token).map_err(|_| no_token())?;
        let claimed: Unchecked =
            jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| no_token())?;
        let trusted = self
            .issuers
            .get(&claimed.iss)
            .ok_or_else(|| Denied::invalid("its issuer is not among `issuers` of [web.mcp_auth]"))?;
        trusted.verify(token, &header).await
    }
}

impl Trusted {
    async fn verify(&self, token: &str, header: &Header) -> Result<(Caller, Duration), Denied> {
        if !self.algorithms.contains(&header.alg) {
            return Err(Denied::invalid("its signature algorithm is not among `algorithms` of its issuer"));
        }
        if header.crit.is_some() {
            return Err(Denied::invalid("its header makes demands (`crit`) that are not known here"));
        }
        if !header.typ.as_deref().is_none_or(is_access_token) {
            return Err(Denied::invalid("it is not an access token"));
        }
        // Keys come from the configured place only; what the header says of keys (`jwk`, `jku`, `x5c`) is not looked at.
        let key = self.keys.find(header.kid.as_deref(), header.alg).await.map_err(|error| match error {
            NoKey::Unknown => Denied::invalid("it is signed with a key that its issuer does not publish"),
            NoKey::Unavailable(why) => {
                tracing::warn!(issuer = self.issuer.issuer, why, "keys of an issuer could not be fetched");
                Denied::Unavailable("the keys of its issuer could not be fetched".into())
            }
        })?;
        // The library wants all algorithms to be of the key's kind; that this one is allowed was checked above.
        let validation = Validation { algorithms: vec![header.alg], ..self.validation.clone() };
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map_err(|error| Denied::invalid(why(error.kind())))?
            .claims;
        if !claims.cnf.is_null() {
            return Err(Denied::invalid("it is bound to a key, and only bearer tokens are taken"));
        }
        let scopes = claims.scopes();
        let missing: Vec<String> = self
            .issuer
            .required_scopes
            .iter()
            .filter(|scope| !scopes.contains(scope.as_str()))
            .cloned()
            .collect();
        if !missing.is_empty() {
            return Err(Denied::Scopes(missing));
        }
        let left = claims.exp.saturating_sub(Utc::now().timestamp());
        Ok((self.caller(&claims, &scopes), Duration::from_secs(u64::try_from(left).unwrap_or(0))))
    }

    fn caller(&self, claims: &Claims, scopes: &BTreeSet<&str>) -> Caller {
        let roles: BTreeSet<&String> =
            scopes.iter().filter_map(|scope| self.issuer.roles.get(*scope)).flatten().collect();
        let id = principal_of(&claims.iss, &claims.sub);
        let client = claims.client_id.as_ref().or(claims.azp.as_ref());
        Caller {
            principal: Principal {
                id,
                kind: "mcp_client".into(),
                roles: roles.into_iter().cloned().collect(),
                label: client.map_or_else(|| self.issuer.issuer.clone(), |client| printable(client)),
            },
            // Two programs of one person do not share a conversation; renewed tokens of one program do.
            credential: format!("jwt:{}:{}", id, client.map_or("", String::as_str)),
        }
    }
}

impl Claims {
    fn scopes(&self) -> BTreeSet<&str> {
        let mut scopes = BTreeSet::new();
        for claim in [&self.scope, &self.scp] {
            match claim {
                Value::String(text) => scopes.extend(text.split_ascii_whitespace()),
                Value::Array(list) => scopes.extend(list.iter().filter_map(Value::as_str)),
                _ => {}
            }
        }
        scopes
    }
}

/// All but the algorithm, which depends on the token.
fn validation(auth: &McpAuth, issuer: &Issuer) -> Validation {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.leeway = auth.clock_skew_seconds_max;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[&issuer.issuer]);
    if issuer.audiences.is_empty() {
        validation.set_audience(&[&auth.resource]);
    } else {
        validation.set_audience(&issuer.audiences);
    }
    validation
}

/// RFC 9068 §2.1; many issuers still say `JWT`.
fn is_access_token(kind: &str) -> bool {
    ["at+jwt", "application/at+jwt", "jwt"].iter().any(|known| kind.eq_ignore_ascii_case(known))
}

fn why(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ExpiredSignature => "it has expired",
        ErrorKind::ImmatureSignature => "it is not valid yet",
        ErrorKind::InvalidAudience => "it was made for another resource",
        ErrorKind::InvalidIssuer => "its issuer is another one",
        ErrorKind::InvalidSignature => "its signature is wrong",
        ErrorKind::InvalidAlgorithm => "its signature algorithm is not accepted",
        ErrorKind::MissingRequiredClaim(_) => "it lacks one of `exp`, `iss`, `aud` and `sub`",
        _ => "it is not in order",
    }
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
