//! Sample contexts of the pages of データ伝送, and what every page must keep.

use askama::Template;
use bulk::{Kind, State};
use domain::{BatchId, PayeeId, Yen};
use edge::{Errors, Frame};
use formats::finding::{Fault, Finding, Place};

use super::fields::{Choice, HeadingFields};
use super::heading::TypedHeading;
use super::links::{BatchLink, BatchPage, RowLink};
use super::pages::Totals;
use super::pages::batch::{BatchView, HistoryLine, ResultLine, RowLine};
use super::pages::file::{FilePage, Most};
use super::pages::heading::HeadingPage;
use super::pages::new::NewPage;
use super::pages::overview::{BatchLine, BusinessCard, OverviewPage};
use super::pages::payees::{self, PayeeLine, PayeesView};
use super::pages::review::ReviewView;
use super::pages::row::{Cell, RowPage};
use super::problem::Problem;
use super::words;
use crate::page_checks;
use crate::payeasy::views::Trouble;
use crate::payees::links::ListPage;
use crate::payees::{Entered, List};

const SHARP: &str = "\"><script>";

fn frame() -> Frame {
    Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() }
}

fn check(page: &impl Template) {
    let html = page.render().unwrap();
    page_checks::all(&html);
    assert!(!html.contains(SHARP), "unescaped: {html}");
}

fn errors(trouble: Option<&Trouble>) -> Errors {
    trouble.map(|trouble| trouble.errors.clone()).unwrap_or_default()
}

fn troubles(field: &'static str) -> [Option<Trouble>; 2] {
    [None, Some(Problem::Input(Errors::one(field, SHARP)).trouble())]
}

fn batch() -> BatchId {
    BatchId::generate()
}

fn totals(state: State, faulty: i64) -> Totals {
    let (icon, class) = words::look(state);
    Totals {
        link: BatchLink(batch(), BatchPage::Rows),
        title: SHARP.to_owned(),
        state: (state.label(), icon, class),
        day: ("振込指定日", "11月25日(水)".to_owned()),
        until: "11月24日(火) 12:00".to_owned(),
        rows: Yen::new(2),
        amount: Yen::new(50_000),
        fees: Yen::new(660),
        faulty,
        seen: "1".to_owned(),
    }
}

fn choice() -> Choice {
    Choice { value: "1001".to_owned(), label: SHARP.to_owned(), chosen: true }
}

fn fields(kind: Kind) -> HeadingFields {
    HeadingFields {
        typed: TypedHeading { name: SHARP.to_owned(), minimum: SHARP.to_owned(), ..TypedHeading::default() },
        account_label: "引落口座",
        accounts: vec![choice()],
        day_label: kind.day_name(),
        day_hint: "11月25日(水)から".to_owned(),
        is_tax: kind == Kind::LocalTax,
        has_deduction: kind == Kind::Transfers,
        methods: vec![choice()],
    }
}

fn finding() -> Finding {
    Finding {
        place: Place { field: Some(SHARP.to_owned()), ..Place::line(2) },
        found: SHARP.to_owned(),
        fault: Fault::OtherName { known: SHARP.to_owned() },
    }
}

#[test]
fn every_overview_keeps_the_rules_with_every_sample() {
    let card = |most: Option<Yen>| BusinessCard {
        label: "総合振込",
        kinds: Kind::ALL.to_vec(),
        hours: "受付中".to_owned(),
        items_max: most,
        file_items_max: most,
        approval: "1名の承認".to_owned(),
        secret: "ワンタイムパスワード",
    };
    let line = |faulty| BatchLine {
        link: BatchLink(batch(), BatchPage::Rows),
        title: SHARP.to_owned(),
        day: "11月25日(水)".to_owned(),
        rows: Yen::new(1),
        amount: Yen::new(1),
        faulty,
        state: ("作成中", "✎", "info"),
        until: String::new(),
    };
    for (batches, older) in [(vec![], None), (vec![line(0), line(3)], Some("/bulk?before=1".to_owned()))] {
        check(&OverviewPage {
            frame: frame(),
            sends_files: older.is_some(),
            older,
            batches,
            businesses: vec![card(None), card(Some(Yen::new(200)))],
            lists: List::ALL.to_vec(),
        });
    }
}

#[test]
fn every_new_batch_keeps_the_rules_with_every_sample() {
    for trouble in troubles("file") {
        for kind in Kind::ALL {
            check(&NewPage {
                frame: frame(),
                csrf: "t".to_owned(),
                errors: errors(trouble.as_ref()),
                trouble: trouble.clone(),
                kind: *kind,
                others: vec![Kind::Bonuses],
                fields: fields(*kind),
                way: "csv".to_owned(),
                earlier: if trouble.is_some() { vec![choice()] } else { Vec::new() },
                headings: "銀行番号".to_owned(),
                rows_max: Yen::new(5_000),
                findings: if trouble.is_some() { vec![finding()] } else { Vec::new() },
                wrong_count: 2,
            });
        }
        check(&FilePage {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            is_same: trouble.is_some(),
            most: vec![Most { label: "総合振込", items: Yen::new(50_000) }],
            findings: if trouble.is_some() { vec![finding()] } else { Vec::new() },
            wrong_count: 1,
            trouble,
        });
    }
}

#[test]
fn every_batch_keeps_the_rules_with_every_sample() {
    for state in State::ALL {
        for trouble in troubles("") {
            let is_editable = state.is_editable();
            let row = |number: i64, faults: Vec<[String; 4]>| RowLine {
                number,
                link: RowLink(batch(), Some(number)),
                name: SHARP.to_owned(),
                place: SHARP.to_owned(),
                account: SHARP.to_owned(),
                amount: SHARP.to_owned(),
                owed: (number > 1).then_some((Yen::new(1_330), Yen::new(330))),
                fee: Yen::new(330),
                is_marked: number > 1,
                faults,
                state: ("不能", "!", "bad"),
                reason: SHARP.to_owned(),
            };
            let fault = [SHARP, SHARP, SHARP, ""].map(str::to_owned);
            check(&BatchView {
                frame: frame(),
                csrf: "t".to_owned(),
                totals: totals(*state, i64::from(trouble.is_some())),
                facts: vec![("業務", SHARP.to_owned())],
                is_editable,
                is_requested: *state == State::Requested,
                has_results: !is_editable,
                has_payees: trouble.is_some(),
                request: None,
                results: vec![ResultLine { label: "完了", rows: Yen::new(1), amount: Yen::new(1) }],
                only: if trouble.is_some() { "faulty" } else { "" },
                rows: if trouble.is_some() { vec![row(1, vec![]), row(2, vec![fault])] } else { Vec::new() },
                next: trouble.is_some().then(|| "/bulk/x?after=2".to_owned()),
                add: RowLink(batch(), None),
                pages: [BatchPage::Heading, BatchPage::Payees, BatchPage::Review, BatchPage::Csv]
                    .map(|page| BatchLink(batch(), page)),
                kind: "transfers",
                has_failed: !is_editable,
                result: (!is_editable).then(|| (BatchLink(batch(), BatchPage::Result), "全銀フォーマット")),
                again: if is_editable { Vec::new() } else { Kind::ALL.to_vec() },
                history: vec![HistoryLine {
                    at: "11月24日(火) 10:00".to_owned(),
                    what: "作成",
                    who: SHARP.to_owned(),
                    detail: SHARP.to_owned(),
                }],
                trouble,
            });
        }
    }
}

#[test]
fn every_form_of_a_batch_keeps_the_rules_with_every_sample() {
    for trouble in troubles("cell-0") {
        let is_wrong = trouble.is_some();
        check(&RowPage {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            trouble: trouble.clone(),
            totals: totals(State::Draft, 0),
            action: RowLink(batch(), is_wrong.then_some(3)),
            number: is_wrong.then_some(3),
            cells: vec![Cell {
                id: "cell-0",
                label: "銀行番号".to_owned(),
                hint: SHARP,
                value: SHARP.to_owned(),
            }],
            deducted: is_wrong.then_some(true),
        });
        check(&HeadingPage {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            trouble: trouble.clone(),
            totals: totals(State::Draft, 0),
            action: BatchLink(batch(), BatchPage::Heading),
            fields: fields(Kind::Transfers),
        });
        check(&ReviewView {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            trouble: trouble.clone(),
            totals: totals(State::Draft, 0),
            facts: vec![("業務", SHARP.to_owned())],
            action: BatchLink(batch(), BatchPage::Review),
            need: "1名の承認".to_owned(),
            is_ready: !is_wrong,
        });
        let account = domain::AccountRef {
            bank: "0125".parse().unwrap(),
            branch: "100".parse().unwrap(),
            kind: domain::AccountKind::Ordinary,
            number: "0000001".parse().unwrap(),
        };
        let line = PayeeLine {
            id: format!("amount-{}", PayeeId::generate()),
            name: SHARP.to_owned(),
            group: SHARP.to_owned(),
            entered: Entered::of(account, SHARP.to_owned()),
            code: SHARP.to_owned(),
            amount: SHARP.to_owned(),
        };
        check(&PayeesView {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            totals: totals(State::Draft, 0),
            action: BatchLink(batch(), BatchPage::Payees),
            list: List::Payroll.link(ListPage::All),
            list_label: List::Payroll.label(),
            groups: vec![SHARP.to_owned()],
            typed: payees::Asked { text: SHARP.to_owned(), ..payees::Asked::default() },
            rows: if is_wrong { vec![line] } else { Vec::new() },
            next: is_wrong.then(|| "/bulk/x/payees?from=50".to_owned()),
            trouble,
        });
    }
}
