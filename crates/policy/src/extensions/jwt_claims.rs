//! `io.jwt.decode_verify`.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use regorus::Value;

use super::jwt::{Token, member, object};
use super::jwt_keys::{Keys, Scheme, keys_of};
use super::{Made, text};

/// Deepest nesting of tokens in tokens that is followed.
const NESTING_MAX: usize = 8;

/// `[valid, header, payload]`; of a token that is not valid, `[false, {}, {}]`.
pub(super) fn decode_verify(arguments: &[Value]) -> Made {
    let constraints = Constraints::read(arguments.get(1).ok_or("there are no constraints")?)?;
    let invalid = || Value::from(vec![Value::from(false), Value::new_object(), Value::new_object()]);
    let mut text = text(arguments, 0)?.to_owned();
    for _ in 0..NESTING_MAX {
        let token = Token::split(&text)?;
        let header = token.header()?;
        let Some(algorithm) = member(&header, "alg") else { return Ok(invalid()) };
        let algorithm = algorithm.as_string().map_err(|_| "the algorithm is no string")?.clone();
        if member(&header, "crit").is_some()
            || constraints.algorithm.as_ref().is_some_and(|a| **a != *algorithm)
        {
            return Ok(invalid());
        }
        if !constraints.signed(&token, &header, &algorithm)? {
            return Ok(invalid());
        }
        let payload = token.payload_text()?;
        let content = member(&header, "cty").and_then(|cty| cty.as_string().ok());
        if content.is_some_and(|content| content.eq_ignore_ascii_case("JWT")) {
            text = payload;
            continue;
        }
        let payload = object(&payload)?;
        return Ok(match constraints.claims(&payload)? {
            true => Value::from(vec![Value::from(true), header, payload]),
            false => invalid(),
        });
    }
    Err("tokens are nested too deep")
}

struct Constraints {
    key: SigningKey,
    algorithm: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    /// Nanoseconds since 1970.
    time: f64,
}

enum SigningKey {
    Public(Keys),
    Secret(String),
}

impl Constraints {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let members = value.as_object().map_err(|_| "the constraints are no object")?;
        let known = ["cert", "secret", "alg", "iss", "aud", "time"];
        if members.iter().any(|(name, _)| !known.iter().any(|known| *name == Value::from(*known))) {
            return Err("there is no such constraint");
        }
        let word = |name: &str| match member(value, name) {
            None => Ok(None),
            Some(Value::String(word)) => Ok(Some(word.to_string())),
            Some(_) => Err("the constraint must be a string"),
        };
        let key = match (word("cert")?, word("secret")?.filter(|secret| !secret.is_empty())) {
            (Some(certificate), None) => SigningKey::Public(keys_of(&certificate)?),
            (None, Some(secret)) => SigningKey::Secret(secret),
            (None, None) => return Err("there is no key"),
            (Some(_), Some(_)) => return Err("there are two keys"),
        };
        let time = match member(value, "time") {
            None => now(),
            Some(time) => number(time)?,
        };
        Ok(Self {
            key,
            algorithm: word("alg")?.filter(|algorithm| !algorithm.is_empty()),
            issuer: word("iss")?.filter(|issuer| !issuer.is_empty()),
            audience: word("aud")?.filter(|audience| !audience.is_empty()),
            time,
        })
    }

    fn signed(&self, token: &Token<'_>, header: &Value, algorithm: &str) -> Result<bool, &'static str> {
        let (signed, signature) = (token.signed(), token.signature()?);
        Ok(match &self.key {
            SigningKey::Public(keys) => {
                let id = member(header, "kid").and_then(|kid| kid.as_string().ok());
                Scheme::named(algorithm).is_some_and(|scheme| {
                    keys.verify(scheme, id.map(AsRef::as_ref), Some(algorithm), &signed, &signature)
                })
            }
            SigningKey::Secret(secret) => {
                let algorithm = match algorithm {
                    "HS256" => hmac::HMAC_SHA256,
                    "HS384" => hmac::HMAC_SHA384,
                    "HS512" => hmac::HMAC_SHA512,
                    _ => return Ok(false),
                };
                let key = hmac::Key::new(algorithm, secret.as_bytes());
                hmac::verify(&key, &signed, &signature).is_ok()
            }
        })
    }

    fn claims(&self, payload: &Value) -> Result<bool, &'static str> {
        if let Some(issuer) = &self.issuer
            && member(payload, "iss").is_none_or(|claimed| *claimed != Value::from(issuer.as_str()))
        {
            return Ok(false);
        }
        let audience = Value::from(self.audience.as_deref().unwrap_or_default());
        let meant = match member(payload, "aud") {
            None => self.audience.is_none(),
            Some(Value::Array(meant)) => meant.iter().any(|one| *one == audience),
            Some(meant) => *meant == audience,
        };
        if !meant {
            return Ok(false);
        }
        let seconds = |name: &str| match member(payload, name) {
            None => Ok(None),
            Some(time) => number(time).map(Some),
        };
        let now = self.time / 1e9;
        let (end, begin) = (seconds("exp")?, seconds("nbf")?);
        Ok(end.is_none_or(|end| now < end) && begin.is_none_or(|begin| now >= begin))
    }
}

/// The engine keeps decimals exactly and gives none as a float that would lose digits; here they may.
fn number(value: &Value) -> Result<f64, &'static str> {
    match value {
        Value::Number(_) => value.to_string().parse().map_err(|_| "the time is no number"),
        _ => Err("the time is no number"),
    }
}

/// As in OPA, the time of the evaluation when the rule gives none.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1e9)
}
