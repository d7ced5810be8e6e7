//! The agent's gate is the gateway.

use agent::ports::{CallContext, Forwarded, Gate, GateCall, GateError, GateModelCall, Permit, Ruling};
use async_trait::async_trait;
use domain::PrincipalId;
use domain::decision::Decision;
use domain::tool::{ProgressSink, Tool};
use gateway::{Call, Caller, CallerTask, Gateway, GatewayError, ModelCall};

pub struct GatewayGate {
    gateway: Gateway,
}

impl GatewayGate {
    pub fn new(gateway: Gateway) -> Self {
        Self { gateway }
    }
}

#[async_trait]
impl Gate for GatewayGate {
    async fn tools(&self, context: &CallContext) -> Result<Vec<Tool>, GateError> {
        self.gateway.tools(&caller(context)).await.map_err(refused)
    }

    async fn rule(&self, context: &CallContext, call: &GateCall) -> Result<Ruling, GateError> {
        let call = Call {
            id: call.id,
            name: call.name.clone(),
            arguments: call.arguments.clone(),
            approval: call.approval,
        };
        let ruling = self.gateway.decide(&caller(context), &call).await.map_err(refused)?;
        Ok(match ruling {
            gateway::Ruling::Allow { decision, target, permit } => {
                Ruling::Allow { decision, target, permit: Box::new(GatewayPermit(permit)) }
            }
            gateway::Ruling::Ask { decision, target, approval } => Ruling::Ask { decision, target, approval },
            gateway::Ruling::Deny { decision, target } => Ruling::Deny { decision, target },
        })
    }

    async fn rule_model_call(
        &self,
        context: &CallContext,
        call: &GateModelCall,
    ) -> Result<Decision, GateError> {
        let call = ModelCall {
            model: call.model.clone(),
            host: call.host.clone(),
            input_tokens: call.input_tokens,
            max_output_tokens: call.max_output_tokens,
            max_cost: call.max_cost,
        };
        self.gateway.decide_model_call(&caller(context), &call).await.map_err(refused)
    }
}

struct GatewayPermit(gateway::Permit);

#[async_trait]
impl Permit for GatewayPermit {
    async fn forward(self: Box<Self>, progress: ProgressSink) -> Forwarded {
        let forwarded = self.0.forward(progress).await;
        Forwarded { outcome: forwarded.outcome, end: forwarded.end, decision: forwarded.decision }
    }
}

fn caller(context: &CallContext) -> Caller {
    Caller {
        tenant: context.tenant.clone(),
        principal_id: PrincipalId::LOCAL_USER,
        principal_kind: "agent".to_owned(),
        roles: Vec::new(),
        task: Some(CallerTask {
            id: context.task_id,
            step: context.step,
            cost: context.cost,
            labels: context.labels.clone(),
        }),
        session: None,
        workspace: context.workspace.clone(),
    }
}

fn refused(error: GatewayError) -> GateError {
    GateError(error.to_string())
}
