//! Sample contexts of the pages about accounts, and what every page must keep.

use askama::Template;
use domain::{AccountId, Yen};
use edge::{Errors, Frame};
use ledger::StatementSums;

use super::chart::chart;
use super::links::List;
use super::page::{AccountRow, AccountsPage, LineRow, LinesPage, PrintPage};
use super::search::Typed;
use crate::contracts::{AccountKind, DepositAccount};
use crate::page_checks;

const SHARP: &str = "\"><script>";

fn frame() -> Frame {
    Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() }
}

fn account(main: bool) -> DepositAccount {
    DepositAccount {
        account: AccountId::new(1),
        branch: "100".to_owned(),
        branch_name: SHARP.to_owned(),
        kind: AccountKind::Ordinary,
        number: "1234567".to_owned(),
        name: "カ)ミホンショウジ".to_owned(),
        main,
    }
}

fn now() -> AccountRow {
    AccountRow { account: account(true), balance: Yen::new(-5), available: Yen::ZERO }
}

fn rows() -> Vec<LineRow> {
    let row = |amount, more: &str| LineRow {
        day: "11月24日(火)".to_owned(),
        time: "10:00".to_owned(),
        words: SHARP.to_owned(),
        more: more.to_owned(),
        amount: Yen::new(amount),
        balance: Yen::new(1),
    };
    vec![row(1_000, SHARP), row(-300, "")]
}

fn check(page: &impl Template) {
    let html = page.render().unwrap();
    page_checks::all(&html);
    assert!(!html.contains(SHARP), "unescaped: {html}");
}

#[test]
fn every_page_keeps_the_rules_with_every_sample() {
    for accounts in [vec![], vec![now()], vec![now(), AccountRow { account: account(false), ..now() }]] {
        check(&AccountsPage { frame: frame(), read_at: "10:00:07".to_owned(), accounts, total: Yen::new(7) });
    }
    let days = ("2026-11-01".parse().unwrap(), "2026-11-24".parse().unwrap());
    for list in [List::Statement, List::Incoming] {
        for (errors, rows) in [
            (Errors::none(), rows()),
            (Errors::none(), Vec::new()),
            (Errors::one("from", "日付を入力してください。"), Vec::new()),
        ] {
            let is_fine = errors.is_empty();
            check(&LinesPage {
                frame: frame(),
                list,
                now: now(),
                read_at: "10:00:07".to_owned(),
                earliest: "2026年8月24日(月)".to_owned(),
                typed: Typed { text: SHARP.to_owned(), from: SHARP.to_owned(), ..Typed::default() },
                errors,
                sums: StatementSums::default(),
                rows,
                chart: is_fine.then(|| chart(days, Yen::new(-5), &[(days.1, Yen::new(9))])),
                address: "from=2026-11-01&until=2026-11-24".to_owned(),
                older: is_fine.then(|| "/accounts/1?from=2026-11-01&older=7".to_owned()),
                news: is_fine.then(|| "/accounts/1/news?seen=7".to_owned()),
            });
        }
        for more in [true, false] {
            check(&PrintPage {
                frame: frame(),
                list,
                contract: SHARP.to_owned(),
                account: account(true),
                printed_at: "11月24日(火) 10:00".to_owned(),
                days: ("2026年11月1日(日)".to_owned(), "2026年11月24日(火)".to_owned()),
                sums: StatementSums::default(),
                rows: if more { rows() } else { Vec::new() },
                more,
                is_narrow: more,
                back: "/accounts/1?from=2026-11-01".to_owned(),
            });
        }
    }
}
