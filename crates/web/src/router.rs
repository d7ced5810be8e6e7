//! Every route, in one place.

use std::any::Any;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::Problem;
use crate::routes::{
    approvals, approve, health, mcp, mcp_clients, metrics, openapi, policy, record, secrets, servers,
    settings, sign_in, sign_in_links, sign_out, status, tasks, tools, workspaces,
};
use crate::security::{headers, host, origin, session};
use crate::state::AppState;
use crate::{assets, observe};

/// The part that needs a sign-in, under `/api/v1`.
pub(crate) fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(status::show))
        .routes(routes!(openapi::openapi))
        .routes(routes!(sign_in_links::create))
        .routes(routes!(sign_out::sign_out))
        .routes(routes!(tasks::list::list, tasks::create::create))
        .routes(routes!(tasks::show::show))
        .routes(routes!(tasks::journal::read))
        .routes(routes!(tasks::events::watch))
        .routes(routes!(tasks::cancel::cancel))
        .routes(routes!(tasks::resume::resume))
        .routes(routes!(tasks::messages::send))
        .routes(routes!(tasks::rules::list))
        .routes(routes!(tasks::rules::revoke))
        .routes(routes!(tasks::decisions::list))
        .routes(routes!(approvals::list::list))
        .routes(routes!(approvals::show::show, approvals::answer::answer))
        .routes(routes!(approvals::explain::explain))
        .routes(routes!(approvals::link::create))
        .routes(routes!(workspaces::list::list, workspaces::create::create))
        .routes(routes!(workspaces::files::list))
        .routes(routes!(workspaces::file::read))
        .routes(routes!(settings::models::show::show))
        .routes(routes!(settings::models::default::set))
        .routes(routes!(settings::models::provider::set))
        .routes(routes!(settings::models::key::set, settings::models::key::delete))
        .routes(routes!(settings::models::test::test))
        .routes(routes!(policy::show::show))
        .routes(routes!(policy::versions::status))
        .routes(routes!(policy::check::check))
        .routes(routes!(policy::test::test))
        .routes(routes!(policy::diff::diff))
        .routes(routes!(policy::explain::explain))
        .routes(routes!(policy::replay::replay))
        .routes(routes!(policy::activate::activate))
        .routes(routes!(policy::versions::list))
        .routes(routes!(policy::versions::show))
        .routes(routes!(policy::versions::reinstate))
        .routes(routes!(tools::list))
        .routes(routes!(servers::list::list, servers::add::add))
        .routes(routes!(servers::show::show, servers::remove::remove))
        .routes(routes!(servers::approve::approve))
        .routes(routes!(servers::withdraw::withdraw))
        .routes(routes!(servers::restart::restart))
        .routes(routes!(servers::sign_in::sign_in))
        .routes(routes!(secrets::list::list))
        .routes(routes!(secrets::set::set, secrets::remove::remove))
        .routes(routes!(record::list::list))
        .routes(routes!(record::verify::verify))
        .routes(routes!(record::export::export))
        .routes(routes!(mcp_clients::list::list, mcp_clients::create::create))
        .routes(routes!(mcp_clients::remove::remove))
}

/// The part that needs none.
pub(crate) fn open() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(health::health)).routes(routes!(metrics::metrics))
}

/// The whole face. Layers are listed from the inside out: the last one sees a request first.
pub(crate) fn router(state: AppState) -> Router {
    let (api, _) = api().split_for_parts();
    let (open, _) = open().split_for_parts();
    let api = api.route_layer(from_fn_with_state(state.clone(), session::require));
    Router::new()
        .nest("/api/v1", api)
        .merge(open)
        .merge(mcp::routes(&state))
        // Whoever only looks at a link, as previews do, does not use it up.
        .route("/sign-in", get(sign_in::sign_in).head(async || StatusCode::NO_CONTENT))
        .route(servers::sign_in::CALLBACK, get(servers::callback::callback))
        .route("/approve/{token}", get(approve::show))
        .route("/approve/{token}/{answer}", post(approve::answer))
        .fallback(assets::serve)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(state.config.body_bytes_max))
        .layer(from_fn(origin::check))
        .layer(from_fn_with_state(state.clone(), host::check))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(headers::add))
        .layer(from_fn(observe::observe))
        .with_state(state)
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address does not know that method; `Allow` says which ones it knows.",
    )
}

/// The text of a panic stays in the log: it may hold anything.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::internal("Something is wrong inside Bailiwick; its log says what. Please report it.")
        .into_response()
}
