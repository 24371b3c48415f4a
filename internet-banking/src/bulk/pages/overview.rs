//! データ伝送: what the user can send, how much at a time, until when, and what its approval takes.

use askama::Template;
use axum::extract::State;
use domain::Yen;
use edge::Frame;

use super::{because, page_frame};
use crate::Bank;
use crate::answer::{Answer, failed, shown};
use crate::approvals::{Policies, need_words};
use crate::bulk::problem::Problem;
use crate::bulk::rules;
use crate::contracts::Business;
use crate::frame::day_and_time;
use crate::hours::{Service, Standing};
use crate::payees::links::ListPage;
use crate::payees::{List, operation as payees};
use crate::policy;
use crate::sign_in::SignedIn;

/// A business that the user may do.
pub struct BusinessCard {
    /// Its name.
    pub label: &'static str,
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

/// The page.
#[derive(Template)]
#[template(path = "bulk/overview.html")]
pub struct OverviewPage {
    /// The frame.
    pub frame: Frame,
    /// The businesses.
    pub businesses: Vec<BusinessCard>,
    /// The lists of payees that the user looks after.
    pub lists: Vec<List>,
}

/// `GET /bulk`
pub async fn show(State(bank): State<Bank>, by: SignedIn) -> Answer {
    let mine: Vec<Business> = rules::mine(&by).collect();
    if mine.is_empty() {
        return Err(because(&by, &Problem::NotPermitted));
    }
    let (_, policy) = Policies::of(&bank.database, by.contract.id).newest().await.map_err(failed)?;
    let mut businesses = Vec::new();
    for business in mine {
        let records = rules::permit(&by, business).map_err(|problem| because(&by, &problem))?;
        let hours = rules::hours(&bank, records).await.map_err(|problem| because(&by, &problem))?;
        let sends_files = policy::may_do(&by, Business::FileTransfer);
        businesses.push(BusinessCard {
            label: business.label(),
            hours: words(hours.standing(Service::Bulk(records), bank.clock.now())),
            items_max: rules::items_max(by.contract.plan, business).map(count),
            file_items_max: rules::file_items_max(business).filter(|_| sends_files).map(count),
            approval: need_words(policy.flow(business).most()),
            secret: match rules::approval_of(records).demands_one() {
                true => "ワンタイムパスワード",
                false => "確認用パスワード",
            },
        });
    }
    shown(&OverviewPage {
        frame: page_frame(&by, false),
        businesses,
        lists: List::ALL.iter().copied().filter(|list| payees::permit(&by, *list).is_ok()).collect(),
    })
}

/// A count as it is shown: with separators.
fn count(items: usize) -> Yen {
    Yen::new(i64::try_from(items).unwrap_or(i64::MAX))
}

fn words(standing: Standing) -> String {
    match standing {
        Standing::Open { until: Some(until) } => format!("受付中({}まで)", day_and_time(until)),
        Standing::Open { until: None } => "受付中".to_owned(),
        Standing::Closed { opens: Some(opens) } => format!("受付時間外({}から)", day_and_time(opens)),
        Standing::Closed { opens: None } => "受付時間外".to_owned(),
    }
}
