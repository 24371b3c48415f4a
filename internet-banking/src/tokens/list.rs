//! The tokens of a contract, each with those who use it, and the bank's stock.

use std::collections::HashMap;

use database::{Database, read};
use domain::{ContractId, Date, Timestamp, UserId};
use uuid::Uuid;

use super::store::TokenError;
use super::token::{Holder, Token, TokenKind, TokenState};
use crate::contracts::{Role, Store, StoreError};
use crate::mail::{Recipient, To};

/// Tokens of a contract that are read at most.
const TOKENS_READ_MAX: i64 = 500;

type TokenRow = (String, Option<Uuid>, String, String, Option<String>, Option<i64>, i64);
type HolderRow = (String, Uuid, String, String, String);

/// The tokens of a contract, those in use first, then by serial.
pub async fn of_contract(database: &Database, contract: ContractId) -> Result<Vec<Token>, TokenError> {
    let rows: Vec<TokenRow> = read!(database, |c| {
        sqlx::query_as(
            "SELECT serial, contract, kind, state, expires_on, locked_us, changed_us FROM token WHERE contract = $1
             ORDER BY CASE state WHEN 'in_use' THEN 0 WHEN 'shipped' THEN 1 ELSE 2 END, serial LIMIT $2",
        )
        .bind(contract.uuid())
        .bind(TOKENS_READ_MAX)
        .fetch_all(c)
        .await
    })?;
    let holders: Vec<HolderRow> = read!(database, |c| {
        sqlx::query_as(
            "SELECT token_serial, id, name, login_id, role FROM app_user
             WHERE contract = $1 AND token_serial IS NOT NULL AND removed_us IS NULL ORDER BY login_id",
        )
        .bind(contract.uuid())
        .fetch_all(c)
        .await
    })?;
    let mut of: HashMap<String, Vec<Holder>> = HashMap::new();
    for (serial, user, name, login_id, role) in holders {
        let role = Role::from_code(&role).ok_or(TokenError::Word(role))?;
        of.entry(serial).or_default().push(Holder { user: UserId::from_uuid(user), name, login_id, role });
    }
    rows.into_iter()
        .map(|row| {
            let holders = of.remove(&row.0).unwrap_or_default();
            token(row, holders)
        })
        .collect()
}

/// One token of a contract; another contract's is not there (R69).
pub async fn find(
    database: &Database,
    contract: ContractId,
    serial: &str,
) -> Result<Option<Token>, TokenError> {
    Ok(of_contract(database, contract).await?.into_iter().find(|token| token.serial == serial))
}

/// The token that the bank sends out next (R62): of the devices in stock the one that lasts longest.
pub async fn next_of_stock(database: &Database) -> Result<Option<String>, TokenError> {
    Ok(read!(database, |c| {
        sqlx::query_scalar(
            "SELECT serial FROM token WHERE state = 'stock' AND kind = 'hardware'
             ORDER BY expires_on DESC, serial LIMIT 1",
        )
        .fetch_optional(c)
        .await
    })?)
}

/// How many tokens the bank has in stock to send out.
pub async fn stock(database: &Database) -> Result<i64, TokenError> {
    Ok(read!(database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM token WHERE state = 'stock' AND kind = 'hardware'")
            .fetch_one(c)
            .await
    })?)
}

/// The stock by the day that is printed, the latest first.
pub async fn stock_by_day(database: &Database) -> Result<Vec<(Option<Date>, i64)>, TokenError> {
    let rows: Vec<(Option<String>, i64)> = read!(database, |c| {
        sqlx::query_as(
            "SELECT expires_on, count(*) FROM token WHERE state = 'stock' GROUP BY expires_on
             ORDER BY expires_on DESC",
        )
        .fetch_all(c)
        .await
    })?;
    Ok(rows.into_iter().map(|(day, count)| (day.and_then(|day| day.parse().ok()), count)).collect())
}

/// Who is told of what becomes of a token: whoever uses it, and master and administrators, each once.
pub async fn told(
    contracts: &Store,
    contract: ContractId,
    holders: &[Holder],
) -> Result<Vec<Recipient>, StoreError> {
    let mut told = contracts.recipients(contract, To::Administrators).await?;
    for holder in holders {
        for one in contracts.recipients(contract, To::User(holder.user)).await? {
            if !told.contains(&one) {
                told.push(one);
            }
        }
    }
    Ok(told)
}

fn token(row: TokenRow, holders: Vec<Holder>) -> Result<Token, TokenError> {
    let (serial, contract, kind, state, expires_on, locked_us, changed_us) = row;
    Ok(Token {
        serial,
        contract: contract.map(ContractId::from_uuid),
        kind: TokenKind::from_code(&kind).ok_or(TokenError::Word(kind))?,
        state: TokenState::from_code(&state).ok_or(TokenError::Word(state))?,
        expires_on: match expires_on {
            Some(day) => Some(day.parse().map_err(|_| TokenError::Word(day))?),
            None => None,
        },
        locked_at: locked_us.map(Timestamp::from_micros),
        changed_at: Timestamp::from_micros(changed_us),
        holders,
    })
}
