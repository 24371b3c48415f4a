//! The statement of an account: its movements over a period, page by page, with their sums and the balances of days.

use database::read;
use domain::{AccountId, Timestamp, Yen};
use uuid::Uuid;

use crate::Ledger;
use crate::read::{STATEMENT_LINES_MAX, StatementLine};

/// Texts that a search can look for at once.
pub const STATEMENT_TEXTS_MAX: usize = 3;

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// 入金.
    In,
    /// 出金.
    Out,
}

/// Which movements of a bounded account.
#[derive(Clone, Debug)]
pub struct StatementQuery {
    /// The account.
    pub account: AccountId,
    /// From this instant on.
    pub from: Timestamp,
    /// Before this one.
    pub until: Timestamp,
    /// Only these.
    pub direction: Option<Direction>,
    /// The smallest and the largest amount, without its sign.
    pub amounts: (Yen, Yen),
    /// 摘要 has one of these, [`STATEMENT_TEXTS_MAX`] at most; none lets all through.
    pub texts: Vec<String>,
    /// Only those that [`crate::IncomingTransfer`] tells more of.
    pub incoming: bool,
    /// Up to this place in the journal.
    pub upto: i64,
}

impl StatementQuery {
    /// Every movement of a period.
    pub const fn all(account: AccountId, from: Timestamp, until: Timestamp) -> Self {
        let amounts = (Yen::ZERO, Yen::new(i64::MAX));
        Self {
            account,
            from,
            until,
            direction: None,
            amounts,
            texts: Vec::new(),
            incoming: false,
            upto: i64::MAX,
        }
    }
}

/// Where a page of lines begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The newest first, before this place in the journal.
    Before(i64),
    /// The oldest first, after this place.
    After(i64),
}

/// Sums of movements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatementSums {
    /// 入金: how many, and how much.
    pub credits: (i64, Yen),
    /// 出金: how many, and how much, not negative.
    pub debits: (i64, Yen),
    /// The largest amount, without its sign.
    pub largest: Yen,
    /// The place of the last in the journal, 0 where there is none.
    pub last: i64,
}

/// The movements of an account between two instants and two places.
macro_rules! movements {
    () => {
        "(SELECT position, id, at_us, -amount AS amount, debit_after AS after_balance, memo FROM transfer \
          WHERE debit = $1 AND debit_after IS NOT NULL AND position > $4 AND position <= $5 \
          AND at_us >= $2 AND at_us < $3 \
          UNION ALL \
          SELECT position, id, at_us, amount, credit_after, memo FROM transfer \
          WHERE credit = $1 AND credit_after IS NOT NULL AND position > $4 AND position <= $5 \
          AND at_us >= $2 AND at_us < $3) AS line"
    };
}

/// Those of them that a search lets through. Whether a text has another is asked so that both databases agree.
macro_rules! searched {
    () => {
        " WHERE (CAST($6 AS BIGINT) = 0 OR amount * CAST($6 AS BIGINT) > 0) AND abs(amount) >= $7 \
         AND abs(amount) <= $8 \
         AND (CAST($9 AS TEXT) = '' OR replace(memo, CAST($9 AS TEXT), '') <> memo \
              OR (CAST($10 AS TEXT) <> '' AND replace(memo, CAST($10 AS TEXT), '') <> memo) \
              OR (CAST($11 AS TEXT) <> '' AND replace(memo, CAST($11 AS TEXT), '') <> memo)) \
         AND (CAST($12 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM incoming_transfer i WHERE i.transfer = line.id))"
    };
}

/// The first of one side's movements that a search lets through, in the order of the journal: a page costs what is on
/// it, however many movements lie behind it. What leaves is negative, and the columns are those of `movements`.
macro_rules! side {
    ($side:literal, $amount:literal, $after:literal, $order:literal) => {
        concat!(
            "SELECT * FROM (SELECT position, id, at_us, ",
            $amount,
            " AS amount, ",
            $after,
            " AS after_balance, memo FROM transfer AS line WHERE ",
            $side,
            " = $1 AND ",
            $after,
            " IS NOT NULL AND position > $4 AND position <= $5 AND at_us >= $2 AND at_us < $3 \
             AND (CAST($6 AS BIGINT) = 0 OR ",
            $amount,
            " * CAST($6 AS BIGINT) > 0) AND amount >= $7 AND amount <= $8 \
             AND (CAST($9 AS TEXT) = '' OR replace(memo, CAST($9 AS TEXT), '') <> memo \
                  OR (CAST($10 AS TEXT) <> '' AND replace(memo, CAST($10 AS TEXT), '') <> memo) \
                  OR (CAST($11 AS TEXT) <> '' AND replace(memo, CAST($11 AS TEXT), '') <> memo)) \
             AND (CAST($12 AS BIGINT) = 0 \
                  OR EXISTS (SELECT 1 FROM incoming_transfer i WHERE i.transfer = line.id)) ORDER BY position ",
            $order,
            " LIMIT $13) AS ",
            $side,
            "s"
        )
    };
}

/// The first of both.
macro_rules! page {
    ($order:literal) => {
        concat!(
            "SELECT position, id, at_us, amount, after_balance, memo FROM (",
            side!("debit", "-amount", "debit_after", $order),
            " UNION ALL ",
            side!("credit", "amount", "credit_after", $order),
            ") AS line ORDER BY position ",
            $order,
            " LIMIT $13"
        )
    };
}

const NEWEST_FIRST: &str = page!("DESC");
const OLDEST_FIRST: &str = page!("ASC");
const SUMS: &str = concat!(
    "SELECT CAST(coalesce(sum(CASE WHEN amount > 0 THEN 1 ELSE 0 END), 0) AS BIGINT), \
            CAST(coalesce(sum(CASE WHEN amount > 0 THEN amount ELSE 0 END), 0) AS BIGINT), \
            CAST(coalesce(sum(CASE WHEN amount < 0 THEN 1 ELSE 0 END), 0) AS BIGINT), \
            CAST(coalesce(sum(CASE WHEN amount < 0 THEN -amount ELSE 0 END), 0) AS BIGINT), \
            CAST(coalesce(max(abs(amount)), 0) AS BIGINT), CAST(coalesce(max(position), 0) AS BIGINT) FROM ",
    movements!(),
    searched!()
);

type LineRow = (i64, Uuid, i64, i64, i64, String);

impl Ledger {
    /// A page of movements, [`STATEMENT_LINES_MAX`] at most.
    pub async fn lines(
        &self,
        query: &StatementQuery,
        page: Page,
        limit: i64,
    ) -> Result<Vec<StatementLine>, sqlx::Error> {
        let (sql, after, upto) = match page {
            Page::Before(place) => (NEWEST_FIRST, 0, query.upto.min(place.saturating_sub(1))),
            Page::After(place) => (OLDEST_FIRST, place, query.upto),
        };
        let [first, second, third] = texts(query);
        let limit = limit.clamp(0, STATEMENT_LINES_MAX);
        let rows: Vec<LineRow> = read!(self.database, |c| {
            sqlx::query_as(sql)
                .bind(query.account.get())
                .bind(query.from.micros())
                .bind(query.until.micros())
                .bind(after)
                .bind(upto)
                .bind(sign(query.direction))
                .bind(query.amounts.0.get())
                .bind(query.amounts.1.get())
                .bind(first)
                .bind(second)
                .bind(third)
                .bind(i64::from(query.incoming))
                .bind(limit)
                .fetch_all(c)
                .await
        })?;
        Ok(rows.into_iter().map(StatementLine::from).collect())
    }

    /// The sums of the movements that a search lets through.
    pub async fn statement_sums(&self, query: &StatementQuery) -> Result<StatementSums, sqlx::Error> {
        let [first, second, third] = texts(query);
        let (credits, credited, debits, debited, largest, last): (i64, i64, i64, i64, i64, i64) =
            read!(self.database, |c| {
                sqlx::query_as(SUMS)
                    .bind(query.account.get())
                    .bind(query.from.micros())
                    .bind(query.until.micros())
                    .bind(0_i64)
                    .bind(query.upto)
                    .bind(sign(query.direction))
                    .bind(query.amounts.0.get())
                    .bind(query.amounts.1.get())
                    .bind(first)
                    .bind(second)
                    .bind(third)
                    .bind(i64::from(query.incoming))
                    .fetch_one(c)
                    .await
            })?;
        Ok(StatementSums {
            credits: (credits, Yen::new(credited)),
            debits: (debits, Yen::new(debited)),
            largest: Yen::new(largest),
            last,
        })
    }

    /// The balance of a bounded account just before an instant: what it is now, less every movement since. A movement
    /// that was written later may be of an earlier instant, so what the last one before it left behind would not do.
    pub async fn balance_before(&self, account: AccountId, at: Timestamp) -> Result<Yen, sqlx::Error> {
        let found: Option<i64> = read!(self.database, |c| {
            sqlx::query_scalar(
                "SELECT CAST(a.balance - (
                     SELECT coalesce(sum(amount), 0) FROM (
                         SELECT -amount AS amount FROM transfer
                         WHERE debit = $1 AND debit_after IS NOT NULL AND at_us >= $2
                         UNION ALL
                         SELECT amount FROM transfer
                         WHERE credit = $1 AND credit_after IS NOT NULL AND at_us >= $2
                     ) AS line
                 ) AS BIGINT) FROM account a WHERE a.id = $1",
            )
            .bind(account.get())
            .bind(at.micros())
            .fetch_optional(c)
            .await
        })?;
        Ok(found.map_or(Yen::ZERO, Yen::new))
    }

    /// The balance at the end of each day in Japan that had movements, between two instants: an instant of the day, and
    /// the balance.
    pub async fn daily_balances(
        &self,
        account: AccountId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, Yen)>, sqlx::Error> {
        // from the balance of now back, day by day
        let days: Vec<(i64, i64, i64)> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT a.balance, max(line.at_us), CAST(sum(line.amount) AS BIGINT) FROM account a, (
                     SELECT at_us, -amount AS amount FROM transfer
                     WHERE debit = $1 AND debit_after IS NOT NULL AND at_us >= $2
                     UNION ALL
                     SELECT at_us, amount FROM transfer
                     WHERE credit = $1 AND credit_after IS NOT NULL AND at_us >= $2
                 ) AS line WHERE a.id = $1
                 GROUP BY a.balance, (line.at_us + 32400000000) / 86400000000,
                     CASE WHEN line.at_us < $3 THEN 0 ELSE 1 END ORDER BY 2 DESC",
            )
            .bind(account.get())
            .bind(from.micros())
            .bind(until.micros())
            .fetch_all(c)
            .await
        })?;
        let mut since = 0;
        let mut balances = Vec::with_capacity(days.len());
        for (balance, last_us, moved) in days {
            if last_us < until.micros() {
                balances.push((Timestamp::from_micros(last_us), Yen::new(balance.saturating_sub(since))));
            }
            since = since.saturating_add(moved);
        }
        balances.reverse();
        Ok(balances)
    }
}

const fn sign(direction: Option<Direction>) -> i64 {
    match direction {
        None => 0,
        Some(Direction::In) => 1,
        Some(Direction::Out) => -1,
    }
}

fn texts(query: &StatementQuery) -> [&str; STATEMENT_TEXTS_MAX] {
    let mut texts = query.texts.iter().map(String::as_str);
    [(); STATEMENT_TEXTS_MAX].map(|()| texts.next().unwrap_or_default())
}
