//! Public keys of `io.jwt.*`: a certificate or key as PEM, or a JSON Web Key, or a set of those.

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaPublicKeyComponents, VerificationAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;

/// How a token is signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
}

impl Scheme {
    /// By the name of a header's `alg`.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            "EdDSA" => Self::EdDsa,
            _ => return None,
        })
    }

    fn rsa(self) -> Option<&'static signature::RsaParameters> {
        Some(match self {
            Self::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Self::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
            Self::Es256 | Self::Es384 | Self::Es512 | Self::EdDsa => return None,
        })
    }

    fn algorithm(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
            Self::Es384 => &signature::ECDSA_P384_SHA384_FIXED,
            Self::Es512 => &signature::ECDSA_P521_SHA512_FIXED,
            Self::EdDsa => &signature::ED25519,
            Self::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Self::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        }
    }
}

pub(super) struct Keys(Vec<Key>);

struct Key {
    id: Option<String>,
    algorithm: Option<String>,
    public: Public,
}

enum Public {
    /// A SubjectPublicKeyInfo, a point of a curve, or the 32 bytes of Ed25519.
    Encoded(Vec<u8>),
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

impl Keys {
    /// Whether one of the keys made the signature. A key that the header names is the only one tried.
    pub(super) fn verify(
        &self,
        scheme: Scheme,
        id: Option<&str>,
        algorithm: Option<&str>,
        signed: &[u8],
        signature: &[u8],
    ) -> bool {
        if let Some(named) = id.and_then(|id| self.0.iter().find(|key| key.id.as_deref() == Some(id))) {
            return named.made(scheme, signed, signature);
        }
        self.0
            .iter()
            .filter(|key| key.algorithm.is_none() || key.algorithm.as_deref() == algorithm)
            .any(|key| key.made(scheme, signed, signature))
    }
}

impl Key {
    fn made(&self, scheme: Scheme, signed: &[u8], signature: &[u8]) -> bool {
        match &self.public {
            Public::Rsa { n, e } => scheme.rsa().is_some_and(|parameters| {
                RsaPublicKeyComponents { n, e }.verify(parameters, signed, signature).is_ok()
            }),
            Public::Encoded(bytes) => ParsedPublicKey::new(scheme.algorithm(), bytes)
                .is_ok_and(|key| key.verify_sig(signed, signature).is_ok()),
        }
    }
}

/// Reads the keys of a PEM text or of JSON.
pub(super) fn keys_of(text: &str) -> Result<Keys, &'static str> {
    if let Some((label, der)) = pem(text) {
        let public = match label {
            "CERTIFICATE" => key_of_certificate(&der).ok_or("the certificate cannot be read")?,
            "PUBLIC KEY" | "RSA PUBLIC KEY" => der,
            _ => return Err("the PEM holds neither a certificate nor a public key"),
        };
        return Ok(Keys(vec![Key { id: None, algorithm: None, public: Public::Encoded(public) }]));
    }
    let set: JsonKeys = serde_json::from_str(text).map_err(|_| "the key is neither PEM nor JSON")?;
    let keys = match set {
        JsonKeys::Set { keys } => keys,
        JsonKeys::One(key) => vec![*key],
    };
    // A set may hold keys for other purposes than signatures.
    let keys: Vec<Key> = keys.into_iter().filter_map(|key| JsonKey::read(key).ok()).collect();
    if keys.is_empty() { Err("there is no key that verifies signatures") } else { Ok(Keys(keys)) }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum JsonKeys {
    Set { keys: Vec<JsonKey> },
    One(Box<JsonKey>),
}

#[derive(Deserialize)]
struct JsonKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl JsonKey {
    fn read(self) -> Result<Key, &'static str> {
        let number = |text: &Option<String>| {
            let text = text.as_deref().ok_or("the JSON key lacks a part")?;
            URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| "the JSON key is no base64")
        };
        let public = match self.kty.as_str() {
            "RSA" => Public::Rsa { n: number(&self.n)?, e: number(&self.e)? },
            // A point without compression.
            "EC" => Public::Encoded([vec![4], number(&self.x)?, number(&self.y)?].concat()),
            "OKP" => Public::Encoded(number(&self.x)?),
            _ => return Err("a key of this kind verifies no signatures"),
        };
        Ok(Key { id: self.kid, algorithm: self.alg.filter(|alg| !alg.is_empty()), public })
    }
}

/// Label and content of the first block.
fn pem(text: &str) -> Option<(&str, Vec<u8>)> {
    let rest = &text[text.find("-----BEGIN ")? + 11..];
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    Some((label, STANDARD.decode(body).ok()?))
}

/// The SubjectPublicKeyInfo of an X.509 certificate (RFC 5280, 4.1): the member after the subject.
fn key_of_certificate(der: &[u8]) -> Option<Vec<u8>> {
    const VERSION: u8 = 0xa0;
    let (certificate, _) = contents(der)?;
    let (mut rest, _) = contents(certificate)?;
    if rest.first() == Some(&VERSION) {
        rest = contents(rest)?.1;
    }
    // Serial number, algorithm, issuer, validity, subject.
    for _ in 0..5 {
        rest = contents(rest)?.1;
    }
    let after = contents(rest)?.1;
    Some(rest[..rest.len() - after.len()].to_vec())
}

/// The contents of the first DER element, and what follows it.
fn contents(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.get(1..)?.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0_usize, |length, digit| (length << 8) | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}
