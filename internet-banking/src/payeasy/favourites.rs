//! 登録払込先: the numbers of an earlier payment that stay the same, under a name of the user's own, for the whole
//! contract. The 確認番号 is never kept, and a 納付区分 only where it names the kind of charge and not one bill.

use database::{Database, Tx, execute, on, read};
use domain::{CollectorNumber, ContractId, CustomerNumber, FavouriteId, PaymentCategory, Timestamp, UserId};
use gateway::Payment;
use gateway::directory::{Collector, Kind};
use uuid::Uuid;

/// Favourites of one contract.
pub const FAVOURITES_MAX: i64 = 100;
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

    /// Keeps one. Those that are added at the same moment may go a little beyond the most.
    pub async fn add(
        &self,
        by: UserId,
        name: &str,
        collector: &CollectorNumber,
        numbers: &Prefill,
        now: Timestamp,
    ) -> Result<Result<FavouriteId, Refused>, FavouriteError> {
        let name = match read_name(name) {
            Ok(name) => name,
            Err(refused) => return Ok(Err(refused)),
        };
        let id = FavouriteId::generate();
        let mut tx: Tx = self.database.begin().await?;
        let kept: i64 = on!(&mut tx, |c| {
            sqlx::query_scalar("SELECT count(*) FROM payeasy_favourite WHERE contract = $1")
                .bind(self.contract.uuid())
                .fetch_one(c)
                .await
        })?;
        if kept >= FAVOURITES_MAX {
            return Ok(Err(Refused::TooMany));
        }
        let added = execute!(
            &mut tx,
            "INSERT INTO payeasy_favourite
                 (id, contract, name, collector, customer_number, category, created_by, created_us)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (contract, collector, customer_number, category) DO NOTHING",
            id.uuid(),
            self.contract.uuid(),
            &name,
            collector.as_str(),
            numbers.customer_number.as_str(),
            numbers.category.as_ref().map_or("", PaymentCategory::as_str),
            by.uuid(),
            now.micros(),
        )?;
        tx.commit().await?;
        Ok(if added == 1 { Ok(id) } else { Err(Refused::There) })
    }

    /// Gives one another name.
    pub async fn rename(&self, id: FavouriteId, name: &str) -> Result<Result<(), Refused>, FavouriteError> {
        let name = match read_name(name) {
            Ok(name) => name,
            Err(refused) => return Ok(Err(refused)),
        };
        let renamed = execute!(
            self.database,
            "UPDATE payeasy_favourite SET name = $3 WHERE id = $1 AND contract = $2",
            id.uuid(),
            self.contract.uuid(),
            &name,
        )?;
        Ok(if renamed == 1 { Ok(()) } else { Err(Refused::Gone) })
    }

    /// Forgets one. Its payments stay.
    pub async fn delete(&self, id: FavouriteId) -> Result<(), FavouriteError> {
        execute!(
            self.database,
            "DELETE FROM payeasy_favourite WHERE id = $1 AND contract = $2",
            id.uuid(),
            self.contract.uuid(),
        )?;
        Ok(())
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
    use database::testing::TestDatabase;

    database::on_both!(
        a_favourite_is_its_own_contracts_alone,
        a_contract_keeps_each_number_once_and_a_hundred_at_most,
    );

    fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap()
    }

    fn city() -> CollectorNumber {
        "04100".parse().unwrap()
    }

    fn numbers(customer: u64) -> Prefill {
        Prefill { customer_number: format!("{customer:016}").parse().unwrap(), category: "010".parse().ok() }
    }

    async fn a_favourite_is_its_own_contracts_alone(test: TestDatabase) {
        let ours = Favourites::of(&test.database, ContractId::generate());
        let theirs = Favourites::of(&test.database, ContractId::generate());
        let user = UserId::generate();
        let id = ours.add(user, " 本社の固定資産税\n", &city(), &numbers(1), now()).await.unwrap().unwrap();
        let kept = ours.find(id).await.unwrap().unwrap();
        assert_eq!((kept.name.as_str(), &kept.numbers), ("本社の固定資産税", &numbers(1)));
        assert_eq!(theirs.find(id).await.unwrap(), None);
        assert_eq!(theirs.rename(id, "横取り").await.unwrap(), Err(Refused::Gone));
        theirs.delete(id).await.unwrap();
        assert_eq!(ours.rename(id, "固定資産税").await.unwrap(), Ok(()));
        assert_eq!(ours.list().await.unwrap()[0].name, "固定資産税");
        ours.delete(id).await.unwrap();
        assert!(ours.list().await.unwrap().is_empty());
    }

    async fn a_contract_keeps_each_number_once_and_a_hundred_at_most(test: TestDatabase) {
        let favourites = Favourites::of(&test.database, ContractId::generate());
        let user = UserId::generate();
        for customer in 0..100 {
            favourites.add(user, "税", &city(), &numbers(customer), now()).await.unwrap().unwrap();
        }
        let full = favourites.add(user, "税", &city(), &numbers(100), now()).await.unwrap();
        assert_eq!(full, Err(Refused::TooMany));
        let first = favourites.list().await.unwrap()[0].id;
        favourites.delete(first).await.unwrap();
        assert_eq!(
            favourites.add(user, "税", &city(), &numbers(99), now()).await.unwrap(),
            Err(Refused::There)
        );
        assert!(favourites.add(user, "税", &city(), &numbers(100), now()).await.unwrap().is_ok());
    }

    #[test]
    fn a_name_is_one_line_of_thirty_characters() {
        assert_eq!(read_name("\u{3000}本社\t分 "), Ok("本社 分".to_owned()));
        assert_eq!(read_name("あ".repeat(30).as_str()).map(|name| name.chars().count()), Ok(30));
        for name in ["", " \n", &"あ".repeat(31)] {
            assert_eq!(read_name(name), Err(Refused::Name));
        }
    }
}
