//! データ伝送: the batches of the contract, and what the user can send, how much at a time, until when.

use askama::Template;
use axum::extract::{Query, State};
use bulk::{Batch, BatchQuery, Kind};
use domain::{BatchId, Timestamp, Yen};
use edge::Frame;
use serde::Deserialize;

use super::{admit, because, count, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, failed, shown};
use crate::approvals::{Policies, need_words};
use crate::bulk::heading::kinds_of;
use crate::bulk::links::{BatchLink, BatchPage};
use crate::bulk::{kinds, operation, rules, words};
use crate::contracts::Business;
use crate::frame::day_and_time;
use crate::hours::{Service, Standing};
use crate::links::Link;
use crate::payees::links::ListPage;
use crate::payees::{List, operation as payees};
use crate::policy;
use crate::sign_in::SignedIn;

/// Batches of a page.
const PAGE_BATCHES: u32 = 50;

/// A business that the user may do.
pub struct BusinessCard {
    /// Its name.
    pub label: &'static str,
    /// The kinds of batches that it has.
    pub kinds: Vec<Kind>,
    /// Whether it works now, and until or from when.
    pub hours: String,
    /// Items that a batch made on screen may have.
    pub items_max: Option<Yen>,
    /// Items that a file may have, where the user may send files.
    pub file_items_max: Option<Yen>,
    /// Who approves.
    pub approval: String,
    /// What the last approver types.
    pub secret: &'static str,
}

/// A batch as a line of the table.
pub struct BatchLine {
    /// Its page.
    pub link: BatchLink,
    /// What it is called.
    pub title: String,
    /// Its day.
    pub day: String,
    /// Rows.
    pub rows: Yen,
    /// What they sum up to.
    pub amount: Yen,
    /// Rows that are to be mended.
    pub faulty: i64,
    /// The state's word, icon and class.
    pub state: (&'static str, &'static str, &'static str),
    /// Until when it must be approved, where that is still to come.
    pub until: String,
}

/// The page.
#[derive(Template)]
#[template(path = "bulk/overview.html")]
pub struct OverviewPage {
    /// The frame.
    pub frame: Frame,
    /// The batches, the newest first.
    pub batches: Vec<BatchLine>,
    /// The next page of them.
    pub older: Option<String>,
    /// The businesses.
    pub businesses: Vec<BusinessCard>,
    /// The lists of payees that the user looks after.
    pub lists: Vec<List>,
    /// Whether the user may send files.
    pub sends_files: bool,
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    before: String,
    behind: String,
}

/// `GET /bulk`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    admit(&by)?;
    let (batches, older) = batches(&bank, &by, &asked).await?;
    let (_, policy) = Policies::of(&bank.database, by.contract.id).newest().await.map_err(failed)?;
    let sends_files = policy::may_do(&by, Business::FileTransfer);
    let mut businesses = Vec::new();
    for business in rules::mine(&by) {
        let records = rules::permit(&by, business).map_err(|problem| because(&by, &problem))?;
        let hours = rules::hours(&bank, records).await.map_err(|problem| because(&by, &problem))?;
        businesses.push(BusinessCard {
            label: business.label(),
            kinds: kinds::of_business(business).collect(),
            hours: hours_words(hours.standing(Service::Bulk(records), bank.clock.now())),
            items_max: rules::items_max(by.contract.plan, business).map(count),
            file_items_max: rules::file_items_max(business).filter(|_| sends_files).map(count),
            approval: need_words(policy.flow(business).most()),
            secret: match rules::approval_of(records).demands_one() {
                true => "確認用パスワードとワンタイムパスワード",
                false => "確認用パスワード",
            },
        });
    }
    shown(&OverviewPage {
        frame: page_frame(&by, false),
        batches,
        older,
        businesses,
        lists: List::ALL.iter().copied().filter(|list| payees::permit(&by, *list).is_ok()).collect(),
        sends_files,
    })
}

/// A page of the batches that the user may see, and the address of the next one.
async fn batches(
    bank: &Bank,
    by: &SignedIn,
    asked: &Asked,
) -> Result<(Vec<BatchLine>, Option<String>), Stop> {
    let place =
        || Some((Timestamp::from_micros(asked.before.parse().ok()?), asked.behind.parse::<BatchId>().ok()?));
    let query = BatchQuery {
        kinds: kinds_of(by),
        before: place(),
        ..BatchQuery::newest(by.contract.id, PAGE_BATCHES)
    };
    let found = bank.bulk.list(&query).await.map_err(|error| because(by, &error.into()))?;
    let is_full = u32::try_from(found.len()).is_ok_and(|found| found == PAGE_BATCHES);
    let older = found
        .last()
        .filter(|_| is_full)
        .map(|last| format!("{}?before={}&behind={}", Link::Bulk, last.created_at.micros(), last.id));
    let lines = found.iter().filter(|batch| operation::may_see(by, batch)).map(|batch| line(bank, batch));
    Ok((lines.collect(), older))
}

fn line(bank: &Bank, batch: &Batch) -> BatchLine {
    let (icon, class) = words::look(batch.state);
    let waits = batch.state.is_editable() || batch.state == bulk::State::Requested;
    BatchLine {
        link: BatchLink(batch.id, BatchPage::Rows),
        title: words::title(batch),
        day: words::day(batch.heading.day),
        rows: Yen::new(batch.rows),
        amount: batch.amount,
        faulty: batch.faulty,
        state: (batch.state.label(), icon, class),
        until: match waits {
            true => day_and_time(batch.approved_before(bank.bulk.terms())),
            false => String::new(),
        },
    }
}

fn hours_words(standing: Standing) -> String {
    match standing {
        Standing::Open { until: Some(until) } => format!("受付中({}まで)", day_and_time(until)),
        Standing::Open { until: None } => "受付中".to_owned(),
        Standing::Closed { opens: Some(opens) } => format!("受付時間外({}から)", day_and_time(opens)),
        Standing::Closed { opens: None } => "受付時間外".to_owned(),
    }
}
