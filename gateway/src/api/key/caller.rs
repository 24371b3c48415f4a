//! Who calls: the key behind a request's token, within its rate.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use domain::{ApiKeyId, CollectorNumber, ContractId, UserId};
use edge::Peer;

use super::rates::Told;
use super::{ApiKey, Holder, KeyAccount, Scope, Token};
use crate::api::Api;
use crate::api::problem::{Code, Problem};
use crate::{Operator, Payer, Service, View};

/// What the key of a stopped contract is told (緊急停止).
pub(crate) const STOPPED: &str =
    "The bank or the contract's holder has stopped this. What was accepted goes on.";

/// `last_used_at` is kept to the minute.
const USE_NOTED_EVERY_S: i64 = 60;

/// The key that a request came with.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The key's id.
    pub key: ApiKeyId,
    /// What people call it.
    pub name: String,
    /// Whose key it is.
    pub holder: Holder,
    scopes: Vec<Scope>,
}

/// The contract for which a caller acts.
#[derive(Clone, Copy, Debug)]
pub struct OfContract<'c> {
    /// The contract.
    pub contract: ContractId,
    /// The accounts that the key may use.
    pub accounts: &'c [KeyAccount],
    /// Whether a payment debits at once.
    pub may_debit: bool,
    /// As the hub knows who asks: the key in the place of a person.
    pub payer: Payer,
}

impl Caller {
    /// Lets the caller on to a call of this scope, or not.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        tracing::warn!(key = %self.key, scope = scope.as_str(), "refused: no scope");
        let happened = format!("The key does not have the scope {:?}.", scope.as_str());
        Err(Problem::because(Code::NotPermitted, happened))
    }

    /// The contract that the key belongs to.
    pub fn contract(&self) -> Result<OfContract<'_>, Problem> {
        match &self.holder {
            Holder::Contract { contract, accounts, may_debit } => Ok(OfContract {
                contract: *contract,
                accounts,
                may_debit: *may_debit,
                payer: Payer { contract: *contract, user: UserId::from_uuid(self.key.uuid()) },
            }),
            Holder::Collector(_) | Holder::Operator => {
                Err(Problem::because(Code::NotPermitted, "The call is for keys of a contract."))
            }
        }
    }

    /// The collector that the key belongs to.
    pub fn collector(&self) -> Result<&CollectorNumber, Problem> {
        self.require(Scope::Read)?;
        match &self.holder {
            Holder::Collector(number) => Ok(number),
            Holder::Contract { .. } | Holder::Operator => {
                Err(Problem::because(Code::NotPermitted, "The call is for keys of a collector."))
            }
        }
    }

    /// The payments that the key may see.
    pub fn view(&self) -> Result<View, Problem> {
        self.require(Scope::Read)?;
        Ok(match &self.holder {
            Holder::Contract { contract, accounts, .. } => View::Contract {
                contract: *contract,
                accounts: accounts.iter().map(|account| account.account).collect(),
            },
            Holder::Collector(number) => View::Collector(number.clone()),
            Holder::Operator => View::All,
        })
    }

    /// The operator that the key belongs to, as the audit log names it.
    pub fn operator(&self) -> Result<Operator, Problem> {
        self.require(Scope::Operate)?;
        match self.holder {
            Holder::Operator => Ok(Operator::api(self.key)),
            Holder::Contract { .. } | Holder::Collector(_) => {
                Err(Problem::because(Code::NotPermitted, "The call is for keys of an operator."))
            }
        }
    }
}

impl From<ApiKey> for Caller {
    fn from(key: ApiKey) -> Self {
        Self { key: key.id, name: key.name, holder: key.holder, scopes: key.scopes }
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let token = token(parts)?;
        let hash = token.hash();
        let Ok(peer) = Peer::from_request_parts(parts, api).await;
        let turn = api.rates.turn(&hash).await;
        let found = api.gateway.key_of(&token).await.map_err(|error| Problem::unavailable(&error))?;
        drop(turn);
        api.rates.note(hash, found.is_some());
        let Some(key) = found else {
            tracing::warn!(prefix = token.prefix(), "refused: no such key");
            return Err(api.rates.refusal(peer));
        };
        api.rates.check(key.id, parts.extensions.get::<Told>())?;
        if let Holder::Contract { contract, .. } = &key.holder {
            let stop = api.gateway.stop_of(*contract, Service::Api).await;
            if stop.map_err(|error| Problem::unavailable(&error))?.is_some() {
                tracing::warn!(key = %key.id, %contract, "refused: stopped");
                return Err(Problem::because(Code::NotPermitted, STOPPED));
            }
        }
        let now = api.gateway.now();
        if key.last_used_at.is_none_or(|last| now.seconds_since(last).abs() >= USE_NOTED_EVERY_S)
            && let Err(error) = api.gateway.key_was_used(key.id, now).await
        {
            // the call itself needs no write
            tracing::warn!(%error, key = %key.id, "the use of a key could not be noted");
        }
        Ok(key.into())
    }
}

fn token(parts: &Parts) -> Result<Token, Problem> {
    let header = parts.headers.get(header::AUTHORIZATION).ok_or(Problem::from(Code::KeyMissing))?;
    let text = header.to_str().map_err(|_| Problem::from(Code::KeyInvalid))?;
    let (scheme, token) = text.split_once(' ').ok_or(Problem::from(Code::KeyMissing))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Code::KeyMissing.into());
    }
    Token::parse(token.trim()).map_err(|_| Code::KeyInvalid.into())
}
