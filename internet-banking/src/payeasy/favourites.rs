//! 登録払込先: the numbers of an earlier payment that stay the same, under a name of the user's own, for the whole
//! contract. The 確認番号 is never kept, and a 納付区分 only where it names the kind of charge and not one bill.

use database::{Change, Database, read};
use domain::{CollectorNumber, ContractId, CustomerNumber, FavouriteId, PaymentCategory};
use gateway::Payment;
use gateway::directory::{Collector, Kind};
use uuid::Uuid;

use crate::Bank;
use crate::contracts::StoreError;
use crate::mail::{Notice, To};
use crate::registration::{Registration, RegistrationError, register};
use crate::sign_in::SignedIn;

/// Favourites of one contract.
pub const FAVOURITES_MAX: usize = 100;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 30;

/// What an entry form begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefill {
    /// 納付番号 or お客様番号.
    pub customer_number: CustomerNumber,
    /// 納付区分, where it stays the same.
    pub category: Option<PaymentCategory>,
}

/// Somebody who is paid again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Favourite {
    /// Its id.
    pub id: FavouriteId,
    /// What the user calls it.
    pub name: String,
    /// The collector.
    pub collector: CollectorNumber,
    /// What is kept of the numbers.
    pub numbers: Prefill,
}

/// Why a favourite cannot be kept or renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The name is empty or too long.
    Name,
    /// The contract has as many as it may.
    TooMany,
    /// The contract has the same numbers already.
    There,
    /// There is none of this id.
    Gone,
}

/// Whether a 納付区分 of the collector is worth keeping: 税目・料金番号 of a local government are, while the numbers of
/// the tax office name one filing.
pub fn keeps_category(collector: &Collector) -> bool {
    collector.kind == Kind::Local
}

impl Prefill {
    /// What may be kept of a payment's numbers.
    pub fn of_payment(collector: &Collector, payment: &Payment) -> Self {
        let facts = &payment.facts;
        Self {
            customer_number: facts.customer_number.clone(),
            category: facts.category.clone().filter(|_| keeps_category(collector)),
        }
    }
}

/// A name as it is kept: one line, or nothing.
pub fn read_name(typed: &str) -> Result<String, Refused> {
    let line: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = line.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        Err(Refused::Name)
    } else {
        Ok(name.to_owned())
    }
}

/// The favourites of one contract.
#[derive(Clone, Debug)]
pub struct Favourites<'a> {
    database: &'a Database,
    contract: ContractId,
}

#[derive(sqlx::FromRow)]
struct FavouriteRow {
    id: Uuid,
    name: String,
    collector: String,
    customer_number: String,
    category: String,
}

/// A row that does not read like a favourite, or a database that fails.
#[derive(Debug, thiserror::Error)]
pub enum FavouriteError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// Who is told cannot be read.
    #[error(transparent)]
    Contracts(#[from] StoreError),
    /// It could not be registered.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// A column holds what no favourite can have.
    #[error("the favourite's column {0} cannot be read")]
    Column(&'static str),
}

impl<'a> Favourites<'a> {
    /// The favourites of a contract.
    pub const fn of(database: &'a Database, contract: ContractId) -> Self {
        Self { database, contract }
    }

    /// All of them, by name.
    pub async fn list(&self) -> Result<Vec<Favourite>, FavouriteError> {
        let rows: Vec<FavouriteRow> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT id, name, collector, customer_number, category FROM payeasy_favourite
                 WHERE contract = $1 ORDER BY name, id",
            )
            .bind(self.contract.uuid())
            .fetch_all(c)
            .await
        })?;
        rows.into_iter().map(favourite).collect()
    }

    /// One of them; another contract's is not there (SEC-34).
    pub async fn find(&self, id: FavouriteId) -> Result<Option<Favourite>, FavouriteError> {
        let row: Option<FavouriteRow> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT id, name, collector, customer_number, category FROM payeasy_favourite
                 WHERE id = $1 AND contract = $2",
            )
            .bind(id.uuid())
            .bind(self.contract.uuid())
            .fetch_optional(c)
            .await
        })?;
        row.map(favourite).transpose()
    }
}

/// Keeps one. Those that are added at the same moment may go a little beyond the most.
pub async fn add(
    bank: &Bank,
    by: &SignedIn,
    name: &str,
    collector: &CollectorNumber,
    numbers: &Prefill,
) -> Result<Result<FavouriteId, Refused>, FavouriteError> {
    let name = match read_name(name) {
        Ok(name) => name,
        Err(refused) => return Ok(Err(refused)),
    };
    let kept = Favourites::of(&bank.database, by.contract.id).list().await?;
    if kept.len() >= FAVOURITES_MAX {
        return Ok(Err(Refused::TooMany));
    }
    let one = Favourite {
        id: FavouriteId::generate(),
        name,
        collector: collector.clone(),
        numbers: numbers.clone(),
    };
    let change = Change::one(
        "INSERT INTO payeasy_favourite
             (id, contract, name, collector, customer_number, category, created_by, created_us)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (contract, collector, customer_number, category) DO NOTHING",
        vec![
            one.id.uuid().into(),
            by.contract.id.uuid().into(),
            one.name.as_str().into(),
            collector.as_str().into(),
            numbers.customer_number.as_str().into(),
            numbers.category.as_ref().map_or("", PaymentCategory::as_str).into(),
            by.user.id.uuid().into(),
            bank.clock.now().micros().into(),
        ],
    );
    let told = ("payeasy.favourite_add", "登録払込先を登録しました");
    Ok(if commit(bank, by, &one, change, told).await? { Ok(one.id) } else { Err(Refused::There) })
}

/// Gives one another name.
pub async fn rename(
    bank: &Bank,
    by: &SignedIn,
    one: &Favourite,
    name: &str,
) -> Result<Result<(), Refused>, FavouriteError> {
    let name = match read_name(name) {
        Ok(name) => name,
        Err(refused) => return Ok(Err(refused)),
    };
    let change = Change::one(
        "UPDATE payeasy_favourite SET name = $1 WHERE id = $2 AND contract = $3 AND name = $4",
        vec![
            name.as_str().into(),
            one.id.uuid().into(),
            by.contract.id.uuid().into(),
            one.name.as_str().into(),
        ],
    );
    let renamed = Favourite { name, ..one.clone() };
    let told = ("payeasy.favourite_rename", "登録払込先の名前を変更しました");
    Ok(if commit(bank, by, &renamed, change, told).await? { Ok(()) } else { Err(Refused::Gone) })
}

/// Forgets one. Its payments stay.
pub async fn delete(bank: &Bank, by: &SignedIn, one: &Favourite) -> Result<(), FavouriteError> {
    let change = Change::one(
        "DELETE FROM payeasy_favourite WHERE id = $1 AND contract = $2",
        vec![one.id.uuid().into(), by.contract.id.uuid().into()],
    );
    let told = ("payeasy.favourite_delete", "登録払込先を削除しました");
    // one that somebody else has forgotten meanwhile is as good
    commit(bank, by, one, change, told).await.map(drop)
}

/// One commit of the change, its record and the mails (R19). Says whether it met what was seen.
async fn commit(
    bank: &Bank,
    by: &SignedIn,
    one: &Favourite,
    change: Change,
    (action, title): (&'static str, &str),
) -> Result<bool, FavouriteError> {
    let to = bank.contracts.recipients(by.contract.id, To::UserAndAdministrators(by.user.id)).await?;
    let row = bank.gateway.directory().get(&one.collector);
    let notice = Notice {
        event: format!("{}-{}-{}", action.replace('.', "-"), one.id, bank.clock.now().micros()),
        title: title.to_owned(),
        lines: vec![
            ("登録払込先の名前", one.name.clone()),
            ("収納機関", row.map_or_else(|| one.collector.to_string(), Collector::shown_name)),
            ("操作した方", by.user.name.clone()),
        ],
        advice: Notice::NOT_YOURS,
    };
    let what = Registration {
        action,
        subject: one.id.to_string(),
        detail: format!("collector {}", one.collector),
        changes: vec![change],
        mail: Some((notice, to)),
        ..Registration::default()
    };
    match register(bank, by, None, what).await {
        Ok(()) => Ok(true),
        Err(RegistrationError::Changed) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn favourite(row: FavouriteRow) -> Result<Favourite, FavouriteError> {
    let category = Some(row.category.as_str()).filter(|category| !category.is_empty());
    let category = category.map(str::parse).transpose().map_err(|_| FavouriteError::Column("category"))?;
    let customer_number =
        row.customer_number.parse().map_err(|_| FavouriteError::Column("customer_number"))?;
    Ok(Favourite {
        id: FavouriteId::from_uuid(row.id),
        name: row.name,
        collector: row.collector.parse().map_err(|_| FavouriteError::Column("collector"))?,
        numbers: Prefill { customer_number, category },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_thirty_characters() {
        assert_eq!(read_name("\u{3000}本社\t分 "), Ok("本社 分".to_owned()));
        assert_eq!(read_name("あ".repeat(30).as_str()).map(|name| name.chars().count()), Ok(30));
        for name in ["", " \n", &"あ".repeat(31)] {
            assert_eq!(read_name(name), Err(Refused::Name));
        }
    }
}
