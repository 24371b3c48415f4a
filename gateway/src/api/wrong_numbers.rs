//! 確認番号 cannot be guessed: a key that has asked too often with wrong numbers is not let through to the collector
//! for the rest of the day (SEC-40). A try counts before it is judged, so that tries side by side count like tries in
//! a row; those that nobody has judged yet keep others waiting for a moment only.

use database::{execute, on};
use domain::time::TimeOfDay;
use domain::{ApiKeyId, Date, ResponseCode, Timestamp};

use super::problem::{COLLECTOR_PAUSE_S, Code, Problem};
use crate::{Gateway, Inquiry, InquiryError, InquiryRequest, StoreError};

/// Wrong tries of one key at one customer number of a collector, in a day of business time.
const OF_NUMBER_MAX: i64 = 10;
/// Wrong tries of one key at all numbers, in a day.
const OF_KEY_MAX: i64 = 300;
/// No try takes longer to be judged, in business time: those that were counted before were lost with their process.
const JUDGED_WITHIN_S: i64 = 120;
/// Counts one more, those lost with their process aside: `$3` is the earliest instant at which one may be under way.
const COUNT: &str = "
    INSERT INTO wrong_numbers (subject, date, wrong, judging, counted_us) VALUES ($1, $2, 0, 1, $4)
    ON CONFLICT (subject, date) DO UPDATE SET counted_us = $4,
        judging = CASE WHEN wrong_numbers.counted_us < $3 THEN 1 ELSE wrong_numbers.judging + 1 END
    WHERE wrong_numbers.wrong + CASE WHEN wrong_numbers.counted_us < $3 THEN 0 ELSE wrong_numbers.judging END < $5";
const JUDGE: &str = "
    UPDATE wrong_numbers SET wrong = wrong + $3, judging = CASE WHEN judging > 0 THEN judging - 1 ELSE 0 END
    WHERE subject = $1 AND date = $2";

/// A try that was counted.
pub(super) struct Try {
    date: Date,
    counters: [(String, i64); 2],
}

impl Try {
    fn new(key: ApiKeyId, request: &InquiryRequest, date: Date) -> Self {
        let number = format!("{key}|{}|{}", request.collector, request.customer_number);
        Self { date, counters: [(number, OF_NUMBER_MAX), (key.to_string(), OF_KEY_MAX)] }
    }
}

/// Whether there is room for one more try.
enum Room {
    Some,
    /// Where those under way turn out not to be wrong.
    LaterPerhaps,
    None,
}

const fn is_wrong(error: &InquiryError) -> bool {
    matches!(
        error,
        InquiryError::Refused(ResponseCode::CustomerNumberWrong | ResponseCode::ConfirmationNumberWrong)
    )
}

fn seconds_to_midnight(now: Timestamp) -> u64 {
    let tomorrow = now.date().succ_opt().unwrap_or_else(|| now.date());
    Timestamp::from_jst(tomorrow, TimeOfDay::MIN).seconds_since(now).max(0).unsigned_abs() + 1
}

impl Gateway {
    /// Counts a try, unless the day's are used up. Every counted try is judged afterwards.
    pub(super) async fn count_try(&self, key: ApiKeyId, request: &InquiryRequest) -> Result<Try, Problem> {
        let now = self.now();
        let counted = Try::new(key, request, now.date());
        match self.count(&counted, now).await.map_err(|error| Problem::unavailable(&error))? {
            Room::Some => Ok(counted),
            Room::LaterPerhaps => {
                let happened = "As many inquiries with these numbers, or of the key, are without an answer yet as it \
                                may still have wrong today; nobody was asked.";
                let problem = Problem::because(Code::TooManyRequests, happened);
                Err(Problem { retry_after_s: Some(COLLECTOR_PAUSE_S), ..problem })
            }
            Room::None => {
                tracing::warn!(key = %key, collector = %request.collector, "refused: too many wrong numbers");
                Err(Problem::again(Code::NumbersLocked, seconds_to_midnight(now)))
            }
        }
    }

    async fn count(&self, counted: &Try, now: Timestamp) -> Result<Room, StoreError> {
        let (date, lost) = (counted.date.to_string(), now.plus_seconds(-JUDGED_WITHIN_S).micros());
        let mut tx = self.database().begin().await?;
        for (subject, max) in &counted.counters {
            if execute!(tx, COUNT, subject, &date, lost, now.micros(), max)? == 1 {
                continue;
            }
            let wrong: i64 = on!(tx, |c| {
                sqlx::query_scalar("SELECT wrong FROM wrong_numbers WHERE subject = $1 AND date = $2")
                    .bind(subject)
                    .bind(&date)
                    .fetch_one(c)
                    .await
            })?;
            tx.rollback().await?;
            return Ok(if wrong >= *max { Room::None } else { Room::LaterPerhaps });
        }
        tx.commit().await?;
        Ok(Room::Some)
    }

    /// Whether a counted try was wrong, whatever else it came to.
    pub(super) async fn judge_try(&self, counted: &Try, asked: &Result<Inquiry, InquiryError>) {
        let wrong = i64::from(asked.as_ref().is_err_and(is_wrong));
        if let Err(error) = self.judge(counted, wrong).await {
            tracing::warn!(%error, "a try stays without a judgement");
        }
    }

    async fn judge(&self, counted: &Try, wrong: i64) -> Result<(), StoreError> {
        let mut tx = self.database().begin().await?;
        for (subject, _) in &counted.counters {
            execute!(tx, JUDGE, subject, counted.date.to_string(), wrong)?;
        }
        Ok(tx.commit().await?)
    }

    /// Forgets the tries of days that are over. [`run`](Self::run) does it by itself.
    pub async fn forget_wrong_numbers(&self) -> Result<(), StoreError> {
        let today = self.now().date().to_string();
        execute!(self.database(), "DELETE FROM wrong_numbers WHERE date < $1", today)?;
        Ok(())
    }
}
