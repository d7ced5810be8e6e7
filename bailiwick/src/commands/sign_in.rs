//! `bailiwick sign-in`

use crate::cli::Global;
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::instance;
use crate::paths::Paths;
use crate::terminal::say;

pub async fn sign_in(global: &Global) -> Result<Code, Failure> {
    let paths = Paths::find(global)?;
    let instance = instance::find(&paths)
        .ok_or_else(|| Failure::usage("nothing is serving this data folder: start it with `bailiwick up`"))?;
    say!("{}", Client::new(&instance)?.sign_in_link().await?)?;
    Ok(Code::Ok)
}
