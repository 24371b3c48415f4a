//! One batch: what it is, its rows a page at a time, what is wrong with them or what became of them.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use bulk::{Batch, Kind, Only, ROWS_MAX};
use domain::Yen;
use edge::{CsrfForm, Errors, Frame};
use http::{HeaderValue, header};
use serde::Deserialize;
use std::collections::BTreeMap;

use super::{Totals, as_seen, because, find, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, again, shown};
use crate::approvals::ApprovalLink;
use crate::bulk::links::{BatchLink, BatchPage, RowLink};
use crate::bulk::problem::Problem;
use crate::bulk::{approval, kinds, operation, words};
use crate::csv::Csv;
use crate::history::note;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;

/// Rows of a page.
const PAGE_ROWS: u32 = 100;

/// A row as a line of the table.
pub struct RowLine {
    /// Its number.
    pub number: i64,
    /// The form that changes it.
    pub link: RowLink,
    /// 受取人名 and the like.
    pub name: String,
    /// Bank and branch.
    pub place: String,
    /// Kind and number of the account.
    pub account: String,
    /// What is moved, or what was typed where that cannot be read.
    pub amount: String,
    /// 支払金額 and 先方負担手数料, where the payee bears the fee.
    pub owed: Option<(Yen, Yen)>,
    /// The bank's fee.
    pub fee: Yen,
    /// Whether what the payee bears is another amount than the bank charges.
    pub is_marked: bool,
    /// What is wrong with it: field, what was found, what is wrong, the remedy.
    pub faults: Vec<[String; 4]>,
    /// The state's word, icon and class.
    pub state: (&'static str, &'static str, &'static str),
    /// Why it failed.
    pub reason: String,
}

/// Rows of a state and what they sum up to.
pub struct ResultLine {
    /// The state.
    pub label: &'static str,
    /// How many.
    pub rows: Yen,
    /// How much.
    pub amount: Yen,
}

/// What happened to it.
pub struct HistoryLine {
    /// When.
    pub at: String,
    /// What.
    pub what: &'static str,
    /// Who did it.
    pub who: String,
    /// What was said with it.
    pub detail: String,
}

/// The page.
#[derive(Template)]
#[template(path = "bulk/batch.html")]
pub struct BatchView {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// Where it stands.
    pub totals: Totals,
    /// What else it says of itself.
    pub facts: Vec<(&'static str, String)>,
    /// Whether it may be changed.
    pub is_editable: bool,
    /// Whether approvers are asked.
    pub is_requested: bool,
    /// Whether it has begun to be carried out.
    pub has_results: bool,
    /// Whether a list of payees can be picked from.
    pub has_payees: bool,
    /// The request about it.
    pub request: Option<ApprovalLink>,
    /// What became of its rows.
    pub results: Vec<ResultLine>,
    /// Which rows are shown: empty, `faulty` or `failed`.
    pub only: &'static str,
    /// The rows.
    pub rows: Vec<RowLine>,
    /// The next page.
    pub next: Option<String>,
    /// The form of a new row.
    pub add: RowLink,
    /// Its other pages.
    pub pages: [BatchLink; 4],
    /// The kind's word, for a new batch from this one.
    pub kind: &'static str,
    /// Whether rows failed, of which a new draft can be made.
    pub has_failed: bool,
    /// The result file of 口座振替, once it is done, or the answer to a message; and its layout.
    pub result: Option<(BatchLink, &'static str)>,
    /// Where it ended without being carried out: as what it can be made again.
    pub again: Vec<Kind>,
    /// What happened.
    pub history: Vec<HistoryLine>,
}

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    only: String,
    after: String,
}

/// The form: what is done, the version that was seen, and boxes by the numbers of rows.
#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    action: String,
    #[serde(default)]
    seen: String,
    #[serde(flatten)]
    boxes: BTreeMap<String, String>,
}

/// `GET /bulk/{batch}`
pub async fn show(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    shown(&page(&bank, &by, &batch, &asked, None).await?)
}

/// `POST /bulk/{batch}`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Form>,
) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    match act(&bank, &by, batch, &form).await {
        Ok(path) => Ok(Redirect::to(&path).into_response()),
        Err(trouble) => {
            let batch = find(&bank, &by, &id).await?;
            again(&page(&bank, &by, &batch, &Asked::default(), Some(trouble)).await?)
        }
    }
}

async fn act(bank: &Bank, by: &SignedIn, batch: Batch, form: &Form) -> Result<String, Trouble> {
    let link = BatchLink(batch.id, BatchPage::Rows).to_string();
    let told = |problem: Problem| problem.trouble();
    if form.action == "withdraw" {
        approval::take_back(bank, by, &batch).await.map_err(|problem| problem.trouble())?;
        return Ok(link);
    }
    let batch = as_seen(batch, &form.seen).map_err(told)?;
    match form.action.as_str() {
        "remove" => {
            let picked = form.boxes.keys().filter_map(|name| name.strip_prefix("row-")?.parse().ok());
            let picked: Vec<i64> = picked.collect();
            if picked.is_empty() {
                return Err(told(Problem::Input(Errors::general("取り除く明細を選んでください。"))));
            }
            operation::remove_rows(bank, by, &batch, &picked).await.map_err(told)?;
            Ok(link)
        }
        "discard" => {
            operation::discard(bank, by, &batch).await.map_err(told)?;
            Ok(Link::Bulk.to_string())
        }
        _ => Err(told(Problem::Changed)),
    }
}

/// `GET /bulk/{batch}/csv`: its rows as a file that can be read again, or what is wrong with them.
pub async fn download(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    let (only, word) = only(&asked.only);
    note(&bank, &by, "bulk.download", batch.id.to_string(), format!("{} rows, {word}", batch.rows)).await?;
    let name = format!("{}-{}.csv", batch.heading.kind, batch.heading.day);
    if only == Only::Faulty {
        let mut csv = Csv::new(&["明細", "項目", "入力された内容", "誤り", "直しかた"]);
        each(&bank, &by, &batch, only, |row| {
            for fault in &row.faults {
                csv.row(&[&row.number.to_string(), &fault.field, &fault.found, &fault.what, &fault.remedy]);
            }
        })
        .await?;
        return Ok(csv.download(&format!("faults-{name}")));
    }
    let mut text = kinds::csv_heading(batch.heading.kind);
    each(&bank, &by, &batch, only, |row| {
        let owed = row.owed.and_then(|owed| kinds::with_amount(&row.record, owed).ok());
        text += &kinds::csv_line(batch.heading.kind, &owed.unwrap_or(row.record));
    })
    .await?;
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// `GET /bulk/{batch}/result`: the records of 口座振替 with their codes, in the banks' layout; of what came as pain.001
/// pain.002 as it stands.
pub async fn result(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    let (bytes, content, end) = match batch.heading.is_message() {
        true => {
            let report = bank.bulk.status_report(by.contract.id, batch.id).await;
            (report, "application/xml", "xml")
        }
        false => {
            let records = bank.bulk.result_file(by.contract.id, batch.id).await;
            (records, "application/octet-stream", "txt")
        }
    };
    let bytes = bytes.map_err(|error| because(&by, &error.into()))?.ok_or_else(Stop::not_found)?;
    note(&bank, &by, "bulk.download", batch.id.to_string(), format!("{} rows, result", batch.rows)).await?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
    let name = format!("attachment; filename=\"result-{}.{end}\"", batch.heading.day);
    if let Ok(value) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

async fn each(
    bank: &Bank,
    by: &SignedIn,
    batch: &Batch,
    only: Only,
    mut take: impl FnMut(bulk::Row),
) -> Result<(), Stop> {
    let mut after = 0;
    loop {
        let rows = bank.bulk.rows(by.contract.id, batch.id, only, after, ROWS_MAX).await;
        let rows = rows.map_err(|error| because(by, &error.into()))?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.number;
        rows.into_iter().for_each(&mut take);
    }
}

fn only(word: &str) -> (Only, &'static str) {
    match word {
        "faulty" => (Only::Faulty, "faulty"),
        "failed" => (Only::Failed, "failed"),
        _ => (Only::All, ""),
    }
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    batch: &Batch,
    asked: &Asked,
    trouble: Option<Trouble>,
) -> Result<BatchView, Stop> {
    let failed = |error: bulk::StoreError| because(by, &error.into());
    let (contract, kind) = (by.contract.id, batch.heading.kind);
    let (only, word) = only(&asked.only);
    let after = asked.after.parse().unwrap_or(0);
    let rows = bank.bulk.rows(contract, batch.id, only, after, PAGE_ROWS).await.map_err(failed)?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|rows| rows == PAGE_ROWS);
    let rows_link = BatchLink(batch.id, BatchPage::Rows);
    let next =
        rows.last().filter(|_| is_full).map(|row| format!("{rows_link}?only={word}&after={}", row.number));
    let results = bank.bulk.results(contract, batch.id).await.map_err(failed)?;
    let has_results = matches!(batch.state, bulk::State::Running | bulk::State::Handed | bulk::State::Done);
    let line = |label, summed: bulk::Summed| ResultLine {
        label,
        rows: Yen::new(summed.rows),
        amount: summed.amount,
    };
    let request = approval::request_of(bank, batch).await.map_err(|problem| because(by, &problem))?;
    Ok(BatchView {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        trouble,
        totals: Totals::of(bank, batch),
        facts: facts(bank, by, batch).await?,
        is_editable: batch.state.is_editable(),
        is_requested: batch.state == bulk::State::Requested,
        has_results,
        has_payees: !kind.collects() && kind != bulk::Kind::LocalTax,
        request: request.filter(|request| request.is_shown_to(by)).map(|request| ApprovalLink(request.id)),
        results: vec![
            line("処理待ち", results.waiting),
            line("完了", results.done),
            line("送信済み", results.handed),
            line("不能・返却", results.failed),
        ],
        has_failed: has_results && results.failed.rows > 0,
        result: result_link(batch),
        again: match batch.state {
            bulk::State::Void | bulk::State::Failed => {
                let mine = crate::bulk::heading::kinds_of(by);
                kinds::again(kind).filter(|kind| mine.contains(kind)).collect()
            }
            _ => Vec::new(),
        },
        only: word,
        rows: rows.iter().map(|row| row_line(batch, row)).collect(),
        next,
        add: RowLink(batch.id, None),
        pages: [BatchPage::Heading, BatchPage::Payees, BatchPage::Review, BatchPage::Csv]
            .map(|page| BatchLink(batch.id, page)),
        kind: kind.as_str(),
        history: history(bank, by, batch).await?,
    })
}

/// The file that tells what became of the rows, and its layout.
fn result_link(batch: &Batch) -> Option<(BatchLink, &'static str)> {
    let layout = match batch.heading.is_message() {
        true => "pain.002",
        false if batch.heading.kind.collects() && batch.state == bulk::State::Done => "全銀フォーマット",
        false => return None,
    };
    Some((BatchLink(batch.id, BatchPage::Result), layout))
}

/// What a batch says of itself beside its totals.
pub async fn facts(bank: &Bank, by: &SignedIn, batch: &Batch) -> Result<Vec<(&'static str, String)>, Stop> {
    let accounts = bank.contracts.accounts(by.contract.id).await;
    let accounts = accounts.map_err(|error| because(by, &error.into()))?;
    let heading = &batch.heading;
    let account = accounts.iter().find(|one| one.account == heading.account);
    let mut facts = vec![
        ("業務", heading.kind.label().to_owned()),
        (
            if heading.kind.collects() { "入金口座" } else { "引落口座" },
            account.map_or_else(String::new, ToString::to_string),
        ),
        ("依頼人名", heading.name.clone()),
    ];
    if !heading.originator.is_empty() {
        facts.push(("委託者コード", heading.originator.clone()));
    }
    facts.extend(heading.month.map(|month| ("納付月分", month.format("%Y年%-m月分").to_string())));
    facts.extend(heading.deduction.map(|terms| ("先方負担", terms.method.label().to_owned())));
    facts.extend(heading.file.as_ref().map(|file| ("ファイル", file.name.clone())));
    facts.extend(batch.reason.map(|reason| ("理由", reason.label().to_owned())));
    facts.extend(batch.detail.clone().map(|detail| ("差戻しの理由", detail)));
    Ok(facts)
}

async fn history(bank: &Bank, by: &SignedIn, batch: &Batch) -> Result<Vec<HistoryLine>, Stop> {
    let happened = bank.bulk.history(by.contract.id, batch.id).await;
    let happened = happened.map_err(|error| because(by, &error.into()))?;
    let people = crate::users::Members::of(&bank.database, by.contract.id).everybody().await;
    let people = people.map_err(|error| because(by, &error.into()))?;
    let name = |user| people.iter().find(|one| Some(one.id) == user).map(|one| one.name.clone());
    Ok(happened
        .into_iter()
        .map(|one| HistoryLine {
            at: crate::frame::day_and_time(one.at),
            what: one.event.label(),
            who: name(one.user).unwrap_or_default(),
            detail: one.detail.unwrap_or_default(),
        })
        .collect())
}

fn row_line(batch: &Batch, row: &bulk::Row) -> RowLine {
    let kind = batch.heading.kind;
    let (place, account) = words::place(kind, row);
    let (icon, class) = words::row_look(row.result.state);
    RowLine {
        number: row.number,
        link: RowLink(batch.id, Some(row.number)),
        name: words::name(kind, row),
        place,
        account,
        amount: words::amount(kind, row),
        owed: row.owed.map(|owed| (owed, row.deducted())),
        fee: row.fee,
        is_marked: row.is_marked(),
        faults: row
            .faults
            .iter()
            .map(|fault| [&fault.field, &fault.found, &fault.what, &fault.remedy].map(Clone::clone))
            .collect(),
        state: (row.result.state.label(), icon, class),
        reason: row.result.reason.clone().unwrap_or_default(),
    }
}
