//! The first step: whom the money goes to.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::numbers::fold_width;
use edge::{CsrfForm, Errors};
use serde::Deserialize;

use super::{
    Answer, EntryPage, Stop, admit, again, drafts, failed, open, page_frame, payee_row, shown, stopped,
};
use crate::Bank;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::payees::{AccountForm, Checked, List, PayeeQuery, Payees, Recent, TypedAccount, recent};
use crate::sign_in::SignedIn;
use crate::transfers::draft::{Body, Draft, Payee, Way};
use crate::transfers::problem::Problem;
use crate::transfers::views::PayeePage;
use crate::transfers::{operation, payee};

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    /// Which way.
    action: String,
    /// 受取人番号.
    payee: String,
    /// The id of a registered one, or what names one of the last.
    pick: String,
    #[serde(flatten)]
    typed: TypedAccount,
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
}

/// Why no payee is chosen.
enum Fault {
    /// Fields are wrong; the form as it is shown again.
    Input(Box<AccountForm>, Errors),
    /// There is no such account at this bank, and how often that may still be.
    NoSuchAccount(Checked),
    /// Something else is.
    Problem(Problem),
}

/// `GET /transfers/new`
pub async fn start(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    admit(&by)?;
    shown(&page(&bank, &by, None, Shown { q: asked.q, ..Shown::default() }).await?)
}

/// `POST /transfers/new`
pub async fn begin(State(bank): State<Bank>, by: SignedIn, CsrfForm(form): CsrfForm<Chosen>) -> Answer {
    admit(&by)?;
    match chosen(&bank, &by, &form).await {
        Ok((payee, checked)) => {
            let body = Body { payee: Some(payee), checked, ..Body::default() };
            let draft = drafts(&bank, &by).begin(body, bank.clock.now()).await.map_err(failed)?;
            Ok(Redirect::to(&draft.path(EntryPage::Details)).into_response())
        }
        Err(fault) => again(&page(&bank, &by, None, fault.shown(form)).await?),
    }
}

/// `GET /transfers/new/{entry}/payee`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&bank, &by, &id, EntryPage::Payee).await?;
    let typed = draft.body.payee.as_ref().map(|payee| payee.entered().typed()).unwrap_or_default();
    let typed = AccountForm::of(typed);
    shown(&page(&bank, &by, Some(&draft), Shown { typed, ..Shown::default() }).await?)
}

/// `POST /transfers/new/{entry}/payee`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Chosen>,
) -> Answer {
    let draft = open(&bank, &by, &id, EntryPage::Payee).await?;
    match chosen(&bank, &by, &form).await {
        Ok((payee, checked)) => {
            // days and fee follow from the payee: the next step is looked at again
            let body = Body { payee: Some(payee), checked, details: None, ..draft.body.clone() };
            let draft = drafts(&bank, &by).change(&draft, body, bank.clock.now()).await.map_err(failed)?;
            Ok(Redirect::to(&draft.path(EntryPage::Details)).into_response())
        }
        Err(fault) => again(&page(&bank, &by, Some(&draft), fault.shown(form)).await?),
    }
}

/// The payee, and who holds the account of one that is typed.
async fn chosen(bank: &Bank, by: &SignedIn, form: &Chosen) -> Result<(Payee, Option<Checked>), Fault> {
    let unavailable = |error: &dyn std::error::Error| Fault::Problem(Problem::unavailable(error));
    let payees = Payees::of(&bank.database, by.contract.id, List::Transfers);
    let payee = match form.action.as_str() {
        "number" => {
            let number = filed_number(&form.payee).ok_or_else(|| {
                let words = "受取人番号は、4けたの数字で入力してください。例: 0002";
                Fault::Input(Box::default(), Errors::one("payee", words))
            })?;
            let found = payees.filed(&number).await.map_err(|error| unavailable(&error))?;
            found.as_ref().map(payee::registered).ok_or_else(|| {
                let words = "この受取人番号の届出はありません。書面の控えの番号をお確かめください。";
                Fault::Input(Box::default(), Errors::one("payee", words))
            })?
        }
        "registered" => {
            let Ok(id) = form.pick.parse() else { return Err(Fault::Problem(Problem::PayeeGone)) };
            let found = payees.find(id).await.map_err(|error| unavailable(&error))?;
            found.as_ref().map(payee::registered).ok_or(Fault::Problem(Problem::PayeeGone))?
        }
        "recent" => {
            let last = recent(bank, by).await.map_err(|error| unavailable(&error))?;
            let found = last.iter().find(|one| mark(one) == form.pick);
            let found = found.ok_or(Fault::Problem(Problem::PayeeGone))?;
            payee::named(bank, by, &found.account, &found.holder).await.map_err(Fault::Problem)?
        }
        _ => {
            let entered =
                form.typed.read().map_err(|asked| Fault::Input(Box::new(asked.form), asked.errors))?;
            let payee = Payee { way: Way::Typed, account: entered.account, name: entered.holder };
            let checked = payee::checked(bank, by, &payee, None).await;
            // an account of this bank that is not there is none for certain
            if let (true, Some(found @ Checked::NoSuchAccount { .. })) =
                (payee.account.bank == *bank.transfers.own_bank(), &checked)
            {
                return Err(Fault::NoSuchAccount(found.clone()));
            }
            return Ok((payee, checked));
        }
    };
    Ok((payee, None))
}

/// 受取人番号 as it is filed, of one that was typed in any width and without its zeros.
fn filed_number(typed: &str) -> Option<String> {
    let digits: String = typed.trim().chars().map(fold_width).collect();
    let is_one = (1..=4).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit());
    is_one.then(|| format!("{digits:0>4}"))
}

/// What names one of the last payees in a form.
fn mark(one: &Recent) -> String {
    format!("{} {}", one.account, one.holder)
}

/// What the page shows beside what is registered.
#[derive(Default)]
struct Shown {
    q: String,
    number: String,
    typed: AccountForm,
    checked: Option<Checked>,
    trouble: Option<Trouble>,
}

impl Fault {
    fn shown(self, form: Chosen) -> Shown {
        let checked = match &self {
            Self::NoSuchAccount(checked) => Some(checked.clone()),
            Self::Input(..) | Self::Problem(_) => None,
        };
        let (typed, trouble) = match self {
            // what is wrong with the number says nothing of the account that is being typed
            Self::Input(typed, errors) if form.action != "number" => (*typed, Trouble::input(errors)),
            Self::Input(_, errors) => (AccountForm::of(form.typed), Trouble::input(errors)),
            Self::NoSuchAccount(_) => (AccountForm::of(form.typed), Problem::NoSuchAccount.trouble()),
            Self::Problem(problem) => (AccountForm::of(form.typed), problem.trouble()),
        };
        Shown { q: String::new(), number: form.payee, typed, checked, trouble: Some(trouble) }
    }
}

/// The page; of an entry that was begun only the typed account is changed.
async fn page(bank: &Bank, by: &SignedIn, draft: Option<&Draft>, what: Shown) -> Result<PayeePage, Stop> {
    let (payees, last, count) = match draft {
        Some(_) => (Vec::new(), Vec::new(), 0),
        None => {
            let query = PayeeQuery { text: what.q.clone(), ..PayeeQuery::default() };
            let (page, count) = Payees::of(&bank.database, by.contract.id, List::Transfers)
                .list(&query)
                .await
                .map_err(failed)?;
            (page, recent(bank, by).await.map_err(failed)?, count)
        }
    };
    let same_day = operation::same_day_typed(bank, &by.contract).await;
    Ok(PayeePage {
        frame: page_frame(by, what.trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: what.trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble: what.trouble,
        action: draft.map_or_else(|| Link::TransfersNew.to_string(), |draft| draft.path(EntryPage::Payee)),
        begun: draft.is_some(),
        number: what.number,
        has_more: count > payees.len(),
        registered: payees
            .iter()
            .map(|one| {
                let row = payee_row(&one.entered(), one.id.to_string());
                (one.number().unwrap_or_default().to_owned(), one.name.clone(), row)
            })
            .collect(),
        q: what.q,
        recent: last
            .iter()
            .map(|one| {
                let entered = crate::payees::Entered::of(one.account.clone(), one.holder.clone());
                payee_row(&entered, mark(one))
            })
            .collect(),
        typed: what.typed,
        checked: what.checked,
        same_day: same_day.map_err(|problem| stopped(by, &problem))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filed_number_is_read_in_any_width_and_without_its_zeros() {
        for (typed, number) in [("0002", "0002"), ("２", "0002"), (" 12 ", "0012")] {
            assert_eq!(filed_number(typed).as_deref(), Some(number));
        }
        for typed in ["", "12345", "1a", "-1"] {
            assert_eq!(filed_number(typed), None, "{typed}");
        }
    }
}
