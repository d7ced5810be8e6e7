//! `GET /api/v1/settings/models`: providers, keys and models.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ports::{self, KeySource, ProviderApi};
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::{Mirror as _, ModelInfo};

#[derive(Serialize, ToSchema)]
pub(crate) struct ModelSettings {
    /// Model of tasks that name none.
    default_model: String,
    providers: Vec<ProviderSettings>,
    /// Models that a task may name.
    offered: Vec<ModelInfo>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ProviderSettings {
    name: String,
    api: ProviderApi,
    /// Null: the vendor's own address.
    base_url: Option<String>,
    /// Environment variable that may hold the key.
    key_env: Option<String>,
    has_key: bool,
    /// Where the key in use comes from.
    key_source: Option<KeySource>,
    models: Vec<ModelInfo>,
}

/// Providers, where their keys come from, and their models. Keys themselves are never shown.
#[utoipa::path(
    get,
    path = "/settings/models",
    operation_id = "get_model_settings",
    tag = "settings",
    responses((status = OK, body = ModelSettings))
)]
pub(crate) async fn show(State(state): State<AppState>) -> Result<Json<ModelSettings>, Problem> {
    current(&state).await
}

/// The settings as they are now: every change answers with them.
pub(crate) async fn current(state: &AppState) -> Result<Json<ModelSettings>, Problem> {
    let ports::ModelSettings { default_model, providers, offered } = state.settings.models().await?;
    let providers = providers.into_iter().map(|provider| ProviderSettings {
        name: provider.name,
        api: provider.api,
        base_url: provider.base_url,
        key_env: provider.key_env,
        has_key: provider.key_source.is_some(),
        key_source: provider.key_source,
        models: Vec::mirror(provider.models),
    });
    Ok(Json(ModelSettings { default_model, providers: providers.collect(), offered: Vec::mirror(offered) }))
}
