//! 登録払込先, and paying an earlier payment's numbers again: both begin an entry whose numbers are filled in as far as
//! they stay the same.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::{CollectorNumber, FavouriteId};
use edge::{CsrfForm, Errors, Frame};
use gateway::directory::Collector;
use serde::Deserialize;

use super::payments::visible;
use super::purpose::go_on;
use super::{Answer, Stop, admit, again, drafts, failed, page_frame, shown};
use crate::Bank;
use crate::links::{AgainLink, EntryPage, FavouriteLink, Link, PaymentLink};
use crate::payeasy::draft::Step;
use crate::payeasy::favourites::{
    self, FAVOURITES_MAX, Favourite, Favourites, NAME_CHARS_MAX, Prefill, Refused,
};
use crate::payeasy::operation;
use crate::payeasy::purpose::Purpose;
use crate::payeasy::rules::Questions;
use crate::payeasy::slip_words::NumberRow;
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;

/// What is kept of somebody's numbers.
pub struct KeptRow {
    /// The collector's name.
    pub collector: String,
    /// 収納機関番号.
    pub collector_number: CollectorNumber,
    /// Those that stay the same.
    pub numbers: Vec<NumberRow>,
    /// What has still to be typed.
    pub to_type: String,
}

/// A favourite in the list.
pub struct FavouriteRow {
    /// Its page.
    pub link: FavouriteLink,
    /// What the user calls it.
    pub name: String,
    /// Its numbers.
    pub kept: KeptRow,
}

/// The list.
#[derive(Template)]
#[template(path = "payeasy/favourites.html")]
pub struct FavouritesPage {
    /// The frame.
    pub frame: Frame,
    /// The forms' token.
    pub csrf: String,
    /// By name.
    pub rows: Vec<FavouriteRow>,
}

/// One of them, or an earlier payment that may become one.
#[derive(Template)]
#[template(path = "payeasy/favourite.html")]
pub struct FavouritePage {
    /// The frame.
    pub frame: Frame,
    /// The forms' token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the forms go.
    pub action: String,
    /// Its numbers.
    pub kept: KeptRow,
    /// What the user calls it, or types.
    pub typed: String,
    /// Whether it is one already.
    pub is_kept: bool,
    /// The earlier payment.
    pub payment: Option<PaymentLink>,
}

/// What the buttons say.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Pressed {
    action: String,
    name: String,
}

/// `GET /payeasy/favourites`
pub async fn list(State(bank): State<Bank>, by: SignedIn) -> Answer {
    admit(&by)?;
    let found = kept_by(&bank, &by).list().await.map_err(failed)?;
    let row = |one: Favourite| FavouriteRow {
        link: FavouriteLink(one.id),
        kept: kept(&bank, &one.collector, &one.numbers),
        name: one.name,
    };
    let rows = found.into_iter().map(row).collect();
    shown(&FavouritesPage { frame: page_frame(&by, false), csrf: by.csrf.clone(), rows })
}

/// `GET /payeasy/favourites/{favourite}`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let one = find(&bank, &by, &id).await?;
    shown(&page(&bank, &by, Of::Favourite(&one), &one.name, None))
}

/// `POST /payeasy/favourites/{favourite}`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Pressed>,
) -> Answer {
    let one = find(&bank, &by, &id).await?;
    match form.action.as_str() {
        "delete" => favourites::delete(&bank, &by, &one).await.map_err(failed)?,
        "rename" => match favourites::rename(&bank, &by, &one, &form.name).await.map_err(failed)? {
            Ok(()) => {}
            Err(refused) => {
                return again(&page(&bank, &by, Of::Favourite(&one), &form.name, Some(trouble(refused))));
            }
        },
        _ => return begin(&bank, &by, &one.collector, one.numbers, None).await,
    }
    Ok(Redirect::to(Link::PayeasyFavourites.path()).into_response())
}

/// `GET /payeasy/payments/{payment}/again`
pub async fn show_again(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let (payment, row) = earlier(&bank, &by, &id).await?;
    let numbers = Prefill::of_payment(row, &payment);
    shown(&page(&bank, &by, Of::Payment(&payment, &numbers), &payment.facts.bill.contents, None))
}

/// `POST /payeasy/payments/{payment}/again`
pub async fn submit_again(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Pressed>,
) -> Answer {
    let (payment, row) = earlier(&bank, &by, &id).await?;
    let (collector, numbers) = (&payment.facts.collector, Prefill::of_payment(row, &payment));
    if form.action != "keep" {
        return begin(&bank, &by, collector, numbers, Purpose::of_payment(row, &payment)).await;
    }
    let added = favourites::add(&bank, &by, &form.name, collector, &numbers).await;
    match added.map_err(failed)? {
        Ok(_) => Ok(Redirect::to(Link::PayeasyFavourites.path()).into_response()),
        Err(refused) => {
            again(&page(&bank, &by, Of::Payment(&payment, &numbers), &form.name, Some(trouble(refused))))
        }
    }
}

fn kept_by<'a>(bank: &'a Bank, by: &SignedIn) -> Favourites<'a> {
    Favourites::of(&bank.database, by.contract.id)
}

async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<Favourite, Stop> {
    admit(by)?;
    let id: FavouriteId = id.parse().map_err(|_| Stop::not_found())?;
    kept_by(bank, by).find(id).await.map_err(failed)?.ok_or_else(Stop::not_found)
}

async fn earlier<'a>(
    bank: &'a Bank,
    by: &SignedIn,
    id: &str,
) -> Result<(gateway::Payment, &'a Collector), Stop> {
    let payment = visible(bank, by, id).await?;
    let row = bank.gateway.directory().get(&payment.facts.collector).ok_or_else(Stop::not_found)?;
    Ok((payment, row))
}

/// An entry whose numbers are filled in. The collector is asked when the rest was typed; of a 納付目的コード the period
/// comes first, which may be another.
async fn begin(
    bank: &Bank,
    by: &SignedIn,
    collector: &CollectorNumber,
    numbers: Prefill,
    purpose: Option<Purpose>,
) -> Answer {
    let because = |problem| Stop::because(by, &problem);
    operation::require_not_stopped(bank, by).await.map_err(because)?;
    operation::collector(&bank.gateway, collector).map_err(because)?;
    let draft = drafts(bank, by).begin_again(collector, numbers, bank.clock.now()).await.map_err(failed)?;
    match purpose {
        Some(purpose) => go_on(bank, by, &draft, &purpose, EntryPage::Period).await,
        None => Ok(Redirect::to(&draft.path(Step::Numbers)).into_response()),
    }
}

/// What a page is of.
#[derive(Clone, Copy)]
enum Of<'a> {
    Favourite(&'a Favourite),
    Payment(&'a gateway::Payment, &'a Prefill),
}

fn page(bank: &Bank, by: &SignedIn, of: Of<'_>, name: &str, trouble: Option<Trouble>) -> FavouritePage {
    let (action, kept, payment) = match of {
        Of::Favourite(one) => {
            (FavouriteLink(one.id).to_string(), kept(bank, &one.collector, &one.numbers), None)
        }
        Of::Payment(payment, numbers) => {
            let (id, collector) = (payment.facts.id, &payment.facts.collector);
            let kept = KeptRow { to_type: to_type(bank, payment, numbers), ..kept(bank, collector, numbers) };
            (AgainLink(id).to_string(), kept, Some(PaymentLink(id)))
        }
    };
    FavouritePage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action,
        kept,
        typed: name.chars().take(2 * NAME_CHARS_MAX).collect(),
        is_kept: payment.is_none(),
        payment,
    }
}

/// What has to be typed to pay the same again.
fn to_type(bank: &Bank, payment: &gateway::Payment, numbers: &Prefill) -> String {
    let Some(row) = bank.gateway.directory().get(&payment.facts.collector) else { return String::new() };
    match Purpose::of_payment(row, payment) {
        Some(_) => format!("課税期間、{}", Questions::with_purpose(row).to_type(numbers)),
        None => Questions::of(row).to_type(numbers),
    }
}

fn trouble(refused: Refused) -> Trouble {
    let message = match refused {
        Refused::Name => format!("名前は1文字から{NAME_CHARS_MAX}文字で入力してください。"),
        Refused::TooMany => {
            format!(
                "登録払込先は、ご契約で{FAVOURITES_MAX}件までです。使わないものを削除してから登録してください。"
            )
        }
        Refused::There => "同じ番号の登録払込先が、すでにあります。".to_owned(),
        Refused::Gone => "この登録払込先は、すでに削除されています。".to_owned(),
    };
    Trouble::input(Errors::one("name", message)).of_registration()
}

fn kept(bank: &Bank, collector: &CollectorNumber, numbers: &Prefill) -> KeptRow {
    let row = bank.gateway.directory().get(collector);
    KeptRow {
        collector: row.map_or_else(|| collector.to_string(), Collector::shown_name),
        collector_number: collector.clone(),
        numbers: NumberRow::of(row, &numbers.customer_number, numbers.category.as_ref()),
        to_type: row.map(|row| Questions::of(row).to_type(numbers)).unwrap_or_default(),
    }
}
