//! The keys of this API: who has one, when it was used, and its end. A contract's key is made at the bank, which knows
//! whose accounts are whose.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use domain::{ApiKeyId, ContractId};
use serde::Serialize;
use utoipa::ToSchema;

use super::part;
use crate::api::input::Part;
use crate::api::key::{AccountName, ApiKey, Caller, Holder, KeyError, Scope};
use crate::api::problem::{Code, KeyRefusals, Problem, ProblemBody};
use crate::api::{Answer, Api};

/// All keys.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKeys)]
pub struct KeysBody {
    /// The newest first, at most 500.
    keys: Vec<KeyBody>,
}

/// A key of this API. Its token is shown once, when it is made, and never here.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct KeyBody {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: ApiKeyId,
    /// The first characters of its token.
    #[schema(examples("mpn_live_Ab12Cd"))]
    prefix: String,
    /// What people call it.
    name: String,
    /// `contract`, `collector` or `operator`.
    holder: &'static str,
    /// The contract that it belongs to.
    #[schema(value_type = Option<uuid::Uuid>)]
    contract: Option<ContractId>,
    /// The accounts that it may use.
    accounts: Vec<AccountName>,
    /// Whether its payments debit at once.
    may_debit: bool,
    /// The collector that it belongs to.
    collector: Option<String>,
    /// What it may do.
    scopes: Vec<&'static str>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last used, to the minute.
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// When it was revoked.
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
}

impl From<ApiKey> for KeyBody {
    fn from(key: ApiKey) -> Self {
        let holder = key.holder.as_str();
        let (contract, accounts, may_debit, collector) = match key.holder {
            Holder::Contract { contract, accounts, may_debit } => {
                let names = accounts.into_iter().map(|account| account.name).collect();
                (Some(contract), names, may_debit, None)
            }
            Holder::Collector(number) => (None, Vec::new(), false, Some(number.to_string())),
            Holder::Operator => (None, Vec::new(), false, None),
        };
        Self {
            id: key.id,
            prefix: key.prefix,
            name: key.name,
            holder,
            contract,
            accounts,
            may_debit,
            collector,
            scopes: key.scopes.into_iter().map(Scope::as_str).collect(),
            created_at: key.created_at.rfc3339(),
            last_used_at: key.last_used_at.map(domain::Timestamp::rfc3339),
            revoked_at: key.revoked_at.map(domain::Timestamp::rfc3339),
        }
    }
}

/// Lists the keys of this API.
#[utoipa::path(
    get, operation_id = "list_api_keys", path = "/v1/operations/keys", tag = "operations",
    security(("key" = ["operate"])),
    responses((status = 200, body = KeysBody), KeyRefusals)
)]
pub async fn list(State(api): State<Api>, caller: Caller) -> Answer {
    caller.operator()?;
    let keys = api.gateway.api_keys().await?;
    Ok(Json(KeysBody { keys: keys.into_iter().map(KeyBody::from).collect() }).into_response())
}

/// Ends a key at once.
#[utoipa::path(
    post, operation_id = "revoke_api_key", path = "/v1/operations/keys/{id}/revocation", tag = "operations",
    security(("key" = ["operate"])),
    params(("id" = uuid::Uuid, Path, description = "The key's id")),
    responses(
        (status = 204),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn revoke(State(api): State<Api>, caller: Caller, id: Result<Part, Problem>) -> Answer {
    let operator = caller.operator()?;
    let id: ApiKeyId = part(id, Code::KeyUnknown)?;
    api.gateway.revoke_api_key(id, &operator).await?;
    Ok(axum::http::StatusCode::NO_CONTENT.into_response())
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Unknown => Code::KeyUnknown.into(),
            KeyError::Unfit => Code::FieldsInvalid.into(),
            KeyError::Store(error) => Self::unavailable(&error),
        }
    }
}
