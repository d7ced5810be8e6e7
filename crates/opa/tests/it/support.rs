//! The real OPA, a bundle server, questions and policies for tests.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::decision::Point;
use domain::digest::Digest;
use domain::tool::{ServerKind, ToolAnnotations};
use policy::bundle::{self, Bundle, SigningKey};
use policy::{
    PolicyFile, PrincipalFacts, Question, Resources, ServerFacts, TaskFacts, TenantFacts, ToolFacts,
};
use serde_json::{Value, json};
use url::Url;

/// A client that reaches this machine and follows nothing.
pub fn client() -> reqwest::Client {
    static PROVIDER: LazyLock<()> = LazyLock::new(|| {
        // Only the first of several tests can install it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    LazyLock::force(&PROVIDER);
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// The real OPA, built once.
fn program() -> &'static Path {
    static OPA: OnceLock<PathBuf> = OnceLock::new();
    OPA.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../policy/tests/opa/build.sh");
        let built = Command::new(script).output().expect("crates/policy/tests/opa/build.sh runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Path::new(String::from_utf8(built.stdout).unwrap().trim()).join("opa")
    })
}

/// An OPA server that ends with this value.
pub struct Opa {
    child: Child,
    pub url: Url,
}

impl Drop for Opa {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Starts `opa run --server` and waits until it has loaded everything.
pub async fn opa(arguments: &[&str], folder: &Path) -> Opa {
    let program = tokio::task::spawn_blocking(program).await.unwrap();
    // The port can be taken between looking and starting: then the next one is.
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::fs::File::create(folder.join("opa.log")).unwrap();
        let child = Command::new(program)
            .args(["run", "--server", "--disable-telemetry", "--addr", &format!("127.0.0.1:{port}")])
            .args(arguments)
            .current_dir(folder)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut opa = Opa { child, url: format!("http://127.0.0.1:{port}").parse().unwrap() };
        let health = opa.url.join("/health?bundles").unwrap();
        for _ in 0..600 {
            if opa.child.try_wait().unwrap().is_some() {
                break;
            }
            if client().get(health.clone()).send().await.is_ok_and(|answer| answer.status() == 200) {
                return opa;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    panic!("{}", std::fs::read_to_string(folder.join("opa.log")).unwrap());
}

/// A server of one bundle, with ETags.
#[derive(Clone, Default)]
pub struct BundleServer {
    inner: Arc<Mutex<Served>>,
}

#[derive(Default)]
struct Served {
    archive: Vec<u8>,
    etag: String,
    status: Option<StatusCode>,
    token: Option<String>,
    /// What was answered: 200, 304 and so on, in order.
    answered: Vec<u16>,
}

impl BundleServer {
    pub async fn start(&self) -> Url {
        let routes = Router::new().route("/bundle.tar.gz", get(serve)).with_state(self.clone());
        serve_on_loopback(routes).await.join("/bundle.tar.gz").unwrap()
    }

    pub fn offer(&self, archive: Vec<u8>, etag: &str) {
        let mut served = self.inner.lock().unwrap();
        (served.archive, served.etag, served.status) = (archive, format!("\"{etag}\""), None);
    }

    pub fn fail_with(&self, status: StatusCode) {
        self.inner.lock().unwrap().status = Some(status);
    }

    pub fn demand_token(&self, token: &str) {
        self.inner.lock().unwrap().token = Some(format!("Bearer {token}"));
    }

    pub fn answered(&self) -> Vec<u16> {
        self.inner.lock().unwrap().answered.clone()
    }
}

async fn serve(State(server): State<BundleServer>, headers: HeaderMap) -> Response {
    let mut served = server.inner.lock().unwrap();
    let sent = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let response = if let Some(status) = served.status {
        (status, [(header::LOCATION, "http://127.0.0.1:1/elsewhere")]).into_response()
    } else if served.token.is_some() && served.token.as_deref() != sent(header::AUTHORIZATION) {
        StatusCode::UNAUTHORIZED.into_response()
    } else if sent(header::IF_NONE_MATCH) == Some(&served.etag) {
        (StatusCode::NOT_MODIFIED, [(header::ETAG, served.etag.clone())]).into_response()
    } else {
        let headers =
            [(header::ETAG, served.etag.clone()), (header::CONTENT_TYPE, "application/gzip".into())];
        (headers, Bytes::from(served.archive.clone())).into_response()
    };
    served.answered.push(response.status().as_u16());
    response
}

pub async fn serve_on_loopback(routes: Router) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    url
}

/// A policy that allows the one tool.
pub fn allowing(tool: &str) -> Vec<PolicyFile> {
    let rule =
        format!("package bailiwick\n\nallow contains \"it is {tool}\" if input.tool.name == \"{tool}\"\n");
    vec![PolicyFile { path: "policy.rego".into(), text: rule }]
}

pub fn archive(files: Vec<PolicyFile>, revision: &str, key: Option<&SigningKey>) -> Vec<u8> {
    bundle::write(&Bundle::of(files, revision), key).unwrap()
}

/// A call of the built-in toolbox that names nothing.
pub fn call(tool: &str, arguments: Value) -> Question {
    Question {
        point: Point::ToolCall,
        tenant: TenantFacts { id: "local".into(), plan: "desk".into() },
        principal: PrincipalFacts { id: "p".into(), kind: "agent".into(), roles: vec!["owner".into()] },
        task: Some(TaskFacts { id: "t".into(), step: 3, cost_usd: 0.25, labels: vec![] }),
        session: None,
        server: ServerFacts { name: "workspace".into(), kind: ServerKind::Builtin },
        tool: ToolFacts {
            name: tool.into(),
            annotations: ToolAnnotations { read_only_hint: Some(true), ..Default::default() },
            digest: Digest::of(&json!({"tool": tool})),
            pinned: true,
        },
        arguments,
        resources: Resources::default(),
        result: None,
    }
}
