//! Which addresses may be asked.

use url::{Host, Url};

use super::error::{OAuthError, foreign};

/// An absolute address that `server` named, or its own: `https`, or `http` when both lie on this machine. Credentials
/// and fragments have no place in it.
pub(super) fn parse(text: &str, server: &Url) -> Result<Url, OAuthError> {
    let refuse = |why: &str| OAuthError::Address { url: foreign(text), why: why.into() };
    let url = Url::parse(text).map_err(|error| refuse(&format!("it is not an address ({error})")))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) && is_loopback(server) => {}
        "http" => return Err(refuse("tokens go over `https` only, or within this machine")),
        _ => return Err(refuse("only `https` addresses are asked")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it has credentials in it"));
    }
    if url.fragment().is_some() {
        return Err(refuse("it has a fragment"));
    }
    Ok(url)
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The root of an address, without a path.
pub(super) fn origin(url: &Url) -> Url {
    with_path(url, "/")
}

/// The same origin with another path, and no query.
pub(super) fn with_path(url: &Url, path: &str) -> Url {
    let mut other = url.clone();
    other.set_path(path);
    other.set_query(None);
    other.set_fragment(None);
    other
}

/// Whether `whole` is the same address as `part` or lies below it.
pub(super) fn covers(part: &Url, whole: &Url) -> bool {
    let (above, below) = (part.path().trim_end_matches('/'), whole.path());
    part.origin() == whole.origin()
        && part.query().is_none_or(|query| whole.query() == Some(query))
        && below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        let (far, near) = (url("https://mcp.example/mcp"), url("http://127.0.0.1:9/mcp"));
        assert!(parse("https://auth.example/token", &far).is_ok());
        assert!(parse("https://auth.example/token", &near).is_ok());
        assert!(parse("http://localhost:1/token", &near).is_ok());
        assert!(parse("http://[::1]:1/token", &near).is_ok());
        for bad in [
            "http://auth.example/token",
            "http://localhost:1/token",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://user:word@auth.example/",
            "https://auth.example/#part",
            "/token",
        ] {
            assert!(parse(bad, &far).is_err(), "{bad}");
        }
        assert!(parse("http://localhost.evil.example/", &near).is_err());
    }

    #[test]
    fn a_resource_covers_what_lies_below_it() {
        for (part, whole) in [
            ("https://a.example/mcp", "https://a.example/mcp"),
            ("https://a.example", "https://a.example/mcp"),
            ("https://a.example/one/", "https://a.example/one/two"),
            ("https://A.example:443", "https://a.example/mcp"),
        ] {
            assert!(covers(&url(part), &url(whole)), "{part} {whole}");
        }
        for (part, whole) in [
            ("https://a.example/mcp", "https://a.example/mcp2"),
            ("https://a.example/mcp/x", "https://a.example/mcp"),
            ("http://a.example/mcp", "https://a.example/mcp"),
            ("https://a.example:8443", "https://a.example/mcp"),
            ("https://evil.example/mcp", "https://a.example/mcp"),
            ("https://a.example/mcp?tenant=1", "https://a.example/mcp?tenant=2"),
        ] {
            assert!(!covers(&url(part), &url(whole)), "{part} {whole}");
        }
    }
}
