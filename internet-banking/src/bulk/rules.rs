//! What a contract's people may send, how many items at a time, when, and what its approval costs.

use formats::{Counts, Route};

use super::problem::Problem;
use crate::Bank;
use crate::contracts::{Business, Plan};
use crate::hours::{self, Service, ServiceHours, Standing};
use crate::policy;
use crate::sign_in::SignedIn;
use crate::tokens::Operation;

/// The businesses that somebody may do, in the order of the pages.
pub fn mine(by: &SignedIn) -> impl Iterator<Item = Business> + '_ {
    Business::BULK.iter().copied().filter(|business| policy::may_do(by, *business))
}

/// Lets the user on to a business of bulk data, or not.
pub fn permit(by: &SignedIn, business: Business) -> Result<formats::Business, Problem> {
    policy::require(by, business).map_err(|_| Problem::NotPermitted)?;
    business.records().ok_or(Problem::NotPermitted)
}

/// Lets the user send a file of records for a business, or not: 一般ファイル伝送 is a right beside that of the business.
pub fn permit_file(by: &SignedIn, business: Business) -> Result<formats::Business, Problem> {
    policy::require(by, Business::FileTransfer).map_err(|_| Problem::NotPermitted)?;
    permit(by, business)
}

/// The pages by which a plan makes data.
pub const fn route_of(plan: Plan) -> Option<Route> {
    match plan {
        Plan::Web => Some(Route::Web),
        Plan::Type2 => Some(Route::Type2),
        Plan::Mini => None,
    }
}

/// How many items a batch may have that is made on the pages of a plan (R113, R114); nothing where the plan does not
/// have the business.
pub fn items_max(plan: Plan, business: Business) -> Option<usize> {
    Counts::embedded().most(route_of(plan)?, business.records()?)
}

/// How many items a file may have (R116).
pub fn file_items_max(business: Business) -> Option<usize> {
    Counts::embedded().most(Route::File, business.records()?)
}

/// What the last approval of a batch counts as: it costs a one-time password for 総合振込 and 給与・賞与振込 (R56), and the
/// confirmation password alone for 口座振替 and 地方税納付 (R57).
pub const fn approval_of(business: formats::Business) -> Operation {
    match business {
        formats::Business::Transfers => Operation::BulkTransferApprove,
        formats::Business::Payroll => Operation::BulkSalaryApprove,
        formats::Business::Debits => Operation::BulkDebitApprove,
        formats::Business::LocalTax => Operation::BulkLocalTaxApprove,
    }
}

/// The hours of a business as they are set now.
pub async fn hours(bank: &Bank, business: formats::Business) -> Result<ServiceHours, Problem> {
    hours::bulk_now_of(bank, business).await.map_err(|error| Problem::unavailable(&error))
}

/// Lets on while the business is open, or says when it opens (R110).
pub async fn require_open(bank: &Bank, business: formats::Business) -> Result<(), Problem> {
    match hours(bank, business).await?.standing(Service::Bulk(business), bank.clock.now()) {
        Standing::Open { .. } => Ok(()),
        Standing::Closed { opens } => Err(Problem::Closed { opens }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves R56, R57.
    #[test]
    fn approvals_of_transfers_and_wages_cost_a_one_time_password_and_those_of_debits_and_taxes_none() {
        let demands = formats::Business::ALL.iter().map(|business| approval_of(*business).demands_one());
        assert_eq!(demands.collect::<Vec<_>>(), [true, true, false, false]);
        assert!(Operation::BulkFileSend.demands_one() && Operation::BulkPayeeRegister.demands_one());
    }

    /// Proves R109, R113, R114, R116.
    #[test]
    fn each_plan_makes_what_it_has_with_as_many_items_as_it_may_send() {
        for (business, web, type2, file) in [
            (Business::BulkTransfer, Some(200), Some(5_000), Some(50_000)),
            (Business::Salary, Some(200), Some(5_000), Some(50_000)),
            (Business::DirectDebit, None, Some(5_000), Some(50_000)),
            (Business::LocalTax, Some(200), Some(500), Some(10_000)),
        ] {
            let found = (items_max(Plan::Web, business), items_max(Plan::Type2, business));
            assert_eq!((found, file_items_max(business)), ((web, type2), file), "{business:?}");
            assert_eq!(items_max(Plan::Mini, business), None);
            for plan in Plan::ALL {
                assert_eq!(items_max(*plan, business).is_some(), policy::offers(*plan, business));
            }
        }
        let one_at_a_time = Business::ALL.iter().filter(|business| business.records().is_none());
        assert!(one_at_a_time.into_iter().all(|business| !Business::BULK.contains(business)));
    }
}
