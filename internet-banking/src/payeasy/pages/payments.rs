//! A payment's own pages: result, detail, print.

use axum::extract::{Path, State};
use domain::PaymentId;
use gateway::Payment;

use super::{Answer, Stop, admit, failed, find, linked, page_frame, result_path, shown};
use crate::Bank;
use crate::contracts::{Business, DepositAccount};
use crate::payeasy::operation;
use crate::payeasy::views::{PaymentPage, PaymentView, PrintPage};
use crate::payeasy::words::time_of_day;
use crate::sign_in::SignedIn;

/// `GET /payeasy/new/{draft}/result`
pub async fn result(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    admit(&by)?;
    let draft = find(&bank, &by, &id).await?;
    let due = || Stop::redirect(&draft.path(draft.reached()));
    let choice = draft.choice.as_ref().ok_or_else(due)?;
    let payment = operation::existing(&bank, &by, choice.payment).await;
    let payment = payment.map_err(|problem| Stop::because(&by, &problem))?.ok_or_else(due)?;
    let return_url = linked::return_url(&bank, &payment).await;
    let payment = view(&bank, &by, &payment).await?;
    let here = result_path(&draft.id);
    shown(&PaymentPage { frame: page_frame(&by, false), payment, just_paid: true, here, return_url })
}

/// `GET /payeasy/payments/{payment}`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let found = visible(&bank, &by, &id).await?;
    let return_url = linked::return_url(&bank, &found).await;
    let payment = view(&bank, &by, &found).await?;
    let here = payment.path.to_string();
    shown(&PaymentPage { frame: page_frame(&by, false), payment, just_paid: false, here, return_url })
}

/// `GET /payeasy/payments/{payment}/print`
pub async fn print(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let payment = load(&bank, &by, &id).await?;
    shown(&PrintPage {
        frame: page_frame(&by, false),
        payment,
        contract: by.contract.name.clone(),
        printed_at: time_of_day(bank.clock.now()),
    })
}

/// A payment from an account that the user may use.
pub(super) async fn visible(bank: &Bank, by: &SignedIn, id: &str) -> Result<Payment, Stop> {
    admit(by)?;
    let id: PaymentId = id.parse().map_err(|_| Stop::not_found())?;
    let payment = bank.gateway.payment(by.contract.id, id).await.map_err(failed)?;
    let own = payment.filter(|p| by.user.rights.may_use(Business::PayEasy, p.facts.account));
    own.ok_or_else(Stop::not_found)
}

async fn load(bank: &Bank, by: &SignedIn, id: &str) -> Result<PaymentView, Stop> {
    admit(by)?;
    let id: PaymentId = id.parse().map_err(|_| Stop::not_found())?;
    let payment = bank.gateway.payment(by.contract.id, id).await.map_err(failed)?;
    view(bank, by, &payment.ok_or_else(Stop::not_found)?).await
}

/// A payment from an account that the user may not use is not there (SEC-34).
async fn view(bank: &Bank, by: &SignedIn, payment: &Payment) -> Result<PaymentView, Stop> {
    let account = payment.facts.account;
    let accounts = bank.contracts.accounts_for(&by.user, Business::PayEasy).await.map_err(failed)?;
    let account = accounts.iter().find(|a| a.account == account).ok_or_else(Stop::not_found)?;
    Ok(named(bank, payment, account))
}

/// A payment with the names of its collector and account.
pub(super) fn named(bank: &Bank, payment: &Payment, account: &DepositAccount) -> PaymentView {
    let collector = bank.gateway.collectors().get(&payment.facts.collector);
    PaymentView::of(payment, collector, account.to_string())
}
