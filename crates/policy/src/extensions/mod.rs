//! Built-ins of OPA that the engine lacks, or in which it differs.
//!
//! The interpreter takes them as extensions. The compiled form has no such thing, but it can leave a call to its host:
//! [`link`] replaces each of these places by a call of a built-in of ours, so that both forms give the same answers at
//! the same speed as the engine's own. An error is undefined, as it is in OPA.

mod cidr;
mod find;
mod hashes;
mod json;
mod jwt;
mod jwt_claims;
mod jwt_keys;
mod link;
mod template;
mod texts;

use regorus::{Engine, Value};

pub(crate) use link::{link, names};
pub(crate) use template::rewrite;

/// What an extension gives: its value, or why there is none.
type Made = Result<Value, &'static str>;

/// One built-in: takes its arguments, none of which is undefined.
type Call = fn(&[Value]) -> Made;

/// A built-in as the engine calls it: where, the expressions of its arguments, their values, and whether errors end
/// the evaluation.
pub(crate) type Function = fn(
    &regorus::unstable::Span,
    &[regorus::unstable::Ref<regorus::unstable::Expr>],
    &[Value],
    bool,
) -> anyhow::Result<Value>;

struct Extension {
    name: &'static str,
    arguments: u8,
    call: Call,
    /// The same as a compiled program calls it.
    linked: Function,
}

macro_rules! extensions {
    ($($name:literal ($arguments:literal) => $call:path),* $(,)?) => {
        const EXTENSIONS: &[Extension] = &[$(Extension {
            name: $name,
            arguments: $arguments,
            call: $call,
            // The place in the program hands over its arguments as one array.
            linked: |_, _, arguments, _| link::called($call, arguments),
        }),*];
    };
}

extensions! {
    "crypto.md5" (1) => hashes::md5,
    "crypto.sha1" (1) => hashes::sha1,
    "crypto.sha256" (1) => hashes::sha256,
    "crypto.hmac.md5" (2) => hashes::hmac_md5,
    "crypto.hmac.sha1" (2) => hashes::hmac_sha1,
    "crypto.hmac.sha256" (2) => hashes::hmac_sha256,
    "crypto.hmac.sha512" (2) => hashes::hmac_sha512,
    "crypto.hmac.equal" (2) => hashes::hmac_equal,
    "internal.template_string" (1) => template::joined,
    "io.jwt.decode" (1) => jwt::decode,
    "io.jwt.decode_verify" (2) => jwt_claims::decode_verify,
    "io.jwt.verify_hs256" (2) => jwt::verify_hs256,
    "io.jwt.verify_hs384" (2) => jwt::verify_hs384,
    "io.jwt.verify_hs512" (2) => jwt::verify_hs512,
    "io.jwt.verify_rs256" (2) => jwt::verify_rs256,
    "io.jwt.verify_rs384" (2) => jwt::verify_rs384,
    "io.jwt.verify_rs512" (2) => jwt::verify_rs512,
    "io.jwt.verify_ps256" (2) => jwt::verify_ps256,
    "io.jwt.verify_ps384" (2) => jwt::verify_ps384,
    "io.jwt.verify_ps512" (2) => jwt::verify_ps512,
    "io.jwt.verify_es256" (2) => jwt::verify_es256,
    "io.jwt.verify_es384" (2) => jwt::verify_es384,
    "io.jwt.verify_es512" (2) => jwt::verify_es512,
    "io.jwt.verify_eddsa" (2) => jwt::verify_eddsa,
    "json.marshal" (1) => json::marshal,
    "net.cidr_intersects" (2) => cidr::intersects,
    "net.cidr_merge" (1) => cidr::merge,
    "regex.find_all_string_submatch_n" (3) => find::all_submatches,
    "strings.count" (2) => texts::count,
    "strings.replace_n" (2) => texts::replace_n,
}

/// Makes the extensions known to an interpreter.
pub(crate) fn register(engine: &mut Engine) {
    for extension in EXTENSIONS {
        let call = extension.call;
        let undefined_when_failed =
            move |arguments: Vec<Value>| Ok(call(&arguments).unwrap_or(Value::Undefined));
        // Refused only when the name is taken, and the names above differ.
        let added =
            engine.add_extension(extension.name.into(), extension.arguments, Box::new(undefined_when_failed));
        debug_assert!(added.is_ok(), "{} is registered twice", extension.name);
    }
}

fn text(arguments: &[Value], index: usize) -> Result<&str, &'static str> {
    match arguments.get(index) {
        Some(Value::String(text)) => Ok(text),
        _ => Err("the argument must be a string"),
    }
}
