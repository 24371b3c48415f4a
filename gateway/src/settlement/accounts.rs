//! What is on the accounts that a payment's money passes through, and the transfers of one settlement.

use std::collections::{BTreeMap, BTreeSet};

use database::{on, read};
use domain::{AccountId, CollectorNumber, SettlementId, Timestamp, Yen};
use sqlx::FromRow;

use super::state::Sums;
use crate::{Gateway, StoreError, chart};

/// Transfers of one settlement that a look shows.
const POSTINGS_MAX: i64 = 500;

/// 清算勘定: what is on a collector's accounts, and what follows from its payments and settlements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearingAccounts {
    /// The collector.
    pub collector: CollectorNumber,
    /// On the account of what payers have paid.
    pub clearing: Yen,
    /// On the account of their fees.
    pub fee: Yen,
    /// On the account of closed windows.
    pub settlement: Yen,
    /// What is accepted and not settled.
    pub owed: Sums,
    /// The net payments that are not posted.
    pub due: Yen,
    /// Whether a window is closing: what has gone over is part of no net payment yet.
    pub closing: bool,
}

impl ClearingAccounts {
    /// Whether nothing is left on them.
    pub fn are_empty(&self) -> bool {
        [self.clearing, self.fee, self.settlement].iter().all(|balance| *balance == Yen::ZERO)
    }

    /// Whether what is on them follows from payments and settlements, to the yen.
    pub fn are_explained(&self) -> bool {
        let of_windows = self.closing || self.settlement == self.due;
        self.clearing == self.owed.amount && self.fee == self.owed.fee && of_windows
    }
}

/// 仕訳: one transfer of a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementPosting {
    /// When.
    pub at: Timestamp,
    /// Name of the account that it is taken from.
    pub debit: String,
    /// Name of the account that it goes to.
    pub credit: String,
    /// How much.
    pub amount: Yen,
}

#[derive(FromRow)]
struct OwedRow {
    collector: String,
    count: i64,
    amount: i64,
    fee: i64,
}

const BALANCES: &str = "
    SELECT account, CAST(sum(amount) AS BIGINT) FROM (
        SELECT credit AS account, amount FROM transfer WHERE kind IN (0, 2) AND credit >= $1 AND credit < $2
        UNION ALL
        SELECT debit, -amount FROM transfer WHERE kind IN (0, 2) AND debit >= $1 AND debit < $2
    ) AS moved GROUP BY account";

const OWED: &str = "
    SELECT p.collector, count(*) AS count, CAST(sum(p.amount) AS BIGINT) AS amount,
           CAST(sum(CASE WHEN p.fee_hold IS NULL THEN 0 ELSE p.fee END) AS BIGINT) AS fee
    FROM guard g CROSS JOIN payment p
    WHERE p.id = g.entity AND g.key > 'owed|' AND g.key < 'owed|~' GROUP BY p.collector";

const DUE: &str = "
    SELECT s.collector, CAST(sum(n.payable) AS BIGINT)
    FROM guard g JOIN net_payment n ON n.settlement = g.entity JOIN settlement s ON s.id = n.settlement
    WHERE g.key > 'due|' AND g.key < 'due|~' GROUP BY s.collector";

/// A collector's latest window is the only one that can be closing; one that was empty has no part.
const CLOSING: &str = "
    SELECT DISTINCT s.collector FROM settlement_part p JOIN settlement s ON s.id = p.settlement
    LEFT JOIN net_payment n ON n.settlement = p.settlement
    WHERE n.settlement IS NULL AND s.window_date = (
        SELECT max(l.window_date) FROM settlement l WHERE l.collector = s.collector)";

const POSTINGS: &str = "
    SELECT t.at_us, d.name, c.name, t.amount FROM transfer t
    JOIN account d ON d.id = t.debit JOIN account c ON c.id = t.credit
    WHERE t.id IN (
        SELECT transfer FROM settlement_part WHERE settlement = $1
        UNION ALL SELECT fee_transfer FROM settlement_part WHERE settlement = $1 AND fee_transfer IS NOT NULL
        UNION ALL SELECT transfer FROM net_payment WHERE settlement = $1)
    ORDER BY t.position LIMIT $2";

impl Gateway {
    /// The accounts of every collector, in the order of the directory, in one snapshot. A sum over the journal.
    pub async fn clearing_accounts(&self) -> Result<Vec<ClearingAccounts>, StoreError> {
        let (first, end) = chart::OF_COLLECTORS;
        let mut tx = self.database().snapshot().await?;
        let balances: Vec<(i64, i64)> =
            on!(tx, |c| { sqlx::query_as(BALANCES).bind(first.get()).bind(end.get()).fetch_all(c).await })?;
        let owed: Vec<OwedRow> = on!(tx, |c| sqlx::query_as(OWED).fetch_all(c).await)?;
        let due: Vec<(String, i64)> = on!(tx, |c| sqlx::query_as(DUE).fetch_all(c).await)?;
        let closing: Vec<String> = on!(tx, |c| sqlx::query_scalar(CLOSING).fetch_all(c).await)?;
        tx.rollback().await?;
        let balances: BTreeMap<i64, i64> = balances.into_iter().collect();
        let on_account =
            |account: AccountId| Yen::new(balances.get(&account.get()).copied().unwrap_or_default());
        let mut owed: BTreeMap<String, Sums> =
            owed.into_iter().map(|row| (row.collector.clone(), row.sums())).collect();
        let due: BTreeMap<String, i64> = due.into_iter().collect();
        let closing: BTreeSet<String> = closing.into_iter().collect();
        let of = |number: &CollectorNumber| ClearingAccounts {
            collector: number.clone(),
            clearing: on_account(chart::clearing(number)),
            fee: on_account(chart::fee(number)),
            settlement: on_account(chart::settlement(number)),
            owed: owed.remove(number.as_str()).unwrap_or_default(),
            due: Yen::new(due.get(number.as_str()).copied().unwrap_or_default()),
            closing: closing.contains(number.as_str()),
        };
        Ok(self.directory().all().iter().map(|row| &row.number).map(of).collect())
    }

    /// The transfers of a settlement, oldest first: its parts, and the net payment once it is posted.
    pub async fn settlement_postings(&self, id: SettlementId) -> Result<Vec<SettlementPosting>, StoreError> {
        let rows: Vec<(i64, String, String, i64)> = read!(self.database(), |c| {
            sqlx::query_as(POSTINGS).bind(id.uuid()).bind(POSTINGS_MAX).fetch_all(c).await
        })?;
        let posting = |(at_us, debit, credit, amount)| SettlementPosting {
            at: Timestamp::from_micros(at_us),
            debit,
            credit,
            amount: Yen::new(amount),
        };
        Ok(rows.into_iter().map(posting).collect())
    }
}

impl OwedRow {
    fn sums(&self) -> Sums {
        let count = u32::try_from(self.count).unwrap_or(u32::MAX);
        Sums { count, amount: Yen::new(self.amount), fee: Yen::new(self.fee) }
    }
}
