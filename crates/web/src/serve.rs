//! Serving, and stopping to.

use std::future::IntoFuture as _;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::router;
use crate::state::{App, AppState};

/// Serves `app` until `shutdown` is cancelled. Then takes no new connection, ends the event streams, and waits
/// for requests under way, at most `drain_seconds_max`.
pub async fn serve(listener: TcpListener, app: App, shutdown: CancellationToken) -> io::Result<()> {
    let drain = Duration::from_secs(app.config.drain_seconds_max);
    let mcp = app.mcp.as_ref().map(|mcp| mcp.endpoint.clone());
    let state = AppState::new(app, listener.local_addr()?, shutdown.clone());
    prune_sessions(&state).await;
    let service = router::router(state).into_make_service_with_connect_info::<SocketAddr>();
    // Without this every small event waits for the acknowledgement of the one before, up to 40 ms.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
    });

    let closing = shutdown.clone();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        closing.cancelled().await;
        if let Some(mcp) = mcp {
            // Beside the drain: streams of MCP clients stay open for as long as nobody ends them.
            tokio::spawn(async move { mcp.close().await });
        }
    });
    let too_long = async {
        shutdown.cancelled().await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        ended = server.into_future() => ended,
        () = too_long => {
            tracing::warn!(
                seconds = drain.as_secs(),
                "requests were still under way and are cut off; `drain_seconds_max` in [web] allows longer"
            );
            Ok(())
        }
    }
}

/// Sessions that expired are refused anyway; this only keeps the table small.
async fn prune_sessions(state: &AppState) {
    if let Err(error) = state.tenant.prune_sessions(Duration::ZERO).await {
        tracing::warn!(%error, "expired sessions could not be deleted");
    }
}
