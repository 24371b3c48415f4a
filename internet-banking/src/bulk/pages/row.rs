//! One row of a batch: its cells as a person types them, what is wrong at each.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use bulk::{Batch, Fault, NewRow, Row};
use edge::{CsrfForm, Errors, Frame};
use serde::Deserialize;
use std::collections::BTreeMap;

use super::{Totals, as_seen, because, find, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, again, shown};
use crate::bulk::links::{BatchLink, BatchPage, RowLink};
use crate::bulk::problem::Problem;
use crate::bulk::{csv_rows, kinds, operation};
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;

/// The controls of the cells, in the order of the headings.
const CELLS: [&str; 16] = [
    "cell-0", "cell-1", "cell-2", "cell-3", "cell-4", "cell-5", "cell-6", "cell-7", "cell-8", "cell-9",
    "cell-10", "cell-11", "cell-12", "cell-13", "cell-14", "cell-15",
];

/// A cell of the form.
pub struct Cell {
    /// Its control.
    pub id: &'static str,
    /// Its heading.
    pub label: String,
    /// What is typed.
    pub hint: &'static str,
    /// What was typed.
    pub value: String,
}

/// The page.
#[derive(Template)]
#[template(path = "bulk/row.html")]
pub struct RowPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where its batch stands.
    pub totals: Totals,
    /// Where the form goes.
    pub action: RowLink,
    /// The row's number; nothing for a new one.
    pub number: Option<i64>,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// Whether payees may bear the fee, and whether this one does.
    pub deducted: Option<bool>,
}

/// What the form holds: cells by their place.
#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    seen: String,
    #[serde(default)]
    deducted: String,
    #[serde(default)]
    action: String,
    #[serde(flatten)]
    cells: BTreeMap<String, String>,
}

/// `GET /bulk/{batch}/rows/{row}`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path((id, row)): Path<(String, String)>) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    let row = row_of(&bank, &by, &batch, &row).await?;
    let kind = batch.heading.kind;
    let cells = match &row {
        Some(row) => csv_rows::cells_of(kind, row),
        None => vec![String::new(); kinds::headings(kind).len()],
    };
    let deducts = row.as_ref().map_or(batch.heading.deduction.is_some(), |row| row.owed.is_some());
    let trouble = row.as_ref().filter(|row| !row.faults.is_empty()).map(|row| told(&batch, &row.faults));
    let number = row.map(|row| row.number);
    shown(&page(&bank, &by, &batch, number, cells, deducts, trouble))
}

/// `POST /bulk/{batch}/rows/{row}`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path((id, row)): Path<(String, String)>,
    CsrfForm(form): CsrfForm<Form>,
) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    let row = row_of(&bank, &by, &batch, &row).await?;
    let number = row.as_ref().map(|row| row.number);
    let kind = batch.heading.kind;
    let typed = |id: &&str| form.cells.get(*id).cloned().unwrap_or_default();
    let cells: Vec<String> = CELLS.iter().take(kinds::headings(kind).len()).map(typed).collect();
    let is_deducted = form.deducted == "on" && batch.heading.deduction.is_some();
    let today = bank.clock.now().date();
    let record = match kinds::typed(kind, &cells, today) {
        Ok(record) => record,
        Err(findings) => {
            let trouble = told(&batch, &Fault::all(&findings));
            return again(&page(&bank, &by, &batch, number, cells, is_deducted, Some(trouble)));
        }
    };
    let new = NewRow { is_deducted, ..NewRow::of(record) };
    let put = match as_seen(batch.clone(), &form.seen) {
        Ok(seen) => operation::put_row(&bank, &by, &seen, number, new).await,
        Err(problem) => Err(problem),
    };
    match put {
        Ok(changed) if form.action == "more" => {
            Ok(Redirect::to(&RowLink(changed.id, None).to_string()).into_response())
        }
        Ok(changed) => {
            let was_faulty = row.as_ref().is_some_and(|row| !row.faults.is_empty());
            let is_faulty = changed.faulty > batch.faulty.saturating_sub(i64::from(was_faulty));
            let rows = BatchLink(changed.id, BatchPage::Rows);
            // what the engine finds wrong is told in place
            let path = match (is_faulty, number) {
                (false, _) => rows.to_string(),
                (true, Some(_)) => RowLink(changed.id, number).to_string(),
                (true, None) => format!("{rows}?only=faulty"),
            };
            Ok(Redirect::to(&path).into_response())
        }
        Err(problem) => {
            let batch = find(&bank, &by, &id).await?;
            again(&page(&bank, &by, &batch, number, cells, is_deducted, Some(problem.trouble())))
        }
    }
}

/// The row that is meant; none where one is to be added.
async fn row_of(bank: &Bank, by: &SignedIn, batch: &Batch, word: &str) -> Result<Option<Row>, Stop> {
    if word == RowLink::NEW {
        return Ok(None);
    }
    let number = word.parse().map_err(|_| Stop::not_found())?;
    let found = bank.bulk.row(by.contract.id, batch.id, number).await;
    found.map_err(|error| because(by, &error.into()))?.map(Some).ok_or_else(Stop::not_found)
}

/// Faults at the cells of their fields: by heading, or by the wording of the record.
fn told(batch: &Batch, faults: &[Fault]) -> Trouble {
    let headings = kinds::headings(batch.heading.kind);
    let mut errors = Errors::none();
    for fault in faults {
        let is_of =
            |heading: &formats::csv::Heading| heading.name == fault.field || heading.field == fault.field;
        let place = headings.iter().position(is_of);
        let words = format!("{}: {}。{}。", fault.field, fault.what, fault.remedy);
        errors.add(place.and_then(|place| CELLS.get(place)).copied().unwrap_or_default(), words);
    }
    Problem::Input(errors).trouble()
}

/// What is typed under a heading.
fn hint(heading: &str) -> &'static str {
    match heading {
        "銀行番号" => "4けたの数字です。",
        "店番" => "3けたの数字です。",
        "口座番号" => "7けたまでの数字です。",
        "受取人名" | "預金者名" => "カナで。ひらがな・全角・半角のどれでも。",
        "金額" | "給与金額" | "退職金額" => "円。",
        "市区町村コード" => "納入書に書かれた6けたの数字です。",
        "市区町村名" => "カナで。漢字は送られません。",
        "指定番号" => "市区町村が会社ごとに決めた番号です。",
        "給与件数" => "納める人数です。退職の分だけのときは0。",
        "退職件数" => "退職した人の数です。",
        _ => "",
    }
}

fn page(
    bank: &Bank,
    by: &SignedIn,
    batch: &Batch,
    number: Option<i64>,
    cells: Vec<String>,
    is_deducted: bool,
    trouble: Option<Trouble>,
) -> RowPage {
    let headings = kinds::headings(batch.heading.kind).iter().zip(cells);
    let cell = |(id, (heading, value)): (&&'static str, (&formats::csv::Heading, String))| Cell {
        id,
        label: if heading.is_needed { heading.name.to_owned() } else { format!("{} 任意", heading.name) },
        hint: hint(heading.name),
        value,
    };
    RowPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        totals: Totals::of(bank, batch),
        action: RowLink(batch.id, number),
        number,
        // the answer is the banks'
        cells: CELLS.iter().zip(headings).filter(|(_, (one, _))| one.name != "振替結果").map(cell).collect(),
        deducted: batch.heading.deduction.map(|_| is_deducted),
    }
}
