//! Sample contexts of the pages of データ伝送, and what every page must keep.

use askama::Template;
use domain::Yen;
use edge::Frame;

use super::pages::overview::{BusinessCard, OverviewPage};
use crate::page_checks;
use crate::payees::List;

fn frame() -> Frame {
    Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() }
}

fn check(page: &impl Template) {
    page_checks::all(&page.render().unwrap());
}

#[test]
fn every_overview_keeps_the_rules_with_every_sample() {
    let card = |items_max, file_items_max| BusinessCard {
        label: "総合振込",
        hours: "受付中".to_owned(),
        items_max,
        file_items_max,
        approval: "1名の承認".to_owned(),
        secret: "ワンタイムパスワード",
    };
    let most = Some(Yen::new(50_000));
    for (businesses, lists) in
        [(vec![card(None, None)], vec![]), (vec![card(most, most), card(most, None)], List::ALL.to_vec())]
    {
        check(&OverviewPage { frame: frame(), businesses, lists });
    }
}
