//! Where a change may come from. Browsers say on whose behalf they send a request; another site's is refused,
//! whatever cookies it brings. Programs say nothing and need the token.

use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::extract::content_type_problem;
use crate::problem::Problem;
use crate::security::host::authority;

/// Refuses changes that another site asks for, and bodies that a plain form could send.
pub(crate) async fn check(request: Request, next: Next) -> Result<Response, Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(next.run(request).await);
    }
    if !is_own(&request) {
        return Err(refused());
    }
    if !request.body().is_end_stream() && !is_json(request.headers()) {
        return Err(content_type_problem());
    }
    Ok(next.run(request).await)
}

pub(crate) fn refused() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "bad_origin",
        "This request comes from another site. Open the dashboard at its own address and try again there.",
    )
}

/// Whether no other site asks for this.
pub(crate) fn is_own(request: &Request) -> bool {
    let headers = request.headers();
    let Some(origin) = headers.get(header::ORIGIN) else {
        // Old browsers leave `Origin` out at times; new ones then still say this.
        return headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    };
    let host = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")));
    match (host, authority(request)) {
        (Some(host), Some(own)) => own.as_str().eq_ignore_ascii_case(host),
        _ => false,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn own(headers: &[(&str, &str)]) -> bool {
        let mut builder = Request::builder().method("POST").uri("/").header("host", "127.0.0.1:7878");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        is_own(&builder.body(Body::empty()).unwrap())
    }

    #[test]
    fn only_the_same_origin_may_change_things() {
        assert!(own(&[]));
        assert!(own(&[("origin", "http://127.0.0.1:7878")]));
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        for bad in ["null", "http://evil.example", "http://127.0.0.1:3000", "http://127.0.0.1", "http://"] {
            assert!(!own(&[("origin", bad)]), "{bad}");
        }
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
    }
}
