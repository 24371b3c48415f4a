//! 確認番号 cannot be guessed: a key that has asked too often with wrong numbers is not let through to the collector
//! for the rest of the day (SEC-40). A try counts before it is judged, so that tries side by side count like tries in
//! a row.

use database::execute;
use domain::time::TimeOfDay;
use domain::{ApiKeyId, Date, ResponseCode, Timestamp};

use super::problem::{Code, Problem};
use crate::{Gateway, Inquiry, InquiryError, InquiryRequest, StoreError};

/// Wrong tries of one key at one customer number of a collector, in a day of business time.
const OF_NUMBER_MAX: i64 = 10;
/// Wrong tries of one key at all numbers, in a day.
const OF_KEY_MAX: i64 = 300;

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
    /// Counts a try as wrong, unless the day's are used up. Every counted try that was not wrong is taken back.
    pub(super) async fn count_try(&self, key: ApiKeyId, request: &InquiryRequest) -> Result<Try, Problem> {
        let now = self.now();
        let counted = Try::new(key, request, now.date());
        let mut taken = 0;
        for (subject, max) in &counted.counters {
            let row = execute!(
                self.database(),
                "INSERT INTO wrong_numbers (subject, date, tries) VALUES ($1, $2, 1)
                 ON CONFLICT (subject, date) DO UPDATE SET tries = wrong_numbers.tries + 1
                 WHERE wrong_numbers.tries < $3",
                subject,
                counted.date.to_string(),
                max,
            );
            match row {
                Ok(0) => {
                    self.take_back(&counted, taken).await.map_err(|error| Problem::unavailable(&error))?;
                    tracing::warn!(key = %key, collector = %request.collector, "refused: too many wrong numbers");
                    return Err(Problem::again(Code::NumbersLocked, seconds_to_midnight(now)));
                }
                Ok(_) => taken += 1,
                Err(error) => return Err(Problem::unavailable(&error)),
            }
        }
        Ok(counted)
    }

    /// Takes back a try that was not wrong, whatever else it came to.
    pub(super) async fn judge_try(&self, counted: &Try, asked: &Result<Inquiry, InquiryError>) {
        if asked.as_ref().is_err_and(is_wrong) {
            return;
        }
        if let Err(error) = self.take_back(counted, counted.counters.len()).await {
            tracing::warn!(%error, "a try that was not wrong stays counted for the day");
        }
    }

    async fn take_back(&self, counted: &Try, taken: usize) -> Result<(), StoreError> {
        for (subject, _) in counted.counters.iter().take(taken) {
            let sql =
                "UPDATE wrong_numbers SET tries = tries - 1 WHERE subject = $1 AND date = $2 AND tries > 0";
            execute!(self.database(), sql, subject, counted.date.to_string())?;
        }
        Ok(())
    }

    /// Forgets the tries of days that are over. [`run`](Self::run) does it by itself.
    pub async fn forget_wrong_numbers(&self) -> Result<(), StoreError> {
        let today = self.now().date().to_string();
        execute!(self.database(), "DELETE FROM wrong_numbers WHERE date < $1", today)?;
        Ok(())
    }
}
