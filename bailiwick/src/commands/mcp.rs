//! `bailiwick mcp`: the gateway for clients that only start commands.

use secrecy::SecretString;
use url::Url;

use crate::cli::{Global, McpArgs};
use crate::commands::session::Session;
use crate::exit::{Code, Failure};

/// Joins standard input and output with `/mcp` of the serving process, which is started here when there is none.
/// Nothing else may write to standard output meanwhile.
pub async fn mcp(global: &Global, args: &McpArgs) -> Result<Code, Failure> {
    let session = Session::open_with(global, args.workspace.as_deref()).await?;
    let done = carry(&session, args).await;
    session.close().await;
    done
}

async fn carry(session: &Session, args: &McpArgs) -> Result<Code, Failure> {
    let endpoint = Url::parse(&session.client.endpoint())?;
    // A token of the client's own, so that the record says who asked; it opens `/mcp` and nothing else.
    let token = match &args.client {
        Some(name) => session.client.client_token(name).await?,
        None => session.client.local_token().to_owned(),
    };
    // Loopback only: a proxy from the environment must never see the token.
    let http = reqwest::Client::builder().no_proxy().build()?;
    mcp::serve::pump(tokio::io::stdin(), tokio::io::stdout(), endpoint, SecretString::from(token), http)
        .await?;
    Ok(Code::Ok)
}
