//! Payments in the database.

use collectors::protocol::Channel;
use database::{Row, Table, Tx, Value, insert, on, read};
use domain::payment::State;
use domain::{
    AccountId, CollectorNumber, ContractId, InquiryId, PaymentId, SettlementId, Timestamp, TransferId,
    UserId, Yen,
};
use ledger::{EntityId, GuardKey};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::cancellation::Cancellation;
use super::history::{Body, Position};
use super::refund::Refund;
use super::{Facts, Payment, StoreError};
use crate::{Gateway, Operator};

static PAYMENT: Table = Table {
    name: "payment",
    columns: &[
        "id",
        "contract",
        "user_id",
        "account",
        "channel",
        "collector",
        "customer_number",
        "category",
        "bill",
        "amount",
        "fee",
        "inquiry",
        "link",
        "hold",
        "fee_hold",
        "bill_guard",
        "message_key",
        "receipt_number",
        "receipt_date",
        "memo",
        "held_us",
    ],
};

macro_rules! columns {
    () => {
        "p.id, p.contract, p.user_id, p.account, p.channel, p.collector, p.customer_number, p.category, p.bill, \
         p.amount, p.fee, p.inquiry, p.link, p.hold, p.fee_hold, p.bill_guard, p.message_key, p.receipt_number, \
         p.receipt_date, p.memo, p.held_us"
    };
}

static CANCELLATION: Table = Table {
    name: "cancellation",
    columns: &["key", "payment", "requested_us", "requested_by", "reversal", "fee_reversal"],
};
static REFUND: Table = Table {
    name: "refund",
    columns: &["payment", "break_id", "at_us", "actor", "checked_by", "reversal", "fee_reversal"],
};

/// The columns of [`PaymentRow`], for every query that reads payments as `p`.
const COLUMNS: &str = columns!();

/// The columns of [`ShownRow`], with the last event as `e` and the one that accepted or rejected as `d`.
pub(crate) const SHOWN: &str = concat!(
    columns!(),
    ", e.at_us AS event_at_us, e.body AS event_body, d.body AS ending_body, \
         (SELECT f.at_us FROM refund f WHERE f.payment = p.id) AS returned_us"
);

#[derive(FromRow)]
pub(crate) struct PaymentRow {
    id: Uuid,
    contract: Uuid,
    user_id: Uuid,
    account: i64,
    channel: String,
    collector: String,
    customer_number: String,
    category: Option<String>,
    bill: String,
    amount: i64,
    fee: i64,
    inquiry: Uuid,
    link: Option<String>,
    hold: Uuid,
    fee_hold: Option<Uuid>,
    bill_guard: String,
    message_key: String,
    receipt_number: String,
    receipt_date: String,
    memo: String,
    held_us: i64,
}

/// A payment with its last event.
#[derive(FromRow)]
pub(crate) struct ShownRow {
    #[sqlx(flatten)]
    payment: PaymentRow,
    event_at_us: i64,
    event_body: String,
    /// Of the event that accepted or rejected it, which later ones do not hide.
    ending_body: Option<String>,
    returned_us: Option<i64>,
}

impl TryFrom<PaymentRow> for Facts {
    type Error = StoreError;
    fn try_from(row: PaymentRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: PaymentId::from_uuid(row.id),
            contract: ContractId::from_uuid(row.contract),
            user: UserId::from_uuid(row.user_id),
            account: AccountId::new(row.account),
            channel: channel(&row.channel)?,
            collector: StoreError::parse(&row.collector)?,
            customer_number: StoreError::parse(&row.customer_number)?,
            category: row.category.as_deref().map(StoreError::parse).transpose()?,
            bill: StoreError::json(&row.bill)?,
            amount: Yen::new(row.amount),
            fee: Yen::new(row.fee),
            inquiry: InquiryId::from_uuid(row.inquiry),
            link: row.link.as_deref().map(StoreError::parse).transpose()?,
            hold: TransferId::from_uuid(row.hold),
            fee_hold: row.fee_hold.map(TransferId::from_uuid),
            bill_guard: GuardKey(row.bill_guard),
            message_key: row.message_key,
            receipt_number: row.receipt_number,
            receipt_date: StoreError::parse(&row.receipt_date)?,
            memo: row.memo,
            held_at: Timestamp::from_micros(row.held_us),
        })
    }
}

impl ShownRow {
    /// The facts of the last event.
    pub(crate) fn event_body(&self) -> &str {
        &self.event_body
    }
}

impl TryFrom<ShownRow> for Payment {
    type Error = StoreError;
    fn try_from(row: ShownRow) -> Result<Self, StoreError> {
        let last: Body = StoreError::json(&row.event_body)?;
        let ending: Option<Body> = row.ending_body.as_deref().map(StoreError::json).transpose()?;
        let facts = Facts::try_from(row.payment)?;
        let state = last.state.ok_or_else(|| StoreError::Corrupt(format!("{} has no state", facts.id)))?;
        let cancellation = last.cancellation;
        let says = ending.unwrap_or(last);
        Ok(Self {
            state,
            changed_at: Timestamp::from_micros(row.event_at_us),
            code: says.response_code(),
            provisional: says.provisional.as_deref().map(StoreError::parse).transpose()?,
            reference: says.reference,
            word: says.word,
            cancellation,
            returned_at: row.returned_us.map(Timestamp::from_micros),
            facts,
        })
    }
}

fn channel(text: &str) -> Result<Channel, StoreError> {
    let known = [Channel::InternetBanking, Channel::Counter];
    let found = known.into_iter().find(|channel| channel.as_str() == text);
    found.ok_or_else(|| StoreError::Corrupt(format!("{text} is no channel")))
}

/// The row that the hold's commit inserts.
pub(crate) fn row(facts: &Facts) -> Result<Row, StoreError> {
    Ok(Row {
        table: &PAYMENT,
        values: vec![
            facts.id.uuid().into(),
            facts.contract.uuid().into(),
            facts.user.uuid().into(),
            facts.account.get().into(),
            facts.channel.as_str().into(),
            facts.collector.as_str().into(),
            facts.customer_number.as_str().into(),
            Value::Text(facts.category.as_ref().map(|c| c.as_str().to_owned())),
            StoreError::to_json(&facts.bill)?.into(),
            facts.amount.get().into(),
            facts.fee.get().into(),
            facts.inquiry.uuid().into(),
            Value::Text(facts.link.as_ref().map(ToString::to_string)),
            facts.hold.uuid().into(),
            Value::Uuid(facts.fee_hold.map(TransferId::uuid)),
            facts.bill_guard.0.clone().into(),
            facts.message_key.clone().into(),
            facts.receipt_number.clone().into(),
            facts.receipt_date.to_string().into(),
            facts.memo.clone().into(),
            facts.held_at.micros().into(),
        ],
    })
}

/// The row that the commit of a cancellation's request inserts.
pub fn cancellation_row(cancellation: &Cancellation) -> Row {
    Row {
        table: &CANCELLATION,
        values: vec![
            cancellation.key.clone().into(),
            cancellation.payment.uuid().into(),
            cancellation.requested_at.micros().into(),
            cancellation.requested_by.name.clone().into(),
            cancellation.reversal.uuid().into(),
            Value::Uuid(cancellation.fee_reversal.map(TransferId::uuid)),
        ],
    }
}

/// The row that the commit of a refund inserts.
pub(crate) fn refund_row(refund: &Refund) -> Row {
    Row {
        table: &REFUND,
        values: vec![
            refund.payment.uuid().into(),
            refund.found.uuid().into(),
            refund.at.micros().into(),
            refund.maker.name.clone().into(),
            refund.checker.name.clone().into(),
            refund.reversal.uuid().into(),
            Value::Uuid(refund.fee_reversal.map(TransferId::uuid)),
        ],
    }
}

/// Which payments of a contract to show, newest first.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    /// Whose.
    pub contract: ContractId,
    /// Debited from one of these accounts.
    pub accounts: Vec<AccountId>,
    /// Held at or after this instant.
    pub since: Timestamp,
    /// Held before this one.
    pub until: Option<Timestamp>,
    /// Only of this collector.
    pub collector: Option<CollectorNumber>,
    /// Only what this user authorised.
    pub user: Option<UserId>,
    /// Only those in one of these states; all where it is empty.
    pub states: Vec<State>,
    /// Older than this payment, the last of the page before.
    pub before: Option<(Timestamp, PaymentId)>,
    /// Payments a page, at most 100.
    pub limit: u32,
}

impl HistoryQuery {
    /// Everything since an instant.
    pub const fn all(contract: ContractId, accounts: Vec<AccountId>, since: Timestamp, limit: u32) -> Self {
        let (until, collector, user, before) = (None, None, None, None);
        Self { contract, accounts, since, until, collector, user, states: Vec::new(), before, limit }
    }
}

/// A page of payments.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    /// Newest first.
    pub payments: Vec<Payment>,
    /// Whether older ones follow.
    pub more: bool,
}

const HISTORY_LIMIT_MAX: u32 = 100;

impl Gateway {
    /// A payment of this contract.
    pub async fn payment(&self, contract: ContractId, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let sql = shown("p.id = $1 AND p.contract = $2");
        let row: Option<ShownRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(id.uuid())
                .bind(contract.uuid())
                .fetch_optional(c)
                .await
        })?;
        row.map(Payment::try_from).transpose()
    }

    /// 払込履歴.
    pub async fn history(&self, query: &HistoryQuery) -> Result<HistoryPage, StoreError> {
        if query.accounts.is_empty() {
            return Ok(HistoryPage::default());
        }
        let limit = query.limit.clamp(1, HISTORY_LIMIT_MAX);
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(shown("p.contract = "));
            sql.push_bind(query.contract.uuid());
            sql.push(" AND p.held_us >= ").push_bind(query.since.micros());
            sql.push(" AND p.account IN (");
            let mut list = sql.separated(", ");
            for account in &query.accounts {
                list.push_bind(account.get());
            }
            list.push_unseparated(")");
            if let Some(until) = query.until {
                sql.push(" AND p.held_us < ").push_bind(until.micros());
            }
            if let Some(collector) = &query.collector {
                sql.push(" AND p.collector = ").push_bind(collector.as_str());
            }
            if let Some(user) = query.user {
                sql.push(" AND p.user_id = ").push_bind(user.uuid());
            }
            if !query.states.is_empty() {
                sql.push(" AND (");
                let mut any = sql.separated(" OR ");
                for state in &query.states {
                    any.push("e.body LIKE ").push_bind_unseparated(state_pattern(*state));
                }
                any.push_unseparated(")");
            }
            if let Some((at, id)) = query.before {
                sql.push(" AND (p.held_us < ").push_bind(at.micros());
                sql.push(" OR (p.held_us = ").push_bind(at.micros());
                sql.push(" AND p.id < ").push_bind(id.uuid()).push("))");
            }
            sql.push(" ORDER BY p.held_us DESC, p.id DESC LIMIT ").push_bind(i64::from(limit) + 1);
            sql.build_query_as().fetch_all(c).await
        })?;
        let page_len = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > page_len;
        let payments = rows.into_iter().take(page_len).map(Payment::try_from).collect::<Result<_, _>>()?;
        Ok(HistoryPage { payments, more })
    }

    /// Payments with open work, however old: held, being sent, or without a known outcome. The oldest first.
    pub async fn open_payments(
        &self,
        contract: ContractId,
        accounts: &[AccountId],
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        let open = shown_of(
            "outbox o CROSS JOIN payment p",
            "p.id = o.entity AND p.message_key = o.key AND p.contract = ",
        );
        self.few_payments(open, contract, accounts, "p.held_us, p.id", limit).await
    }

    /// What was given back to a contract since an instant, to these of its accounts; the newest first, at most 100.
    pub async fn refunded_payments(
        &self,
        contract: ContractId,
        accounts: &[AccountId],
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        let condition = format!("p.id = r.payment AND r.at_us >= {} AND p.contract = ", since.micros());
        let refunded = shown_of("refund r CROSS JOIN payment p", &condition);
        self.few_payments(refunded, contract, accounts, "r.at_us DESC, p.id", limit).await
    }

    /// Payments of a contract from these of its accounts that a short table leads to: its history is long, and CROSS
    /// JOIN keeps SQLite to this order. `select` ends where the contract's id follows.
    async fn few_payments(
        &self,
        select: String,
        contract: ContractId,
        accounts: &[AccountId],
        order: &'static str,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(select.as_str());
            sql.push_bind(contract.uuid());
            sql.push(" AND p.account IN (");
            let mut list = sql.separated(", ");
            for account in accounts {
                list.push_bind(account.get());
            }
            list.push_unseparated(") ORDER BY ").push_unseparated(order).push_unseparated(" LIMIT ");
            // one more tells the caller that there are more
            sql.push_bind(i64::from(limit.clamp(1, HISTORY_LIMIT_MAX.saturating_add(1))));
            sql.build_query_as().fetch_all(c).await
        })?;
        rows.into_iter().map(Payment::try_from).collect()
    }

    /// A payment, whoever's it is: for the bank's staff.
    pub async fn payment_for_operator(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let sql = shown("p.id = $1");
        let row: Option<ShownRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id.uuid()).fetch_optional(c).await
        })?;
        row.map(Payment::try_from).transpose()
    }

    /// The cancellation that open work under this key is of; `None` where it is the payment's own clearing.
    pub(crate) async fn cancellation_of(
        &self,
        facts: &Facts,
        key: &str,
    ) -> Result<Option<Cancellation>, StoreError> {
        if key == facts.message_key {
            return Ok(None);
        }
        let row: Option<(i64, String, Uuid, Option<Uuid>)> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT requested_us, requested_by, reversal, fee_reversal FROM cancellation
                 WHERE key = $1 AND payment = $2",
            )
            .bind(key)
            .bind(facts.id.uuid())
            .fetch_optional(c)
            .await
        })?;
        let Some((requested_us, requested_by, reversal, fee_reversal)) = row else {
            return Err(StoreError::Corrupt(format!("{key} is no message of payment {}", facts.id)));
        };
        Ok(Some(Cancellation {
            key: key.to_owned(),
            payment: facts.id,
            requested_at: Timestamp::from_micros(requested_us),
            requested_by: Operator { name: requested_by },
            reversal: TransferId::from_uuid(reversal),
            fee_reversal: fee_reversal.map(TransferId::from_uuid),
        }))
    }

    /// The bytes of a payment's clearing, as they went out first.
    pub(crate) async fn clearing_message(&self, facts: &Facts) -> Result<Vec<u8>, StoreError> {
        let message: Option<Vec<u8>> = read!(self.database(), |c| {
            sqlx::query_scalar(
                "SELECT message FROM event WHERE entity = $1 AND kind = 'claimed' AND message IS NOT NULL
                 ORDER BY seq LIMIT 1",
            )
            .bind(facts.id.uuid())
            .fetch_optional(c)
            .await
        })?;
        message.ok_or_else(|| StoreError::Corrupt(format!("payment {} has no message", facts.id)))
    }

    /// The transfers that paid a payment back; none where it was not.
    pub(crate) async fn refund_transfers(&self, entity: EntityId) -> Result<Vec<TransferId>, StoreError> {
        let row: Option<(Uuid, Option<Uuid>)> = read!(self.database(), |c| {
            sqlx::query_as("SELECT reversal, fee_reversal FROM refund WHERE payment = $1")
                .bind(entity.0)
                .fetch_optional(c)
                .await
        })?;
        let ids = row.into_iter().flat_map(|(amount, fee)| std::iter::once(amount).chain(fee));
        Ok(ids.map(TransferId::from_uuid).collect())
    }

    /// The payments of a net payment behind `after`, in the order of their ids.
    pub(crate) async fn payments_settled_by(
        &self,
        settlement: SettlementId,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        let sql = shown_of(
            "settled_payment sp CROSS JOIN payment p",
            "p.id = sp.payment AND sp.settlement = $1 AND sp.payment > $2 ORDER BY sp.payment LIMIT $3",
        );
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(settlement.uuid())
                .bind(after.map_or(Uuid::nil(), PaymentId::uuid))
                .bind(i64::from(limit))
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(Payment::try_from).collect()
    }

    /// The facts of a payment and where it stands, whoever's it is: for the sender.
    pub(crate) async fn load(&self, entity: EntityId) -> Result<Option<(Facts, Position)>, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let facts = facts(&mut tx, entity).await?;
        let Some(facts) = facts else { return Ok(None) };
        tx.rollback().await?;
        // read after the facts: events only grow, and a commit on an older position is refused as stale
        let position = Position::of(&self.0.ledger.events(entity).await?)?;
        Ok(Some((facts, position)))
    }
}

async fn facts(tx: &mut Tx, entity: EntityId) -> Result<Option<Facts>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM payment p WHERE p.id = $1");
    let row: Option<PaymentRow> =
        on!(tx, |c| { sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(entity.0).fetch_optional(c).await })?;
    row.map(Facts::try_from).transpose()
}

/// The tables of [`SHOWN`] for payments whose outcome is unknown, with their open work as `o`; more conditions may
/// follow. The open work is short and the history long: CROSS JOIN keeps SQLite to this order.
pub(crate) const UNKNOWN: &str = "outbox o CROSS JOIN payment p \
    JOIN event e ON e.entity = p.id AND e.seq = (SELECT max(l.seq) FROM event l WHERE l.entity = p.id) \
    LEFT JOIN event d ON d.entity = p.id AND d.kind IN ('accepted', 'rejected') \
    WHERE p.id = o.entity AND p.message_key = o.key AND e.body LIKE '%\"state\":\"unknown\"%'";

/// The same for payments with an open cancellation, as `c`, and its open work.
pub(crate) const CANCELLING: &str = "outbox o JOIN cancellation c ON c.key = o.key \
    JOIN payment p ON p.id = c.payment \
    JOIN event e ON e.entity = p.id AND e.seq = (SELECT max(l.seq) FROM event l WHERE l.entity = p.id) \
    LEFT JOIN event d ON d.entity = p.id AND d.kind IN ('accepted', 'rejected') WHERE p.id = o.entity";

/// What the body of an event is like that left the payment in this state. Inside a JSON text quotes are escaped, so
/// no other field can look like it.
pub(crate) fn state_pattern(state: State) -> String {
    format!("%\"state\":\"{state}\"%")
}

/// The same for where the newest cancellation is.
pub(crate) fn cancellation_pattern(state: domain::payment::Cancellation) -> String {
    format!("%\"cancellation\":\"{}\"%", state.as_str())
}

/// The facts of these payments, or why they cannot be read.
pub(crate) async fn facts_of(
    tx: &mut Tx,
    ids: &[Value],
) -> Result<Vec<(Uuid, Result<Facts, StoreError>)>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM payment p WHERE p.id IN");
    let rows: Vec<PaymentRow> = insert::select_in(tx, &sql, ids, "").await?;
    Ok(rows.into_iter().map(|row| (row.id, Facts::try_from(row))).collect())
}

/// A query of payments with their last event, ending in the condition.
pub(crate) fn shown(condition: &str) -> String {
    shown_of("payment p", condition)
}

/// The same from other tables, `p` among them.
fn shown_of(tables: &str, condition: &str) -> String {
    format!(
        "SELECT {SHOWN} FROM {tables} \
         JOIN event e ON e.entity = p.id AND e.seq = (SELECT max(l.seq) FROM event l WHERE l.entity = p.id) \
         LEFT JOIN event d ON d.entity = p.id AND d.kind IN ('accepted', 'rejected') \
         WHERE {condition}"
    )
}
