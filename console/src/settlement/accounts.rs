//! 清算勘定の残高: empty when everything is settled; what is left, and why.

use askama::Template;
use axum::extract::State;
use domain::payment::Cancellation;
use domain::{CollectorNumber, Yen};
use edge::Frame;
use gateway::settlement::ClearingAccounts;
use internet_banking::answer::{Answer, failed, shown};
use internet_banking::frame::day_and_time;

use crate::Console;
use crate::frame::{self, Area};
use crate::links::ConsoleLink;
use crate::sign_in::StaffSignedIn;
use crate::words::{Tag, collector_name};

/// What is on a collector's accounts.
pub(crate) struct AccountRow {
    pub collector: String,
    pub number: CollectorNumber,
    pub clearing: Yen,
    pub fee: Yen,
    pub settlement: Yen,
    pub tag: Tag,
    /// Why something is left.
    pub reasons: Vec<String>,
}

#[derive(Template)]
#[template(path = "settlement/accounts.html")]
pub(crate) struct AccountsPage {
    pub frame: Frame,
    pub now: String,
    /// Those with something left.
    pub rows: Vec<AccountRow>,
    /// The other collectors.
    pub empty: usize,
    pub total: Yen,
}

/// `GET /settlement/accounts`
pub async fn show(State(console): State<Console>, by: StaffSignedIn) -> Answer {
    let accounts = console.gateway.clearing_accounts().await.map_err(failed)?;
    let all = accounts.len();
    let cancelling = console.gateway.open_cancellations(None, None).await.map_err(failed)?;
    let blocked = |number: &CollectorNumber| {
        let of_collector = cancelling.iter().filter(|open| open.payment.facts.collector == *number);
        of_collector.filter(|open| Cancellation::is_open(open.state)).count()
    };
    let left: Vec<_> = accounts.iter().filter(|a| !a.are_empty() || !a.are_explained()).collect();
    let on_them = left.iter().flat_map(|a| [a.clearing, a.fee, a.settlement]);
    shown(&AccountsPage {
        frame: frame::page(&by, Area::Settlement),
        now: day_and_time(console.clock.now()),
        empty: all - left.len(),
        total: on_them.fold(Yen::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(sum)),
        rows: left
            .into_iter()
            .map(|accounts| row(&console, accounts, blocked(&accounts.collector)))
            .collect(),
    })
}

fn row(console: &Console, accounts: &ClearingAccounts, blocked: usize) -> AccountRow {
    AccountRow {
        collector: collector_name(&console.gateway, &accounts.collector),
        number: accounts.collector.clone(),
        clearing: accounts.clearing,
        fee: accounts.fee,
        settlement: accounts.settlement,
        tag: tag(accounts),
        reasons: reasons(accounts, blocked),
    }
}

fn tag(accounts: &ClearingAccounts) -> Tag {
    if accounts.are_explained() { Tag::wait("決済待ち") } else { Tag::bad("説明のつかない残高") }
}

/// Why something is left, in whole sentences.
fn reasons(accounts: &ClearingAccounts, blocked: usize) -> Vec<String> {
    let mut reasons = Vec::new();
    let owed = accounts.owed;
    if owed.count > 0 {
        let fee = if owed.fee > Yen::ZERO { format!("と手数料 {} 円", owed.fee) } else { String::new() };
        reasons.push(format!("締めていない払込 {}件({} 円{fee})があります。", owed.count, owed.amount));
    }
    if blocked > 0 {
        reasons.push(format!("うち{blocked}件は取消しの結果が出るまで締めに入りません。"));
    }
    if accounts.closing {
        reasons.push("締め処理の途中です。".to_owned());
    }
    if accounts.due > Yen::ZERO {
        reasons.push(format!("支払日を待っている支払 {} 円があります。", accounts.due));
    }
    if !accounts.are_explained() {
        reasons.push(
            "残高が払込と決済の記録に合いません。システム担当に連絡し、監査コマンド(mpn audit)で確かめてください。"
                .to_owned(),
        );
    }
    reasons
}

#[cfg(test)]
mod tests {
    use gateway::settlement::Sums;

    use super::*;

    #[test]
    fn what_is_left_is_explained_or_marked() {
        let owed = Sums { count: 2, amount: Yen::new(1_500), fee: Yen::new(110) };
        let accounts = ClearingAccounts {
            collector: "99022".parse().unwrap(),
            clearing: Yen::new(1_500),
            fee: Yen::new(110),
            settlement: Yen::new(70_000),
            owed,
            due: Yen::new(70_000),
            closing: false,
        };
        assert_eq!(tag(&accounts).class, "wait");
        assert_eq!(
            reasons(&accounts, 1),
            [
                "締めていない払込 2件(1,500 円と手数料 110 円)があります。",
                "うち1件は取消しの結果が出るまで締めに入りません。",
                "支払日を待っている支払 70,000 円があります。",
            ]
        );
        let missing = ClearingAccounts { clearing: Yen::new(1_499), ..accounts.clone() };
        let stray = ClearingAccounts { settlement: Yen::new(70_001), ..accounts };
        for wrong in [missing, stray] {
            assert_eq!(tag(&wrong).class, "bad");
            assert!(reasons(&wrong, 0).iter().any(|reason| reason.contains("合いません")));
        }
    }
}
