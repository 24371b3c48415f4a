//! Sample contexts of the history, and what every page must keep.

use askama::Template;
use edge::{Errors, Frame};

use super::pages::{Choice, HistoryPage};
use super::shown::HistoryRow;
use super::words::Kind;
use crate::links::Link;
use crate::page_checks;

const SHARP: &str = "\"><script>";

#[test]
fn every_page_keeps_the_rules_with_every_sample() {
    let row = |link: Option<String>| HistoryRow {
        at: "11月24日(火) 10:00".to_owned(),
        instant: "2026-11-24 10:00:05".to_owned(),
        actor: SHARP.to_owned(),
        kind: Kind::Payment,
        of: None,
        action: "払込の申込み".to_owned(),
        subject: SHARP.to_owned(),
        amount: None,
        link,
    };
    let choice = || Choice { value: SHARP.to_owned(), label: SHARP.to_owned(), chosen: true };
    for of_all in [true, false] {
        for errors in [Errors::none(), Errors::one("from", "日付を入力してください。")] {
            let page = HistoryPage {
                frame: Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() },
                of_all,
                action: Link::AdminHistory,
                rows: match errors.is_empty() {
                    true => vec![row(None), row(Some("/transfers/orders/x".to_owned()))],
                    false => Vec::new(),
                },
                errors,
                from: SHARP.to_owned(),
                until: "2026-11-24".to_owned(),
                users: vec![choice()],
                kinds: vec![choice()],
                amount: SHARP.to_owned(),
                text: SHARP.to_owned(),
                is_cut: of_all,
                older: Some("/admin/history?older=1".to_owned()),
                file: of_all.then(|| "/admin/history/csv?from=2026-11-18".to_owned()),
            };
            let html = page.render().unwrap();
            page_checks::all(&html);
            assert!(!html.contains(SHARP), "unescaped: {html}");
        }
    }
}
