//! 手数料: the months of the contract, and the charges of one of them, as a page and a file.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use domain::Yen;
use domain::time::month_day;
use edge::Frame;
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

use super::charges::{self, LISTED_MAX};
use super::links::{MonthCsvLink, MonthLink};
use super::{Month, MonthRow, months};
use crate::Bank;
use crate::answer::{Answer, Stop, failed, shown};
use crate::contracts::{Business, DepositAccount};
use crate::csv::Csv;
use crate::frame::{self, Area};
use crate::help::Code;
use crate::history::note;
use crate::links::Link;
use crate::policy;
use crate::sign_in::SignedIn;

/// Charges of one read of a file.
const READ_MAX: i64 = 1_000;
/// Charges of a file at most.
const FILE_MAX: usize = 50_000;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new().route(Link::Fees.path(), get(show)).route(MonthCsvLink::ROUTE, get(download))
}

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    month: String,
}

/// A charge.
pub struct ChargeRow {
    /// When.
    pub day: String,
    /// What for.
    pub detail: String,
    /// How much.
    pub amount: Yen,
}

/// The page.
#[derive(Template)]
#[template(path = "fees/fees.html")]
pub struct FeesPage {
    /// The frame.
    pub frame: Frame,
    /// What is debited.
    pub account: DepositAccount,
    /// The months.
    pub months: Vec<MonthRow>,
    /// The one that is shown in full.
    pub chosen: Option<MonthRow>,
    /// Its charges.
    pub charges: Vec<ChargeRow>,
    /// Whether it has more.
    pub more: bool,
}

/// Only who may look at 代表口座 sees what is debited from it.
async fn admit(bank: &Bank, by: &SignedIn) -> Result<DepositAccount, Stop> {
    let refused = || Stop::told(frame::page(by, Area::Inquiry), Code::NotPermitted, StatusCode::FORBIDDEN);
    policy::require(by, Business::Inquiry).map_err(|_| refused())?;
    let accounts = bank.contracts.accounts(by.contract.id).await.map_err(failed)?;
    let main = accounts.into_iter().find(|account| account.main).ok_or_else(refused)?;
    policy::require_account(by, Business::Inquiry, main.account).map_err(|_| refused())?;
    Ok(main)
}

/// `GET /fees`
async fn show(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    let account = admit(&bank, &by).await?;
    let today = bank.clock.now().date();
    let months = months(&bank.database, by.contract.id, today).await.map_err(failed)?;
    let chosen = match asked.month.as_str() {
        "" => months.first().cloned(),
        text => {
            let month: Month = text.parse().map_err(|_| Stop::not_found())?;
            let found = months.iter().find(|row| row.month == month).cloned();
            Some(found.ok_or_else(Stop::not_found)?)
        }
    };
    let (charges, more) = match &chosen {
        Some(row) => listed(&bank, &by, row.month).await?,
        None => (Vec::new(), false),
    };
    shown(&FeesPage { frame: frame::page(&by, Area::Inquiry), account, months, chosen, charges, more })
}

async fn listed(bank: &Bank, by: &SignedIn, month: Month) -> Result<(Vec<ChargeRow>, bool), Stop> {
    let limit = LISTED_MAX.saturating_add(1);
    let mut found = told(bank, by, month, None, limit).await?;
    let most = usize::try_from(LISTED_MAX).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let row = |(_, charge): (charges::Place, charges::Charge)| ChargeRow {
        day: month_day(charge.day),
        detail: charge.detail,
        amount: charge.amount,
    };
    Ok((found.into_iter().map(row).collect(), more))
}

/// Charges of a month as the person may read them: who was paid is told of accounts alone that the person has to do
/// with (SEC-34).
async fn told(
    bank: &Bank,
    by: &SignedIn,
    month: Month,
    after: Option<charges::Place>,
    limit: i64,
) -> Result<Vec<(charges::Place, charges::Charge)>, Stop> {
    let found = charges::of_month(&bank.database, by.contract.id, month, after, limit).await;
    let mut found = found.map_err(failed)?;
    let ids: Vec<Uuid> = found.iter().filter_map(|(_, charge)| about(charge)).collect();
    let accounts = bank.transfers.accounts_of(&ids).await.map_err(failed)?;
    let rights = &by.user.rights;
    let may_read = |id: &Uuid| {
        accounts.get(id).is_some_and(|account| {
            rights.may_use(Business::Inquiry, *account) || rights.may_use(Business::Transfer, *account)
        })
    };
    for (_, charge) in &mut found {
        if about(charge).is_some_and(|id| !may_read(&id)) {
            let what = charge.detail.split(' ').next().unwrap_or_default().to_owned();
            charge.detail = what;
        }
    }
    Ok(found)
}

/// The order or recall that a charge is for, whose words name a payee.
fn about(charge: &charges::Charge) -> Option<Uuid> {
    let (kind, id) = charge.reference.split_once(':')?;
    matches!(kind, "transfer" | "recall").then(|| id.parse().ok()).flatten()
}

/// `GET /fees/{month}/csv`
async fn download(State(bank): State<Bank>, by: SignedIn, Path(month): Path<String>) -> Answer {
    admit(&bank, &by).await?;
    let month: Month = month.parse().map_err(|_| Stop::not_found())?;
    let read = async |after| told(&bank, &by, month, after, READ_MAX).await;
    let mut found = read(None).await?;
    if found.is_empty() {
        return Err(Stop::not_found());
    }
    note(&bank, &by, "fee.download", month.to_string(), String::new()).await?;
    let mut csv = Csv::new(&["発生日", "内容", "金額"]);
    let mut written = 0;
    while let Some((last, _)) = found.last() {
        for (_, charge) in &found {
            csv.row_with_number(&[&charge.day.to_string(), &charge.detail], charge.amount.get());
        }
        written += found.len();
        if written >= FILE_MAX {
            break;
        }
        found = read(Some(*last)).await?;
    }
    Ok(csv.download(&format!("fees-{month}.csv")))
}
