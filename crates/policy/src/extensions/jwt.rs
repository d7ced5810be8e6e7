//! `io.jwt.decode` and `io.jwt.verify_*`.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regorus::Value;

use super::jwt_keys::{Scheme, keys_of};
use super::{Made, text};

/// Deepest nesting of tokens in tokens that is followed.
const NESTING_MAX: usize = 8;

/// Base64 of URLs, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The three parts of a token as they are written.
pub(super) struct Token<'t> {
    pub(super) header: &'t str,
    pub(super) payload: &'t str,
    pub(super) signature: &'t str,
}

impl<'t> Token<'t> {
    pub(super) fn split(text: &'t str) -> Result<Self, &'static str> {
        let mut parts = text.split('.');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(header), Some(payload), Some(signature), None) => Ok(Self { header, payload, signature }),
            _ => Err("a token has three parts"),
        }
    }

    /// What is signed.
    pub(super) fn signed(&self) -> Vec<u8> {
        [self.header, self.payload].join(".").into_bytes()
    }

    pub(super) fn header(&self) -> Made {
        let header = object(&decoded(self.header)?)?;
        match header.as_object().is_ok_and(|members| members.contains_key(&"enc".into())) {
            true => Err("the token is encrypted"),
            false => Ok(header),
        }
    }

    pub(super) fn payload_text(&self) -> Result<String, &'static str> {
        decoded(self.payload)
    }

    pub(super) fn signature(&self) -> Result<Vec<u8>, &'static str> {
        BASE64.decode(self.signature).map_err(|_| "the signature is no base64")
    }
}

/// `[header, payload, signature]`, nothing of it verified.
pub(super) fn decode(arguments: &[Value]) -> Made {
    let mut text = text(arguments, 0)?.to_owned();
    for _ in 0..NESTING_MAX {
        let token = Token::split(&text)?;
        let header = token.header()?;
        let payload = token.payload_text()?;
        // A token in a token stands there with or without quotes.
        if member(&header, "cty").is_some_and(|cty| *cty == Value::from("JWT")) {
            text = payload.trim_matches(['"', '\'']).to_owned();
            continue;
        }
        let signature = Value::from(hex::encode(token.signature()?));
        return Ok(Value::from(vec![header, object(&payload)?, signature]));
    }
    Err("tokens are nested too deep")
}

macro_rules! verifiers {
    ($($name:ident = $scheme:ident),*) => { $(
        pub(super) fn $name(arguments: &[Value]) -> Made {
            asymmetric(arguments, Scheme::$scheme)
        }
    )* };
}

verifiers! {
    verify_rs256 = Rs256, verify_rs384 = Rs384, verify_rs512 = Rs512,
    verify_ps256 = Ps256, verify_ps384 = Ps384, verify_ps512 = Ps512,
    verify_es256 = Es256, verify_es384 = Es384, verify_es512 = Es512,
    verify_eddsa = EdDsa
}

pub(super) fn verify_hs256(arguments: &[Value]) -> Made {
    shared_secret(arguments, hmac::HMAC_SHA256)
}

pub(super) fn verify_hs384(arguments: &[Value]) -> Made {
    shared_secret(arguments, hmac::HMAC_SHA384)
}

pub(super) fn verify_hs512(arguments: &[Value]) -> Made {
    shared_secret(arguments, hmac::HMAC_SHA512)
}

fn shared_secret(arguments: &[Value], algorithm: hmac::Algorithm) -> Made {
    let token = Token::split(text(arguments, 0)?)?;
    let key = hmac::Key::new(algorithm, text(arguments, 1)?.as_bytes());
    Ok(Value::from(hmac::verify(&key, &token.signed(), &token.signature()?).is_ok()))
}

fn asymmetric(arguments: &[Value], scheme: Scheme) -> Made {
    let token = Token::split(text(arguments, 0)?)?;
    let keys = keys_of(text(arguments, 1)?)?;
    let (signature, header) = (token.signature()?, token.header()?);
    let id = member(&header, "kid").and_then(|kid| kid.as_string().ok());
    let algorithm = member(&header, "alg").and_then(|alg| alg.as_string().ok());
    let valid =
        keys.verify(scheme, id.map(AsRef::as_ref), algorithm.map(AsRef::as_ref), &token.signed(), &signature);
    Ok(Value::from(valid))
}

pub(super) fn member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    object.as_object().ok()?.get(&name.into())
}

/// A JSON object.
pub(super) fn object(text: &str) -> Made {
    match Value::from_json_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err("the part is no JSON object"),
    }
}

fn decoded(part: &str) -> Result<String, &'static str> {
    let bytes = BASE64.decode(part).map_err(|_| "the part is no base64")?;
    String::from_utf8(bytes).map_err(|_| "the part is no text")
}
