//! What a contract owes, charge by charge.

use database::{Database, read};
use domain::{ContractId, Date, Yen};
use uuid::Uuid;

use super::Month;

/// Charges that a page lists at most.
pub const LISTED_MAX: i64 = 100;

/// A charge of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The day in Japan on which it arose.
    pub day: Date,
    /// What for, as a word.
    pub kind: String,
    /// How much, with tax.
    pub amount: Yen,
    /// What for, in words.
    pub detail: String,
    /// What decided it: the id of a request.
    pub reference: String,
}

/// The place of a charge in its month: moment and id.
pub type Place = (i64, Uuid);

/// As they are stored.
type Stored = (Uuid, String, String, i64, String, String, i64);

/// What was charged under an id; nothing where it was free.
pub async fn charged(database: &Database, id: Uuid) -> Result<Yen, sqlx::Error> {
    let found: Option<i64> = read!(database, |c| {
        sqlx::query_scalar("SELECT amount FROM charge WHERE id = $1").bind(id).fetch_optional(c).await
    })?;
    Ok(found.map_or(Yen::ZERO, Yen::new))
}

/// The charges of a contract, the newest first.
pub async fn latest(database: &Database, contract: ContractId) -> Result<Vec<Charge>, sqlx::Error> {
    let rows: Vec<Stored> = read!(database, |c| {
        sqlx::query_as(
            "SELECT id, day, kind, amount, detail, reference, at_us FROM charge WHERE contract = $1
             ORDER BY day DESC, at_us DESC, id DESC LIMIT $2",
        )
        .bind(contract.uuid())
        .bind(LISTED_MAX)
        .fetch_all(c)
        .await
    })?;
    rows.into_iter().map(|row| charge(row).map(|(_, charge)| charge)).collect()
}

/// Charges of a month in the order in which they arose, after a place.
pub async fn of_month(
    database: &Database,
    contract: ContractId,
    month: Month,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<(Place, Charge)>, sqlx::Error> {
    let (at_us, id) = after.unwrap_or((i64::MIN, Uuid::nil()));
    let rows: Vec<Stored> = read!(database, |c| {
        sqlx::query_as(
            "SELECT id, day, kind, amount, detail, reference, at_us FROM charge
             WHERE contract = $1 AND day >= $2 AND day < $3 AND (at_us, id) > ($4, $5)
             ORDER BY at_us, id LIMIT $6",
        )
        .bind(contract.uuid())
        .bind(month.first().to_string())
        .bind(month.next().first().to_string())
        .bind(at_us)
        .bind(id)
        .bind(limit)
        .fetch_all(c)
        .await
    })?;
    rows.into_iter().map(charge).collect()
}

fn charge((id, day, kind, amount, detail, reference, at_us): Stored) -> Result<(Place, Charge), sqlx::Error> {
    let day = day.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(((at_us, id), Charge { day, kind, amount: Yen::new(amount), detail, reference }))
}
