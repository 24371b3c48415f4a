//! 消込: decided, recorded under its resend key before the answer, and given again for every repeat.

use domain::{CollectorNumber, Date, ResendKey, ResponseCode, Timestamp};
use serde::Serialize;
use sqlx::{Executor, Sqlite, SqliteConnection};

use crate::bills::{self, Numbers, StoredBill};
use crate::institutions::Institution;
use crate::link::{self, Handed};
use crate::message::{Answer, Clearing, ClearingOutcome, Header, Kind};
use crate::purposes;
use crate::store::StoreError;
use crate::{message, signature};

/// What a clearing is decided on, besides the bills.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The collector.
    pub institution: &'a Institution,
    /// The one bank that is contracted.
    pub bank: &'a str,
    /// The business day.
    pub today: Date,
    /// A refusal that was commanded.
    pub refusal: Option<ResponseCode>,
    /// A mistake: whose number a clearing names counts for nothing where a hand-off names the bill.
    pub finds_by_hand_off_alone: bool,
}

/// The bill that a clearing names, by its own id or by that of a hand-off, and why it cannot be matched, if it cannot.
fn find<'a>(
    clearing: &Clearing,
    of_customer: &'a [StoredBill],
    handed: Option<Handed>,
    rules: &Rules<'_>,
) -> (Option<&'a StoredBill>, Option<ResponseCode>) {
    let is_named = |stored: &StoredBill| match handed {
        Some(handed) => stored.row == handed.bill,
        None => stored.bill.id == clearing.bill_id,
    };
    let named = of_customer.iter().find(|stored| is_named(stored));
    let reason = || -> Result<(), ResponseCode> {
        if clearing.bank != rules.bank {
            return Err(ResponseCode::BankNotContracted);
        }
        let numbers = Numbers {
            confirmation_number: &clearing.key.confirmation_number,
            payment_category: clearing.key.payment_category.as_ref(),
        };
        if let Some(code) = rules.institution.purpose(numbers.payment_category) {
            let confirmation = numbers.confirmation_number;
            let bill = purposes::bill(of_customer, confirmation, code, rules.today, clearing.amount)?;
            return match clearing.bill_id == bill.id {
                false => Err(ResponseCode::BillNotObtained),
                true if clearing.fee != bill.fee => Err(ResponseCode::AmountDiffers),
                true => Ok(()),
            };
        }
        let has_category = rules.institution.payment_category.is_some();
        let candidates = bills::matching(of_customer, numbers, has_category)?;
        let stored =
            candidates.into_iter().find(|stored| is_named(stored)).ok_or(ResponseCode::BillNotObtained)?;
        let typed = rules.institution.payer_types_amount;
        if let Some(refusal) = stored.state(rules.today, typed).refusal() {
            return Err(refusal);
        }
        if clearing.clear_by.is_some_and(|last| rules.today > last) {
            return Err(ResponseCode::Expired);
        }
        let amount_fits = match handed {
            Some(handed) => handed.covers(clearing.amount),
            None => typed || clearing.amount == stored.bill.amount,
        };
        if !amount_fits || clearing.fee != stored.bill.fee {
            return Err(ResponseCode::AmountDiffers);
        }
        Ok(())
    };
    (named, rules.refusal.or(reason().err()))
}

/// The answer to a clearing that was not seen before. A national collector refuses what it cannot match; the
/// others answer normal and say in the provisional code why they could not.
fn decide(reason: Option<ResponseCode>, rules: &Rules<'_>, reference: String) -> ClearingOutcome {
    match reason {
        Some(code) if rules.institution.kind.may_refuse() => ClearingOutcome::not_done(code),
        provisional => {
            ClearingOutcome { code: ResponseCode::Normal, provisional, reference: Some(reference) }
        }
    }
}

/// The bytes to answer with, and what they say.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The answer's message.
    pub answer: Vec<u8>,
    /// What it says.
    pub outcome: ClearingOutcome,
    /// Whether the key was known before.
    pub repeated: bool,
}

#[derive(sqlx::FromRow)]
struct Earlier {
    id: i64,
    body_sha256: Vec<u8>,
    answer: Vec<u8>,
    code: String,
    provisional_code: Option<String>,
    reference: Option<String>,
}

/// Answers from the record where the key is known: the first answer to the same body, B901 to another.
pub async fn repeat(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    header: &Header,
    body: &[u8],
    now: Timestamp,
) -> Result<Option<Recorded>, StoreError> {
    let key = header.key();
    let earlier: Option<Earlier> = sqlx::query_as(
        "SELECT id, body_sha256, answer, code, provisional_code, reference FROM clearings \
         WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND serial = $4",
    )
    .bind(collector.as_str())
    .bind(key.centre.as_str())
    .bind(key.date.to_string())
    .bind(i64::from(key.serial.get()))
    .fetch_optional(&mut *connection)
    .await?;
    let Some(earlier) = earlier else {
        return Ok(is_of_cancellation(connection, collector, &key).await?.then(|| reused(header, now)));
    };
    if earlier.body_sha256 != signature::sha256(body) {
        return Ok(Some(reused(header, now)));
    }
    sqlx::query("UPDATE clearings SET deliveries = deliveries + 1 WHERE id = $1")
        .bind(earlier.id)
        .execute(&mut *connection)
        .await?;
    let code = |text: &str| text.parse().map_err(|_| StoreError::Value("response code"));
    Ok(Some(Recorded {
        answer: earlier.answer,
        outcome: ClearingOutcome {
            code: code(&earlier.code)?,
            provisional: earlier.provisional_code.as_deref().map(code).transpose()?,
            reference: earlier.reference,
        },
        repeated: true,
    }))
}

/// The answer to a key that is on record with something else.
fn reused(header: &Header, now: Timestamp) -> Recorded {
    let outcome = ClearingOutcome::not_done(ResponseCode::KeyReused);
    let answer = message::write(header, now, &Answer::Clearing(outcome.clone()));
    Recorded { answer, outcome, repeated: true }
}

async fn is_of_cancellation(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    key: &ResendKey,
) -> Result<bool, StoreError> {
    let (found,): (bool,) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM cancellations \
         WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND serial = $4)",
    )
    .bind(collector.as_str())
    .bind(key.centre.as_str())
    .bind(key.date.to_string())
    .bind(i64::from(key.serial.get()))
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// Decides on a clearing whose key is new and records it, in the caller's transaction.
pub async fn record(
    connection: &mut SqliteConnection,
    header: &Header,
    first_by: Kind,
    clearing: &Clearing,
    body: &[u8],
    rules: &Rules<'_>,
    now: Timestamp,
) -> Result<Recorded, StoreError> {
    let collector = &rules.institution.number;
    let of_customer =
        bills::of_customer(&mut *connection, collector, &clearing.key.customer_number, now).await?;
    let handed = link::handed(&mut *connection, collector, &clearing.entry_kind, &clearing.bill_id).await?;
    let of_customer = match handed {
        Some(handed) if rules.finds_by_hand_off_alone => {
            bills::of_row(&mut *connection, handed.bill, now).await?
        }
        _ => of_customer,
    };
    let (bill, reason) = find(clearing, &of_customer, handed, rules);
    // there is one writer, so the next row is this one's
    let row = next_row(connection).await?;
    let reference = format!("{collector}-{}-{row:08}", rules.today.format("%Y%m%d"));
    let outcome = decide(reason, rules, reference);
    let answer = message::write(header, now, &Answer::Clearing(outcome.clone()));
    let key = header.key();
    sqlx::query(
        "INSERT INTO clearings (id, collector, sender, processing_date, serial, body_sha256, body, \
         customer_number, payment_category, bill_id, amount, fee, receipt_date, channel, entry_kind, code, \
         provisional_code, reference, answer, received_at, first_by, booked_amount) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
         $20, $21, $11)",
    )
    .bind(row)
    .bind(collector.as_str())
    .bind(key.centre.as_str())
    .bind(key.date.to_string())
    .bind(i64::from(key.serial.get()))
    .bind(signature::sha256(body))
    .bind(body)
    .bind(clearing.key.customer_number.as_str())
    .bind(clearing.key.payment_category.as_ref().map(domain::PaymentCategory::as_str))
    .bind(clearing.bill_id.as_str())
    .bind(clearing.amount.get())
    .bind(clearing.fee.get())
    .bind(clearing.receipt_date.to_string())
    .bind(&clearing.channel)
    .bind(&clearing.entry_kind)
    .bind(outcome.code.as_str())
    .bind(outcome.provisional.map(ResponseCode::as_str))
    .bind(&outcome.reference)
    .bind(&answer)
    .bind(now.micros())
    .bind(first_by.as_str())
    .execute(&mut *connection)
    .await?;
    if let (Some(bill), ResponseCode::Normal) = (bill, outcome.code) {
        let paid = outcome.provisional.is_none().then_some((clearing.receipt_date, clearing.amount));
        bills::count_clearing(connection, bill.row, paid).await?;
    }
    Ok(Recorded { answer, outcome, repeated: false })
}

/// The row of the next clearing; one that was removed leaves its number unused.
pub async fn next_row(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    let (row,): (i64,) =
        sqlx::query_as("SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'clearings'), 0) + 1")
            .fetch_one(connection)
            .await?;
    Ok(row)
}

/// A recorded clearing as the controls show it: as the collector has booked it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Shown {
    /// 収納機関番号.
    pub collector: String,
    /// `MPN9999/2026-11-24/00000001`.
    #[sqlx(skip)]
    pub key: String,
    /// 仕向センタコード.
    pub sender: String,
    /// 仕向処理年月日.
    pub processing_date: String,
    /// 仕向処理通番.
    pub serial: i64,
    /// 納付番号 or お客様番号.
    pub customer_number: String,
    /// 納付区分.
    pub payment_category: Option<String>,
    /// The collector's id of the bill.
    pub bill_id: String,
    /// What was paid, without the fee.
    pub amount: i64,
    /// The fee.
    pub fee: i64,
    /// 領収日.
    pub receipt_date: String,
    /// Where it was entered.
    pub channel: String,
    /// Typed or linked.
    pub entry_kind: String,
    /// 0000, or a refusal.
    pub code: String,
    /// 仮消込: why it was not matched.
    pub provisional: Option<String>,
    /// The collector's number of the clearing.
    pub reference: Option<String>,
    /// Business time of the first delivery, RFC 3339.
    #[sqlx(skip)]
    pub at: String,
    /// How often it was delivered, the first one included.
    pub deliveries: i64,
    /// The message that brought it first; `Booking` for one that no message brought.
    pub first_by: String,
    /// Whether a cancellation took it back.
    pub cancelled: bool,
    #[serde(skip)]
    received_at: i64,
    #[serde(skip)]
    booked_times: i64,
}

impl Shown {
    fn filled(mut self) -> Self {
        self.key = format!("{}/{}/{:08}", self.sender, self.processing_date, self.serial);
        self.at = Timestamp::from_micros(self.received_at).rfc3339();
        self
    }
}

/// What is booked, in the order of arrival: one collector's clearings, or all of them. One that is booked
/// twice by mistake stands there twice, one that was struck from the books does not.
pub async fn list<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: Option<&CollectorNumber>,
) -> Result<Vec<Shown>, StoreError> {
    let rows: Vec<Shown> = sqlx::query_as(
        "SELECT collector, sender, processing_date, serial, customer_number, payment_category, bill_id, \
         booked_amount AS amount, fee, receipt_date, channel, entry_kind, code, \
         provisional_code AS provisional, reference, received_at, deliveries, first_by, booked_times, \
         EXISTS (SELECT 1 FROM cancellations AS x WHERE x.collector = c.collector AND x.sender = c.sender \
         AND x.clearing_date = c.processing_date AND x.clearing_serial = c.serial AND x.code = '0000') \
         AS cancelled FROM clearings AS c WHERE $1 IS NULL OR collector = $1 ORDER BY id",
    )
    .bind(collector.map(CollectorNumber::as_str))
    .fetch_all(connection)
    .await?;
    let booked = |row: Shown| {
        let times = usize::try_from(row.booked_times).unwrap_or_default();
        std::iter::repeat_n(row.filled(), times)
    };
    Ok(rows.into_iter().flat_map(booked).collect())
}
