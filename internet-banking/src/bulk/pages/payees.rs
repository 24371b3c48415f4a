//! Rows from the list of payees: each with an amount becomes one.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use bulk::{Batch, Kind, NewRow};
use edge::{CsrfForm, Errors, Frame};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

use super::{Totals, as_seen, because, find, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, again, shown};
use crate::bulk::links::{BatchLink, BatchPage};
use crate::bulk::problem::Problem;
use crate::bulk::{kinds, operation};
use crate::links::escaped;
use crate::payeasy::views::Trouble;
use crate::payees::links::{ListLink, ListPage};
use crate::payees::{Entered, List, PAGE, Payee, PayeeQuery, Payees};
use crate::sign_in::SignedIn;

/// Characters of a text that is searched.
const TEXT_CHARS_MAX: usize = 40;

/// A payee with an amount.
pub struct PayeeLine {
    /// The control of its amount: `amount-` and its id.
    pub id: String,
    /// 登録名.
    pub name: String,
    /// グループ.
    pub group: String,
    /// The account and 受取人名.
    pub entered: Entered,
    /// 顧客コード1, 社員番号.
    pub code: String,
    /// What was typed.
    pub amount: String,
}

/// The page.
#[derive(Template)]
#[template(path = "bulk/payees.html")]
pub struct PayeesView {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the batch stands.
    pub totals: Totals,
    /// Where the form goes.
    pub action: BatchLink,
    /// The list.
    pub list: ListLink,
    /// What the list is called.
    pub list_label: &'static str,
    /// The groups there are.
    pub groups: Vec<String>,
    /// What is searched for.
    pub typed: Asked,
    /// The payees.
    pub rows: Vec<PayeeLine>,
    /// The next page.
    pub next: Option<String>,
}

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Part of a name, a holder, a bank or a number.
    pub text: String,
    /// The group.
    pub group: String,
    /// How many come before the page.
    pub from: String,
}

/// The form: the version that was seen, and amounts by the ids of payees.
#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    seen: String,
    #[serde(flatten)]
    amounts: BTreeMap<String, String>,
}

/// The list from which a kind is paid; none of what is collected or owed to municipalities.
pub(super) fn list_of(kind: Kind) -> Option<List> {
    match kind {
        Kind::Transfers => Some(List::Transfers),
        Kind::Salaries | Kind::Bonuses => Some(List::Payroll),
        Kind::Debits | Kind::NetworkDebits | Kind::LocalTax => None,
    }
}

/// `GET /bulk/{batch}/payees`
pub async fn show(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    shown(&page(&bank, &by, &batch, asked, &BTreeMap::new(), None).await?)
}

/// `POST /bulk/{batch}/payees`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Form>,
) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    match add(&bank, &by, batch, &form).await {
        Ok(changed) => Ok(Redirect::to(&BatchLink(changed.id, BatchPage::Rows).to_string()).into_response()),
        Err(problem) => {
            let batch = find(&bank, &by, &id).await?;
            let trouble = Some(problem.trouble());
            again(&page(&bank, &by, &batch, Asked::default(), &form.amounts, trouble).await?)
        }
    }
}

async fn add(bank: &Bank, by: &SignedIn, batch: Batch, form: &Form) -> Result<Batch, Problem> {
    let batch = as_seen(batch, &form.seen)?;
    let kind = batch.heading.kind;
    let list = list_of(kind).ok_or(Problem::NotThere)?;
    let known = Payees::of(&bank.database, by.contract.id, list).all().await?;
    let (mut rows, mut errors) = (Vec::new(), Errors::none());
    for payee in &known {
        let field = format!("amount-{}", payee.id);
        let Some(typed) = form.amounts.get(&field).map(|typed| typed.trim()).filter(|t| !t.is_empty()) else {
            continue;
        };
        let cells = cells(kind, payee, typed);
        match kinds::typed(kind, &cells, bank.clock.now().date()) {
            Ok(record) => {
                let is_deducted = batch.heading.deduction.is_some();
                rows.push(NewRow { is_deducted, ..NewRow::of(record) });
            }
            Err(findings) => {
                let fault = findings.kept().first().map(|finding| finding.fault.what()).unwrap_or_default();
                errors.add("", format!("{}の金額: {fault}。", payee.name));
            }
        }
    }
    if !errors.is_empty() {
        return Err(Problem::Input(errors));
    }
    if rows.is_empty() {
        return Err(Problem::Input(Errors::general("明細にする振込先に、金額を入力してください。")));
    }
    operation::add_rows(bank, by, &batch, rows).await
}

/// A payee and an amount as the cells of a row.
fn cells(kind: Kind, payee: &Payee, amount: &str) -> Vec<String> {
    let account = &payee.account;
    kinds::headings(kind)
        .iter()
        .map(|heading| match heading.name {
            "銀行番号" => account.bank.to_string(),
            "店番" => account.branch.to_string(),
            "科目" => account.kind.label().to_owned(),
            "口座番号" => account.number.to_string(),
            "受取人名" => payee.holder.clone(),
            "金額" => amount.to_owned(),
            "顧客コード1" | "社員番号" => payee.codes.first.clone(),
            "顧客コード2" | "所属コード" => payee.codes.second.clone(),
            _ => String::new(),
        })
        .collect()
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    batch: &Batch,
    asked: Asked,
    amounts: &BTreeMap<String, String>,
    trouble: Option<Trouble>,
) -> Result<PayeesView, Stop> {
    let list = list_of(batch.heading.kind).ok_or_else(Stop::not_found)?;
    let failed = |error: crate::contracts::StoreError| because(by, &error.into());
    let payees = Payees::of(&bank.database, by.contract.id, list);
    let groups: BTreeSet<String> =
        payees.all().await.map_err(failed)?.into_iter().map(|one| one.group).collect();
    let typed = Asked { text: asked.text.chars().take(TEXT_CHARS_MAX).collect(), ..asked };
    let offset = typed.from.parse().unwrap_or(0);
    let query = PayeeQuery { text: typed.text.clone(), group: typed.group.clone(), offset };
    let (found, count) = payees.list(&query).await.map_err(failed)?;
    let action = BatchLink(batch.id, BatchPage::Payees);
    let next = offset.saturating_add(PAGE);
    let next = (next < count).then(|| {
        let [text, group] = [&typed.text, &typed.group].map(|part| escaped(part));
        format!("{action}?text={text}&group={group}&from={next}")
    });
    Ok(PayeesView {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        totals: Totals::of(bank, batch),
        action,
        list: list.link(ListPage::All),
        list_label: list.label(),
        groups: groups.into_iter().filter(|group| !group.is_empty()).collect(),
        typed,
        rows: found
            .into_iter()
            .map(|one| {
                let id = format!("amount-{}", one.id);
                PayeeLine {
                    amount: amounts.get(&id).cloned().unwrap_or_default(),
                    entered: one.entered(),
                    code: one.codes.first.clone(),
                    name: one.name,
                    group: one.group,
                    id,
                }
            })
            .collect(),
        next,
    })
}
