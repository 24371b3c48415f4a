//! Sample contexts of the pages about payees, and what every page must keep.

use askama::Template;
use domain::PayeeId;
use edge::{Errors, Frame};
use formats::finding::{Fault, Finding, Place};

use super::links::{ImportLink, PayeeDeleteLink};
use super::operation::Details;
use super::pages::detail::{DeletePage, FiledPage};
use super::pages::entry::{EntryPage, ReviewPage};
use super::pages::file::{ImportPage, PlanPage, PlanRow};
use super::pages::list::{PayeeRow, PayeesPage, Typed};
use super::problem::Problem;
use super::{AccountForm, Checked, Codes, Entered, Likeness, List, Payee, Source, TypedAccount};
use crate::page_checks;
use crate::payeasy::views::Trouble;
use crate::tokens::authorise;

const SHARP: &str = "\"><script>";

fn frame() -> Frame {
    Frame { site: "見本銀行 法人ネット", home: "/home", ..Frame::default() }
}

fn payee(source: Source) -> Payee {
    Payee {
        id: PayeeId::generate(),
        source,
        account: TypedAccount {
            bank: "0125".to_owned(),
            branch: "100".to_owned(),
            kind: "ordinary".to_owned(),
            number: "1234567".to_owned(),
            holder: "ア".to_owned(),
            ..TypedAccount::default()
        }
        .read()
        .unwrap()
        .account,
        holder: "ｶ)ﾐﾎﾝｼﾖｳｼﾞ".to_owned(),
        name: SHARP.to_owned(),
        group: SHARP.to_owned(),
        codes: codes(),
        version: 1,
    }
}

fn codes() -> Codes {
    Codes { first: SHARP.to_owned(), second: String::new() }
}

fn row(source: Source) -> PayeeRow {
    PayeeRow::of(List::Transfers, payee(source))
}

fn filed() -> Source {
    Source::Filed { number: "0001".to_owned() }
}

fn entered() -> Entered {
    payee(Source::Screen).entered()
}

fn check(page: &impl Template) {
    let html = page.render().unwrap();
    page_checks::all(&html);
    assert!(!html.contains(SHARP), "unescaped: {html}");
}

fn errors(trouble: Option<&Trouble>) -> Errors {
    trouble.map(|trouble| trouble.errors.clone()).unwrap_or_default()
}

fn input(field: &'static str) -> Option<Trouble> {
    Some(Problem::Input(Errors::one(field, SHARP)).trouble())
}

#[test]
fn every_list_keeps_the_rules_with_every_sample() {
    for rows in [vec![], vec![row(Source::Screen), row(filed())]] {
        for text in ["", SHARP] {
            let typed = Typed { text: text.to_owned(), group: SHARP.to_owned(), ..Typed::default() };
            check(&PayeesPage {
                frame: frame(),
                list: if text.is_empty() { List::Payroll } else { List::Transfers },
                other: text.is_empty().then_some(List::Transfers),
                typed,
                done: if text.is_empty() { "" } else { "振込先を登録しました。" },
                groups: if text.is_empty() { Vec::new() } else { vec![SHARP.to_owned()] },
                count: rows.len(),
                rows: rows.iter().map(|_| row(Source::Screen)).collect(),
                next: (!text.is_empty()).then(|| "/payees?from=50".to_owned()),
            });
        }
    }
    check(&FiledPage { frame: frame(), row: row(filed()) });
}

#[test]
fn every_form_keeps_the_rules_with_every_sample() {
    let asked = |bank: &str, branch: &str, symbol: &str| {
        let typed = TypedAccount {
            bank: bank.to_owned(),
            branch: branch.to_owned(),
            symbol: symbol.to_owned(),
            holder: SHARP.to_owned(),
            ..TypedAccount::default()
        };
        typed.read().unwrap_err()
    };
    for one in [asked("", "", ""), asked("みずほ", "1", ""), asked("ぎん", "", ""), asked("", "", SHARP)]
    {
        let trouble = Some(Problem::Input(one.errors).trouble());
        check(&EntryPage {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            trouble,
            list: List::Payroll,
            action: "/employees/new".to_owned(),
            account: one.form,
            called: SHARP.to_owned(),
            group: SHARP.to_owned(),
            codes: [SHARP.to_owned(), String::new()],
            seen: SHARP.to_owned(),
        });
    }
    let form = AccountForm::of(entered().typed());
    for trouble in [None, input("name"), Some(Problem::There(SHARP.to_owned()).trouble())] {
        check(&EntryPage {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            trouble,
            list: List::Transfers,
            action: "/payees/new".to_owned(),
            account: form.clone(),
            called: String::new(),
            group: String::new(),
            codes: Default::default(),
            seen: String::new(),
        });
    }
}

#[test]
fn every_last_look_keeps_the_rules_with_every_sample() {
    let code = || Some(Problem::Code(authorise::Problem::Wrong { left: 3 }).trouble());
    let named = Checked::Named { name: SHARP.to_owned(), likeness: Likeness::Similar, left: Some(1) };
    let mut checks = vec![named, Checked::NoSuchAccount { left: 1 }].into_iter();
    for (trouble, group) in [(None, ""), (code(), SHARP), (Some(Problem::Changed.trouble()), "")] {
        let details = Details {
            entered: entered(),
            name: SHARP.to_owned(),
            group: group.to_owned(),
            codes: if group.is_empty() { Codes::default() } else { codes() },
        };
        let list = if group.is_empty() { List::Transfers } else { List::Payroll };
        check(&ReviewPage {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            trouble: trouble.clone(),
            list,
            action: "/payees/new".to_owned(),
            typed: details.entered.typed(),
            checked: checks.next(),
            details,
            seen: group.to_owned(),
        });
        check(&DeletePage {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            trouble,
            list,
            action: PayeeDeleteLink(list, PayeeId::generate()),
            row: row(Source::Screen),
            seen: "1".to_owned(),
        });
    }
}

#[test]
fn every_page_about_a_file_keeps_the_rules_with_every_sample() {
    let wrong = || Finding {
        place: Place { field: Some("銀行番号".to_owned()), ..Place::line(2) },
        found: SHARP.to_owned(),
        fault: Fault::OtherName { known: SHARP.to_owned() },
    };
    for (trouble, wrong, count) in
        [(None, vec![], 0), (input("file"), vec![wrong()], 1), (input("file"), vec![wrong()], 2)]
    {
        check(&ImportPage {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            trouble,
            list: if count == 0 { List::Transfers } else { List::Payroll },
            replaces: count == 2,
            wrong,
            wrong_count: count,
        });
    }
    let row = |before: &[&str]| PlanRow {
        word: "変更",
        class: "wait",
        icon: "●",
        name: SHARP.to_owned(),
        entered: entered(),
        group: SHARP.to_owned(),
        codes: codes(),
        before: before.iter().map(|&text| text.to_owned()).collect(),
    };
    for (rows, trouble) in [
        (vec![], None),
        (vec![row(&[]), row(&[SHARP])], None),
        (vec![row(&[])], Some(Problem::Code(authorise::Problem::Missing).trouble())),
    ] {
        check(&PlanPage {
            frame: frame(),
            csrf: "t".to_owned(),
            errors: errors(trouble.as_ref()),
            trouble,
            list: List::Payroll,
            action: ImportLink(List::Payroll, "i".to_owned()),
            counts: [0, rows.len(), 3, 1],
            rows,
            digest: "d".to_owned(),
        });
    }
}
