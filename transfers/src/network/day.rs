//! The settlement of a day with the network: what was sent is held against its books, transfer by transfer, and
//! settled; so is what came in, which is settled in one sum.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use database::{Row, Table, read};
use domain::time::TimeOfDay;
use domain::{Date, MessageId, OrderId, RecallId, Timestamp, TransferId, Yen};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Kind, Refused, Transfer};
use tokio::time::Instant;

use super::sender::conclude;
use super::{Body, Line, Outcome, Status, encode};
use crate::alarm::Alarm;
use crate::order::{Order, State};
use crate::points::{Exchange, Persist};
use crate::step::{self, Report, SYSTEM};
use crate::{StoreError, Transfers, chart};

static DAY: Table = Table { name: "interbank_day", columns: &["day", "incoming", "at_us"] };

/// Days back from today on which an order is looked for that has nothing else open.
const LOOK_BACK_DAYS: u64 = 100;
/// Large orders that wait for the opening and are asked about in one look.
const PENDING_MAX: i64 = 500;
/// Between two questions about one day.
const ASK_INTERVAL: Duration = Duration::from_secs(30);
/// Pages of a day's lines.
const PAGES_MAX: usize = 1_000;

/// What a comparison of a day with the network's books came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Transfers that were settled now.
    pub settled: usize,
    /// What came in and was settled in one sum, where the day ended by this.
    pub incoming: Option<Yen>,
    /// Orders that were sent and are not in the network's books, or there with another amount or outcome.
    pub missing: Vec<OrderId>,
    /// Numbers that the network has and that were sent for no order.
    pub unknown: Vec<String>,
    /// Recalls of other banks whose return was sent and is not in the network's books, or with another amount.
    pub returns: Vec<RecallId>,
    /// What came in, by its place at the network, that one side does not have under the day, or with another amount.
    pub differs: Vec<String>,
}

impl Day {
    /// Whether both sides have the same.
    pub const fn agrees(&self) -> bool {
        let sent = self.missing.is_empty() && self.returns.is_empty() && self.unknown.is_empty();
        sent && self.differs.is_empty()
    }
}

/// The bar under which a day is closed: whatever is booked under it is committed before it is taken, or under another
/// day.
pub(crate) fn bar(day: Date) -> GuardKey {
    GuardKey(format!("{}interbank-day|{day}", GuardKey::BAR))
}

/// What comes after every such bar.
pub(crate) fn bars_after() -> String {
    format!("{}interbank-day}}", GuardKey::BAR)
}

/// Why a day cannot be settled yet.
#[derive(Debug, thiserror::Error)]
pub enum DayError {
    /// The network does not answer.
    #[error("the network does not answer: {0}")]
    NoAnswer(String),
    /// The network's day is not over.
    #[error("the day is not over at the network")]
    NotOver,
    /// The engine's data failed it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for DayError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// When this process has asked about a day: not more often than the interval.
#[derive(Default)]
pub(crate) struct Asked(Mutex<BTreeMap<(Date, Question), Instant>>);

/// What is asked about a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Question {
    /// Its lines.
    Lines,
    /// What of it waited for the opening.
    Pending,
}

impl Asked {
    pub(crate) fn may_ask(&self, day: Date, question: Question) -> bool {
        let (now, mut asked) = (Instant::now(), self.0.lock().unwrap_or_else(PoisonError::into_inner));
        asked.retain(|_, at| now.duration_since(*at) < ASK_INTERVAL);
        let key = (day, question);
        asked.insert(key, now).is_none_or(|before| {
            asked.insert(key, before);
            false
        })
    }
}

/// From when on a day may be over at the network.
fn may_be_over(day: Date) -> Timestamp {
    Timestamp::from_jst(day, TimeOfDay::from_hms_opt(15, 30, 0).unwrap_or_default())
}

/// From when on people are told that a day is still open.
fn should_be_over(day: Date) -> Timestamp {
    Timestamp::from_jst(day, TimeOfDay::from_hms_opt(17, 0, 0).unwrap_or_default())
}

impl Transfers {
    /// Settles every day that may be over and is not settled, and tells people of one that is open for long.
    pub async fn settle_days(&self) -> Result<(), StoreError> {
        for day in self.open_days().await? {
            if self.now() < may_be_over(day) || !self.0.asked.may_ask(day, Question::Lines) {
                continue;
            }
            let detail = match self.settle_day(day).await {
                Ok(found) if found.agrees() => None,
                Ok(found) => Some(format!(
                    "{} orders and {} returns are not in its books, {} of it not here, {} of what came in differ",
                    found.missing.len(),
                    found.returns.len(),
                    found.unknown.len(),
                    found.differs.len()
                )),
                Err(error @ (DayError::NotOver | DayError::NoAnswer(_))) => {
                    (self.now() >= should_be_over(day)).then(|| error.to_string())
                }
                Err(DayError::Store(error)) => return Err(error),
            };
            if let Some(detail) = detail {
                self.raise(Alarm::Day, &day.to_string(), &detail).await?;
            }
        }
        Ok(())
    }

    /// Days on which the network has something of ours that is not settled, and days of orders that were never
    /// compared.
    async fn open_days(&self) -> Result<Vec<Date>, StoreError> {
        let today = self.now().date();
        let since = today.checked_sub_days(chrono::Days::new(LOOK_BACK_DAYS)).unwrap_or(today);
        // from one day of orders to the next, along the index
        let sql = "WITH RECURSIVE ordered (day) AS (
                 SELECT min(day) FROM transfer_order WHERE day >= $1
                 UNION ALL
                 SELECT (SELECT min(o.day) FROM transfer_order o WHERE o.day > ordered.day)
                 FROM ordered WHERE ordered.day <= $2
             )
             SELECT DISTINCT substr(key, 15, 10) FROM guard
             WHERE key > 'interbank-due|' AND key < 'interbank-due}'
             UNION
             SELECT DISTINCT i.day FROM interbank_incoming i LEFT JOIN interbank_day d ON d.day = i.day
             WHERE i.transfer IS NOT NULL AND d.day IS NULL
             UNION
             SELECT o.day FROM ordered o LEFT JOIN interbank_day d ON d.day = o.day
             WHERE o.day IS NOT NULL AND d.day IS NULL ORDER BY 1";
        let days: Vec<String> = read!(self.database(), |c| {
            sqlx::query_scalar(sql).bind(since.to_string()).bind(today.to_string()).fetch_all(c).await
        })?;
        days.iter()
            .map(|day| {
                day.parse().map_err(|_| StoreError::Corrupt(format!("{day} is no day of the network")))
            })
            .collect()
    }

    /// Compares a day with the network's books and settles what both have; with nothing missing the day's incoming
    /// sum is settled too. May be repeated.
    pub async fn settle_day(&self, day: Date) -> Result<Day, DayError> {
        let lines = self.network_lines(day).await?;
        self.close_to_bookings(day).await?;
        let mut found = Day::default();
        let (handed, mut sent): (BTreeMap<_, _>, BTreeMap<_, _>) = lines
            .into_iter()
            .filter(|(_, line)| line.status == Status::Settled)
            .partition(|(_, line)| line.incoming);
        let (mut open, mut after) = (false, None);
        loop {
            let orders = self.orders_of_day(day, after).await?;
            let Some(last) = orders.last() else { break };
            after = Some(last.facts.id);
            for order in orders {
                let number = order.facts.message_id();
                let both = sent.get(&number).is_some_and(|line| line.amount == order.facts.amount);
                if order.state.is_open() {
                    // its outcome is asked for again
                    open |= sent.remove(&number).is_some();
                } else if both && is_or_was_sent(order.state) {
                    sent.remove(&number);
                    found.settled += usize::from(self.settle(&order).await?);
                } else if is_or_was_sent(order.state) {
                    found.missing.push(order.facts.id);
                }
            }
        }
        let returns = self.settle_returns(day, &mut sent).await?;
        (open, found.settled) = (open || returns.open, found.settled + returns.settled);
        found.returns = returns.missing;
        found.unknown = sent.into_keys().collect();
        found.differs = self.compare_incoming(day, handed).await?;
        if !open && found.agrees() {
            found.incoming = self.settle_incoming(day).await?;
        }
        Ok(found)
    }

    /// Settles an order that is due and in the network's books. Says whether it was it that did.
    async fn settle(&self, order: &Order) -> Result<bool, StoreError> {
        if order.state != State::Sent {
            return Ok(false);
        }
        let Some((facts, position)) = self.load(order.facts.id).await? else { return Ok(false) };
        if position.state != Some(State::Sent) {
            return Ok(false);
        }
        match self.persist(Persist::Settle, step::settled(&facts, position, self.now())?).await {
            Ok(_) => Ok(true),
            Err(Refused::Stale) => Ok(false),
            Err(refused) => Err(refused.into()),
        }
    }

    /// From here on nothing is booked under the day any more.
    async fn close_to_bookings(&self, day: Date) -> Result<(), StoreError> {
        let entity = EntityId(MessageId::generate().uuid());
        let commit = Commit { guards: vec![(bar(day), entity)], ..Commit::default() };
        match self.persist(Persist::Settle, commit).await {
            Ok(_) | Err(Refused::Guarded { .. }) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }

    /// What came in under a day and one of the two books does not have, or with another amount.
    async fn compare_incoming(
        &self,
        day: Date,
        mut handed: BTreeMap<String, Line>,
    ) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT number, amount FROM interbank_incoming
             WHERE day = $1 AND transfer IS NOT NULL ORDER BY number";
        let booked: Vec<(String, i64)> =
            read!(self.database(), |c| sqlx::query_as(sql).bind(day.to_string()).fetch_all(c).await)?;
        let mut differs = Vec::new();
        for (number, amount) in booked {
            match handed.remove(&number) {
                Some(line) if line.amount.get() == amount => {}
                _ => differs.push(number),
            }
        }
        differs.extend(handed.into_keys());
        Ok(differs)
    }

    /// Asks again about what was sent before the opening and settles one by one: the same bytes, which the network
    /// answers as it stands. Answers how many orders were settled.
    pub async fn ask_about_pending(&self) -> Result<usize, StoreError> {
        let today = self.now().date();
        let orders = self.pending_of(today, PENDING_MAX).await?;
        let mut settled = 0;
        for id in orders {
            let Some((facts, position)) = self.load(id).await? else { continue };
            let Some(payload) = self.first_message(&facts).await? else { continue };
            if position.state != Some(State::Sent) {
                continue;
            }
            let (report, evidence) = conclude(&facts, self.exchange(Exchange::Transfer, payload).await);
            let commit = match &report {
                Report::Sent { settled: true } => Some(step::settled(&facts, position, self.now())?),
                report => step::delivered(&facts, position, (0, 0, 0), report, evidence, self.now())?,
            };
            let Some(commit) = commit else { continue };
            match self.persist(Persist::Settle, commit).await {
                Ok(_) => settled += usize::from(report == Report::Sent { settled: true }),
                Err(Refused::Stale) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(settled)
    }

    /// All lines of a day, once it is over there.
    async fn network_lines(&self, day: Date) -> Result<BTreeMap<String, Line>, DayError> {
        let mut lines: BTreeMap<String, Line> = BTreeMap::new();
        for _ in 0..PAGES_MAX {
            let after = lines.last_key_value().map(|(number, _)| number.clone()).unwrap_or_default();
            let id = MessageId::generate().uuid().simple().to_string();
            let ask = self.to_network(id, Body::Lines(day, after));
            let message = match self.exchange(Exchange::Lines, encode(&ask)).await {
                Outcome::Answered { message, .. } => message,
                Outcome::NotSent(reason) | Outcome::Unknown(reason) => {
                    return Err(DayError::NoAnswer(reason));
                }
            };
            let Body::LinesAnswer(answer) = message.body else {
                return Err(DayError::NoAnswer("the answer is about something else".to_owned()));
            };
            if !answer.closed {
                return Err(DayError::NotOver);
            }
            let got = answer.lines.len();
            lines.extend(answer.lines.into_iter().map(|line| (line.id.clone(), line)));
            if !answer.more || got == 0 {
                return Ok(lines);
            }
        }
        Err(DayError::NoAnswer("the lines of the day have no end".to_owned()))
    }

    /// The sum of what came in on a day, from the Bank of Japan, in the commit that ends the day here. Nothing is
    /// booked under the day any more, so the sum is what it was when it was read.
    async fn settle_incoming(&self, day: Date) -> Result<Option<Yen>, StoreError> {
        let sql = "SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM interbank_incoming
             WHERE day = $1 AND netted = 1";
        let sum: i64 =
            read!(self.database(), |c| sqlx::query_scalar(sql).bind(day.to_string()).fetch_one(c).await)?;
        let entity = EntityId(MessageId::generate().uuid());
        let transfer = (sum > 0).then(|| Transfer {
            id: TransferId::generate(),
            debit: chart::BANK_OF_JAPAN,
            credit: chart::INCOMING,
            amount: sum,
            kind: Kind::Posted,
            memo: format!("為替決済 {day}"),
        });
        let commit = Commit {
            guards: vec![(GuardKey(format!("interbank-day|{day}")), entity)],
            transfers: transfer.into_iter().collect(),
            rows: vec![Row {
                table: &DAY,
                values: vec![day.to_string().into(), sum.into(), self.now().micros().into()],
            }],
            audit: vec![AuditRecord {
                contract: None,
                actor: SYSTEM.to_owned(),
                action: "transfer.day",
                subject: day.to_string(),
                detail: format!("{sum} yen came in"),
            }],
            ..Commit::default()
        };
        match self.persist(Persist::Settle, commit).await {
            Ok(_) => Ok(Some(Yen::new(sum))),
            // the day ended before
            Err(Refused::Guarded { .. }) => Ok(None),
            Err(refused) => Err(refused.into()),
        }
    }
}

/// Whether the network's books have to have an order in this state.
const fn is_or_was_sent(state: State) -> bool {
    matches!(state, State::Sent | State::Settled | State::Returned)
}
