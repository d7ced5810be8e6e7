//! `crypto.*`: digests of texts, in hexadecimal.

use aws_lc_rs::{constant_time, digest, hmac};
use md5::{Digest as _, Md5};
use regorus::Value;

use super::{Made, text};

/// Length of a block of MD5, bytes.
const MD5_BLOCK_BYTES: usize = 64;

pub(super) fn md5(arguments: &[Value]) -> Made {
    Ok(written(&Md5::digest(text(arguments, 0)?)))
}

pub(super) fn sha1(arguments: &[Value]) -> Made {
    let text = text(arguments, 0)?;
    Ok(written(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref()))
}

pub(super) fn sha256(arguments: &[Value]) -> Made {
    Ok(written(digest::digest(&digest::SHA256, text(arguments, 0)?.as_bytes()).as_ref()))
}

/// RFC 2104 by hand: the library of the others leaves MD5 out.
pub(super) fn hmac_md5(arguments: &[Value]) -> Made {
    let (message, key) = (text(arguments, 0)?, text(arguments, 1)?.as_bytes());
    let mut block = [0; MD5_BLOCK_BYTES];
    if key.len() > MD5_BLOCK_BYTES {
        block[..16].copy_from_slice(&Md5::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Md5::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    let outer = Md5::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize();
    Ok(written(&outer))
}

pub(super) fn hmac_sha1(arguments: &[Value]) -> Made {
    hmac_of(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, arguments)
}

pub(super) fn hmac_sha256(arguments: &[Value]) -> Made {
    hmac_of(hmac::HMAC_SHA256, arguments)
}

pub(super) fn hmac_sha512(arguments: &[Value]) -> Made {
    hmac_of(hmac::HMAC_SHA512, arguments)
}

pub(super) fn hmac_equal(arguments: &[Value]) -> Made {
    let (one, other) = (text(arguments, 0)?, text(arguments, 1)?);
    Ok(Value::from(constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()))
}

fn hmac_of(algorithm: hmac::Algorithm, arguments: &[Value]) -> Made {
    let (message, key) = (text(arguments, 0)?, text(arguments, 1)?);
    let key = hmac::Key::new(algorithm, key.as_bytes());
    Ok(written(hmac::sign(&key, message.as_bytes()).as_ref()))
}

fn written(digest: &[u8]) -> Value {
    Value::from(hex::encode(digest))
}
