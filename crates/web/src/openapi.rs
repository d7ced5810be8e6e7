//! The description of the API, collected from the routes.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::problem::ProblemView;
use crate::{router, views};

#[derive(OpenApi)]
#[openapi(
    info(title = "Bailiwick", description = "Tasks, approvals, workspaces and settings of one Bailiwick."),
    components(schemas(ProblemView, views::LiveEvent)),
    security(("session" = []), ("local_token" = [])),
)]
struct Frame;

/// The description of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let routes =
        OpenApiRouter::with_openapi(Frame::openapi()).nest("/api/v1", router::api()).merge(router::open());
    let mut description = routes.into_openapi();
    SignIns.modify(&mut description);
    Problems.modify(&mut description);
    description
}

/// The description as a file: pretty, in a stable order, with a line break at its end.
///
/// # Panics
/// Never: the description is made of strings and lists.
pub fn openapi_json() -> String {
    let mut text = openapi().to_pretty_json().expect("an OpenAPI description is JSON");
    text.push('\n');
    text
}

/// The two ways to be known.
struct SignIns;

impl Modify for SignIns {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("bailiwick_session")));
        let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        components.add_security_scheme("session", cookie);
        components.add_security_scheme("local_token", bearer);
    }
}

/// Whatever else an operation answers is a problem.
struct Problems;

impl Modify for Problems {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for operation in openapi.paths.paths.values_mut().flat_map(operations) {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response = ResponseBuilder::new()
                .description("What went wrong, and what to do about it.")
                .content("application/problem+json", content)
                .build();
            operation.responses.responses.insert("default".into(), response.into());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten()
}
