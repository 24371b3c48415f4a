//! A collector's own booking mistakes, on a tester's command: what 精査 is there to find.

use domain::{Date, ResponseCode, Serial, Timestamp};
use serde::Deserialize;
use sqlx::SqliteConnection;

use crate::institutions::Institution;
use crate::link;
use crate::mocks::Mocks;
use crate::store::StoreError;
use crate::{bills, clearings, signature};

/// The most times that one clearing can be booked.
const TIMES_MAX: i64 = 10;

/// The largest amount of a message.
const AMOUNT_MAX: i64 = 99_999_999_999;

/// A booking that no message brought; everything but the amount may be left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invented {
    amount: i64,
    processing_date: Option<Date>,
    /// The highest one that is free where absent.
    serial: Option<u32>,
    customer_number: Option<String>,
    bill_id: Option<String>,
    /// 仮消込: a code.
    provisional: Option<String>,
}

/// What to change in the books about a clearing that is on record; its first answer stays.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Another amount.
    amount: Option<i64>,
    /// So many bookings: 0 strikes it from the books, 2 books it twice.
    times: Option<i64>,
}

/// Why the books stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum BookingError {
    /// The amount does not fit a message.
    #[error("amount is 1 to {AMOUNT_MAX}")]
    Amount,
    /// Too many or too few.
    #[error("times is 0 to {TIMES_MAX}")]
    Times,
    /// Not eight digits.
    #[error("serial is 1 to 99999999")]
    Serial,
    /// Not a code that a provisional clearing can have.
    #[error("provisional is no response code besides 0000")]
    Provisional,
    /// Another clearing or cancellation has the key.
    #[error("the serial is on record already")]
    Taken,
    /// No clearing has the key.
    #[error("there is no such clearing")]
    NoSuch,
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BookingError {
    /// The field that is wrong.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::Times => "times",
            Self::Serial | Self::Taken => "serial",
            Self::Provisional => "provisional",
            Self::NoSuch | Self::Store(_) => "",
        }
    }
}

impl From<sqlx::Error> for BookingError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

fn checked_amount(amount: i64) -> Result<i64, BookingError> {
    if (1..=AMOUNT_MAX).contains(&amount) { Ok(amount) } else { Err(BookingError::Amount) }
}

/// Books a clearing that the hub never sent; gives its day and serial.
pub async fn invent(
    mocks: &Mocks,
    institution: &Institution,
    invented: &Invented,
) -> Result<(Date, Serial), BookingError> {
    let now = mocks.config().clock.now();
    let amount = checked_amount(invented.amount)?;
    let provisional: Option<ResponseCode> =
        invented.provisional.as_deref().map(str::parse).transpose().map_err(|_| BookingError::Provisional)?;
    if provisional == Some(ResponseCode::Normal) {
        return Err(BookingError::Provisional);
    }
    let day = invented.processing_date.unwrap_or(now.date());
    let mut write = mocks.store().write().await?;
    let serial = match invented.serial {
        Some(number) => Serial::new(number).map_err(|_| BookingError::Serial)?,
        None => free_serial(&mut write, mocks, institution, day).await?,
    };
    if is_taken(&mut write, mocks, institution, day, serial).await? {
        return Err(BookingError::Taken);
    }
    let row = clearings::next_row(&mut write).await?;
    sqlx::query(
        "INSERT INTO clearings (id, collector, sender, processing_date, serial, body_sha256, body, \
         customer_number, bill_id, amount, fee, receipt_date, channel, entry_kind, code, provisional_code, \
         reference, answer, received_at, deliveries, first_by, booked_amount) \
         VALUES ($1, $2, $3, $4, $5, $6, x'', $7, $8, $9, 0, $4, 'internet_banking', 'typed', '0000', $10, \
         $11, x'', $12, 0, 'Booking', $9)",
    )
    .bind(row)
    .bind(institution.number.as_str())
    .bind(mocks.config().hub_centre.as_str())
    .bind(day.to_string())
    .bind(i64::from(serial.get()))
    // no message has this digest: one with the key gets B901
    .bind(signature::sha256(b""))
    .bind(invented.customer_number.as_deref().unwrap_or("0"))
    .bind(invented.bill_id.as_deref().unwrap_or("NONE"))
    .bind(amount)
    .bind(provisional.map(ResponseCode::as_str))
    .bind(format!("{}-{}-{row:08}", institution.number, now.date().format("%Y%m%d")))
    .bind(now.micros())
    .execute(&mut *write)
    .await?;
    write.commit().await?;
    Ok((day, serial))
}

async fn is_taken(
    connection: &mut SqliteConnection,
    mocks: &Mocks,
    institution: &Institution,
    day: Date,
    serial: Serial,
) -> Result<bool, StoreError> {
    let (taken,): (bool,) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM clearings \
         WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND serial = $4) \
         OR EXISTS (SELECT 1 FROM cancellations \
         WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND serial = $4)",
    )
    .bind(institution.number.as_str())
    .bind(mocks.config().hub_centre.as_str())
    .bind(day.to_string())
    .bind(i64::from(serial.get()))
    .fetch_one(connection)
    .await?;
    Ok(taken)
}

/// Counted down from the top, where the hub will hardly come to.
async fn free_serial(
    connection: &mut SqliteConnection,
    mocks: &Mocks,
    institution: &Institution,
    day: Date,
) -> Result<Serial, BookingError> {
    let (lowest,): (Option<i64>,) = sqlx::query_as(
        "SELECT MIN(serial) FROM clearings WHERE collector = $1 AND sender = $2 AND processing_date = $3 \
         AND first_by = 'Booking'",
    )
    .bind(institution.number.as_str())
    .bind(mocks.config().hub_centre.as_str())
    .bind(day.to_string())
    .fetch_one(connection)
    .await?;
    let number = lowest.map_or(i64::from(Serial::MAX), |lowest| lowest - 1);
    let number = u32::try_from(number).map_err(|_| BookingError::Serial)?;
    Serial::new(number).map_err(|_| BookingError::Serial)
}

/// Changes what the books say about a clearing.
pub async fn change(
    mocks: &Mocks,
    institution: &Institution,
    day: Date,
    serial: Serial,
    change: Change,
) -> Result<(), BookingError> {
    let amount = change.amount.map(checked_amount).transpose()?;
    if change.times.is_some_and(|times| !(0..=TIMES_MAX).contains(&times)) {
        return Err(BookingError::Times);
    }
    let mut write = mocks.store().write().await?;
    let changed = sqlx::query(
        "UPDATE clearings SET booked_amount = COALESCE($5, booked_amount), \
         booked_times = COALESCE($6, booked_times) \
         WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND serial = $4",
    )
    .bind(institution.number.as_str())
    .bind(mocks.config().hub_centre.as_str())
    .bind(day.to_string())
    .bind(i64::from(serial.get()))
    .bind(amount)
    .bind(change.times)
    .execute(&mut *write)
    .await?
    .rows_affected();
    write.commit().await?;
    if changed == 1 { Ok(()) } else { Err(BookingError::NoSuch) }
}

/// Loses a clearing: the record under its key too, so that the next delivery is the first one.
pub async fn lose(
    mocks: &Mocks,
    institution: &Institution,
    day: Date,
    serial: Serial,
) -> Result<(), BookingError> {
    let collector = &institution.number;
    let mut write = mocks.store().write().await?;
    let lost: Option<(String, String, bool)> = sqlx::query_as(
        "DELETE FROM clearings WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND serial = $4 \
         RETURNING bill_id, code, provisional_code IS NOT NULL",
    )
    .bind(collector.as_str())
    .bind(mocks.config().hub_centre.as_str())
    .bind(day.to_string())
    .bind(i64::from(serial.get()))
    .fetch_optional(&mut *write)
    .await?;
    let Some((bill_id, code, is_provisional)) = lost else { return Err(BookingError::NoSuch) };
    // the cancellation of it, should there be one, goes with it: it would bind the next record of the key
    let taken_back = sqlx::query(
        "DELETE FROM cancellations WHERE collector = $1 AND sender = $2 AND clearing_date = $3 \
         AND clearing_serial = $4 AND code = '0000'",
    )
    .bind(collector.as_str())
    .bind(mocks.config().hub_centre.as_str())
    .bind(day.to_string())
    .bind(i64::from(serial.get()))
    .execute(&mut *write)
    .await?
    .rows_affected();
    if code == ResponseCode::Normal.as_str() {
        let bill_id = link::own_id(&mut write, collector, bill_id).await?;
        bills::uncount_clearing(&mut write, collector, &bill_id).await?;
        if !is_provisional && taken_back == 0 {
            bills::uncount_match(&mut write, collector, &bill_id).await?;
        }
    }
    write.commit().await?;
    tracing::info!(%collector, %day, %serial, at = %Timestamp::rfc3339(mocks.config().clock.now()),
        "a clearing was lost on command");
    Ok(())
}
