//! The debit of a contract's month: one commit with its bar, the transfer, the row, the record and the mails.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use database::{Row, Table, read};
use domain::time::TimeOfDay;
use domain::{AccountId, ContractId, Date, Timestamp, TransferId, Yen, calendar};
use edge::Shutdown;
use gateway::{AlarmKind, NewAlarm};
use ledger::{
    AuditRecord, Commit, EntityId, GuardKey, Kind, Ledger, NewAccount, Refused, Transfer, TransferResult,
};
use uuid::Uuid;

use super::Month;
use crate::Bank;
use crate::contracts::{Contract, DepositAccount, Store, StoreError};
use crate::mail::{Notice, Recipient, To, masked};

/// 受入手数料: where the bank's fees go.
pub const FEES: AccountId = AccountId::new(1_000_920_001);

/// From what time on a business day has its try.
const TRY_FROM: TimeOfDay = match TimeOfDay::from_hms_opt(9, 0, 0) {
    Some(time) => time,
    None => TimeOfDay::MIN,
};
/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// Months that are taken on at once.
const MONTHS_MAX: i64 = 500;
/// Who acts where no person does.
const SYSTEM: &str = "system";

static DEBIT: Table = Table {
    name: "fee_debit",
    columns: &["contract", "month", "account", "amount", "charges", "transfer", "day", "at_us"],
};
static TRY: Table = Table { name: "fee_try", columns: &["contract", "month", "day", "why", "at_us"] };

/// Debits what is due. Cheap to clone.
#[derive(Clone)]
pub struct Fees {
    ledger: Ledger,
    contracts: Store,
    /// The business day whose tries are all made.
    done: Arc<Mutex<Option<Date>>>,
}

/// What a look came to, in contracts' months.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Debited.
    pub debited: usize,
    /// Not debited: funds are short, or the account is gone.
    pub short: usize,
}

/// Why a look was broken off.
#[derive(Debug, thiserror::Error)]
pub enum FeeError {
    /// What is due cannot be read.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The contracts cannot be read.
    #[error(transparent)]
    Contracts(#[from] StoreError),
    /// The ledger does not take it.
    #[error("it could not be committed: {0}")]
    Ledger(#[from] Refused),
    /// A stored value is none.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
}

impl FeeError {
    /// Whether it is about one contract's data, so that the others go on.
    const fn is_of_one_contract(&self) -> bool {
        matches!(self, Self::Corrupt(_) | Self::Ledger(Refused::Transfer { .. }))
    }
}

/// A month of a contract that is due.
#[derive(Clone, Copy, Debug)]
struct Due {
    contract: ContractId,
    month: Month,
    amount: Yen,
    charges: i64,
}

/// Why nothing was debited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// Funds are short.
    Short,
    /// There is no 代表口座, or it is closed.
    Account,
}

/// Whether debits are tried at this moment.
fn may_try(now: Timestamp) -> bool {
    calendar::is_business_day(now.date()) && now.time() >= TRY_FROM
}

impl Due {
    /// Taken by the debit. Whoever finds funds short names it, so that a month is never told short that was debited.
    fn bar(&self) -> GuardKey {
        GuardKey(format!("{}fees|{}|{}", GuardKey::BAR, self.contract, self.month))
    }

    fn lines(
        &self,
        account: Option<&DepositAccount>,
        day: (&'static str, Date),
    ) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("対象", format!("{}分 {}件", self.month.words(), self.charges)),
            ("金額", format!("{} 円", self.amount)),
        ];
        if let Some(account) = account {
            let number = masked(&account.number);
            let words = format!("{} {} {number}", account.branch_name, account.kind.label());
            lines.push(("引落口座", words));
        }
        lines.push((day.0, domain::time::year_month_day(day.1)));
        lines
    }
}

impl Fees {
    /// Opens the account of the bank's fees.
    pub async fn open(bank: &Bank) -> Result<Self, FeeError> {
        bank.ledger.open_account(&NewAccount::internal(FEES, "受入手数料(後納)")).await?;
        Ok(Self { ledger: bank.ledger.clone(), contracts: bank.contracts.clone(), done: Arc::default() })
    }

    /// Looks until the process stops.
    pub async fn run(self, mut shutdown: Shutdown) {
        while !shutdown.is_requested() {
            if let Err(error) = self.look().await {
                tracing::error!(%error, "fees that are due cannot be debited");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = shutdown.requested() => {}
            }
        }
    }

    /// Tries everything that is due and was not tried today. Every month of a contract is tried once a business day.
    pub async fn look(&self) -> Result<Looked, FeeError> {
        let now = self.ledger.clock().now();
        let (today, mut looked) = (now.date(), Looked::default());
        if !may_try(now) || *self.done() == Some(today) {
            return Ok(looked);
        }
        loop {
            let found = self.due(today).await?;
            let (count, before) = (found.len(), looked);
            let mut all = true;
            for due in found.into_iter().filter(|due| due.month.due() <= today) {
                match self.take(&due, now).await {
                    Ok(Some(true)) => looked.debited += 1,
                    Ok(Some(false)) => looked.short += 1,
                    // another process has
                    Ok(None) => {}
                    Err(error) if error.is_of_one_contract() => {
                        all = false;
                        tracing::error!(contract = %due.contract, month = %due.month, %error, "ALARM: a month of fees \
                            cannot be debited");
                    }
                    Err(error) => return Err(error),
                }
            }
            let is_last = i64::try_from(count).is_ok_and(|count| count < MONTHS_MAX);
            if is_last && all {
                *self.done() = Some(today);
            }
            if is_last || looked == before {
                return Ok(looked);
            }
        }
    }

    fn done(&self) -> std::sync::MutexGuard<'_, Option<Date>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Months that are over, not debited and not tried today, the oldest first.
    async fn due(&self, today: Date) -> Result<Vec<Due>, FeeError> {
        let rows: Vec<(Uuid, String, i64, i64)> = read!(self.ledger.database(), |c| {
            sqlx::query_as(
                "SELECT c.contract, substr(c.day, 1, 7), CAST(sum(c.amount) AS BIGINT), count(*) FROM charge c
                 LEFT JOIN fee_debit d ON d.contract = c.contract AND d.month = substr(c.day, 1, 7)
                 LEFT JOIN fee_try t ON t.contract = c.contract AND t.month = substr(c.day, 1, 7) AND t.day = $1
                 WHERE c.day < $2 AND d.contract IS NULL AND t.contract IS NULL
                 GROUP BY c.contract, substr(c.day, 1, 7) ORDER BY 2, 1 LIMIT $3",
            )
            .bind(today.to_string())
            .bind(Month::of(today).first().to_string())
            .bind(MONTHS_MAX)
            .fetch_all(c)
            .await
        })?;
        rows.into_iter()
            .map(|(contract, month, amount, charges)| {
                let month = month.parse().map_err(|_| FeeError::Corrupt(format!("the month {month}")))?;
                let contract = ContractId::from_uuid(contract);
                Ok(Due { contract, month, amount: Yen::new(amount), charges })
            })
            .collect()
    }

    /// Debits a month, in whole, or records that it could not be. Says which; `None` where another process was faster.
    async fn take(&self, due: &Due, now: Timestamp) -> Result<Option<bool>, FeeError> {
        let contract = self.contracts.contract(due.contract).await?;
        let contract = contract.ok_or_else(|| FeeError::Corrupt(format!("the contract {}", due.contract)))?;
        let accounts = self.contracts.accounts(due.contract).await?;
        let main = match accounts.into_iter().find(|account| account.main) {
            Some(main) => Some(main),
            // another contract has it by now: what the ended one owes is debited from it all the same
            None => self.contracts.fee_account(due.contract).await?,
        };
        let to = self.contracts.recipients(due.contract, To::Administrators).await?;
        let why = match &main {
            None => Why::Account,
            Some(account) => match self.ledger.commit(debit(due, &contract, account, &to, now)).await {
                Ok(_) => return Ok(Some(true)),
                Err(Refused::Guarded { .. } | Refused::Taken(_)) => return Ok(None),
                Err(Refused::Transfer { result: TransferResult::ExceedsAvailable, .. }) => Why::Short,
                Err(Refused::Transfer {
                    result: TransferResult::DebitAccountClosed | TransferResult::DebitAccountNotFound,
                    ..
                }) => Why::Account,
                Err(refused) => return Err(refused.into()),
            },
        };
        match self.ledger.commit(missed(due, &contract, main.as_ref(), why, &to, now)).await {
            Ok(_) => Ok(Some(false)),
            Err(Refused::Guarded { .. } | Refused::Taken(_)) => Ok(None),
            Err(refused) => Err(refused.into()),
        }
    }
}

fn debit(due: &Due, contract: &Contract, from: &DepositAccount, to: &[Recipient], now: Timestamp) -> Commit {
    let transfer = TransferId::generate();
    let notice = Notice {
        event: format!("fee-debit-{}-{}", due.contract, due.month),
        title: "手数料を引き落としました".to_owned(),
        lines: due.lines(Some(from), ("引落日", now.date())),
        advice: "内訳は、照会の「手数料」の画面でご覧になれます。",
    };
    let mut rows = vec![Row {
        table: &DEBIT,
        values: vec![
            due.contract.uuid().into(),
            due.month.to_string().into(),
            from.account.get().into(),
            due.amount.get().into(),
            due.charges.into(),
            transfer.uuid().into(),
            now.date().to_string().into(),
            now.micros().into(),
        ],
    }];
    rows.extend(notice.rows(contract, to, now));
    Commit {
        guards: vec![(due.bar(), EntityId(due.contract.uuid()))],
        transfers: vec![Transfer {
            id: transfer,
            debit: from.account,
            credit: FEES,
            amount: due.amount.get(),
            kind: Kind::Posted,
            memo: format!("手数料 {}分", due.month.words()),
        }],
        rows,
        audit: vec![record(due, "fee.debit", format!("{} yen, {} charges", due.amount.get(), due.charges))],
        ..Commit::default()
    }
}

/// Nothing was debited. Mail and alarm are those of the month's first try.
fn missed(
    due: &Due,
    contract: &Contract,
    account: Option<&DepositAccount>,
    why: Why,
    to: &[Recipient],
    now: Timestamp,
) -> Commit {
    let today = now.date();
    let next = calendar::next_business_day(today);
    let (word, title, advice) = match why {
        Why::Short => (
            "short",
            "残高不足のため手数料を引き落とせませんでした",
            "代表口座にご入金ください。引き落とせるまで、毎営業日の午前9時に、全額を引き落とします。",
        ),
        Why::Account => (
            "account",
            "代表口座から手数料を引き落とせませんでした",
            "代表口座について、お取引店にご連絡ください。",
        ),
    };
    let notice = Notice {
        event: format!("fee-{word}-{}-{}", due.contract, due.month),
        title: title.to_owned(),
        lines: due.lines(account, ("次の引落日", next)),
        advice,
    };
    let alarm = NewAlarm {
        kind: AlarmKind::FeesUnpaid,
        subject: format!("{}/{}", due.contract, due.month),
        collector: None,
        detail: format!("{} yen, {word}", due.amount.get()),
    };
    let mut rows_if_free = notice.rows(contract, to, now);
    rows_if_free.push(alarm.row(now));
    Commit {
        barred_by: vec![due.bar()],
        rows: vec![Row {
            table: &TRY,
            values: vec![
                due.contract.uuid().into(),
                due.month.to_string().into(),
                today.to_string().into(),
                word.into(),
                now.micros().into(),
            ],
        }],
        rows_if_free,
        audit: vec![record(due, "fee.short", format!("{} yen, {word}", due.amount.get()))],
        ..Commit::default()
    }
}

fn record(due: &Due, action: &'static str, detail: String) -> AuditRecord {
    AuditRecord {
        contract: Some(due.contract),
        actor: SYSTEM.to_owned(),
        action,
        subject: due.month.to_string(),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_made_from_nine_on_business_days() {
        for (at, may) in [
            ("2026-12-10T08:59:59", false),
            ("2026-12-10T09:00:00", true),
            ("2026-12-12T10:00:00", false),
            ("2026-12-31T10:00:00", false),
        ] {
            assert_eq!(may_try(Timestamp::parse_rfc3339(&format!("{at}+09:00")).unwrap()), may, "{at}");
        }
    }
}
