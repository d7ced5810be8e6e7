use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::get;
use outbound::{Config, Lookup, Outbound, OutboundError, Reach, explain, read_limited};

use crate::{outbound, provider, with_lookup};

/// A server on this machine, and how often it was reached.
async fn server() -> (SocketAddr, Arc<AtomicUsize>) {
    let reached = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&reached);
    let count = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        "hello"
    };
    let router = Router::new()
        .route(
            "/",
            get({
                let count = count.clone();
                async move || count()
            }),
        )
        .route("/away", get(async || Redirect::temporary("http://169.254.169.254/latest?key=hunter2")))
        .route("/near", get(async || Redirect::permanent("/")))
        .route("/large", get(async || (StatusCode::OK, vec![b'x'; 100_000])))
        .route(
            "/endless",
            get(async || {
                axum::body::Body::from_stream(futures::stream::repeat_with(|| {
                    Ok::<_, io::Error>(vec![b'x'; 1000])
                }))
            }),
        );
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, reached)
}

/// Says another address each time it is asked, in turn.
struct Turns {
    turns: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: Arc<AtomicUsize>,
}

impl Turns {
    fn new(name: &str, turns: &[&[&str]]) -> (Self, Arc<AtomicUsize>) {
        let parse = |turn: &&[&str]| turn.iter().map(|address| address.parse().unwrap()).collect();
        let mut turns: Vec<_> = turns.iter().map(parse).collect();
        turns.reverse();
        let asked = Arc::new(AtomicUsize::new(0));
        (Self { turns: Mutex::new([(name.to_owned(), turns)].into()), asked: asked.clone() }, asked)
    }
}

#[async_trait]
impl Lookup for Turns {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut turns = self.turns.lock().unwrap();
        let turns = turns.get_mut(name).ok_or_else(|| io::Error::other("no such name"))?;
        Ok(if turns.len() > 1 { turns.pop().unwrap() } else { turns[0].clone() })
    }
}

#[tokio::test]
async fn private_reaches_this_machine_and_public_does_not() {
    let (address, reached) = server().await;
    let outbound = outbound(&[]);
    for url in [format!("http://{address}/"), format!("http://localhost:{}/", address.port())] {
        let error = outbound.client(Reach::Public).unwrap().get(&url).send().await.unwrap_err();
        assert!(explain(error).contains("this machine"));
        let response = outbound.client(Reach::Private).unwrap().get(&url).send().await.unwrap();
        assert_eq!(&read_limited(response, 5).await.unwrap()[..], b"hello");
    }
    assert_eq!(reached.load(Ordering::SeqCst), 2);
}

/// The first answer is the attacker's own server, the second this machine's: checking once and connecting later
/// would fall for it. 127.0.0.2, allowed by an entry of its own, plays the open internet.
#[tokio::test]
async fn a_name_that_changes_its_answer_gains_nothing() {
    let (victim, reached) = server().await;
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), victim.port())).await.unwrap();
    let router = Router::new().fallback(async || "attacker's");
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (lookup, asked) = Turns::new("evil.example", &[&["127.0.0.2"], &["127.0.0.1"], &["10.0.0.9", "::1"]]);
    let outbound = with_lookup(&["127.0.0.2"], lookup);
    let url = format!("http://evil.example:{}/", victim.port());
    outbound.check_url(&url.parse().unwrap(), Reach::Public).unwrap();
    let client = outbound.client(Reach::Public).unwrap();
    let response = client.get(&url).header("connection", "close").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "attacker's");
    for turn in 2..=4 {
        let text = explain(client.get(&url).send().await.unwrap_err());
        assert!(text.contains("evil.example (") && text.contains("is refused"), "{text}");
        assert_eq!(asked.load(Ordering::SeqCst), turn, "every connection asks anew");
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn of_a_mixed_answer_only_the_permitted_addresses_are_used() {
    let (address, reached) = server().await;
    // 169.254 is never reached; 127.0.0.1 is, since this client may.
    let (lookup, _) = Turns::new("mixed.example", &[&["169.254.169.254", "127.0.0.1"]]);
    let outbound = with_lookup(&[], lookup);
    let url = format!("http://mixed.example:{}/", address.port());
    outbound.client(Reach::Private).unwrap().get(&url).send().await.unwrap();
    assert_eq!(reached.load(Ordering::SeqCst), 1);
    let error = outbound.client(Reach::Public).unwrap().get(&url).send().await.unwrap_err();
    assert!(explain(error).contains("is refused"));
    assert_eq!(reached.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_host_by_name_opens_its_private_addresses_only() {
    let (address, _) = server().await;
    let (lookup, _) = Turns::new("build.example", &[&["127.0.0.1"], &["169.254.169.254"]]);
    let outbound = with_lookup(&["build.example"], lookup);
    // No connection is kept, so that the second request asks again.
    let client = outbound.client(Reach::Public).unwrap();
    let url = format!("http://build.example:{}/", address.port());
    let response = client.get(&url).header("connection", "close").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "hello");
    let text = explain(client.get(&url).send().await.unwrap_err());
    assert!(text.contains("169.254.169.254") && text.contains("exactly this address"), "{text}");
}

#[tokio::test]
async fn a_redirect_is_an_error_that_names_its_target() {
    let (address, reached) = server().await;
    let client = outbound(&[]).client(Reach::Private).unwrap();
    for (path, target) in [("away", "http://169.254.169.254/latest"), ("near", "/")] {
        let text = explain(client.get(format!("http://{address}/{path}")).send().await.unwrap_err());
        assert!(text.contains("redirects to http") && text.contains(target), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn bodies_end_at_their_limit() {
    let (address, _) = server().await;
    let client = outbound(&[]).client(Reach::Private).unwrap();
    for path in ["large", "endless"] {
        let response = client.get(format!("http://{address}/{path}")).send().await.unwrap();
        let error = read_limited(response, 99_999).await.unwrap_err();
        assert!(matches!(error, OutboundError::TooLarge { bytes_max: 99_999 }), "{error}");
    }
    let response = client.get(format!("http://{address}/large")).send().await.unwrap();
    assert_eq!(read_limited(response, 100_000).await.unwrap().len(), 100_000);
}

/// A lookup that never answers, as a listener that never accepts cannot be made portably.
struct Silent;

#[async_trait]
impl Lookup for Silent {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn connecting_has_an_end() {
    provider();
    let config = Config { connect_ms_max: 50, ..Config::default() };
    let client = Outbound::with_lookup(config, Arc::new(Silent)).client(Reach::Public).unwrap();
    let request = client.get("http://slow.example/").send();
    let error = tokio::time::timeout(Duration::from_secs(20), request).await.unwrap().unwrap_err();
    assert!(error.is_timeout() || error.is_connect(), "{error:?}");
}

#[tokio::test]
async fn a_proxy_of_the_configuration_is_used_and_literals_are_checked_all_the_same() {
    // To a proxy, the whole URL is the path of the request; this server answers any.
    let router = Router::new().fallback(async |uri: axum::http::Uri| uri.to_string());
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (lookup, _) = Turns::new("proxy.example", &[&["127.0.0.1"]]);
    let proxy = format!("http://proxy.example:{port}").parse().unwrap();
    provider();
    let config = Config { proxy: Some(proxy), ..Config::default() };
    let client = Outbound::with_lookup(config, Arc::new(lookup)).client(Reach::Public).unwrap();
    let response = client.get("http://far.example/x").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "http://far.example/x");
    let error = client.get("http://169.254.169.254/").send().await.unwrap_err();
    assert!(explain(error).contains("is refused"));
}

#[test]
fn a_file_of_roots_is_read_or_named() {
    provider();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roots.pem");
    for content in [None, Some("no certificate")] {
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let config = Config { ca_file: Some(path.clone()), ..Config::default() };
        let error = Outbound::new(config).client(Reach::Public).unwrap_err().to_string();
        assert!(error.contains("ca_file") && error.contains("roots.pem"), "{error}");
    }
}
