//! Whose payments somebody may see, and the changes of their state in one order that never changes.

use database::{dialect, read};
use domain::payment::{Event, State};
use domain::{AccountId, CollectorNumber, ContractId, PaymentId, Timestamp, Yen};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::payment::history::Body;
use crate::payment::{Facts, Payment};
use crate::{Gateway, StoreError};

/// Positions that one read looks through: a reader whose payments are rare goes on from where it ended.
const WINDOW_POSITIONS: i64 = 10_000;
/// Changes that one read answers at most.
pub const CHANGES_MAX: u32 = 500;

/// The payments that somebody may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// Those of a contract that debit one of these accounts.
    Contract {
        /// The contract.
        contract: ContractId,
        /// The accounts.
        accounts: Vec<AccountId>,
    },
    /// Those to a collector.
    Collector(CollectorNumber),
    /// All: an operator's.
    All,
}

impl View {
    /// Whether the payment is one of them.
    pub fn shows(&self, facts: &Facts) -> bool {
        match self {
            Self::Contract { contract, accounts } => {
                facts.contract == *contract && accounts.contains(&facts.account)
            }
            Self::Collector(number) => facts.collector == *number,
            Self::All => true,
        }
    }
}

/// What happened to a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its place in the order of all events. There are gaps.
    pub position: i64,
    /// The payment.
    pub payment: PaymentId,
    /// The collector.
    pub collector: CollectorNumber,
    /// Without the fee.
    pub amount: Yen,
    /// What happened.
    pub event: Event,
    /// The state after it.
    pub state: State,
    /// When.
    pub at: Timestamp,
}

/// A part of the feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// In order.
    pub changes: Vec<Change>,
    /// Where the next read begins.
    pub next: i64,
    /// Whether there may be more already.
    pub more: bool,
}

#[derive(FromRow)]
struct ChangeRow {
    position: i64,
    entity: Uuid,
    collector: String,
    amount: i64,
    kind: String,
    body: String,
    at_us: i64,
}

impl TryFrom<ChangeRow> for Change {
    type Error = StoreError;
    fn try_from(row: ChangeRow) -> Result<Self, StoreError> {
        let body: Body = StoreError::json(&row.body)?;
        let no_state = || StoreError::Corrupt(format!("the event at {} has no state", row.position));
        Ok(Self {
            position: row.position,
            payment: PaymentId::from_uuid(row.entity),
            collector: StoreError::parse(&row.collector)?,
            amount: Yen::new(row.amount),
            event: StoreError::parse(&row.kind)?,
            state: body.state.ok_or_else(no_state)?,
            at: Timestamp::from_micros(row.at_us),
        })
    }
}

impl Gateway {
    /// A payment, where the view shows it.
    pub async fn payment_in(&self, view: &View, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let found = self.payment_for_operator(id).await?;
        Ok(found.filter(|payment| view.shows(&payment.facts)))
    }

    /// The changes after a position, of payments in the view. Whoever reads on from [`Changes::next`] gets each once:
    /// nothing is shown that a transaction still running may precede.
    pub async fn changes(&self, view: &View, after: i64, limit: u32) -> Result<Changes, StoreError> {
        let limit = i64::from(limit.clamp(1, CHANGES_MAX));
        let end = dialect::events_complete_until(self.database()).await?;
        let until = end.min(after.saturating_add(WINDOW_POSITIONS));
        if until <= after {
            return Ok(Changes { changes: Vec::new(), next: after, more: false });
        }
        let rows: Vec<ChangeRow> = read!(self.database(), |c| {
            // CROSS JOIN keeps SQLite to this order: along the positions
            let mut sql = QueryBuilder::new(
                "SELECT e.position, e.entity, p.collector, p.amount, e.kind, e.body, e.at_us
                 FROM event e CROSS JOIN payment p WHERE p.id = e.entity AND e.position > ",
            );
            sql.push_bind(after).push(" AND e.position <= ").push_bind(until);
            match view {
                View::Contract { contract, accounts } => {
                    sql.push(" AND p.contract = ").push_bind(contract.uuid()).push(" AND p.account IN (");
                    let mut list = sql.separated(", ");
                    for account in accounts {
                        list.push_bind(account.get());
                    }
                    list.push_unseparated(")");
                }
                View::Collector(number) => {
                    sql.push(" AND p.collector = ").push_bind(number.as_str());
                }
                View::All => {}
            }
            sql.push(" ORDER BY e.position LIMIT ").push_bind(limit);
            sql.build_query_as().fetch_all(c).await
        })?;
        let changes: Vec<Change> = rows.into_iter().map(Change::try_from).collect::<Result<_, _>>()?;
        let is_full = i64::try_from(changes.len()).is_ok_and(|count| count == limit);
        let next = changes.last().filter(|_| is_full).map_or(until, |last| last.position);
        Ok(Changes { changes, next, more: next < end })
    }
}
