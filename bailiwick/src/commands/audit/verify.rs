//! `bailiwick audit verify`

use crate::client::Verification;
use crate::commands::session::Session;
use crate::exit::{Code, Failure};
use crate::terminal::{GREEN, RED, clean, say};

/// Has the serving process read its whole record.
pub async fn record(session: &Session, json: bool) -> Result<Code, Failure> {
    tell(&session.client.verify_record().await?, json)
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
