//! Model calls are decided on like tool calls.

use domain::MicroUsd;
use domain::decision::{Point, Verdict};
use gateway::{GatewayError, ModelCall};

use crate::room::{Room, policy_of};

fn model_call(input_tokens: u64) -> ModelCall {
    ModelCall {
        model: "anthropic/some-model".into(),
        host: Some("API.example.com".into()),
        input_tokens,
        max_output_tokens: 4096,
        max_cost: MicroUsd(20_000),
    }
}

#[tokio::test]
async fn a_model_call_is_allowed_and_recorded() {
    let room = Room::new().await;
    let decision = room.gateway.decide_model_call(&room.caller, &model_call(1_000)).await.unwrap();
    assert_eq!((decision.point, decision.verdict), (Point::ModelCall, Verdict::Allow));
    let record = &room.records().await[0];
    assert_eq!(record.decision, decision);
    assert_eq!((record.server.as_str(), record.tool.as_str()), ("model", "anthropic/some-model"));
    assert_eq!(record.question["arguments"]["input_tokens"], 1_000);
    assert_eq!(record.question["resources"]["hosts"][0], "api.example.com");
}

#[tokio::test]
async fn a_model_call_above_the_limits_is_denied() {
    let room = Room::new().await;
    let decision = room.gateway.decide_model_call(&room.caller, &model_call(9_000_000)).await.unwrap();
    assert_eq!(decision.verdict, Verdict::Deny);
    assert_eq!(decision.reasons[0].rule, "models.input");
}

#[tokio::test]
async fn nobody_can_be_asked_about_a_model_call() {
    let room = Room::with(policy_of("allow contains \"x\"\nask contains {\"rule\": \"m\"}"), vec![]).await;
    let decision = room.gateway.decide_model_call(&room.caller, &model_call(1)).await.unwrap();
    assert_eq!(decision.verdict, Verdict::Deny);
    assert_eq!(decision.reasons[0].rule, "gateway.model_ask");
}

#[tokio::test]
async fn without_a_store_no_model_is_called() {
    let mut room = Room::new().await;
    room.store.take().unwrap().close().await;
    let refused = room.gateway.decide_model_call(&room.caller, &model_call(1)).await;
    assert!(matches!(refused, Err(GatewayError::Store(_))), "{refused:?}");
}
