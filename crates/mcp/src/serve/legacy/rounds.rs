//! One request of a legacy client to the service, in as many rounds as the service has questions.

use std::sync::Arc;

use super::conversation::Conversation;
use super::downgrade::{self, Answer};
use super::lane::Lane;
use super::tasks::{self, Progress, Task};
use crate::exchange::{Client, Request};
use crate::message::{Json, RpcError};
use crate::serve::exchange::{Exchange, Outcome, Step};
use crate::serve::incoming::Call;
use crate::serve::members::raw;
use crate::serve::modern::code;
use crate::serve::reply;

/// Requests during which a server has something to log.
const LOGGING: [&str; 3] = ["tools/call", "prompts/get", "resources/read"];

/// What the service came to, all its questions answered.
enum Round {
    Answered(Json),
    Task(Json),
}

impl Conversation {
    /// Asks the service, and the client what the service wants to know, until there is an answer.
    pub(super) async fn rounds(&self, call: &Call, client: &Arc<Client>, lane: &Lane) -> Outcome {
        let mut params = call.params.clone();
        if LOGGING.contains(&call.method.as_str()) {
            let level = raw(format!("\"{}\"", downgrade::LEVELS[self.level()]));
            params = Some(downgrade::with_log_level(params.as_deref(), &level)?);
        }
        if tasks::speaks(client.version, &call.method, params.as_deref()) {
            return self.with_tasks(&call.method, params, &Arc::new(tasks::capable(client)), lane).await;
        }
        match self.round(&call.method, params, client, lane).await? {
            Round::Answered(result) => Ok(result),
            Round::Task(_) => Err(RpcError::internal("the server made a task for a client that knows none")),
        }
    }

    /// A request that speaks of tasks, in the words of 2025-11-25.
    async fn with_tasks(
        &self,
        method: &str,
        params: Option<Json>,
        client: &Arc<Client>,
        lane: &Lane,
    ) -> Outcome {
        let ask = async |method: &str, params: &Option<Json>| match self
            .round(method, params.clone(), client, lane)
            .await?
        {
            Round::Answered(result) | Round::Task(result) => Ok::<_, RpcError>(result),
        };
        match method {
            "tasks/get" => Task::of(&ask("tasks/get", &params).await?)?.described(),
            "tasks/cancel" => {
                ask("tasks/cancel", &params).await?;
                Task::of(&ask("tasks/get", &params).await?)?.described()
            }
            "tasks/result" => loop {
                match Task::of(&ask("tasks/get", &params).await?)?.progress()? {
                    Progress::Ended(outcome) => return outcome,
                    Progress::Working(pause) => tokio::time::sleep(pause).await,
                    Progress::Asking(questions) => {
                        let responses = self.asked.ask(&questions, client, lane, &self.options).await?;
                        ask("tasks/update", &Some(downgrade::resumed(params.as_deref(), &responses, None)?))
                            .await?;
                    }
                }
            },
            method => match self.round(method, params, client, lane).await? {
                Round::Answered(result) => Ok(result),
                Round::Task(task) => Task::of(&task)?.created(),
            },
        }
    }

    async fn round(
        &self,
        method: &str,
        mut params: Option<Json>,
        client: &Arc<Client>,
        lane: &Lane,
    ) -> Result<Round, RpcError> {
        for _ in 0..self.options.question_rounds_max {
            let request =
                Request { method: method.into(), params: params.clone(), client: Arc::clone(client) };
            let result = self.ask_service(request, lane).await?;
            match downgrade::answer(method, result)? {
                Answer::Final(result) => return Ok(Round::Answered(result)),
                Answer::Task(task) => return Ok(Round::Task(task)),
                Answer::Questions { requests, state } => {
                    let responses = self.asked.ask(&requests, client, lane, &self.options).await?;
                    params = Some(downgrade::resumed(params.as_deref(), &responses, state.as_deref())?);
                }
            }
        }
        let max = self.options.question_rounds_max;
        let text =
            format!("no answer after {max} rounds of questions; `[clients] question_rounds_max` raises it");
        Err(RpcError::new(code::LIMIT, text))
    }

    async fn ask_service(&self, request: Request, lane: &Lane) -> Outcome {
        let mut exchange = Exchange::start(Arc::clone(&self.service), request);
        loop {
            match exchange.next().await {
                Step::Told(told) if downgrade::passes(&told, self.level()) => {
                    lane.send(reply::notification(&told)).await;
                }
                Step::Told(_) => {}
                Step::Answered(outcome) => return outcome,
            }
        }
    }
}
