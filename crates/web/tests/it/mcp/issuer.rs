//! Keys and tokens of the issuer.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use chrono::Utc;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::fixture::{ISSUER, RESOURCE};

pub struct Key {
    pub id: String,
    pub algorithm: Algorithm,
    secret: EncodingKey,
}

impl Key {
    pub fn p256(id: &str) -> Self {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Self {
            id: id.into(),
            algorithm: Algorithm::ES256,
            secret: EncodingKey::from_ec_der(document.as_ref()),
        }
    }

    pub fn rsa(id: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let pem = pem(pkcs8.as_ref());
        Self {
            id: id.into(),
            algorithm: Algorithm::RS256,
            secret: EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
        }
    }

    /// As the issuer publishes it.
    pub fn public(&self) -> Value {
        let mut jwk =
            serde_json::to_value(Jwk::from_encoding_key(&self.secret, self.algorithm).unwrap()).unwrap();
        jwk["kid"] = self.id.as_str().into();
        jwk["use"] = "sig".into();
        jwk
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(&Header { kid: Some(self.id.clone()), ..Header::new(self.algorithm) }, claims)
    }

    pub fn sign_as(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.secret).unwrap()
    }
}

/// Claims of a good token.
pub fn claims() -> Value {
    let now = Utc::now().timestamp();
    json!({
        "iss": ISSUER,
        "sub": "alice",
        "aud": RESOURCE,
        "iat": now,
        "exp": now + 600,
        "scope": "tools other",
        "client_id": "editor",
    })
}

pub fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    for line in text.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).unwrap());
        pem.push('\n');
    }
    pem + "-----END PRIVATE KEY-----\n"
}
