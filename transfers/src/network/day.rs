//! The settlement of a day with the network: what was sent is held against its books, transfer by transfer, and
//! settled; what came in is settled in one sum.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use database::{Row, Table, read};
use domain::time::TimeOfDay;
use domain::{Date, MessageId, OrderId, Timestamp, TransferId, Yen};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Kind, Refused, Transfer};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Body, Line, Outcome, Status, encode};
use crate::alarm::Alarm;
use crate::order::State;
use crate::points::{Exchange, Persist};
use crate::step::{self, SYSTEM};
use crate::{StoreError, Transfers, chart};

static DAY: Table = Table { name: "interbank_day", columns: &["day", "incoming", "at_us"] };

/// Orders of a day that one look goes through, and days.
const DUE_MAX: i64 = 100_000;
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
    /// Orders that are due here and not in the network's books, or there with another amount or outcome.
    pub missing: Vec<OrderId>,
    /// Numbers that the network has and that are due or settled here for no order.
    pub unknown: Vec<String>,
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

/// When this process has asked for the lines of a day: not more often than the interval.
#[derive(Default)]
pub(crate) struct Asked(Mutex<BTreeMap<Date, Instant>>);

impl Asked {
    fn may_ask(&self, day: Date) -> bool {
        let (now, mut asked) = (Instant::now(), self.0.lock().unwrap_or_else(PoisonError::into_inner));
        asked.retain(|_, at| now.duration_since(*at) < ASK_INTERVAL);
        asked.insert(day, now).is_none_or(|before| {
            asked.insert(day, before);
            false
        })
    }
}

/// From when on a day may be over at the network.
fn may_be_over(day: Date) -> Timestamp {
    Timestamp::from_jst(day, TimeOfDay::from_hms_opt(15, 30, 0).unwrap_or_default())
}

impl Transfers {
    /// Settles every day that may be over and is not settled.
    pub(crate) async fn settle_days(&self) -> Result<(), StoreError> {
        for day in self.open_days().await? {
            if self.now() < may_be_over(day) || !self.0.asked.may_ask(day) {
                continue;
            }
            match self.settle_day(day).await {
                Ok(found) if found.missing.is_empty() && found.unknown.is_empty() => {}
                Ok(found) => {
                    let (missing, unknown) = (found.missing.len(), found.unknown.len());
                    let detail = format!("{missing} orders are not in its books, {unknown} of it not here");
                    self.raise(Alarm::Day, &day.to_string(), &detail).await?;
                }
                Err(DayError::NotOver | DayError::NoAnswer(_)) => {}
                Err(DayError::Store(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Days on which the network has something of ours that is not settled.
    async fn open_days(&self) -> Result<Vec<Date>, StoreError> {
        let sql = "SELECT DISTINCT substr(key, 15, 10) FROM guard
             WHERE key > 'interbank-due|' AND key < 'interbank-due}'
             UNION
             SELECT DISTINCT i.day FROM interbank_incoming i LEFT JOIN interbank_day d ON d.day = i.day
             WHERE i.netted = 1 AND d.day IS NULL ORDER BY 1";
        let days: Vec<String> = read!(self.database(), |c| sqlx::query_scalar(sql).fetch_all(c).await)?;
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
        let (from, until) = (format!("interbank-due|{day}|"), format!("interbank-due|{day}|\u{10ffff}"));
        let mut found = Day::default();
        for id in self.guarded(&from, &until, DUE_MAX).await? {
            let Some((facts, position)) = self.load(id).await? else { continue };
            if position.state != Some(State::Sent) {
                continue;
            }
            let both = lines
                .get(&facts.message_id())
                .is_some_and(|line| line.amount == facts.amount && line.status == Status::Settled);
            if !both {
                found.missing.push(id);
                continue;
            }
            match self.persist(Persist::Settle, step::settled(&facts, position, self.now())?).await {
                Ok(_) => found.settled += 1,
                Err(Refused::Stale) => {}
                Err(refused) => return Err(StoreError::from(refused).into()),
            }
        }
        let mut open = false;
        for (number, line) in lines.iter().filter(|(_, line)| line.status == Status::Settled) {
            let order = Uuid::try_parse(number).ok().map(OrderId::from_uuid);
            let loaded = match order {
                Some(order) => self.find_for_operator(order).await?,
                None => None,
            };
            match loaded {
                // its outcome is asked for again
                Some(order) if order.state.is_open() => open = true,
                Some(order) if order.facts.amount == line.amount && is_or_was_sent(order.state) => {}
                _ => found.unknown.push(number.clone()),
            }
        }
        if !open && found.missing.is_empty() && found.unknown.is_empty() {
            found.incoming = self.settle_incoming(day).await?;
        }
        Ok(found)
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

    /// The sum of what came in on a day, from the Bank of Japan, in the commit that ends the day here.
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
