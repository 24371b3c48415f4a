//! 地方税納付: each line is paid into a clearing account of its municipality, with a notice for it, and what was paid for
//! a municipality on a day is settled to its designated institution (指定金融機関) the next day, in one sum.

use database::{Row, Table, Value, read};
use domain::{AccountId, BatchId, ContractId, Date, TransferId, Yen};
use formats::zengin::local_tax::Line;
use ledger::{AuditRecord, Commit, EntityId, Finding, GuardKey, Kind as Move, NewAccount, Refused, Transfer};
use transfers::chart;
use uuid::Uuid;

use crate::batch::Batch;
use crate::points::Persist;
use crate::step::SYSTEM;
use crate::{Bulk, StoreError, Terms};

static NOTICE: Table = Table {
    name: "bulk_tax_notice",
    columns: &[
        "batch",
        "number",
        "municipality",
        "designation",
        "month",
        "agent",
        "salary_count",
        "salary_amount",
        "retirement_count",
        "retirement_amount",
        "amount",
        "day",
        "moved",
    ],
};
static SETTLEMENT: Table = Table {
    name: "bulk_tax_settlement",
    columns: &["municipality", "day", "notices", "amount", "account", "moved", "at_us"],
};

/// Days back from today on which something is looked for that is not settled.
const LOOK_BACK_DAYS: u64 = 40;
/// Sums that are settled in one look.
const SETTLED_MAX: i64 = 100;
/// Below these and the six digits of a municipality its accounts are.
const CLEARING: i64 = 1_000_920_000_000;
const DESIGNATED: i64 = 1_000_921_000_000;

/// 市区町村コード.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Municipality(String);

impl Municipality {
    pub fn of(line: &Line) -> Self {
        Self(String::from_utf8_lossy(&line.municipality).into_owned())
    }

    fn account(&self, base: i64) -> Result<AccountId, StoreError> {
        let code: i64 = self.0.parse().map_err(|_| StoreError::Corrupt(format!("{} is no code", self.0)))?;
        Ok(AccountId::new(base + code))
    }

    /// Where its taxes are until they are settled.
    pub fn clearing(&self) -> Result<NewAccount, StoreError> {
        Ok(NewAccount::internal(self.account(CLEARING)?, format!("地方税 {}", self.0)))
    }

    /// Where they are settled to: its account here, where this bank is its designated institution, or over the Bank of
    /// Japan.
    fn institution(&self, terms: &Terms) -> Result<Option<NewAccount>, StoreError> {
        match terms.is_designated_by(&self.0) {
            true => Ok(Some(NewAccount::internal(self.account(DESIGNATED)?, format!("公金 {}", self.0)))),
            false => Ok(None),
        }
    }
}

/// 納入済通知 of a line that was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its row.
    pub number: i64,
    /// 市区町村コード.
    pub municipality: String,
    /// 指定番号.
    pub designation: String,
    /// 納付月分.
    pub month: Option<Date>,
    /// 特別徴収義務者名.
    pub agent: String,
    /// 給与税額: people and yen.
    pub salary: (i64, Yen),
    /// 退職税額.
    pub retirement: (i64, Yen),
    /// 合計税額.
    pub amount: Yen,
    /// 領収日.
    pub day: Date,
}

/// The row of a notice, for the commit that pays its line.
pub(crate) fn notice(batch: &Batch, number: i64, line: &Line, moved: TransferId, day: Date) -> Row {
    let whole = |count: u64| Value::from(i64::try_from(count).unwrap_or(i64::MAX));
    Row {
        table: &NOTICE,
        values: vec![
            batch.id.uuid().into(),
            number.into(),
            Municipality::of(line).0.into(),
            String::from_utf8_lossy(&line.designation).trim_end().to_owned().into(),
            Value::Text(batch.heading.month.map(|month| month.to_string())),
            batch.heading.name.as_str().into(),
            whole(line.salary.count),
            whole(line.salary.amount),
            whole(line.retirement.count),
            whole(line.retirement.amount),
            whole(line.total.amount),
            day.to_string().into(),
            moved.uuid().into(),
        ],
    }
}

type Found = (i64, String, String, Option<String>, String, i64, i64, i64, i64, i64, String);

impl Bulk {
    /// The notices of a batch of this contract, after one of them, at most 1,000.
    pub async fn notices(
        &self,
        contract: ContractId,
        id: BatchId,
        after: i64,
    ) -> Result<Vec<Notice>, StoreError> {
        if self.find(contract, id).await?.is_none() {
            return Ok(Vec::new());
        }
        let sql = "SELECT number, municipality, designation, month, agent, salary_count, salary_amount,
             retirement_count, retirement_amount, amount, day
             FROM bulk_tax_notice WHERE batch = $1 AND number > $2 ORDER BY number LIMIT 1000";
        let found: Vec<Found> =
            read!(self.database(), |c| sqlx::query_as(sql).bind(id.uuid()).bind(after).fetch_all(c).await)?;
        let day = |text: &str| -> Result<Date, StoreError> {
            text.parse().map_err(|_| StoreError::Corrupt(format!("{text} is no day")))
        };
        let read = |row: Found| -> Result<Notice, StoreError> {
            let (
                number,
                municipality,
                designation,
                month,
                agent,
                people,
                salary,
                left,
                retirement,
                amount,
                on,
            ) = row;
            Ok(Notice {
                number,
                municipality,
                designation,
                month: month.as_deref().map(day).transpose()?,
                agent,
                salary: (people, Yen::new(salary)),
                retirement: (left, Yen::new(retirement)),
                amount: Yen::new(amount),
                day: day(&on)?,
            })
        };
        found.into_iter().map(read).collect()
    }

    /// Settles what was paid on days that are over, and answers how many sums were. Several processes may do so at
    /// once.
    pub async fn settle_taxes(&self) -> Result<usize, StoreError> {
        let sql = "SELECT n.municipality, n.day, CAST(count(*) AS BIGINT), CAST(sum(n.amount) AS BIGINT)
             FROM bulk_tax_notice n
             LEFT JOIN bulk_tax_settlement s ON s.municipality = n.municipality AND s.day = n.day
             WHERE n.day >= $3 AND n.day < $1 AND s.day IS NULL GROUP BY n.municipality, n.day ORDER BY 2, 1 LIMIT $2";
        let today = self.now().date();
        let since = today.checked_sub_days(chrono::Days::new(LOOK_BACK_DAYS)).unwrap_or(today).to_string();
        let today = today.to_string();
        let found: Vec<(String, String, i64, i64)> = read!(self.database(), |c| {
            sqlx::query_as(sql).bind(today).bind(SETTLED_MAX).bind(since).fetch_all(c).await
        })?;
        let mut settled = 0;
        for (municipality, day, notices, amount) in found {
            settled += self.settle_tax(Municipality(municipality), &day, notices, amount).await?;
        }
        Ok(settled)
    }

    async fn settle_tax(
        &self,
        municipality: Municipality,
        day: &str,
        notices: i64,
        amount: i64,
    ) -> Result<usize, StoreError> {
        let clearing = municipality.clearing()?.id;
        let to = match municipality.institution(self.terms())? {
            Some(account) => {
                self.ledger().open_account(&account).await?;
                account.id
            }
            None => chart::BANK_OF_JAPAN,
        };
        let id = TransferId::generate();
        let Municipality(code) = municipality;
        let guard = GuardKey(format!("tax-settled|{day}|{code}"));
        let commit = Commit {
            guards: vec![(guard, EntityId(id.uuid()))],
            transfers: vec![Transfer {
                id,
                debit: clearing,
                credit: to,
                amount,
                kind: Move::Posted,
                memo: format!("地方税 {code} {notices}件"),
            }],
            audit: vec![AuditRecord {
                contract: None,
                actor: SYSTEM.to_owned(),
                action: "bulk.tax_settled",
                subject: code.clone(),
                detail: format!("{notices} notices of {day}, {amount} yen"),
            }],
            rows: vec![Row {
                table: &SETTLEMENT,
                values: vec![
                    code.into(),
                    day.into(),
                    notices.into(),
                    amount.into(),
                    to.get().into(),
                    id.uuid().into(),
                    self.now().micros().into(),
                ],
            }],
            ..Commit::default()
        };
        match self.persist(Persist::SettleTax, commit).await {
            Ok(_) => Ok(1),
            // another process was faster
            Err(Refused::Guarded { .. } | Refused::Taken(_)) => Ok(0),
            Err(refused) => Err(refused.into()),
        }
    }

    /// Holds every municipality's clearing account against the notices that are not settled, and every notice against
    /// the money that moved for it.
    pub(crate) async fn audit_taxes(&self, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
        let sql =
            "SELECT n.municipality, CAST(sum(CASE WHEN s.day IS NULL THEN n.amount ELSE 0 END) AS BIGINT)
             FROM bulk_tax_notice n
             LEFT JOIN bulk_tax_settlement s ON s.municipality = n.municipality AND s.day = n.day
             GROUP BY n.municipality ORDER BY 1";
        let found: Vec<(String, i64)> = read!(self.database(), |c| sqlx::query_as(sql).fetch_all(c).await)?;
        for (code, waits) in found {
            let clearing = Municipality(code.clone()).clearing()?.id;
            let balance = self.ledger().internal_balance(clearing).await?;
            if balance.get() != waits {
                let detail = format!("{balance} yen, of its notices {waits} are not settled");
                findings.push(Finding { check: "bulk-tax", subject: code, detail });
            }
        }
        let sql = "SELECT n.batch, n.number FROM bulk_tax_notice n
             LEFT JOIN bulk_outcome o ON o.batch = n.batch AND o.number = n.number AND o.moved = n.moved
             WHERE o.batch IS NULL ORDER BY n.batch, n.number LIMIT 100";
        let strays: Vec<(Uuid, i64)> = read!(self.database(), |c| sqlx::query_as(sql).fetch_all(c).await)?;
        for (batch, number) in strays {
            let detail = format!("the notice of row {number} tells of what was not paid");
            findings.push(Finding { check: "bulk-tax", subject: batch.to_string(), detail });
        }
        Ok(())
    }
}
