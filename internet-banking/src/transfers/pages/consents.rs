//! Recalls of other banks: all of them, and one with its answer.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::{RecallId, Yen};
use edge::CsrfForm;
use serde::Deserialize;
use transfers::Consent;

use super::{Answer, RecallLink, Stop, accounts, admit, again, failed, page_frame, shown, stopped};
use crate::Bank;
use crate::approvals::{self, ApprovalLink, Secrets, need_words};
use crate::contracts::{Business, DepositAccount};
use crate::frame::day_and_time;
use crate::payeasy::views::Trouble;
use crate::payees::Master;
use crate::sign_in::SignedIn;
use crate::transfers::operation::{self, Who};
use crate::transfers::problem::Problem;
use crate::transfers::views::{ConsentPage, ConsentRow, ConsentsPage};
use crate::transfers::{consent, return_approval, words};

/// Cases that the list shows.
const LISTED_MAX: u32 = 100;

/// What the form holds.
#[derive(Deserialize)]
pub struct Answered {
    /// Which button.
    #[serde(default)]
    action: String,
    #[serde(flatten)]
    secrets: Secrets,
}

/// `GET /transfers/recalls`
pub async fn list(State(bank): State<Bank>, by: SignedIn) -> Answer {
    admit(&by)?;
    let mine = by.user.rights.accounts(Business::Transfer);
    // one more tells that there are more
    let found = bank.transfers.consents(Some(&mine), LISTED_MAX.saturating_add(1)).await.map_err(failed)?;
    let most = usize::try_from(LISTED_MAX).unwrap_or(usize::MAX);
    let all = accounts(&bank, &by).await?;
    shown(&ConsentsPage {
        frame: page_frame(&by, false),
        has_more: found.len() > most,
        rows: found.iter().take(most).map(|case| row(&all, case)).collect(),
    })
}

/// `GET /transfers/recalls/{recall}`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let case = find(&bank, &by, &id).await?;
    shown(&page(&bank, &by, &case, None).await?)
}

/// `POST /transfers/recalls/{recall}`
pub async fn answer(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Answered>,
) -> Answer {
    let case = find(&bank, &by, &id).await?;
    if form.action == "ask" {
        let password = &form.secrets.confirmation_password;
        return match return_approval::ask(&bank, &by, &case, password).await {
            Ok(request) => Ok(Redirect::to(&ApprovalLink(request).to_string()).into_response()),
            Err(approvals::Problem::Transfer(
                problem @ (Problem::NotPermitted | Problem::Unavailable | Problem::Unclear),
            )) => Err(stopped(&by, &problem)),
            Err(problem) => {
                let now = find(&bank, &by, &id).await?;
                again(&page(&bank, &by, &now, Some(problem.trouble())).await?)
            }
        };
    }
    let consents = match form.action.as_str() {
        "consent" => true,
        "refuse" => false,
        // a form without its button answers nothing
        _ => return again(&page(&bank, &by, &case, Some(Problem::ReviewOutdated.trouble())).await?),
    };
    match consent::answer(&bank, &by, &case, consents, &form.secrets).await {
        Ok(()) => Ok(Redirect::to(&RecallLink(case.id).to_string()).into_response()),
        Err(problem @ (Problem::NotPermitted | Problem::Unavailable | Problem::Unclear)) => {
            Err(stopped(&by, &problem))
        }
        Err(problem) => {
            let now = find(&bank, &by, &id).await?;
            again(&page(&bank, &by, &now, Some(problem.trouble())).await?)
        }
    }
}

/// A case of an address, that the user may answer.
async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<Consent, Stop> {
    admit(by)?;
    let id: RecallId = id.parse().map_err(|_| Stop::not_found())?;
    let found = consent::find(bank, by, id).await.map_err(|problem| stopped(by, &problem))?;
    found.ok_or_else(Stop::not_found)
}

fn row(all: &[DepositAccount], case: &Consent) -> ConsentRow {
    let own = all.iter().find(|one| one.account == case.account);
    ConsentRow {
        link: RecallLink(case.id),
        payer: case.payer.clone(),
        bank: format!("{}({})", Master::bank_name(&case.from), case.from),
        account: own.map_or_else(|| case.account.to_string(), ToString::to_string),
        amount: case.amount,
        credited_at: day_and_time(case.credited_at),
        asked_at: day_and_time(case.asked_at),
        until: day_and_time(case.until),
        shown: words::consent(case.state),
        changed_at: day_and_time(case.changed_at),
        code: case.code.clone(),
    }
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    case: &Consent,
    trouble: Option<Trouble>,
) -> Result<ConsentPage, Stop> {
    let because = |problem: Problem| stopped(by, &problem);
    let all = accounts(bank, by).await?;
    let (need, _) = operation::need(bank, Who::of(by), case.amount).await.map_err(because)?;
    let available = operation::available(bank, case.account).await.map_err(because)?;
    Ok(ConsentPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        row: row(&all, case),
        may_answer: case.may_answer(bank.clock.now()),
        approval: (!need.is_none()).then(|| need_words(need)),
        request: return_approval::asked(bank, by, case.id).await.map_err(failed)?.map(ApprovalLink),
        short: case.amount.checked_sub(available).filter(|short| *short > Yen::ZERO),
    })
}
