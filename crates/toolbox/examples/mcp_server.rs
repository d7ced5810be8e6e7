//! The toolbox as an MCP server for one folder: `mcp_server --workspace DIR [--http PORT]`. Over HTTP it
//! prints its address, as one line, on standard output. The shipped binary has the same as a role; this one
//! exists for the tests with the official client SDKs.

use std::path::PathBuf;
use std::process::ExitCode;

use toolbox::{Config, Toolbox, mcp};

fn main() -> ExitCode {
    fence::become_helper_if_asked();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mcp_server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut workspace = None;
    let mut port = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--workspace" => workspace = arguments.next().map(PathBuf::from),
            "--http" => port = Some(arguments.next().ok_or("--http needs a port, 0 for any")?.parse()?),
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    let workspace = workspace.ok_or("--workspace DIR is missing")?;
    let toolbox = Toolbox::open(&workspace, fence::Fence::new(fence::Config::default()), Config::default())?;
    tokio::runtime::Runtime::new()?.block_on(serve(toolbox, port))
}

async fn serve(toolbox: Toolbox, port: Option<u16>) -> Result<(), Box<dyn std::error::Error>> {
    let Some(port) = port else { return Ok(mcp::serve_stdio(toolbox).await?) };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/mcp", listener.local_addr()?);
    Ok(mcp::serve_http(toolbox, listener, mcp::HttpOptions::default()).await?)
}
