//! The collectors' bills, and what an inquiry finds among them.

use domain::{
    Bill, BillId, CollectorNumber, ConfirmationNumber, CustomerNumber, Date, PaymentCategory, ResponseCode,
    Timestamp, Yen, random,
};
use sqlx::{Executor, Sqlite, SqliteConnection};

use crate::late::LateRule;
use crate::store::{self, StoreError};

/// Most bills in one answer (the message schema's bound).
pub const BILLS_ANSWERED_MAX: usize = 50;

/// Most bills that one customer number may have; more are not looked at.
const BILLS_OF_CUSTOMER_MAX: i64 = 1_000;

/// How a bill stands on its collector's web site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnSite {
    /// The end of its page's address, which nobody can guess.
    pub page: String,
    /// The act at the site that made it, and with it perhaps others.
    pub act: Option<String>,
    /// When the institutions come to know its numbers.
    pub appears_at: Option<Timestamp>,
    /// What it grows by after its due date.
    pub late: Option<LateRule>,
}

impl OnSite {
    /// A bill that no act at the site made.
    pub fn new() -> Self {
        Self { page: random::opaque_id(), act: None, appears_at: None, late: None }
    }
}

/// A bill as its collector keeps it, as it is at the instant of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBill {
    /// The row.
    pub row: i64,
    /// What an inquiry is answered with.
    pub bill: Bill,
    /// Whose it is.
    pub customer_number: CustomerNumber,
    /// The slip's second secret.
    pub confirmation_number: ConfirmationNumber,
    /// 納付区分 or 納付目的.
    pub payment_category: Option<PaymentCategory>,
    /// The first day on which it can be paid.
    pub payable_from: Option<Date>,
    /// Paid by another way than a clearing of the hub.
    pub paid_elsewhere: bool,
    /// Why it was made: `normal`, `already_paid`, `expired`, `not_yet`, `unavailable`.
    pub scenario: String,
    /// 消込カウンタ: recorded clearings, provisional ones included.
    pub clearings: i64,
    /// Clearings that matched.
    pub matched: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// 領収日 of the clearing that matched.
    pub paid_on: Option<Date>,
    /// What it paid, without the fee.
    pub paid_amount: Option<Yen>,
    /// How it stands on the site.
    pub on_site: OnSite,
    /// Whether the institutions do not know its numbers yet.
    pub appearing: bool,
}

/// Where a bill stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillState {
    /// Can be paid.
    Payable,
    /// 支払済.
    Paid,
    /// 期限切れ.
    Expired,
    /// 未到来.
    NotYet,
    /// Its contents cannot be obtained.
    Unavailable,
    /// The customer number was asked about with wrong numbers too often.
    Stopped,
    /// Made a moment ago, and not known to the institutions yet.
    Appearing,
}

impl BillState {
    /// The word of the JSON controls.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payable => "payable",
            Self::Paid => "paid",
            Self::Expired => "expired",
            Self::NotYet => "not_yet",
            Self::Unavailable => "unavailable",
            Self::Stopped => "stopped",
            Self::Appearing => "appearing",
        }
    }

    /// Why the bill cannot be paid.
    pub const fn refusal(self) -> Option<ResponseCode> {
        match self {
            Self::Payable => None,
            Self::Paid => Some(ResponseCode::AlreadyPaid),
            Self::Expired => Some(ResponseCode::Expired),
            Self::NotYet => Some(ResponseCode::NotYetPayable),
            Self::Unavailable | Self::Appearing => Some(ResponseCode::BillNotObtained),
            Self::Stopped => Some(ResponseCode::NumberStopped),
        }
    }
}

impl StoredBill {
    /// Where it stands on `today`. A bill whose amount the payer types may be paid again and again.
    pub fn state(&self, today: Date, payer_types_amount: bool) -> BillState {
        if self.scenario == "unavailable" {
            BillState::Unavailable
        } else if self.scenario == "stopped" {
            BillState::Stopped
        } else if self.paid_elsewhere || (self.matched > 0 && !payer_types_amount) {
            BillState::Paid
        } else if self.appearing {
            BillState::Appearing
        } else if self.bill.clear_by.is_some_and(|last| today > last) {
            BillState::Expired
        } else if self.payable_from.is_some_and(|first| today < first) {
            BillState::NotYet
        } else {
            BillState::Payable
        }
    }

    /// As it is at that instant: a late charge has grown, and the amount holds to the end of the day.
    fn at(mut self, now: Timestamp) -> Self {
        self.appearing = self.on_site.appears_at.is_some_and(|appears| now < appears);
        if let (Some(rule), Some(due), false) = (&self.on_site.late, self.bill.due, self.paid_elsewhere) {
            let day = self.paid_on.unwrap_or(now.date());
            let charge = rule.charge(self.bill.amount, due, day);
            let whole = self.bill.amount.checked_add(charge).unwrap_or(domain::money::AMOUNT_MAX);
            let holds_until = due.max(day);
            self.bill.late_charge = charge;
            self.bill.amount = whole.min(domain::money::AMOUNT_MAX);
            self.bill.clear_by = Some(self.bill.clear_by.map_or(holds_until, |last| last.min(holds_until)));
        }
        self
    }
}

/// What the payer's numbers name.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a> {
    /// 確認番号.
    pub confirmation_number: &'a ConfirmationNumber,
    /// 納付区分.
    pub payment_category: Option<&'a PaymentCategory>,
}

/// The bills among those of one customer number that the other numbers name, or which number is wrong.
/// `has_category` says whether the collector's bills carry a 納付区分.
pub fn matching<'a>(
    bills: &'a [StoredBill],
    numbers: Numbers<'_>,
    has_category: bool,
) -> Result<Vec<&'a StoredBill>, ResponseCode> {
    if bills.is_empty() {
        return Err(ResponseCode::CustomerNumberWrong);
    }
    if numbers.payment_category.is_some() != has_category {
        return Err(ResponseCode::PaymentCategoryWrong);
    }
    let confirmed: Vec<_> =
        bills.iter().filter(|bill| bill.confirmation_number == *numbers.confirmation_number).collect();
    if confirmed.is_empty() {
        return Err(ResponseCode::ConfirmationNumberWrong);
    }
    let named: Vec<_> = confirmed
        .into_iter()
        .filter(|bill| !has_category || bill.payment_category.as_ref() == numbers.payment_category)
        .collect();
    if named.is_empty() { Err(ResponseCode::PaymentCategoryWrong) } else { Ok(named) }
}

/// What an inquiry is answered with: those that can be paid, or why none can.
pub fn payable(named: &[&StoredBill], today: Date, typed: Option<Yen>) -> Result<Vec<Bill>, ResponseCode> {
    let found: Vec<Bill> = named
        .iter()
        .filter(|bill| bill.state(today, typed.is_some()) == BillState::Payable)
        .take(BILLS_ANSWERED_MAX)
        .map(|stored| Bill { amount: typed.unwrap_or(stored.bill.amount), ..stored.bill.clone() })
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let states = named.iter().map(|bill| bill.state(today, typed.is_some()));
    Err(states.filter_map(BillState::refusal).next().unwrap_or(ResponseCode::BillNotObtained))
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    bill_id: String,
    customer_number: String,
    confirmation_number: String,
    payment_category: Option<String>,
    payer: String,
    contents: String,
    amount: i64,
    fee: i64,
    late_charge: i64,
    due: Option<String>,
    clear_by: Option<String>,
    payable_from: Option<String>,
    paid_elsewhere: i64,
    scenario: String,
    clearings: i64,
    matched: i64,
    created_at: i64,
    page: String,
    act: Option<String>,
    appears_at: Option<i64>,
    late_rule: Option<String>,
    paid_on: Option<String>,
    paid_amount: Option<i64>,
}

impl TryFrom<Row> for StoredBill {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            row: row.id,
            bill: Bill {
                id: store::parsed::<BillId>(&row.bill_id, "bill id")?,
                payer: row.payer,
                contents: row.contents,
                amount: Yen::new(row.amount),
                fee: Yen::new(row.fee),
                late_charge: Yen::new(row.late_charge),
                due: store::optional_date(row.due.as_deref())?,
                clear_by: store::optional_date(row.clear_by.as_deref())?,
            },
            customer_number: store::parsed(&row.customer_number, "customer number")?,
            confirmation_number: store::parsed(&row.confirmation_number, "confirmation number")?,
            payment_category: row
                .payment_category
                .map(|text| store::parsed(&text, "payment category"))
                .transpose()?,
            payable_from: store::optional_date(row.payable_from.as_deref())?,
            paid_elsewhere: row.paid_elsewhere != 0,
            scenario: row.scenario,
            clearings: row.clearings,
            matched: row.matched,
            created_at: store::timestamp(row.created_at),
            paid_on: store::optional_date(row.paid_on.as_deref())?,
            paid_amount: row.paid_amount.map(Yen::new),
            on_site: OnSite {
                page: row.page,
                act: row.act,
                appears_at: row.appears_at.map(store::timestamp),
                late: row
                    .late_rule
                    .map(|text| serde_json::from_str(&text))
                    .transpose()
                    .map_err(|_| StoreError::Value("late rule"))?,
            },
            appearing: false,
        })
    }
}

fn read(rows: Vec<Row>, now: Timestamp) -> Result<Vec<StoredBill>, StoreError> {
    rows.into_iter().map(|row| Ok(StoredBill::try_from(row)?.at(now))).collect()
}

/// The bills of a customer number, as they are at `now`.
pub async fn of_customer<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: &CollectorNumber,
    customer: &CustomerNumber,
    now: Timestamp,
) -> Result<Vec<StoredBill>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT * FROM bills WHERE collector = $1 AND customer_number = $2 ORDER BY due, id LIMIT $3",
    )
    .bind(collector.as_str())
    .bind(customer.as_str())
    .bind(BILLS_OF_CUSTOMER_MAX)
    .fetch_all(connection)
    .await?;
    read(rows, now)
}

/// The bill of a row, as it is at `now`.
pub async fn of_row<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    row: i64,
    now: Timestamp,
) -> Result<Vec<StoredBill>, StoreError> {
    let rows = sqlx::query_as("SELECT * FROM bills WHERE id = $1").bind(row).fetch_all(connection).await?;
    read(rows, now)
}

/// The newest bills of a collector, as they are at `now`.
pub async fn list<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: &CollectorNumber,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<StoredBill>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as("SELECT * FROM bills WHERE collector = $1 ORDER BY id DESC LIMIT $2")
        .bind(collector.as_str())
        .bind(limit)
        .fetch_all(connection)
        .await?;
    read(rows, now)
}

/// The bill of a page at the collector's site, as it is at `now`.
pub async fn of_page<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: &CollectorNumber,
    page: &str,
    now: Timestamp,
) -> Result<Option<StoredBill>, StoreError> {
    let row: Option<Row> = sqlx::query_as("SELECT * FROM bills WHERE page = $1 AND collector = $2")
        .bind(page)
        .bind(collector.as_str())
        .fetch_optional(connection)
        .await?;
    row.map(|row| Ok(StoredBill::try_from(row)?.at(now))).transpose()
}

/// The bills that one act at the collector's site made, as they are at `now`.
pub async fn of_act<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: &CollectorNumber,
    act: &str,
    now: Timestamp,
) -> Result<Vec<StoredBill>, StoreError> {
    let rows: Vec<Row> =
        sqlx::query_as("SELECT * FROM bills WHERE act = $1 AND collector = $2 ORDER BY due, id LIMIT $3")
            .bind(act)
            .bind(collector.as_str())
            .bind(BILLS_OF_CUSTOMER_MAX)
            .fetch_all(connection)
            .await?;
    read(rows, now)
}

/// How many bills a collector has.
pub async fn count<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: &CollectorNumber,
) -> Result<i64, StoreError> {
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM bills WHERE collector = $1")
        .bind(collector.as_str())
        .fetch_one(connection)
        .await?;
    Ok(count)
}

/// A bill to be made.
#[derive(Clone, Debug)]
pub struct NewBill {
    /// What an inquiry is answered with.
    pub bill: Bill,
    /// Whose it is.
    pub customer_number: CustomerNumber,
    /// The slip's second secret.
    pub confirmation_number: ConfirmationNumber,
    /// 納付区分.
    pub payment_category: Option<PaymentCategory>,
    /// The first day on which it can be paid.
    pub payable_from: Option<Date>,
    /// Paid by another way than a clearing of the hub.
    pub paid_elsewhere: bool,
    /// Why it is made.
    pub scenario: String,
    /// How it stands on the site. With a late rule, the bill's amount is the principal.
    pub on_site: OnSite,
}

impl NewBill {
    /// As it is kept in that row.
    pub fn kept(self, row: i64, now: Timestamp) -> StoredBill {
        let stored = StoredBill {
            row,
            bill: self.bill,
            customer_number: self.customer_number,
            confirmation_number: self.confirmation_number,
            payment_category: self.payment_category,
            payable_from: self.payable_from,
            paid_elsewhere: self.paid_elsewhere,
            scenario: self.scenario,
            clearings: 0,
            matched: 0,
            created_at: now,
            paid_on: None,
            paid_amount: None,
            on_site: self.on_site,
            appearing: false,
        };
        stored.at(now)
    }
}

/// Records a bill; `false` when its collector has one of that id, which is left as it is.
pub async fn insert(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    new: &NewBill,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let late_rule = new.on_site.late.as_ref().map(serde_json::to_string).transpose();
    let late_rule = late_rule.map_err(|_| StoreError::Value("late rule"))?;
    let done = sqlx::query(
        "INSERT INTO bills (collector, bill_id, customer_number, confirmation_number, payment_category, \
         payer, contents, amount, fee, late_charge, due, clear_by, payable_from, paid_elsewhere, scenario, \
         created_at, page, act, appears_at, late_rule) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) \
         ON CONFLICT (collector, bill_id) DO NOTHING",
    )
    .bind(collector.as_str())
    .bind(new.bill.id.as_str())
    .bind(new.customer_number.as_str())
    .bind(new.confirmation_number.as_str())
    .bind(new.payment_category.as_ref().map(PaymentCategory::as_str))
    .bind(&new.bill.payer)
    .bind(&new.bill.contents)
    .bind(new.bill.amount.get())
    .bind(new.bill.fee.get())
    .bind(new.bill.late_charge.get())
    .bind(new.bill.due.map(|day| day.to_string()))
    .bind(new.bill.clear_by.map(|day| day.to_string()))
    .bind(new.payable_from.map(|day| day.to_string()))
    .bind(i64::from(new.paid_elsewhere))
    .bind(&new.scenario)
    .bind(now.micros())
    .bind(&new.on_site.page)
    .bind(&new.on_site.act)
    .bind(new.on_site.appears_at.map(Timestamp::micros))
    .bind(late_rule)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a recorded clearing of a bill; one that matched has paid so much on its 領収日.
pub async fn count_clearing(
    connection: &mut SqliteConnection,
    row: i64,
    paid: Option<(Date, Yen)>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE bills SET clearings = clearings + 1, matched = matched + $2, paid_on = COALESCE($3, paid_on), \
         paid_amount = COALESCE($4, paid_amount) WHERE id = $1",
    )
    .bind(row)
    .bind(i64::from(paid.is_some()))
    .bind(paid.map(|(day, _)| day.to_string()))
    .bind(paid.map(|(_, amount)| amount.get()))
    .execute(connection)
    .await?;
    Ok(())
}

/// A clearing that matched is undone: the bill is unpaid again. It stays counted among the recorded ones.
pub async fn uncount_match(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    bill_id: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE bills SET matched = matched - 1, paid_on = CASE WHEN matched > 1 THEN paid_on END, \
         paid_amount = CASE WHEN matched > 1 THEN paid_amount END \
         WHERE collector = $1 AND bill_id = $2 AND matched > 0",
    )
    .bind(collector.as_str())
    .bind(bill_id)
    .execute(connection)
    .await?;
    Ok(())
}

/// A recorded clearing is gone from the records.
pub async fn uncount_clearing(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    bill_id: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE bills SET clearings = clearings - 1 WHERE collector = $1 AND bill_id = $2 AND clearings > 0",
    )
    .bind(collector.as_str())
    .bind(bill_id)
    .execute(connection)
    .await?;
    Ok(())
}
