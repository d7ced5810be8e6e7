//! `private_key_jwt` (RFC 7523 §2.2): a signed statement in place of a secret.

use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use uuid::Uuid;

use super::config::AssertionKey;
use super::error::OAuthError;

/// How long an assertion is good; it is made for one request.
const LIFE_SECONDS: i64 = 60;

pub(super) async fn sign(
    key: &AssertionKey,
    client_id: &str,
    audience: &str,
) -> Result<SecretString, OAuthError> {
    let pem = (key.pem)().await.map_err(OAuthError::Secret)?;
    let pem = pem.expose_secret().as_bytes();
    let signer = match key.algorithm {
        Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(pem),
        Algorithm::EdDSA => EncodingKey::from_ed_pem(pem),
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            return Err(OAuthError::Secret(
                "a shared secret cannot sign an assertion; use a private key".into(),
            ));
        }
        _ => EncodingKey::from_rsa_pem(pem),
    };
    // The library's errors could quote the key.
    let signer = signer
        .map_err(|_| OAuthError::Secret(format!("the private key is no {:?} key in PEM", key.algorithm)))?;
    let now = Utc::now().timestamp();
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": Uuid::new_v4(),
        "iat": now,
        "exp": now + LIFE_SECONDS,
    });
    let header = Header { kid: key.key_id.clone(), ..Header::new(key.algorithm) };
    jsonwebtoken::encode(&header, &claims, &signer)
        .map(SecretString::from)
        .map_err(|_| OAuthError::Secret(format!("the private key does not sign with {:?}", key.algorithm)))
}
