//! Protected resource metadata (RFC 9728): which authorization server a server trusts.

use serde::Deserialize;
use url::Url;

use super::address;
use super::error::{OAuthError, foreign};
use super::fetch::{Fetch, Found};

/// What is known of the resource before its authorization server is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    /// Sent as `resource` (RFC 8707), letter for letter as published.
    pub id: String,
    /// As published. `None`: a server older than RFC 9728, which is its own authorization server.
    pub authorization_servers: Vec<String>,
    pub scopes_supported: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    resource: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
}

/// Asks where the challenge points, then the well-known place with the server's path, then the one without.
pub(super) async fn discover(
    fetch: &Fetch,
    server: &Url,
    advertised: Option<&str>,
) -> Result<Resource, OAuthError> {
    if let Some(text) = advertised {
        let url = address::parse(text, server)?;
        return match fetch.document::<Document>(&url).await? {
            Found::Document(document) => checked(document, server),
            // What the server itself points at must be there: guessing on would drop the binding it announced.
            Found::Nothing | Found::Other => Err(OAuthError::Refused(format!(
                "{server} says that its metadata lies at {url}, but there is none"
            ))),
        };
    }
    for url in well_known(server) {
        if let Found::Document(document) = fetch.document::<Document>(&url).await? {
            return checked(document, server);
        }
    }
    Ok(Resource { id: identifier(server), authorization_servers: Vec::new(), scopes_supported: Vec::new() })
}

fn checked(document: Document, server: &Url) -> Result<Resource, OAuthError> {
    let refuse = |why: &str| {
        OAuthError::Refused(format!(
            "the metadata of {server} is for `{}`, {why}; no token is asked for it",
            foreign(&document.resource)
        ))
    };
    let resource = Url::parse(&document.resource).map_err(|_| refuse("which is no address"))?;
    if resource.fragment().is_some() || !address::covers(&resource, server) {
        return Err(refuse("another resource"));
    }
    if document.authorization_servers.is_empty() {
        return Err(refuse("and names no authorization server"));
    }
    Ok(Resource {
        id: document.resource,
        authorization_servers: document.authorization_servers,
        scopes_supported: document.scopes_supported,
    })
}

fn well_known(server: &Url) -> Vec<Url> {
    const PLACE: &str = "/.well-known/oauth-protected-resource";
    let path = server.path().trim_end_matches('/');
    let mut places = vec![address::with_path(server, PLACE)];
    if !path.is_empty() {
        let mut exact = address::with_path(server, &format!("{PLACE}{path}"));
        exact.set_query(server.query());
        places.insert(0, exact);
    }
    places
}

/// The canonical address of a server that publishes none.
fn identifier(server: &Url) -> String {
    let mut url = server.clone();
    url.set_fragment(None);
    if url.path() == "/" && url.query().is_none() {
        url.as_str().trim_end_matches('/').to_owned()
    } else {
        url.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(server: &str) -> Vec<String> {
        well_known(&Url::parse(server).unwrap()).into_iter().map(Into::into).collect()
    }

    #[test]
    fn the_path_is_asked_for_first() {
        assert_eq!(
            places("https://a.example/one/mcp/"),
            [
                "https://a.example/.well-known/oauth-protected-resource/one/mcp",
                "https://a.example/.well-known/oauth-protected-resource"
            ]
        );
        assert_eq!(places("https://a.example"), ["https://a.example/.well-known/oauth-protected-resource"]);
    }

    #[test]
    fn metadata_of_another_resource_is_refused() {
        let server = Url::parse("https://a.example/mcp").unwrap();
        let check = |resource: &str, servers: &[&str]| {
            checked(
                Document {
                    resource: resource.into(),
                    authorization_servers: servers.iter().map(|&server| server.to_owned()).collect(),
                    scopes_supported: Vec::new(),
                },
                &server,
            )
        };
        assert_eq!(check("https://a.example", &["https://b.example"]).unwrap().id, "https://a.example");
        for bad in ["https://evil.example/mcp", "https://a.example/mcp2", "https://a.example/mcp#x", "mcp"] {
            assert!(check(bad, &["https://b.example"]).is_err(), "{bad}");
        }
        assert!(check("https://a.example/mcp", &[]).is_err());
    }
}
