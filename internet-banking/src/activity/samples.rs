//! Sample contexts of the page, and what every page must keep.

use askama::Template;
use domain::Yen;
use edge::{Errors, Frame};

use super::page::{ActivityPage, Choice, Row};
use crate::page_checks;

const SHARP: &str = "\"><script>";

#[test]
fn every_page_keeps_the_rules_with_every_sample() {
    let choice = || Choice { value: SHARP.to_owned(), label: SHARP.to_owned(), chosen: true };
    let row = || Row {
        at: "11月24日(火) 10:00".to_owned(),
        kind: "振込",
        link: "/transfers/orders/x".to_owned(),
        title: SHARP.to_owned(),
        detail: SHARP.to_owned(),
        account: "本店営業部 普通 1234567".to_owned(),
        amount: Yen::new(12_300),
        person: SHARP.to_owned(),
        look: ("予約中", "○", "info"),
        note: SHARP.to_owned(),
    };
    for errors in [Errors::none(), Errors::one("from", "日付を入力してください。")] {
        let page = ActivityPage {
            frame: Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() },
            rows: if errors.is_empty() { vec![row(), row()] } else { Vec::new() },
            errors,
            from: SHARP.to_owned(),
            until: "2026-11-24".to_owned(),
            businesses: vec![choice()],
            groups: vec![choice()],
            people: vec![choice()],
            older: Some("/activity?older=1".to_owned()),
        };
        let html = page.render().unwrap();
        page_checks::all(&html);
        assert!(!html.contains(SHARP), "unescaped: {html}");
    }
}
