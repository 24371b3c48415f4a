//! The second step: which bill, from which account.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::{AccountId, Bill, BillId, Date, PaymentId};
use edge::{CsrfForm, Errors};
use gateway::directory::Collector;
use gateway::{INQUIRY_VALID_S, Inquiry};
use serde::Deserialize;

use super::{
    Answer, Payable, Stop, again, drafts, failed, numbers_path, open, page_frame, payable, row, shown,
    valid_inquiry,
};
use crate::Bank;
use crate::contracts::DepositAccount;
use crate::help::Code;
use crate::payeasy::draft::{Choice, Draft, Step};
use crate::payeasy::operation;
use crate::payeasy::problem::Problem;
use crate::payeasy::slip_words::BillWords;
use crate::payeasy::views::{AccountRow, BillRow, BillsPage, Trouble};
use crate::payeasy::words::clock_time;
use crate::sign_in::SignedIn;

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    bill: String,
    account: String,
}

/// What the page is made of.
struct Offer<'a> {
    by: &'a SignedIn,
    draft: &'a Draft,
    collector: &'a Collector,
    inquiry: Inquiry,
    accounts: Vec<Payable>,
    today: Date,
}

/// `GET /payeasy/new/{draft}/bills`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&bank, &by, &id, Step::Bills).await?;
    let offer = offer(&bank, &by, &draft).await?;
    let chosen = draft.choice.as_ref();
    shown(&offer.page(chosen.map(|c| &c.bill), chosen.map(|c| c.account), None))
}

/// `POST /payeasy/new/{draft}/bills`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Chosen>,
) -> Answer {
    let draft = open(&bank, &by, &id, Step::Bills).await?;
    let offer = offer(&bank, &by, &draft).await?;
    let (bill, account) = (offer.bill(&form.bill), offer.account(&form.account));
    let (shown_bill, shown_account) = (bill.map(|b| &b.id), account.map(|a| a.account));
    let (Some(bill), Some(account)) = (bill, account) else {
        let mut errors = Errors::none();
        if bill.is_none() {
            errors.add("bill", "払い込む請求を選んでください。");
        }
        if account.is_none() {
            errors.add("account", "引き落とす口座を選んでください。");
        }
        return again(&offer.page(shown_bill, shown_account, Some(Trouble::input(errors))));
    };
    if let Err(problem) = operation::chosen_as_printed(&draft, bill) {
        return again(&offer.page(shown_bill, shown_account, Some(Trouble::from(&problem))));
    }
    // said early for the payer's sake; what decides is the ledger, when the amount is held
    if bill.total().is_none_or(|total| total > account.available) {
        let trouble = Trouble::from(&Problem::InsufficientFunds { available: account.available });
        return again(&offer.page(shown_bill, shown_account, Some(trouble)));
    }
    let choice = Choice {
        bill: bill.id.clone(),
        account: account.account,
        amount: bill.amount,
        payment: PaymentId::generate(),
    };
    drafts(&bank, &by).chosen(&draft.id, offer.inquiry.id, &choice).await.map_err(failed)?;
    Ok(Redirect::to(&draft.path(Step::Review)).into_response())
}

async fn offer<'a>(bank: &'a Bank, by: &'a SignedIn, draft: &'a Draft) -> Result<Offer<'a>, Stop> {
    let inquiry = valid_inquiry(bank, by, draft).await?;
    let accounts = payable(bank, by).await?;
    if accounts.is_empty() {
        return Err(Stop::with_code(by, Code::NotPermitted));
    }
    Ok(Offer { by, draft, collector: row(bank, draft)?, inquiry, accounts, today: bank.clock.now().date() })
}

impl Offer<'_> {
    fn bill(&self, typed: &str) -> Option<&Bill> {
        self.inquiry.bill(&typed.parse::<BillId>().ok()?)
    }

    /// Only the user's own accounts are looked through.
    fn account(&self, typed: &str) -> Option<&Payable> {
        let asked = AccountId::new(typed.parse().ok()?);
        self.accounts.iter().find(|a| a.account == asked)
    }

    fn page(&self, bill: Option<&BillId>, account: Option<AccountId>, trouble: Option<Trouble>) -> BillsPage {
        let single = self.inquiry.bills.len() == 1;
        let checked = |b: &Bill| single || bill.is_some_and(|id| *id == b.id);
        let chosen = |a: &Payable| account.is_some_and(|id| id == a.account);
        BillsPage {
            frame: page_frame(self.by, trouble.is_some()),
            csrf: self.by.csrf.clone(),
            errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
            trouble,
            action: self.draft.path(Step::Bills),
            back: numbers_path(self.draft, self.collector, &self.inquiry.request),
            collector: self.collector.shown_name(),
            linked: self.draft.linked().is_some(),
            valid_until: clock_time(self.valid_until()),
            bills: self.inquiry.bills.iter().map(|b| BillRow::of(b, self.words(b), checked(b))).collect(),
            accounts: self
                .accounts
                .iter()
                .map(|a| AccountRow {
                    id: a.account.get(),
                    name: option_words(&a.details),
                    available: a.available,
                    chosen: chosen(a),
                })
                .collect(),
        }
    }

    fn words(&self, bill: &Bill) -> BillWords {
        BillWords::of(Some(self.collector), self.inquiry.request.category.as_ref(), bill, self.today)
    }

    /// The inquiry's end or the entry's, whichever comes first.
    fn valid_until(&self) -> domain::Timestamp {
        self.inquiry.answered_at.plus_seconds(INQUIRY_VALID_S).min(self.draft.expires_at)
    }
}

/// What tells accounts apart comes first: a phone cuts off the end.
fn option_words(account: &DepositAccount) -> String {
    format!("{} {} {}", account.kind.label(), account.number, account.branch_name)
}
