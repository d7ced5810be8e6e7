//! MCP servers of others as children in the fence, with secrets put into their environment just before the start.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::server::{Grants, ServerSpec, Transport};
use fence::{Fence, ServerChild, ServerCommand, describe};
use mcp::upstream::{Child, Spawn, UpstreamError};
use secrecy::ExposeSecret;
use secrets::{SCHEME, Scrubber, Template, Vault};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, DuplexStream};

/// A longer line of a server's complaints is left out: cut in two, a secret in it could not be told.
const LINE_BYTES_MAX: usize = 64 << 10;

/// Starts one server, as often as it is needed.
pub struct FencedServer {
    name: String,
    fence: Fence,
    vault: Vault,
    argv: Vec<String>,
    environment: BTreeMap<String, Template>,
    grants: Grants,
}

impl FencedServer {
    /// For a server that is a command. Fails when a reference to a secret cannot be read or a grant is refused:
    /// what can be told before the first start is told when the server is added. Whether the secrets exist is
    /// only seen at the start; they may be stored later.
    pub fn new(name: &str, spec: &ServerSpec, fence: Fence, vault: Vault) -> Result<Self, String> {
        let Transport::Stdio { command, environment, grants } = &spec.transport else {
            return Err(format!("the server `{name}` is reached by URL and is no command"));
        };
        if command.iter().any(|argument| argument.to_ascii_lowercase().contains(SCHEME)) {
            return Err(format!(
                "the command of the server `{name}` names a secret; arguments can be seen by every program of \
                 the machine. Put it into `environment`"
            ));
        }
        let template = |(variable, text): (&String, &String)| match Template::parse(text) {
            Ok(template) => Ok((variable.clone(), template)),
            Err(error) => Err(format!("`{variable}` in the environment of the server `{name}`: {error}")),
        };
        let environment = environment.iter().map(template).collect::<Result<_, _>>()?;
        let server = Self {
            name: name.to_owned(),
            fence,
            vault,
            argv: command.clone(),
            environment,
            grants: grants.clone(),
        };
        server.fence.check(&server.command(server.names_only())).map_err(|error| error.to_string())?;
        Ok(server)
    }

    /// What the server gets, in sentences for the person who adds it.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = describe(&self.command(self.names_only()));
        for (variable, template) in &self.environment {
            let secrets: Vec<_> = template.names().map(|secret| format!("`{secret}`")).collect();
            if !secrets.is_empty() {
                sentences.push(format!("It is told the secret {} in {variable}.", secrets.join(" and ")));
            }
        }
        sentences
    }

    fn command(&self, environment: BTreeMap<String, String>) -> ServerCommand {
        ServerCommand {
            argv: self.argv.clone(),
            environment,
            read: self.grants.read.clone(),
            write: self.grants.write.clone(),
            network: self.grants.network,
            limits: None,
        }
    }

    fn names_only(&self) -> BTreeMap<String, String> {
        self.environment.keys().map(|variable| (variable.clone(), String::new())).collect()
    }

    async fn resolved(&self) -> Result<BTreeMap<String, String>, UpstreamError> {
        let mut environment = BTreeMap::new();
        for (variable, template) in &self.environment {
            let value = template.resolve(&self.vault).await.map_err(|error| self.unavailable(error))?;
            environment.insert(variable.clone(), value.expose_secret().to_owned());
        }
        Ok(environment)
    }

    fn unavailable(&self, error: impl ToString) -> UpstreamError {
        let mut text = format!("`{}` could not be started: {}", self.name, error.to_string());
        self.vault.scrub(&mut text);
        UpstreamError::Unavailable(text)
    }
}

#[async_trait]
impl Spawn for FencedServer {
    async fn spawn(&self) -> Result<Child, UpstreamError> {
        let command = self.command(self.resolved().await?);
        let started = self.fence.serve(command).await.map_err(|error| self.unavailable(error))?;
        tracing::debug!(server = self.name, "started a server in the fence");
        let ServerChild { stdin, stdout, stderr, exit, kill } = started;
        let scrubber = self.vault.scrubber().clone();
        let stderr = scrubbed(stderr, scrubber.clone());
        let done = Box::pin(async move {
            let mut text = match exit.await {
                Ok(exit) => exit.to_string(),
                Err(error) => error.to_string(),
            };
            scrubber.scrub(&mut text);
            text
        });
        Ok(Child {
            stdin: Box::new(stdin),
            stdout: Box::new(stdout),
            stderr: Box::new(stderr),
            done,
            kill: Box::new(kill),
        })
    }
}

/// What a server complains about, line by line without secrets. Read to its end even when nobody listens, since a
/// server that cannot write stands still.
fn scrubbed(from: impl AsyncRead + Send + Unpin + 'static, scrubber: Scrubber) -> DuplexStream {
    let (mut to, reader) = tokio::io::duplex(LINE_BYTES_MAX);
    tokio::spawn(async move {
        let mut from = BufReader::new(from);
        let mut heard = true;
        while let Ok(Some(line)) = next_line(&mut from).await {
            let mut text = match line {
                Line::Whole(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Line::TooLong => format!("[a line of more than {LINE_BYTES_MAX} bytes]\n"),
            };
            scrubber.scrub(&mut text);
            heard = heard && to.write_all(text.as_bytes()).await.is_ok();
        }
    });
    reader
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
}

async fn next_line(from: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let buffer = from.fill_buf().await?;
        if buffer.is_empty() {
            let nothing = line.is_empty() && !too_long;
            return Ok((!nothing).then_some(if too_long { Line::TooLong } else { Line::Whole(line) }));
        }
        let end = buffer.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let taken = end.unwrap_or(buffer.len());
        if line.len() + taken > LINE_BYTES_MAX {
            too_long = true;
            line = Vec::new();
        }
        if !too_long {
            line.extend_from_slice(&buffer[..taken]);
        }
        from.consume(taken);
        if end.is_some() {
            return Ok(Some(if too_long { Line::TooLong } else { Line::Whole(line) }));
        }
    }
}
