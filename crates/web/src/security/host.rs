//! The names this server answers to. A foreign name that was made to resolve to a loopback address (DNS
//! rebinding) is refused before anything else is looked at.

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::problem::Problem;
use crate::state::AppState;

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Names under which requests are taken.
#[derive(Clone, Debug)]
pub(crate) struct AllowedHosts {
    /// Loopback names count only with the port that we listen on.
    port: u16,
    /// Lower case, with or without a port.
    configured: Vec<String>,
}

impl AllowedHosts {
    pub fn new(port: u16, configured: &[String]) -> Self {
        Self { port, configured: configured.iter().map(|name| name.to_ascii_lowercase()).collect() }
    }

    /// Whether it is a loopback name with our port.
    pub fn is_loopback(&self, authority: &Authority) -> bool {
        let host = authority.host().to_ascii_lowercase();
        LOOPBACK.contains(&host.as_str()) && authority.port_u16().unwrap_or(80) == self.port
    }

    fn allows(&self, authority: &Authority) -> bool {
        let whole = authority.as_str().to_ascii_lowercase();
        let host = authority.host().to_ascii_lowercase();
        self.is_loopback(authority) || self.configured.iter().any(|name| *name == whole || *name == host)
    }
}

/// Refuses requests for other names.
pub(crate) async fn check(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    match authority(&request) {
        Some(authority) if state.allowed_hosts.allows(&authority) => Ok(next.run(request).await),
        other => {
            let name = other.map_or("no readable name".into(), |authority| format!("{authority:?}"));
            Err(Problem::new(
                StatusCode::MISDIRECTED_REQUEST,
                "bad_host",
                format!(
                    "This server does not answer to {name}. Use the address that `bailiwick up` printed, or add \
                     the name to `allowed_hosts` in [web]."
                ),
            ))
        }
    }
}

/// The one name that the request is for. `None` when it names none, several, or two that differ.
pub(crate) fn authority(request: &Request) -> Option<Authority> {
    let mut headers = request.headers().get_all(header::HOST).into_iter();
    let named = match (headers.next(), headers.next()) {
        (Some(host), None) => Some(parse(host.as_bytes())?),
        (None, _) => None,
        (Some(_), Some(_)) => return None,
    };
    match (request.uri().authority(), named) {
        (Some(target), Some(host)) => (parse(target.as_str().as_bytes())? == host).then_some(host),
        (Some(target), None) => parse(target.as_str().as_bytes()),
        (None, named) => named,
    }
}

/// Host and port, nothing else.
fn parse(bytes: &[u8]) -> Option<Authority> {
    Authority::try_from(bytes).ok().filter(|authority| !authority.as_str().contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_and_port_are_ours() {
        let hosts = AllowedHosts::new(7878, &["Desk.example".into(), "other.example:8443".into()]);
        let allows = |text: &str| parse(text.as_bytes()).is_some_and(|authority| hosts.allows(&authority));
        for good in [
            "localhost:7878",
            "LOCALHOST:7878",
            "127.0.0.1:7878",
            "[::1]:7878",
            "desk.example",
            "desk.example:80",
            "other.example:8443",
        ] {
            assert!(allows(good), "{good}");
        }
        for bad in [
            "localhost",
            "localhost:7879",
            "localhost.:7878",
            "127.0.0.1.evil.example:7878",
            "evil.example:7878",
            "127.0.0.2:7878",
            "localhost:7878@evil.example",
            "evil@localhost:7878",
            "other.example",
            "",
        ] {
            assert!(!allows(bad), "{bad}");
        }
    }

    #[test]
    fn two_names_are_none() {
        let request = |uri: &str, hosts: &[&str]| {
            let mut builder = Request::builder().uri(uri);
            for host in hosts {
                builder = builder.header(header::HOST, *host);
            }
            authority(&builder.body(axum::body::Body::empty()).unwrap()).map(|found| found.to_string())
        };
        assert_eq!(request("/", &["a:1"]).as_deref(), Some("a:1"));
        assert_eq!(request("http://a:1/", &[]).as_deref(), Some("a:1"));
        assert_eq!(request("http://a:1/", &["a:1"]).as_deref(), Some("a:1"));
        assert_eq!(request("http://a:1/", &["b:1"]), None);
        assert_eq!(request("/", &["a:1", "b:1"]), None);
        assert_eq!(request("/", &[]), None);
    }
}
