//! `/api/v1/tasks`.

pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod decisions;
pub(crate) mod events;
pub(crate) mod journal;
pub(crate) mod list;
pub(crate) mod messages;
pub(crate) mod resume;
pub(crate) mod rules;
pub(crate) mod show;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::security::session::Caller;

/// From where a person acts, as the journal will say it.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Terminal,
    Dashboard,
    Api,
}

impl Place {
    /// What the request says, else what its sign-in says.
    fn by(place: Option<Self>, caller: &Caller) -> &'static str {
        match place {
            Some(Place::Terminal) => "terminal",
            Some(Place::Dashboard) => "dashboard",
            Some(Place::Api) => "api",
            None => caller.by(),
        }
    }
}
