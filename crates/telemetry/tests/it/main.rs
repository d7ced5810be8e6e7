//! The whole set-up, once, against a receiver of OTLP over HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use telemetry::{Config, InitError};

/// Path, content type and length of each request.
type Received = Arc<Mutex<Vec<(String, String, usize)>>>;

async fn receiver() -> (SocketAddr, Received) {
    let received = Received::default();
    let inbox = received.clone();
    let app = axum::Router::new().fallback(async move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let kind = headers.get("content-type").map(|kind| kind.to_str().unwrap_or_default().to_owned());
        inbox.lock().unwrap().push((uri.path().to_owned(), kind.unwrap_or_default(), body.len()));
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    (address, received)
}

/// One test: a process sets up once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_and_metrics_reach_the_receiver_before_the_end() {
    // As `main` does: the exporter's HTTP client wants it even where it speaks no TLS.
    rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap();

    for (config, word) in [
        (Config { log: "=loud=".to_owned(), ..Config::default() }, "telemetry.log"),
        (Config { log_format: "xml".to_owned(), ..Config::default() }, "`human` or `json`"),
        (Config { otlp_endpoint: "not an address".to_owned(), ..Config::default() }, "http://localhost:4318"),
    ] {
        let error = telemetry::init(&config).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }

    let (address, received) = receiver().await;
    let config =
        Config { log: "off".to_owned(), otlp_endpoint: format!("http://{address}/"), ..Config::default() };
    let guard = telemetry::init(&config).unwrap();
    assert!(matches!(telemetry::init(&config), Err(InitError::Twice)));

    telemetry::spans::task(domain::TaskId::new(), "demo").in_scope(|| {});
    telemetry::metrics().fence_launch("exited", Duration::from_millis(3));
    assert!(telemetry::prometheus_text().contains("bailiwick_fence_duration_seconds_count"));
    tokio::task::spawn_blocking(|| drop(guard)).await.unwrap();

    let received = received.lock().unwrap().clone();
    for path in ["/v1/traces", "/v1/metrics"] {
        let found = received.iter().find(|(found, _, _)| found == path);
        let Some((_, kind, length)) = found else { panic!("nothing came to {path}: {received:?}") };
        assert_eq!(kind, "application/x-protobuf");
        assert!(*length > 0);
    }
}
