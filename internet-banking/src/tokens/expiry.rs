//! A calendar month before a token expires its users and administrators are told by mail, and another one is sent out
//! for it, free (R70); not for one that nobody has registered for use (R71). Each is done once, by a guard in its own
//! commit, whoever looks and however often processes die.

use std::time::Duration;

use database::read;
use domain::time::year_month_day;
use domain::{ContractId, Date, Timestamp};
use edge::Shutdown;
use gateway::alarm::{AlarmKind, NewAlarm};
use ledger::{Commit, EntityId, GuardKey, Refused};
use uuid::Uuid;

use super::rules::expiry_told_from;
use super::store::TokenError;
use super::{Occasion, Token, changes, list};
use crate::Bank;
use crate::contracts::{Contract, ContractState, StoreError};
use crate::mail::Notice;
use crate::registration::Registration;

/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// No calendar month is longer than so many days, with a few to spare for one that is clamped.
const MONTH_DAYS_MAX: i64 = 34;
/// Tokens that one look takes on.
const TOKENS_A_LOOK_MAX: i64 = 200;
/// Tries to take one of the stock that another process does not take first.
const STOCK_TRIES_MAX: usize = 5;

/// What a look came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Tokens whose expiry was told.
    pub told: usize,
    /// Tokens that were sent out.
    pub shipped: usize,
    /// Tokens for which the bank has none in stock.
    pub lacking: usize,
    /// Tokens for which none is sent, because the contract has no address.
    pub unaddressed: usize,
}

/// Why a look was broken off.
#[derive(Debug, thiserror::Error)]
pub enum ExpiryError {
    /// The tokens cannot be read.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// The contracts cannot be read.
    #[error(transparent)]
    Contracts(#[from] StoreError),
    /// The ledger does not take it.
    #[error("it could not be committed: {0}")]
    Ledger(#[from] Refused),
}

impl From<sqlx::Error> for ExpiryError {
    fn from(error: sqlx::Error) -> Self {
        Self::Tokens(error.into())
    }
}

/// What is done about a token once.
#[derive(Clone, Copy)]
enum Once {
    Told,
    Shipped,
    /// Staff know that there is no address.
    Unaddressed,
}

impl Once {
    fn guard(self, serial: &str) -> GuardKey {
        let what = match self {
            Self::Told => "told",
            Self::Shipped => "shipped",
            Self::Unaddressed => "unaddressed",
        };
        GuardKey(format!("token-expiry-{what}|{serial}"))
    }
}

/// Looks again and again, until the process stops.
pub async fn run(bank: Bank, mut shutdown: Shutdown) {
    let mut lacking = 0;
    while !shutdown.is_requested() {
        match look(&bank).await {
            Ok(looked) => {
                if looked.lacking > lacking {
                    tracing::error!(lacking = looked.lacking, "tokens expire and none is in stock");
                }
                lacking = looked.lacking;
            }
            Err(error) => tracing::warn!(%error, "expiring tokens cannot be looked after"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
            () = shutdown.requested() => {}
        }
    }
}

/// Tells of what expires within a month, and sends out what takes its place.
pub async fn look(bank: &Bank) -> Result<Looked, ExpiryError> {
    let mut looked = Looked::default();
    let now = bank.clock.now();
    for (serial, contract, is_told, is_shipped) in due(bank, now.date()).await? {
        let contract_id = ContractId::from_uuid(contract);
        let contract = bank.contracts.contract(contract_id).await?;
        let Some(contract) = contract.filter(|contract| contract.state == ContractState::Active) else {
            continue;
        };
        let Some(token) = list::find(&bank.database, contract_id, &serial).await? else { continue };
        let papers = bank.contracts.papers(contract_id).await?;
        let has_address = papers.is_some_and(|papers| !papers.address.is_empty());
        if !is_told && tell(bank, &contract, &token, has_address, now).await? {
            looked.told += 1;
        }
        if !is_shipped && !has_address {
            warn_of_no_address(bank, &contract, &token, now).await?;
            looked.unaddressed += 1;
        } else if !is_shipped {
            match ship(bank, &contract, &token, now).await? {
                Some(true) => looked.shipped += 1,
                Some(false) => {}
                None => looked.lacking += 1,
            }
        }
    }
    Ok(looked)
}

type Due = (String, Uuid, bool, bool);

/// Tokens of living contracts that somebody has registered for use and that expire within a month, and what was done
/// about them; those of which nobody was told come first, so that an empty stock keeps nobody from being told. Those
/// that cannot be sent for want of an address are no more than told of.
async fn due(bank: &Bank, today: Date) -> Result<Vec<Due>, sqlx::Error> {
    let until = today.checked_add_signed(chrono::TimeDelta::days(MONTH_DAYS_MAX)).unwrap_or(today);
    let rows: Vec<(String, Uuid, String, i64, i64)> = read!(bank.database, |c| {
        sqlx::query_as(
            "SELECT t.serial, t.contract, t.expires_on,
                 (SELECT count(*) FROM guard g WHERE g.key = 'token-expiry-told|' || t.serial) AS told,
                 (SELECT count(*) FROM guard g WHERE g.key = 'token-expiry-shipped|' || t.serial) AS shipped
             FROM token t JOIN contract k ON k.id = t.contract AND k.state = 'active'
             WHERE t.state = 'in_use' AND t.expires_on <= $1
                 AND EXISTS (SELECT 1 FROM app_user u WHERE u.contract = t.contract
                     AND u.token_serial = t.serial AND u.removed_us IS NULL)
                 AND 2 > (SELECT count(*) FROM guard g
                     WHERE g.key IN ('token-expiry-told|' || t.serial, 'token-expiry-shipped|' || t.serial))
                 AND (k.address <> '' OR 2 > (SELECT count(*) FROM guard g
                     WHERE g.key IN ('token-expiry-told|' || t.serial,
                         'token-expiry-unaddressed|' || t.serial)))
             ORDER BY told, t.expires_on, t.serial LIMIT $2",
        )
        .bind(until.to_string())
        .bind(TOKENS_A_LOOK_MAX)
        .fetch_all(c)
        .await
    })?;
    let is_due = |day: &str| day.parse().is_ok_and(|day| expiry_told_from(day) <= today);
    let rows = rows.into_iter().filter(|(_, _, expires_on, ..)| is_due(expires_on));
    Ok(rows.map(|(serial, contract, _, told, shipped)| (serial, contract, told > 0, shipped > 0)).collect())
}

/// Says whether it was this look that told them.
async fn tell(
    bank: &Bank,
    contract: &Contract,
    token: &Token,
    has_address: bool,
    now: Timestamp,
) -> Result<bool, ExpiryError> {
    let (sent, advice) = match has_address {
        true => (
            "無料で、ご契約の届出住所へお送りします(1週間から10日ほどかかります)",
            "新しいトークンが届いたら、有効期限までに「ワンタイムパスワード利用開始登録」の画面で登録してください。",
        ),
        false => (
            "ご契約に届出住所がないため、お送りしていません",
            "お取引店に書面で住所をお届けください。お届けのあと、新しいトークンを無料でお送りします。",
        ),
    };
    let told = list::told(&bank.contracts, contract.id, &token.holders).await?;
    let expires = token.expires_on.map(year_month_day).unwrap_or_default();
    let users: Vec<_> = token.holders.iter().map(|holder| holder.name.clone()).collect();
    let notice = Notice {
        event: format!("token-expiry-{}", token.serial),
        title: "トークンの有効期限が近づいています".to_owned(),
        lines: vec![
            ("トークン", token.serial.clone()),
            ("有効期限", expires),
            ("お使いの方", users.join("、")),
            ("新しいトークン", sent.to_owned()),
        ],
        advice,
    };
    let what = Registration {
        action: "token.expiry_told",
        subject: token.serial.clone(),
        detail: format!("to {}", told.len()),
        guards: vec![(Once::Told.guard(&token.serial), EntityId(contract.id.uuid()))],
        mail: Some((notice, told)),
        ..Registration::default()
    };
    once(bank, what, contract, now).await
}

/// Says whether it was this look that sent one out; nothing where the bank has none in stock.
async fn ship(
    bank: &Bank,
    contract: &Contract,
    token: &Token,
    now: Timestamp,
) -> Result<Option<bool>, ExpiryError> {
    for _ in 0..STOCK_TRIES_MAX {
        let Some(next) = list::next_of_stock(&bank.database).await? else { return Ok(None) };
        let what = Registration {
            action: "token.ship",
            subject: next.clone(),
            detail: format!("{:?} of {}", Occasion::Expiry, token.serial),
            changes: vec![changes::ship(&next, contract.id, Some(&token.serial), now)],
            guards: vec![(Once::Shipped.guard(&token.serial), EntityId(contract.id.uuid()))],
            ..Registration::default()
        };
        match once(bank, what, contract, now).await {
            Ok(done) => return Ok(Some(done)),
            // the device went to somebody else
            Err(ExpiryError::Ledger(Refused::Stale)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(false))
}

/// Staff are told once, by an alarm: with an address it is sent by itself.
async fn warn_of_no_address(
    bank: &Bank,
    contract: &Contract,
    token: &Token,
    now: Timestamp,
) -> Result<(), ExpiryError> {
    let alarm = NewAlarm {
        kind: AlarmKind::TokenUnaddressed,
        subject: format!("{}/{}", contract.id, token.serial),
        collector: None,
        detail: token.expires_on.map(|day| format!("expires {day}")).unwrap_or_default(),
    };
    let commit = Commit {
        guards: vec![(Once::Unaddressed.guard(&token.serial), EntityId(contract.id.uuid()))],
        rows_if_free: vec![alarm.row(now)],
        ..Commit::default()
    };
    match bank.ledger.commit(commit).await {
        Ok(_) | Err(Refused::Guarded { .. }) => Ok(()),
        Err(refused) => Err(refused.into()),
    }
}

/// Whether it is done now; another process may have done it.
async fn once(
    bank: &Bank,
    what: Registration,
    contract: &Contract,
    now: Timestamp,
) -> Result<bool, ExpiryError> {
    match bank.ledger.commit(what.commit("system", contract, now)).await {
        Ok(_) => Ok(true),
        Err(Refused::Guarded { .. }) => Ok(false),
        Err(refused) => Err(refused.into()),
    }
}
