//! 重ねての払込: a warning on the last page, and no refusal, where the contract has paid under the same numbers since the
//! first of the month three months ago.

use chrono::{Datelike as _, Months};
use domain::time::TimeOfDay;
use domain::{ContractId, Date, InquiryId, Timestamp};
use gateway::directory::Collector;
use gateway::{InquiryRequest, Payment, RepeatKey};

use super::operation::unavailable;
use super::problem::Problem;
use crate::Bank;
use crate::sign_in::SignedIn;

/// Months before the present one that are looked through.
const MONTHS_BACK: u32 = 3;

/// The first day whose payments are looked at.
pub fn first_day(today: Date) -> Date {
    let first = today.with_day(1).unwrap_or(today);
    first.checked_sub_months(Months::new(MONTHS_BACK)).unwrap_or(first)
}

/// The same under the numbers of an inquiry, whoever looks.
pub async fn paid_by(
    bank: &Bank,
    contract: ContractId,
    collector: &Collector,
    inquiry: InquiryId,
) -> Result<Vec<Payment>, Problem> {
    let asked = bank.gateway.inquiry(contract, inquiry).await.map_err(|error| unavailable(&error))?;
    let asked = asked.ok_or(Problem::InquiryExpired)?;
    let since = Timestamp::from_jst(first_day(bank.clock.now().date()), TimeOfDay::MIN);
    let key = RepeatKey::of(collector, &asked.request);
    bank.gateway.paid_before(contract, &key, since).await.map_err(|error| unavailable(&error))
}

/// What the contract has paid under the same numbers, by any user from any account; the newest first.
pub async fn earlier(
    bank: &Bank,
    by: &SignedIn,
    collector: &Collector,
    request: &InquiryRequest,
) -> Result<Vec<Payment>, Problem> {
    let since = Timestamp::from_jst(first_day(bank.clock.now().date()), TimeOfDay::MIN);
    let key = RepeatKey::of(collector, request);
    let found = bank.gateway.paid_before(by.contract.id, &key, since).await;
    found.map_err(|error| unavailable(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_with_the_first_of_the_month_three_months_ago() {
        for (today, first) in [
            ("2026-11-24", "2026-08-01"),
            ("2026-11-01", "2026-08-01"),
            ("2026-10-31", "2026-07-01"),
            ("2026-03-31", "2025-12-01"),
            ("2028-05-31", "2028-02-01"),
        ] {
            assert_eq!(first_day(today.parse().unwrap()).to_string(), first, "{today}");
        }
    }
}
