//! Sample contexts of the page about fees, and what it must keep.

use askama::Template;
use domain::{AccountId, Yen};
use edge::Frame;

use super::pages::{ChargeRow, FeesPage};
use super::statement::{MonthRow, MonthState};
use crate::contracts::{AccountKind, DepositAccount};
use crate::page_checks;

const SHARP: &str = "\"><script>";

/// A month that waits.
pub fn sample() -> MonthRow {
    MonthRow {
        month: "2026-11".parse().unwrap(),
        amount: Yen::new(2_160),
        charges: 1,
        state: MonthState::Waiting("2026-12-10".parse().unwrap()),
    }
}

#[test]
fn every_page_keeps_the_rules_with_every_sample() {
    let day = "2026-12-10".parse().unwrap();
    let states = [
        MonthState::Running,
        MonthState::Waiting(day),
        MonthState::Short(day, "2026-12-11".parse().unwrap()),
        MonthState::Debited(day),
    ];
    let row = |state| MonthRow { state, ..sample() };
    let charge =
        || ChargeRow { day: "11月24日(火)".to_owned(), detail: SHARP.to_owned(), amount: Yen::new(1) };
    for months in [Vec::new(), states.into_iter().map(row).collect()] {
        let page = FeesPage {
            frame: Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() },
            account: DepositAccount {
                account: AccountId::new(1),
                branch: "100".to_owned(),
                branch_name: SHARP.to_owned(),
                kind: AccountKind::Ordinary,
                number: "1234567".to_owned(),
                name: "カ)ミホンショウジ".to_owned(),
                main: true,
            },
            chosen: months.first().cloned(),
            charges: vec![charge()],
            more: !months.is_empty(),
            months,
        };
        let html = page.render().unwrap();
        page_checks::all(&html);
        assert!(!html.contains(SHARP), "unescaped: {html}");
    }
}
