//! The eve of reservations: whose account has less than all of the next business day's reservations need is told by
//! mail while there is time to pay in. Once an account and day, whatever process looks.

use std::sync::{Arc, Mutex, PoisonError};

use domain::time::{TimeOfDay, year_month_day};
use domain::{Date, calendar};
use ledger::Commit;
use transfers::Transfers;

use super::mails::TransferFeedError;
use crate::contracts::Store;
use crate::mail::{Notice, To, masked};

/// From then on of a business day people are told of the next one's.
const TOLD_FROM: TimeOfDay = match TimeOfDay::from_hms_opt(10, 0, 0) {
    Some(time) => time,
    None => TimeOfDay::MIN,
};
/// Accounts that are read at once.
const PAGE: u32 = 200;

/// Looks once a business day. Cheap to clone.
#[derive(Clone, Default)]
pub struct Eve {
    done: Arc<Mutex<Option<Date>>>,
}

impl Eve {
    /// Tells whoever is short on the eve, where that was not done today. Says how many accounts were.
    pub async fn look(&self, transfers: &Transfers, contracts: &Store) -> Result<usize, TransferFeedError> {
        let now = transfers.ledger().clock().now();
        let today = now.date();
        let is_done = *self.done.lock().unwrap_or_else(PoisonError::into_inner) == Some(today);
        if is_done || now.time() < TOLD_FROM || !calendar::is_business_day(today) {
            return Ok(0);
        }
        let day = calendar::next_business_day(today);
        let (mut short, mut after) = (0, None);
        loop {
            let page = transfers.reserved_of_day(day, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.account);
            let ids: Vec<_> = page.iter().map(|one| one.account).collect();
            let balances = transfers.ledger().balances(&ids).await?;
            let mut commit = Commit::default();
            for of in &page {
                let found = balances.iter().find(|one| one.account == of.account);
                let Some(found) = found.filter(|one| one.available < of.amount) else { continue };
                let Some(contract) = contracts.contract(of.contract).await? else { continue };
                let accounts = contracts.accounts(of.contract).await?;
                let Some(account) = accounts.iter().find(|one| one.account == of.account) else { continue };
                let to = contracts.recipients(of.contract, To::Administrators).await?;
                let lacking = of.amount.checked_sub(found.available).unwrap_or(of.amount);
                let number = masked(&account.number);
                let notice = Notice {
                    event: format!("transfer-eve-{}-{day}", of.account),
                    title: "予約した振込・振替の資金が足りません".to_owned(),
                    lines: vec![
                        ("指定日", year_month_day(day)),
                        ("引落口座", format!("{} {} {number}", account.branch_name, account.kind.label())),
                        ("予約の合計", format!("{}件 {} 円", of.count, of.amount)),
                        ("いまの支払可能額", format!("{} 円", found.available)),
                        ("足りない金額", format!("{lacking} 円")),
                    ],
                    advice: ADVICE,
                };
                short += 1;
                commit.rows_if_free.extend(notice.rows(&contract, &to, now));
            }
            if !commit.rows_if_free.is_empty() {
                transfers.ledger().commit(commit).await?;
            }
        }
        *self.done.lock().unwrap_or_else(PoisonError::into_inner) = Some(today);
        Ok(short)
    }
}

/// Whoever is told can still pay in, or take one back.
const ADVICE: &str = "指定日の前日までにご入金ください。足りないときは、指定日の決まった時刻に引き落としを試み、足りる分から1件ずつ実行します。\
     引き落とせなかった振込・振替は行われません。";
