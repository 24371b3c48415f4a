//! A new batch: typed on screen, from a CSV file, or from an earlier one.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use bulk::{BatchQuery, Kind, Only};
use domain::{BatchId, Yen};
use edge::upload::TooLarge;
use edge::{CsrfUpload, Errors, Frame};
use formats::finding::{Fault, Finding};
use serde::Deserialize;

use super::{admit, because, count, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, again, shown};
use crate::bulk::fields::{Choice, HeadingFields};
use crate::bulk::heading::{TypedHeading, kinds_of};
use crate::bulk::links::{BatchLink, BatchPage};
use crate::bulk::problem::Problem;
use crate::bulk::{csv_rows, kinds, operation, rules, words};
use crate::contracts::DepositAccount;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;

/// Earlier batches that are offered.
const EARLIER_MAX: u32 = 20;

/// The page.
#[derive(Template)]
#[template(path = "bulk/new.html")]
pub struct NewPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// What is made.
    pub kind: Kind,
    /// The other kinds that the user may make.
    pub others: Vec<Kind>,
    /// Day, account and names.
    pub fields: HeadingFields,
    /// Where the rows come from: `screen`, `csv`, `again` or `failed`.
    pub way: String,
    /// Earlier batches.
    pub earlier: Vec<Choice>,
    /// The headings of a CSV file.
    pub headings: String,
    /// Rows that it may have.
    pub rows_max: Yen,
    /// What is wrong with a file.
    pub findings: Vec<Finding>,
    /// How many things are.
    pub wrong_count: usize,
}

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    kind: String,
    from: String,
    only: String,
}

/// `GET /bulk/new`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    let kind = kind_of(&by, &asked.kind)?;
    let accounts = accounts(&bank, &by, kind).await?;
    let mut typed = TypedHeading::default();
    let way = if asked.only == "failed" {
        "failed"
    } else if asked.from.is_empty() {
        "screen"
    } else {
        "again"
    };
    if let Ok(id) = asked.from.parse::<BatchId>()
        && let Some(from) = bank.bulk.find(by.contract.id, id).await.map_err(|e| because(&by, &e.into()))?
        && operation::may_see(&by, &from)
    {
        // everything but the day, which is over or used
        typed = TypedHeading { day: String::new(), ..TypedHeading::of(&from.heading) };
    }
    let page = page(&bank, &by, kind, &accounts, (typed, way.to_owned(), asked.from), None).await?;
    shown(&page)
}

/// `POST /bulk/new`
pub async fn submit(State(bank): State<Bank>, by: SignedIn, form: CsrfUpload) -> Answer {
    let kind = kind_of(&by, form.text("kind"))?;
    let accounts = accounts(&bank, &by, kind).await?;
    let typed = typed(&form);
    let (way, from) = (form.text("way").to_owned(), form.text("from_batch").to_owned());
    match made(&bank, &by, kind, &accounts, form, &typed).await {
        Ok(link) => Ok(Redirect::to(&link).into_response()),
        Err(problem @ Problem::NotPermitted) => Err(because(&by, &problem)),
        Err(problem) => again(&page(&bank, &by, kind, &accounts, (typed, way, from), Some(problem)).await?),
    }
}

async fn made(
    bank: &Bank,
    by: &SignedIn,
    kind: Kind,
    accounts: &[DepositAccount],
    form: CsrfUpload,
    typed: &TypedHeading,
) -> Result<String, Problem> {
    let route = rules::route_of(by.contract.plan).ok_or(Problem::NotPermitted)?;
    let heading = typed.read(bank, accounts, kind, route).map_err(Problem::Input)?;
    bank.bulk.terms().check_day(kind, heading.day, true, bank.clock.now()).map_err(Problem::Day)?;
    let from = form.text("from_batch").parse::<BatchId>();
    let source = |only| from.map(|from| (from, only));
    let none = |_| Problem::Input(Errors::one("from_batch", "もとにするデータを選んでください。"));
    let way = form.text("way").to_owned();
    let batch = match way.as_str() {
        "csv" => {
            let chosen = form
                .file
                .ok_or_else(|| Problem::Input(Errors::one("file", "CSVファイルを選んでください。")))?;
            let file = chosen.bytes.map_err(|TooLarge| {
                Problem::File(csv_rows::whole(Fault::TooLarge { most: edge::upload::FILE_BYTES_MAX }))
            })?;
            operation::begin_csv(bank, by, heading, file).await?
        }
        "again" => operation::begin_again(bank, by, heading, source(Only::All).map_err(none)?).await?,
        "failed" => operation::begin_again(bank, by, heading, source(Only::Failed).map_err(none)?).await?,
        _ => operation::begin(bank, by, heading, Vec::new()).await?,
    };
    Ok(BatchLink(batch.id, BatchPage::Rows).to_string())
}

fn typed(form: &CsrfUpload) -> TypedHeading {
    let text = |field: &str| form.text(field).to_owned();
    TypedHeading {
        kind: text("kind"),
        account: text("account"),
        day: text("day"),
        month: text("month"),
        name: text("name"),
        originator: text("originator"),
        title: text("title"),
        deduction: text("deduction"),
        minimum: text("minimum"),
        boundary: text("boundary"),
        below: text("below"),
        from: text("from"),
    }
}

/// The kind that is meant: the first of the user's where none is.
fn kind_of(by: &SignedIn, word: &str) -> Result<Kind, Stop> {
    admit(by)?;
    let mine = kinds_of(by);
    let meant = match word {
        "" => mine.first().copied(),
        word => word.parse().ok().filter(|kind| mine.contains(kind)),
    };
    meant.ok_or_else(|| because(by, &Problem::NotPermitted))
}

async fn accounts(bank: &Bank, by: &SignedIn, kind: Kind) -> Result<Vec<DepositAccount>, Stop> {
    let found = bank.contracts.accounts_for(&by.user, kinds::business(kind)).await;
    found.map_err(|error| because(by, &error.into()))
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    kind: Kind,
    accounts: &[DepositAccount],
    (typed, way, from): (TypedHeading, String, String),
    problem: Option<Problem>,
) -> Result<NewPage, Stop> {
    let query = BatchQuery { kinds: kinds::sources(kind), ..BatchQuery::newest(by.contract.id, EARLIER_MAX) };
    let earlier = bank.bulk.list(&query).await.map_err(|error| because(by, &error.into()))?;
    let label = |batch: &bulk::Batch| {
        let day = words::day(batch.heading.day);
        format!("{} {day} {}件 {} 円", words::title(batch), batch.rows, batch.amount)
    };
    let trouble = problem.as_ref().map(Problem::trouble);
    let (findings, wrong_count) = match &problem {
        Some(Problem::File(findings)) => (findings.kept().to_vec(), findings.count()),
        _ => (Vec::new(), 0),
    };
    Ok(NewPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        kind,
        others: kinds_of(by).into_iter().filter(|one| *one != kind).collect(),
        fields: HeadingFields::of(bank, kind, accounts, typed),
        way: if way.is_empty() { "screen".to_owned() } else { way },
        earlier: earlier
            .iter()
            .filter(|batch| batch.rows > 0 && operation::may_see(by, batch))
            .map(|batch| Choice {
                value: batch.id.to_string(),
                label: label(batch),
                chosen: batch.id.to_string() == from,
            })
            .collect(),
        headings: kinds::headings(kind).iter().map(|one| one.name).collect::<Vec<_>>().join("、"),
        rows_max: count(rules::items_max(by.contract.plan, kinds::business(kind)).unwrap_or_default()),
        findings,
        wrong_count,
    })
}
