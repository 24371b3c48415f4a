//! The second step: from which account, how much, when. 振替 begins with it.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::AccountId;
use edge::{CsrfForm, Errors};
use transfers::{DateProblem, LimitLayer, Method};

use super::{
    Answer, EntryPage, Stop, admit, again, cut_off, drafts, failed, open, page_frame, payee_row, shown,
    stopped,
};
use crate::Bank;
use crate::contracts::DepositAccount;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;
use crate::transfers::draft::{Body, Details, Draft, Payee, TypedDetails};
use crate::transfers::operation::{self, Who};
use crate::transfers::problem::Problem;
use crate::transfers::typed;
use crate::transfers::views::{AccountChoice, DetailsPage, LimitRow};
use crate::transfers::{payee, words};

/// Why the step is not done.
enum Fault {
    /// Fields are wrong.
    Input(Errors),
    /// It cannot be made.
    Problem(Problem),
}

/// `GET /transfers/own`
pub async fn start(State(bank): State<Bank>, by: SignedIn) -> Answer {
    admit(&by)?;
    shown(&page(&bank, &by, None, &Body { own: true, ..Body::default() }, None).await?)
}

/// `POST /transfers/own`
pub async fn begin(
    State(bank): State<Bank>,
    by: SignedIn,
    CsrfForm(typed): CsrfForm<TypedDetails>,
) -> Answer {
    admit(&by)?;
    let body = Body { own: true, typed, ..Body::default() };
    match read(&bank, &by, &body).await {
        Ok(body) => {
            let draft = drafts(&bank, &by).begin(body, bank.clock.now()).await.map_err(failed)?;
            Ok(Redirect::to(&draft.path(EntryPage::Review)).into_response())
        }
        Err(fault) => again(&page(&bank, &by, None, &body, Some(fault.trouble())).await?),
    }
}

/// `GET /transfers/new/{entry}/details`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&bank, &by, &id, EntryPage::Details).await?;
    shown(&page(&bank, &by, Some(&draft), &draft.body, None).await?)
}

/// `POST /transfers/new/{entry}/details`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(typed): CsrfForm<TypedDetails>,
) -> Answer {
    let draft = open(&bank, &by, &id, EntryPage::Details).await?;
    let body = Body { typed, ..draft.body.clone() };
    match read(&bank, &by, &body).await {
        Ok(body) => {
            let draft = drafts(&bank, &by).change(&draft, body, bank.clock.now()).await.map_err(failed)?;
            Ok(Redirect::to(&draft.path(EntryPage::Review)).into_response())
        }
        Err(fault) => again(&page(&bank, &by, Some(&draft), &body, Some(fault.trouble())).await?),
    }
}

/// The page of an entry whose details a later step found wrong.
pub async fn wrong(bank: &Bank, by: &SignedIn, draft: &Draft, problem: &Problem) -> Answer {
    again(&page(bank, by, Some(draft), &draft.body, Some(told(problem))).await?)
}

/// The problem with what the page has done about it.
fn told(problem: &Problem) -> Trouble {
    let mut trouble = problem.trouble();
    if matches!(problem, Problem::Day(DateProblem::CutOff(_))) {
        let words = "指定日は、次に指定できる日の予約に変えてあります。よろしければ「内容を確認する」を押してください。";
        trouble.errors.add("", words);
    }
    trouble
}

/// What was typed, read and looked at: everything that can be told now is told here.
async fn read(bank: &Bank, by: &SignedIn, body: &Body) -> Result<Body, Fault> {
    let (typed, mut errors) = (&body.typed, Errors::none());
    let debited = payee::debited(bank, by).await.map_err(Fault::Problem)?;
    let from = debited.iter().find(|one| one.account.to_string() == typed.account);
    if from.is_none() {
        errors.add("account", "引落口座を選んでください。");
    }
    let payee = if body.own { own(bank, by, typed, &mut errors).await? } else { body.payee.clone() };
    let amount = typed::amount(&typed.amount, &mut errors);
    let day = typed::day(&typed.day, &mut errors);
    let payer_name = match (body.own, from) {
        (true, Some(from)) => payee::own(bank, from).map(|own| own.name),
        (true, None) => None,
        (false, _) => typed::payer_name(&typed.payer_name, &mut errors),
    };
    let is_same = |from: &DepositAccount| typed.to == from.account.to_string();
    if body.own && !errors.is_empty() && from.is_some_and(is_same) {
        errors.add("to", Problem::SameAccount.words());
    }
    let (Some(from), Some(payee), Some(amount), Some(day), Some(payer_name), true) =
        (from, payee, amount, day, payer_name, errors.is_empty())
    else {
        return Err(Fault::Input(errors));
    };
    let who = Who::of(by);
    let details = Details { account: from.account, amount, day, payer_name };
    let wanted = operation::wanted(bank, who, &payee, &details).await.map_err(Fault::Problem)?;
    operation::check(bank, who, &wanted).await.map_err(Fault::Problem)?;
    let checked = payee::checked(bank, by, &payee, body.checked.as_ref()).await;
    let fee = operation::fee(bank, &wanted);
    Ok(Body { payee: Some(payee), checked, details: Some(details), fee, ..body.clone() })
}

/// The own account that is credited.
async fn own(
    bank: &Bank,
    by: &SignedIn,
    typed: &TypedDetails,
    errors: &mut Errors,
) -> Result<Option<Payee>, Fault> {
    let accounts = bank.contracts.accounts(by.contract.id).await;
    let accounts = accounts.map_err(|error| Fault::Problem(Problem::unavailable(&error)))?;
    let found = accounts.iter().find(|one| one.account.to_string() == typed.to);
    let payee = found.and_then(|account| payee::own(bank, account));
    if payee.is_none() {
        errors.add("to", "入金口座を選んでください。");
    }
    Ok(payee)
}

impl Fault {
    fn trouble(self) -> Trouble {
        match self {
            Self::Input(errors) => Trouble::input(errors),
            Self::Problem(problem) => told(&problem),
        }
    }
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    draft: Option<&Draft>,
    body: &Body,
    trouble: Option<Trouble>,
) -> Result<DetailsPage, Stop> {
    let because = |problem: Problem| stopped(by, &problem);
    let debited = payee::debited(bank, by).await.map_err(because)?;
    let ids: Vec<AccountId> = debited.iter().map(|one| one.account).collect();
    let balances = bank.ledger.balances(&ids).await.map_err(failed)?;
    let choice = |account: &DepositAccount, is_debited: bool| AccountChoice {
        value: account.account.to_string(),
        words: account.to_string(),
        available: is_debited
            .then(|| balances.iter().find(|one| one.account == account.account).map(|one| one.available))
            .flatten(),
    };
    let all = bank.contracts.accounts(by.contract.id).await.map_err(failed)?;
    let payee = if body.own { None } else { body.payee.as_ref() };
    let occasion = operation::occasion(bank, &by.contract, payee).await.map_err(because)?;
    let (now, possible) = (bank.clock.now(), bank.transfers.possible(occasion));
    let days = words::days(&possible, now);
    let limit = match ids.first() {
        Some(account) => {
            let used = operation::limit_use(bank, Who::of(by), *account).await.map_err(because)?;
            let used: Vec<_> = used.into_iter().filter(|one| one.layer != LimitLayer::Account).collect();
            LimitRow::told(&used).into_iter().min_by_key(|one| one.left)
        }
        None => None,
    };
    let mut typed = body.typed.clone();
    // what is proposed: the only account, its holder's name, the next possible day
    if let (true, [only, ..]) = (typed.account.is_empty(), debited.as_slice()) {
        typed.account = only.account.to_string();
    }
    if let (true, Some(from)) = (
        typed.payer_name.is_empty() && trouble.is_none(),
        debited.iter().find(|one| one.main).or(debited.first()),
    ) {
        typed.payer_name = payee::holder(from);
    }
    // a day that is over is put on to the next one, which its message says
    if !days.iter().any(|day| day.value == typed.day) {
        typed.day = days.first().map(|day| day.value.clone()).unwrap_or_default();
    }
    let is_typed = payee.is_some_and(|payee| payee.way.method() == Method::Typed);
    Ok(DetailsPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: draft.map_or_else(|| Link::TransfersOwn.to_string(), |draft| draft.path(EntryPage::Details)),
        payee: payee.map(|payee| payee_row(&payee.entered(), String::new())),
        checked: body.checked.clone(),
        change_payee: draft.map_or_else(String::new, |draft| draft.path(EntryPage::Payee)),
        accounts: debited.iter().map(|one| choice(one, true)).collect(),
        own: all.iter().map(|one| choice(one, false)).collect(),
        cut_off: cut_off(bank, "", occasion),
        typed_later: is_typed && !occasion.same_day_typed,
        days,
        limit,
        typed,
    })
}
