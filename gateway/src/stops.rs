//! 緊急停止 (SEC-43): of a contract, a plan or a service. Every operation asks the database, so a stop holds from its
//! commit on, in every process. What was accepted before goes on, but for reservations: while the stop is there,
//! none is
//! carried out.

use database::{Row, Table, read};
use domain::{ContractId, Timestamp};
use ledger::GuardKey;
use uuid::Uuid;

use crate::inquiry::Payer;
use crate::{Gateway, StoreError};

static STOP: Table =
    Table { name: "emergency_stop", columns: &["id", "scope", "subject", "reason", "actor", "at_us"] };

/// Open stops that one read answers at most.
const OPEN_MAX: i64 = 500;

/// What can be stopped for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// ログイン: nobody signs in, and nobody goes on who has.
    SignIn,
    /// 振込・振替: no order, and no reservation is carried out.
    Transfer,
    /// 税金・各種料金: no inquiry and no payment; the counter goes on.
    PayEasy,
    /// The REST API for contracts' systems.
    Api,
}

impl Service {
    /// Every one of them.
    pub const ALL: &[Self] = &[Self::SignIn, Self::Transfer, Self::PayEasy, Self::Api];

    /// The word in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Transfer => "transfer",
            Self::PayEasy => "payeasy",
            Self::Api => "api",
        }
    }

    /// From the word in the database.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.code() == code)
    }
}

/// What a stop stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopScope {
    /// A whole contract.
    Contract,
    /// All contracts of a plan.
    Plan,
    /// A service, for all contracts.
    Service,
}

impl StopScope {
    const ALL: &[Self] = &[Self::Contract, Self::Plan, Self::Service];

    /// The word in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Plan => "plan",
            Self::Service => "service",
        }
    }

    /// From the word in the database.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.code() == code)
    }
}

/// A stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its id.
    pub id: Uuid,
    /// What it stops.
    pub scope: StopScope,
    /// The contract's id, or the plan's or the service's word.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// Who, as the audit log names them.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

type StopRow = (Uuid, String, String, String, String, i64);

/// What is read of open stops, for what follows.
macro_rules! open {
    ($rest:literal) => {
        concat!(
            "SELECT id, scope, subject, reason, actor, at_us FROM emergency_stop WHERE lifted_us IS NULL ",
            $rest
        )
    };
}

impl Stop {
    /// Its row, for the commit that makes it.
    pub fn row(&self) -> Row {
        Row {
            table: &STOP,
            values: vec![
                self.id.into(),
                self.scope.code().into(),
                self.subject.as_str().into(),
                self.reason.as_str().into(),
                self.actor.as_str().into(),
                self.at.micros().into(),
            ],
        }
    }

    /// 停止の受付番号: the day and the end of its id, which people can read to one another on the telephone.
    pub fn number(&self) -> String {
        let id = self.id.simple().to_string();
        let end = id.get(id.len().saturating_sub(8)..).unwrap_or_default().to_uppercase();
        format!("{}-{end}", self.at.date().format("%y%m%d"))
    }

    /// Taken by the commit that makes it, and given back by the one that lifts it: one thing is stopped once, and
    /// while it is, what must not come after it is refused ([`stops_against`]).
    pub fn guard(&self) -> GuardKey {
        guard(self.scope, &self.subject)
    }
}

fn guard(scope: StopScope, subject: &str) -> GuardKey {
    GuardKey(format!("{}{}|{subject}", GuardKey::BAR, scope.code()))
}

/// The stops that keep a contract of that plan from services, for [`Commit::barred_by`](ledger::Commit::barred_by) of
/// what must not be committed after one of them.
pub fn stops_against(contract: ContractId, plan: &str, services: &[Service]) -> Vec<GuardKey> {
    let services = services.iter().map(|service| guard(StopScope::Service, service.code()));
    [guard(StopScope::Contract, &contract.to_string()), guard(StopScope::Plan, plan)]
        .into_iter()
        .chain(services)
        .collect()
}

/// What is stopped, by the key of the guard that a commit was refused for; `None` where it is no stop's.
pub fn stopped_by(key: &str) -> Option<StopScope> {
    let scope = key.strip_prefix(GuardKey::BAR)?.split('|').next()?;
    StopScope::from_code(scope)
}

impl Gateway {
    /// The stop that keeps a contract from a service, where there is one.
    pub async fn stop_of(&self, contract: ContractId, service: Service) -> Result<Option<Stop>, StoreError> {
        let row: Option<StopRow> = read!(self.database(), |c| {
            sqlx::query_as(open!(
                "AND ((scope = 'contract' AND subject = $1) OR (scope = 'service' AND subject = $2)
                     OR (scope = 'plan' AND subject = (SELECT plan FROM contract WHERE id = $3)))
                 ORDER BY at_us LIMIT 1"
            ))
            .bind(contract.to_string())
            .bind(service.code())
            .bind(contract.uuid())
            .fetch_optional(c)
            .await
        })?;
        Ok(row.and_then(stop))
    }

    /// One stop, unless it is lifted.
    pub async fn open_stop(&self, id: Uuid) -> Result<Option<Stop>, StoreError> {
        let row: Option<StopRow> = read!(self.database(), |c| {
            sqlx::query_as(open!("AND id = $1")).bind(id).fetch_optional(c).await
        })?;
        Ok(row.and_then(stop))
    }

    /// The stop of the contract itself, where there is one.
    pub async fn open_stop_of(&self, contract: ContractId) -> Result<Option<Stop>, StoreError> {
        self.open_stop_on(StopScope::Contract, &contract.to_string()).await
    }

    /// The stop of a contract, a plan or a service itself, where there is one.
    pub async fn open_stop_on(&self, scope: StopScope, subject: &str) -> Result<Option<Stop>, StoreError> {
        let row: Option<StopRow> = read!(self.database(), |c| {
            sqlx::query_as(open!("AND scope = $1 AND subject = $2"))
                .bind(scope.code())
                .bind(subject)
                .fetch_optional(c)
                .await
        })?;
        Ok(row.and_then(stop))
    }

    /// The stops that the commit of a payment's hold is refused for; `door` is what the payer came in by.
    pub(crate) async fn stops_of(&self, payer: Payer, door: Service) -> Result<Vec<GuardKey>, StoreError> {
        if payer == Payer::at_counter() {
            return Ok(Vec::new());
        }
        let plan: Option<String> = read!(self.database(), |c| {
            sqlx::query_scalar("SELECT plan FROM contract WHERE id = $1")
                .bind(payer.contract.uuid())
                .fetch_optional(c)
                .await
        })?;
        Ok(stops_against(payer.contract, &plan.unwrap_or_default(), &[Service::PayEasy, door]))
    }

    /// Whether a payer may use Pay-easy now. The counter's payers are the bank's own.
    pub(crate) async fn is_stopped(&self, payer: Payer) -> Result<bool, StoreError> {
        if payer == Payer::at_counter() {
            return Ok(false);
        }
        let found = self.stop_of(payer.contract, Service::PayEasy).await?;
        if let Some(stop) = &found {
            tracing::warn!(contract = %payer.contract, scope = stop.scope.code(), "refused: stopped");
        }
        Ok(found.is_some())
    }

    /// What is stopped, the newest first.
    pub async fn open_stops(&self) -> Result<Vec<Stop>, StoreError> {
        let rows: Vec<StopRow> = read!(self.database(), |c| {
            sqlx::query_as(open!("ORDER BY at_us DESC, id LIMIT $1")).bind(OPEN_MAX).fetch_all(c).await
        })?;
        Ok(rows.into_iter().filter_map(stop).collect())
    }
}

/// The database lets no other words in.
fn stop((id, scope, subject, reason, actor, at_us): StopRow) -> Option<Stop> {
    let scope = StopScope::from_code(&scope)?;
    Some(Stop { id, scope, subject, reason, actor, at: Timestamp::from_micros(at_us) })
}
