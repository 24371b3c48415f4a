//! Sample contexts of every page about limits, and what every page must keep.

use askama::Template;
use domain::{AccountId, Yen};
use edge::{Errors, Frame};

use super::links::LimitLink;
use super::page::{LimitPage, ListPage, Row};
use super::setting::LimitOf;
use crate::approvals::Problem;
use crate::page_checks;
use crate::tokens::authorise;

const SHARP: &str = "\"><script>";

fn frame() -> Frame {
    Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() }
}

fn row(has_own: bool) -> Row {
    Row {
        name: SHARP.to_owned(),
        limit: has_own.then_some(Yen::new(5_000)),
        next: if has_own { "11月25日(水)から ご契約と同じ".to_owned() } else { String::new() },
        used: Yen::new(1_000),
        left: has_own.then_some(Yen::new(4_000)),
        link: has_own.then_some(LimitLink(LimitOf::Account(AccountId::new(7)))),
    }
}

#[test]
fn every_page_keeps_the_rules_with_every_sample() {
    let mut pages = Vec::new();
    for has_own in [true, false] {
        let list = ListPage {
            frame: frame(),
            today: "11月24日(火)".to_owned(),
            contract: Row { limit: Some(Yen::new(10_000_000)), ..row(has_own) },
            item: row(has_own),
            accounts: vec![row(has_own), row(!has_own)],
            users: vec![row(has_own)],
        };
        pages.push(list.render().unwrap());
        for problem in
            [Some(Problem::Code(authorise::Problem::Wrong { left: 2 })), Some(Problem::NotPermitted), None]
        {
            let trouble = problem.as_ref().map(Problem::trouble);
            let page = LimitPage {
                frame: frame(),
                csrf: "t".to_owned(),
                errors: trouble.as_ref().map_or_else(Errors::none, |trouble| trouble.errors.clone()),
                trouble,
                action: LimitLink(LimitOf::Item),
                daily: has_own,
                row: row(has_own),
                contract: Yen::new(10_000_000),
                limit: SHARP.to_owned(),
            };
            pages.push(page.render().unwrap());
        }
    }
    for html in pages {
        page_checks::all(&html);
        assert!(!html.contains(SHARP), "unescaped: {html}");
    }
}
