//! What a person reads when a model cannot answer.

use domain::model::{ModelErrorKind, ModelSource};
use models::{Api, Config};
use testkit::model_server::{Fault, ModelServer, Script, Turn};

use crate::support::{ALL, catalogue, hello, quick, serve, wire};

#[tokio::test]
async fn each_refusal_has_its_kind_and_says_what_to_do() {
    for (fault, kind, words) in [
        (Fault::WrongKey, ModelErrorKind::WrongKey, ["does not accept the key", "set TEST_KEY"]),
        (Fault::Forbidden, ModelErrorKind::WrongKey, ["does not allow this key", "set TEST_KEY"]),
        (Fault::UnknownModel, ModelErrorKind::UnknownModel, ["`scripted-model`", "base_url"]),
        (Fault::QuotaExhausted, ModelErrorKind::QuotaExhausted, ["used up", "resume the task"]),
        (Fault::ContextTooLong, ModelErrorKind::ContextTooLong, ["too long", "token"]),
    ] {
        for api in ALL {
            let (server, model) = serve(api, quick(), [Turn::fault(fault.clone())]).await;
            let error = hello(&model).await.expect_err("refused");
            assert_eq!(error.kind, kind, "{api:?} {fault:?}: {error}");
            if fault != Fault::ContextTooLong || api != Api::OpenaiResponses {
                for word in words {
                    assert!(error.message.contains(word), "{api:?} {fault:?}: {error}");
                }
            }
            assert_eq!(server.requests().len(), 1, "{api:?} {fault:?}: trying again cannot help");
        }
    }
}

#[tokio::test]
async fn a_refused_request_quotes_the_vendor() {
    for api in ALL {
        let (_server, model) = serve(api, quick(), []).await;
        let error = hello(&model).await.expect_err("no turn");
        assert_eq!(error.kind, ModelErrorKind::BadRequest, "{api:?}");
        assert!(error.message.contains("“the script has no turn left"), "{api:?}: {error}");
    }
}

#[tokio::test]
async fn what_does_not_pass_ends_after_the_tries_allowed() {
    for (fault, kind) in [
        (Fault::RateLimited { retry_after_seconds: None }, ModelErrorKind::RateLimited),
        (Fault::ServerError, ModelErrorKind::Unavailable),
        (Fault::Overloaded, ModelErrorKind::Unavailable),
        (Fault::Garbage, ModelErrorKind::BadResponse),
        (Fault::InvalidUtf8 { after_events: 2 }, ModelErrorKind::BadResponse),
        (Fault::TruncatedJson { after_events: 2 }, ModelErrorKind::BadResponse),
        (Fault::ErrorEvent { after_events: 2 }, ModelErrorKind::Unavailable),
        (Fault::Cut { after_events: 0, clean: true }, ModelErrorKind::Unavailable),
    ] {
        for api in ALL {
            let config = Config { attempts_max: 3, ..quick() };
            let (server, model) = serve(api, config, [Turn::fault(fault.clone()).repeated()]).await;
            let error = hello(&model).await.expect_err("it never answers");
            assert_eq!(error.kind, kind, "{api:?} {fault:?}: {error}");
            assert!(
                error.message.contains("Tried 3 times; `models.attempts_max`"),
                "{api:?} {fault:?}: {error}"
            );
            assert_eq!(server.requests().len(), 3, "{api:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn the_nearest_known_name_is_offered() {
    let script = Script { models: vec!["gpt-6-sol".into()], ..Script::default() };
    let server = ModelServer::start(script).await.expect("server");
    let mut config = quick();
    let provider = models::Provider {
        api: Api::OpenaiResponses,
        base_url: Some(server.url(wire(Api::OpenaiResponses))),
        key_env: None,
        models: Default::default(),
    };
    config.providers.insert("openai".into(), provider);
    let keys = [("openai".to_owned(), secrecy::SecretString::from("k"))].into();
    let catalogue = models::Catalogue::new(config, keys).expect("catalogue");
    let model = catalogue.open("openai/gpt-6-soul").expect("any name may be tried");
    let error = hello(&model).await.expect_err("no such model");
    assert_eq!(error.kind, ModelErrorKind::UnknownModel);
    assert!(error.message.contains("Did you mean `gpt-6-sol`?"), "{error}");
}

/// An address of this machine where nobody listens.
async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    listener.local_addr().expect("address").port()
}

#[tokio::test]
async fn a_local_server_that_is_not_there_is_told_at_once() {
    let base_url = format!("http://127.0.0.1:{}/v1", closed_port().await);
    let model =
        catalogue(Api::OpenaiChat, base_url.clone(), Config::default()).open("test/m").expect("model");
    let error = hello(&model).await.expect_err("nobody listens");
    assert_eq!(error.kind, ModelErrorKind::Unavailable);
    assert!(
        error.message.contains(&base_url) && error.message.contains("[models.providers.test]"),
        "{error}"
    );

    let mut config = Config::default();
    let provider = models::Provider {
        api: Api::OpenaiChat,
        base_url: Some(base_url.clone()),
        key_env: None,
        models: Default::default(),
    };
    config.providers.insert("ollama".into(), provider);
    let catalogue = models::Catalogue::new(config, Default::default()).expect("catalogue");
    let error = hello(&catalogue.open("ollama/qwen3").expect("no key is needed")).await.expect_err("nobody");
    assert!(error.message.contains("Is Ollama running there? Start it with `ollama serve`."), "{error}");
}

#[tokio::test]
async fn an_answer_without_end_is_ended() {
    for api in ALL {
        let config = Config { answer_bytes_max: 20_000, ..quick() };
        let (server, model) = serve(api, config, [Turn::text("la ".repeat(20_000))]).await;
        let error = hello(&model).await.expect_err("too long");
        assert_eq!(error.kind, ModelErrorKind::BadResponse, "{api:?}");
        assert!(error.message.contains("models.answer_bytes_max"), "{api:?}: {error}");
        assert_eq!(server.requests().len(), 1, "{api:?}");
    }
}

#[tokio::test]
async fn a_model_that_ollama_has_not_pulled_says_how_to_get_it() {
    use axum::http::StatusCode;
    let answer = || async {
        let message = "model \"qwen9\" not found, try pulling it first";
        let body = serde_json::json!({"error": {"message": message, "type": "api_error", "param": null, "code": null}});
        (StatusCode::NOT_FOUND, axum::Json(body))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    let model =
        catalogue(Api::OpenaiChat, format!("http://{address}"), quick()).open("test/qwen9").expect("model");
    let error = hello(&model).await.expect_err("not pulled");
    assert_eq!(error.kind, ModelErrorKind::UnknownModel);
    assert!(error.message.contains("`ollama pull qwen9`"), "{error}");
}
