//! What other banks and the network itself do on command: pay, return, ask back, and lose what is in the books.

use domain::Date;
use serde::Deserialize;
use sqlx::SqlitePool;

use super::books::{goes_back, wait};
use super::message::{self, Incoming};
use crate::mocks::Mocks;
use crate::store::StoreError;

/// Another bank's customer pays an account of the bank.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewIncoming {
    /// How much.
    pub amount: i64,
    /// The other bank.
    pub from_bank: String,
    /// Who pays, in kana.
    pub payer: String,
    /// 店番, 科目 and 口座番号 of the payee.
    pub branch: String,
    /// `ordinary`, `current` or `savings`.
    pub kind: String,
    /// 口座番号.
    pub number: String,
    /// The day of it; today where it is left out.
    pub day: Option<Date>,
    /// Its number; a new one where it is left out. It waits under a place of its own.
    pub id: Option<String>,
    /// The bank's debit whose money it says it is.
    pub debit: Option<String>,
}

/// A return that nobody has asked for, of a transfer that there need not be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    /// The transfer.
    pub original: String,
    /// How much comes back.
    pub amount: i64,
    /// Why.
    pub code: String,
}

/// Another bank asks for what its customer has sent, or says so.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRecall {
    /// The transfer.
    pub original: String,
    /// How much it was.
    pub amount: i64,
    /// The other bank.
    pub from_bank: String,
    /// Its number; a new one where it is left out.
    pub id: Option<String>,
}

/// The network's books tell something else than what was.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spoil {
    /// The transfer, return or place.
    pub id: String,
    /// Another amount in its books; without one they lose the transfer, or what the bank has taken.
    pub amount: Option<i64>,
}

/// Puts up a transfer for the bank; its place.
pub async fn pay(mocks: &Mocks, new: &NewIncoming) -> Result<String, StoreError> {
    let (id, now) = (message::fresh_id(), mocks.config().clock.now());
    let of = Incoming {
        amount: new.amount,
        from_bank: &new.from_bank,
        payer: &new.payer,
        to: [&new.branch, &new.kind, &new.number],
        day: new.day.unwrap_or(now.date()),
        debit: new.debit.as_deref(),
    };
    let number = new.id.as_deref().unwrap_or(&id);
    put_up(mocks, &id, &message::incoming(number, &mocks.config().bank_code, &of, now)).await?;
    Ok(id)
}

/// Puts up any bytes for the bank.
pub async fn put_up(mocks: &Mocks, id: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let mut write = mocks.interbank().pool.begin().await?;
    wait(&mut write, id, bytes).await?;
    write.commit().await?;
    Ok(())
}

/// Puts up a return; its number.
pub async fn give_back(mocks: &Mocks, new: &NewReturn) -> Result<String, StoreError> {
    let (id, now, bank) = (message::fresh_id(), mocks.config().clock.now(), &mocks.config().bank_code);
    let bytes = message::returned(&id, bank, &new.original, new.amount, &new.code, now);
    let mut write = mocks.interbank().pool.begin().await?;
    goes_back(&mut write, &new.original).await?;
    wait(&mut write, &id, &bytes).await?;
    write.commit().await?;
    Ok(id)
}

/// Puts up a recall; its number.
pub async fn ask_back(mocks: &Mocks, new: &NewRecall) -> Result<String, StoreError> {
    let (place, config) = (message::fresh_id(), mocks.config());
    let id = new.id.clone().unwrap_or_else(|| place.clone());
    let what = (new.original.as_str(), new.amount);
    let bytes = message::recall(&id, &new.from_bank, &config.bank_code, what, config.clock.now());
    let mut write = mocks.interbank().pool.begin().await?;
    sqlx::query("INSERT OR IGNORE INTO asked_back VALUES ($1, $2, $3, NULL)")
        .bind(&id)
        .bind(&new.original)
        .bind(new.amount)
        .execute(&mut *write)
        .await?;
    wait(&mut write, &place, &bytes).await?;
    write.commit().await?;
    Ok(id)
}

/// Changes the books behind the bank's back; whether there was such a thing.
pub async fn spoil(pool: &SqlitePool, spoil: &Spoil) -> Result<bool, StoreError> {
    let statements = match spoil.amount {
        Some(_) => [
            "UPDATE transfers SET amount = $2 WHERE id = $1",
            "UPDATE given_back SET amount = $2 WHERE id = $1",
            "UPDATE handed SET amount = $2 WHERE id = $1",
        ],
        None => [
            "DELETE FROM transfers WHERE id = $1 AND $2 IS NULL",
            "DELETE FROM given_back WHERE id = $1 AND $2 IS NULL",
            "DELETE FROM handed WHERE id = $1 AND $2 IS NULL",
        ],
    };
    let mut spoiled = 0;
    for sql in statements {
        spoiled += sqlx::query(sql).bind(&spoil.id).bind(spoil.amount).execute(pool).await?.rows_affected();
    }
    Ok(spoiled == 1)
}
