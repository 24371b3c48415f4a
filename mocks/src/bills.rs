//! The collectors' bills, and what an inquiry finds among them.

use domain::{
    Bill, BillId, CollectorNumber, ConfirmationNumber, CustomerNumber, Date, PaymentCategory, ResponseCode,
    Timestamp, Yen,
};
use sqlx::{Executor, Sqlite, SqliteConnection};

use crate::store::{self, StoreError};

/// Most bills in one answer (the message schema's bound).
pub const BILLS_ANSWERED_MAX: usize = 50;

/// Most bills that one customer number may have; more are not looked at.
const BILLS_OF_CUSTOMER_MAX: i64 = 1_000;

/// A bill as its collector keeps it.
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
        }
    }

    /// Why the bill cannot be paid.
    pub const fn refusal(self) -> Option<ResponseCode> {
        match self {
            Self::Payable => None,
            Self::Paid => Some(ResponseCode::AlreadyPaid),
            Self::Expired => Some(ResponseCode::Expired),
            Self::NotYet => Some(ResponseCode::NotYetPayable),
            Self::Unavailable => Some(ResponseCode::BillNotObtained),
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
        } else if self.bill.clear_by.is_some_and(|last| today > last) {
            BillState::Expired
        } else if self.payable_from.is_some_and(|first| today < first) {
            BillState::NotYet
        } else {
            BillState::Payable
        }
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
        })
    }
}

/// The bills of a customer number.
pub async fn of_customer<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: &CollectorNumber,
    customer: &CustomerNumber,
) -> Result<Vec<StoredBill>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT * FROM bills WHERE collector = $1 AND customer_number = $2 ORDER BY due, id LIMIT $3",
    )
    .bind(collector.as_str())
    .bind(customer.as_str())
    .bind(BILLS_OF_CUSTOMER_MAX)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(StoredBill::try_from).collect()
}

/// The newest bills of a collector.
pub async fn list<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: &CollectorNumber,
    limit: i64,
) -> Result<Vec<StoredBill>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as("SELECT * FROM bills WHERE collector = $1 ORDER BY id DESC LIMIT $2")
        .bind(collector.as_str())
        .bind(limit)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(StoredBill::try_from).collect()
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
}

/// Records a bill; `false` when its collector has one of that id, which is left as it is.
pub async fn insert(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    new: &NewBill,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO bills (collector, bill_id, customer_number, confirmation_number, payment_category, \
         payer, contents, amount, fee, late_charge, due, clear_by, payable_from, paid_elsewhere, scenario, \
         created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
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
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a recorded clearing of a bill.
pub async fn count_clearing(
    connection: &mut SqliteConnection,
    row: i64,
    matched: bool,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE bills SET clearings = clearings + 1, matched = matched + $2 WHERE id = $1")
        .bind(row)
        .bind(i64::from(matched))
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
        "UPDATE bills SET matched = matched - 1 WHERE collector = $1 AND bill_id = $2 AND matched > 0",
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
