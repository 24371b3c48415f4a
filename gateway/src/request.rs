//! 払込依頼: a payment that a contract's own systems asked for over the API, and that a person authorises in the bank's
//! pages. It holds no money and takes no bill; its id becomes the payment's.

use database::{Row, Table, Value, execute, read};
use domain::{
    AccountId, ApiKeyId, Bill, CollectorNumber, ContractId, CustomerNumber, InquiryId, PaymentCategory,
    PaymentId, Timestamp,
};
use ledger::{AuditRecord, Commit, EntityId, Refused};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::guard::Guard;
use crate::inquiry::{Inquiry, InquiryError, Payer};
use crate::pay::{PayError, PaymentOrder};
use crate::payment::order;
use crate::points::Persist;
use crate::{Gateway, Operator, StoreError};

/// How long a request waits for a person, in business time. Its inquiry holds the numbers to ask with again, and is
/// kept for a day.
pub const REQUEST_VALID_S: i64 = 20 * 3600;
/// A payment that was confirmed in the last moment may still be on its way to the ledger: only after this is a request
/// told to have expired.
const EXPIRY_TOLD_AFTER_S: i64 = 300;
/// Requests of a contract that wait at once.
pub const REQUESTS_WAITING_MAX: i64 = 200;
/// How long a request is kept, in business time.
const REQUESTS_KEPT_S: i64 = 100 * 24 * 3600;
/// Rows that one deletion looks at.
const CHUNK_ROWS_MAX: i64 = 500;

static REQUEST: Table = Table {
    name: "payment_request",
    columns: &[
        "id",
        "contract",
        "api_key",
        "key_name",
        "account",
        "inquiry",
        "collector",
        "customer_number",
        "category",
        "bill",
        "created_us",
        "expires_us",
    ],
};
static DECLINED: Table = Table { name: "payment_request_declined", columns: &["request", "actor", "at_us"] };

/// A payment that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRequest {
    /// Its id, and that of the payment to come.
    pub id: PaymentId,
    /// Whose.
    pub contract: ContractId,
    /// The key that asked.
    pub api_key: ApiKeyId,
    /// What people call the key.
    pub key_name: String,
    /// The account to debit.
    pub account: AccountId,
    /// The inquiry that found the bill.
    pub inquiry: InquiryId,
    /// The collector.
    pub collector: CollectorNumber,
    /// 納付番号 or お客様番号.
    pub customer_number: CustomerNumber,
    /// 納付区分.
    pub category: Option<PaymentCategory>,
    /// The bill as the inquiry answered it.
    pub bill: Bill,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Until when a person may authorise it.
    pub expires_at: Timestamp,
    /// When a person turned it down.
    pub declined_at: Option<Timestamp>,
}

impl PaymentRequest {
    /// Whether a person may still authorise it.
    pub fn may_be_authorised_at(&self, now: Timestamp) -> bool {
        self.declined_at.is_none() && now < self.expires_at
    }

    /// Whether it may still become a payment.
    pub fn waits_at(&self, now: Timestamp) -> bool {
        self.declined_at.is_none() && now < self.expires_at.plus_seconds(EXPIRY_TOLD_AFTER_S)
    }

    /// When it came to where it is.
    pub fn changed_at(&self, now: Timestamp) -> Timestamp {
        match self.declined_at {
            Some(at) => at,
            None if self.waits_at(now) => self.created_at,
            None => self.expires_at,
        }
    }
}

/// Why a request was not taken. Nothing was debited.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The order itself cannot be.
    #[error(transparent)]
    Order(PayError),
    /// Too many of the contract wait already.
    #[error("too many requests wait")]
    TooManyWaiting,
    /// Another outcome of the same wish is on record.
    #[error("the wish has another outcome")]
    Settled,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a decline came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decline {
    /// The request is over.
    Done,
    /// It had been authorised or declined before.
    TooLate,
}

#[derive(FromRow)]
struct RequestRow {
    id: Uuid,
    contract: Uuid,
    api_key: Uuid,
    key_name: String,
    account: i64,
    inquiry: Uuid,
    collector: String,
    customer_number: String,
    category: Option<String>,
    bill: String,
    created_us: i64,
    expires_us: i64,
    declined_us: Option<i64>,
}

impl TryFrom<RequestRow> for PaymentRequest {
    type Error = StoreError;
    fn try_from(row: RequestRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: PaymentId::from_uuid(row.id),
            contract: ContractId::from_uuid(row.contract),
            api_key: ApiKeyId::from_uuid(row.api_key),
            key_name: row.key_name,
            account: AccountId::new(row.account),
            inquiry: InquiryId::from_uuid(row.inquiry),
            collector: StoreError::parse(&row.collector)?,
            customer_number: StoreError::parse(&row.customer_number)?,
            category: row.category.as_deref().map(StoreError::parse).transpose()?,
            bill: StoreError::json(&row.bill)?,
            created_at: Timestamp::from_micros(row.created_us),
            expires_at: Timestamp::from_micros(row.expires_us),
            declined_at: row.declined_us.map(Timestamp::from_micros),
        })
    }
}

const SELECT: &str = "SELECT r.id, r.contract, r.api_key, r.key_name, r.account, r.inquiry, r.collector, \
    r.customer_number, r.category, r.bill, r.created_us, r.expires_us, d.at_us AS declined_us \
    FROM payment_request r LEFT JOIN payment_request_declined d ON d.request = r.id WHERE r.contract = ";

impl Gateway {
    /// Takes a request for the payment that an order describes. The order was checked as a payment's is; nothing is
    /// held until a person authorises it.
    pub(crate) async fn request_payment(
        &self,
        order: &PaymentOrder,
        api_key: ApiKeyId,
        key_name: &str,
    ) -> Result<PaymentRequest, RequestError> {
        let now = self.now();
        let contract = order.payer.contract;
        let found = self.inquiry(contract, order.inquiry).await?;
        let inquiry = found.ok_or(RequestError::Order(PayError::InquiryExpired))?;
        // a person may authorise it when the collector is open again
        let bill = order::check(order, &inquiry, true, now).map_err(RequestError::Order)?;
        if self.requests_waiting(contract, now).await? >= REQUESTS_WAITING_MAX {
            return Err(RequestError::TooManyWaiting);
        }
        let request = PaymentRequest {
            id: order.payment,
            contract,
            api_key,
            key_name: key_name.to_owned(),
            account: order.account,
            inquiry: inquiry.id,
            collector: inquiry.request.collector.clone(),
            customer_number: inquiry.request.customer_number.clone(),
            category: inquiry.request.category.clone(),
            bill: bill.clone(),
            created_at: now,
            expires_at: inquiry.answered_at.plus_seconds(REQUEST_VALID_S),
            declined_at: None,
        };
        let commit = Commit {
            guards: vec![(Guard::wish(request.id).0, EntityId::from(request.id))],
            rows: vec![row(&request)?],
            audit: vec![AuditRecord {
                contract: Some(contract),
                actor: Operator::api(api_key).name,
                action: "payeasy.request",
                subject: request.id.to_string(),
                detail: format!("{} yen to {}", bill.amount.get(), request.collector),
            }],
            ..Commit::default()
        };
        match self.persist(Persist::Request, commit).await {
            Ok(_) => Ok(request),
            Err(Refused::Guarded { .. }) => Err(RequestError::Settled),
            Err(refused) => Err(StoreError::from(refused).into()),
        }
    }

    /// A request of this contract, whatever became of it.
    pub async fn payment_request(
        &self,
        contract: ContractId,
        id: PaymentId,
    ) -> Result<Option<PaymentRequest>, StoreError> {
        let found: Option<RequestRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} $1 AND r.id = $2")))
                .bind(contract.uuid())
                .bind(id.uuid())
                .fetch_optional(c)
                .await
        })?;
        found.map(PaymentRequest::try_from).transpose()
    }

    /// The requests that a person who may use these accounts can authorise now, the oldest first.
    pub async fn payment_requests(
        &self,
        contract: ContractId,
        accounts: &[AccountId],
        limit: u32,
    ) -> Result<Vec<PaymentRequest>, StoreError> {
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<RequestRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(SELECT);
            sql.push_bind(contract.uuid());
            sql.push(" AND r.expires_us > ").push_bind(self.now().micros());
            sql.push(
                " AND d.request IS NULL AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.id = r.id)
                 AND r.account IN (",
            );
            let mut list = sql.separated(", ");
            for account in accounts {
                list.push_bind(account.get());
            }
            list.push_unseparated(") ORDER BY r.created_us, r.id LIMIT ");
            sql.push_bind(i64::from(limit));
            sql.build_query_as().fetch_all(c).await
        })?;
        rows.into_iter().map(PaymentRequest::try_from).collect()
    }

    /// Asks the collector anew for the bills of a request, for the person who authorises it. `None` where the numbers
    /// are not kept any more.
    pub async fn inquire_for_request(
        &self,
        payer: Payer,
        request: &PaymentRequest,
    ) -> Result<Option<Inquiry>, InquiryError> {
        let first = self.inquiry(payer.contract, request.inquiry).await?;
        match first.filter(|_| request.contract == payer.contract) {
            Some(first) => self.inquire(payer, first.request).await.map(Some),
            None => Ok(None),
        }
    }

    /// Turns a request down. The caller has checked that the person may.
    pub async fn decline_request(
        &self,
        request: &PaymentRequest,
        by: &Operator,
    ) -> Result<Decline, StoreError> {
        let values = vec![request.id.uuid().into(), by.name.clone().into(), self.now().micros().into()];
        let commit = Commit {
            guards: vec![(Guard::request(request.id).0, EntityId::from(request.id))],
            rows: vec![Row { table: &DECLINED, values }],
            audit: vec![AuditRecord {
                contract: Some(request.contract),
                actor: by.name.clone(),
                action: "payeasy.decline",
                subject: request.id.to_string(),
                detail: String::new(),
            }],
            ..Commit::default()
        };
        match self.persist(Persist::Decline, commit).await {
            Ok(_) => Ok(Decline::Done),
            Err(Refused::Guarded { .. }) => Ok(Decline::TooLate),
            Err(refused) => Err(refused.into()),
        }
    }

    async fn requests_waiting(&self, contract: ContractId, now: Timestamp) -> Result<i64, StoreError> {
        Ok(read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT count(*) FROM payment_request r WHERE r.contract = $1 AND r.expires_us > $2
                 AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.id = r.id)
                 AND NOT EXISTS (SELECT 1 FROM payment_request_declined d WHERE d.request = r.id)",
            )
            .bind(contract.uuid())
            .bind(now.micros())
            .fetch_one(c)
            .await
        })?)
    }

    /// Deletes requests of long ago. [`run`](Self::run) does it by itself.
    pub(crate) async fn delete_old_requests(&self) -> Result<u64, StoreError> {
        let before = self.now().plus_seconds(-REQUESTS_KEPT_S).micros();
        Ok(execute!(
            self.database(),
            "DELETE FROM payment_request WHERE id IN (
                SELECT id FROM payment_request WHERE created_us < $1 ORDER BY created_us LIMIT $2)",
            before,
            CHUNK_ROWS_MAX
        )?)
    }
}

fn row(request: &PaymentRequest) -> Result<Row, StoreError> {
    Ok(Row {
        table: &REQUEST,
        values: vec![
            request.id.uuid().into(),
            request.contract.uuid().into(),
            request.api_key.uuid().into(),
            request.key_name.clone().into(),
            request.account.get().into(),
            request.inquiry.uuid().into(),
            request.collector.as_str().into(),
            request.customer_number.as_str().into(),
            Value::Text(request.category.as_ref().map(|c| c.as_str().to_owned())),
            StoreError::to_json(&request.bill)?.into(),
            request.created_at.micros().into(),
            request.expires_at.micros().into(),
        ],
    })
}
