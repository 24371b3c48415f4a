//! 振込先の一覧: filed on paper and registered on screen, searched and by groups.

use std::collections::BTreeSet;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use edge::Frame;
use serde::Deserialize;

use super::{admit, page_frame};
use crate::Bank;
use crate::answer::{Answer, failed, shown};
use crate::links::escaped;
use crate::payees::links::{ListPage, PayeeLink};
use crate::payees::{Codes, Entered, List, PAGE, Payee, PayeeQuery, Payees, operation};
use crate::sign_in::SignedIn;

/// Characters of a text that is searched.
const TEXT_CHARS_MAX: usize = 40;

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// Part of a name, a holder, a bank or a number.
    pub text: String,
    /// The group.
    pub group: String,
    /// How many come before the page.
    pub from: String,
    /// What was just done.
    pub done: String,
}

/// A payee in the list.
pub struct PayeeRow {
    /// Its page.
    pub link: PayeeLink,
    /// 登録名.
    pub name: String,
    /// グループ.
    pub group: String,
    /// What the company calls it by.
    pub codes: Codes,
    /// 受取人番号; empty of one that users registered.
    pub number: String,
    /// The account.
    pub entered: Entered,
}

/// The list.
#[derive(Template)]
#[template(path = "payees/list.html")]
pub struct PayeesPage {
    /// The frame.
    pub frame: Frame,
    /// Which list it is.
    pub list: List,
    /// The other one, where the user may see that too.
    pub other: Option<List>,
    /// What was typed.
    pub typed: Typed,
    /// What was just done, in words.
    pub done: &'static str,
    /// The groups there are.
    pub groups: Vec<String>,
    /// A page of those that are asked for.
    pub rows: Vec<PayeeRow>,
    /// How many there are.
    pub count: usize,
    /// The next page.
    pub next: Option<String>,
}

impl PayeeRow {
    /// Of a payee of a list.
    pub fn of(list: List, one: Payee) -> Self {
        Self {
            link: PayeeLink(list, one.id),
            entered: one.entered(),
            number: one.number().unwrap_or_default().to_owned(),
            name: one.name,
            group: one.group,
            codes: one.codes,
        }
    }
}

/// `GET /payees`, `GET /employees`
pub async fn show(
    State(bank): State<Bank>,
    by: SignedIn,
    Extension(list): Extension<List>,
    Query(typed): Query<Typed>,
) -> Answer {
    admit(&by, list)?;
    let payees = Payees::of(&bank.database, by.contract.id, list);
    let groups: BTreeSet<String> =
        payees.all().await.map_err(failed)?.into_iter().map(|one| one.group).collect();
    let typed = Typed { text: typed.text.chars().take(TEXT_CHARS_MAX).collect(), ..typed };
    let offset = typed.from.parse().unwrap_or(0);
    let query = PayeeQuery { text: typed.text.clone(), group: typed.group.clone(), offset };
    let (found, count) = payees.list(&query).await.map_err(failed)?;
    let next = offset.saturating_add(PAGE);
    let next = (next < count).then(|| {
        let [text, group] = [&typed.text, &typed.group].map(|part| escaped(part));
        format!("{}?text={text}&group={group}&from={next}", list.link(ListPage::All))
    });
    shown(&PayeesPage {
        frame: page_frame(&by, list, None),
        list,
        other: List::ALL.iter().copied().find(|one| *one != list && operation::permit(&by, *one).is_ok()),
        done: match typed.done.as_str() {
            "added" => "振込先を登録しました。",
            "changed" => "振込先の登録内容を変更しました。",
            "deleted" => "振込先を削除しました。",
            "imported" => "ファイルの振込先を登録しました。",
            _ => "",
        },
        typed,
        groups: groups.into_iter().filter(|group| !group.is_empty()).collect(),
        rows: found.into_iter().map(|one| PayeeRow::of(list, one)).collect(),
        count,
        next,
    })
}
