//! The scripted model server as a program: `--script FILE.json` (a `testkit::model_server::Script`), `--port N`
//! (default: a free one). Prints its address on the first line of its output and serves until it is killed.

use std::path::PathBuf;

use anyhow::{Context, bail};
use testkit::model_server::{ModelServer, Script};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (mut script, mut port) = (None, 0);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} wants a value"))?;
        match word.as_str() {
            "--script" => script = Some(PathBuf::from(value)),
            "--port" => port = value.parse().with_context(|| format!("{value} is not a port"))?,
            _ => bail!("{word} is not known; use --script FILE.json and --port N"),
        }
    }
    let path = script.context("--script FILE.json is missing")?;
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let script = Script::parse(&text).with_context(|| format!("{} is not a script", path.display()))?;
    let server = ModelServer::start_on(port, script).await?;
    println!("{}", server.url(testkit::model_server::Api::Anthropic));
    server.run().await;
    Ok(())
}
