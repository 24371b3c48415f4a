//! 同じ番号への払込: what a contract paid before under the same numbers, so that nobody pays twice unawares.

use collectors::Collector;
use collectors::directory::DuplicateKey;
use database::read;
use domain::{CollectorNumber, ContractId, CustomerNumber, PaymentCategory, Timestamp};

use crate::inquiry::InquiryRequest;
use crate::payment::Facts;
use crate::payment::store::{ShownRow, shown};
use crate::{Gateway, Payment, StoreError};

/// Payments that are looked at.
const LOOKED_AT_MAX: i64 = 100;

/// What makes two payments look like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatKey {
    collector: CollectorNumber,
    customer_number: CustomerNumber,
    /// Whatever it is where this is none.
    category: Option<String>,
}

impl RepeatKey {
    /// Of an inquiry, as the collector's row says what makes two payments alike.
    pub fn of(collector: &Collector, request: &InquiryRequest) -> Self {
        Self::new(collector, &request.customer_number, request.category.as_ref())
    }

    /// Of a payment.
    pub fn of_payment(collector: &Collector, facts: &Facts) -> Self {
        Self::new(collector, &facts.customer_number, facts.category.as_ref())
    }

    fn new(collector: &Collector, customer: &CustomerNumber, category: Option<&PaymentCategory>) -> Self {
        let category = match collector.duplicate_key {
            DuplicateKey::CustomerNumber => None,
            DuplicateKey::WithCategory => Some(category.map(|c| c.as_str().to_owned()).unwrap_or_default()),
        };
        Self { collector: collector.number.clone(), customer_number: customer.clone(), category }
    }
}

impl Gateway {
    /// Payments of a contract under the key, by whatever user and account, that were held at or after an instant and
    /// are paid or still open, and not paid back; the newest first.
    pub async fn paid_before(
        &self,
        contract: ContractId,
        key: &RepeatKey,
        since: Timestamp,
    ) -> Result<Vec<Payment>, StoreError> {
        let sql = shown(
            "p.contract = $1 AND p.held_us >= $2 AND p.collector = $3 AND p.customer_number = $4 \
             AND coalesce(p.category, '') = coalesce($5, p.category, '') ORDER BY p.held_us DESC, p.id DESC LIMIT $6",
        );
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(contract.uuid())
                .bind(since.micros())
                .bind(key.collector.as_str())
                .bind(key.customer_number.as_str())
                .bind(key.category.as_deref())
                .bind(LOOKED_AT_MAX)
                .fetch_all(c)
                .await
        })?;
        let payments: Vec<Payment> = rows.into_iter().map(Payment::try_from).collect::<Result<_, _>>()?;
        let stands = |p: &Payment| (p.state.is_paid() || p.state.is_open()) && p.returned_at.is_none();
        Ok(payments.into_iter().filter(stands).collect())
    }
}
