//! `bailiwick audit verify`

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;
use store::{Head, verify_export};

use crate::cli::Global;
use crate::client::Verification;
use crate::commands::session::Session;
use crate::exit::{Code, Failure};
use crate::paths::Paths;
use crate::terminal::{GREEN, RED, YELLOW, clean, remark, say};
use crate::wiring::{SignedHead, SigningKey, fingerprint, told};

/// Has the serving process read its whole record.
pub async fn record(session: &Session, json: bool) -> Result<Code, Failure> {
    tell(&session.client.verify_record().await?, json)
}

/// Checks an export without any database: the chain, and the signed head at its end.
pub fn file(global: &Global, file: &Path, key: Option<&str>, json: bool) -> Result<Code, Failure> {
    let wrong = |why: String| Failure::usage(format!("{} is no export: {why}", file.display()));
    let signed = signed_head(file).map_err(wrong)?;
    let signer = match key {
        Some(key) => Some(key.to_owned()),
        None => own_key(global),
    };
    let signed_by_whom = match &signer {
        Some(key) if signed.is_signed_by(key) => true,
        Some(_) => {
            let found = Verification {
                whole: false,
                entries: 0,
                head: signed.hash.to_string(),
                first_bad: None,
                why: Some("the head at its end is not signed with the key that is trusted".to_owned()),
            };
            return tell(&found, json);
        }
        None => false,
    };
    let start = Head::start(chrono::DateTime::UNIX_EPOCH);
    let lines = BufReader::new(File::open(file)?).lines();
    let entries = lines.filter(|line| !line.as_ref().is_ok_and(|line| line.starts_with("{\"head\":")));
    let found = told(verify_export(entries, &start, &[signed.head()])?);
    let code = tell(
        &Verification {
            whole: found.whole,
            entries: found.entries,
            head: found.head,
            first_bad: found.first_bad,
            why: found.why,
        },
        json,
    )?;
    if !signed_by_whom {
        remark!(
            "{YELLOW}signed with the key {} that nobody here knows: compare it, or give --key{YELLOW:#}",
            fingerprint(&signed.public_key)
        );
    }
    Ok(code)
}

/// The head in the last line, with the signature that its own key confirms.
fn signed_head(file: &Path) -> Result<SignedHead, String> {
    let lines = BufReader::new(File::open(file).map_err(|error| error.to_string())?).lines();
    let last = lines.map_while(Result::ok).filter(|line| !line.trim().is_empty()).last();
    let last = last.ok_or("it is empty")?;
    let mut last: Value =
        serde_json::from_str(&last).map_err(|_| "its last line is cut off or no JSON".to_owned())?;
    let head: SignedHead = serde_json::from_value(last["head"].take())
        .map_err(|_| "it does not end with a signed head; its end may be cut off".to_owned())?;
    if !head.is_signed_by(&head.public_key) {
        return Err("the signature of its head is not right".to_owned());
    }
    Ok(head)
}

/// The key of this data folder, where there is one.
fn own_key(global: &Global) -> Option<String> {
    let paths = Paths::find(global).ok()?;
    let there = paths.data_dir.join("record.key").exists();
    there.then(|| SigningKey::load(&paths.data_dir).ok().map(|key| key.public())).flatten()
}

/// What was found. A record that is not whole is an error for whoever looks at exit codes.
fn tell(found: &Verification, json: bool) -> Result<Code, Failure> {
    if json {
        say!("{}", serde_json::to_string_pretty(found)?)?;
    } else if found.whole {
        say!("{GREEN}whole:{GREEN:#} {} entries, head {}", found.entries, clean(&found.head))?;
    } else {
        let place = found.first_bad.map_or_else(String::new, |seq| format!("entry {seq}: "));
        let why = found.why.as_deref().unwrap_or("it is not as it was written");
        say!("{RED}not whole:{RED:#} {place}{}", clean(why))?;
    }
    Ok(if found.whole { Code::Ok } else { Code::Error })
}
