//! The handlers of the sites: read, do one thing, show.

use std::collections::{HashMap, HashSet};

use askama::Template as _;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::{ConfirmationNumber, CustomerNumber, PaymentCategory, Yen};
use edge::{CsrfForm, Failure, FormsTo, PreSession};
use http::{StatusCode, header};
use serde::Deserialize;

use super::banks;
use super::data::Service;
use super::fields;
use super::issue::{IssueError, issue};
use super::views::{Around, BanksPage, BillPage, BillView, HandoffPage, HomePage, LookupPage, ServicePage};
use crate::bills::{self, BillState, Numbers, StoredBill};
use crate::link::{self, Handing};
use crate::mocks::{Collector, Mocks};

/// What all sites' style sheets have in common.
const COMMON_CSS: &str = include_str!("sites.css");

/// The part of the bank's site where payments begin.
const BANK_ENTRY: &str = "/payeasy/new";

fn collector<'a>(mocks: &'a Mocks, number: &str) -> Result<&'a Collector, Failure> {
    mocks.collector(number).ok_or(Failure::NotFound)
}

fn around(collector: &Collector) -> Around<'_> {
    Around::of(&collector.institution, &collector.site)
}

fn service<'a>(collector: &'a Collector, id: &str) -> Result<&'a Service, Failure> {
    collector.site.services.iter().find(|service| service.id == id).ok_or(Failure::NotFound)
}

pub async fn home(State(mocks): State<Mocks>, Path(number): Path<String>) -> Result<Response, Failure> {
    let collector = collector(&mocks, &number)?;
    let page = HomePage::new(around(collector), &collector.institution, mocks.today());
    Ok(Html(page.render()?).into_response())
}

pub async fn look(State(mocks): State<Mocks>, Path(number): Path<String>) -> Result<Response, Failure> {
    let colours = &collector(&mocks, &number)?.site.colours;
    let css = format!(
        ":root {{ --main: {}; --accent: {}; --ground: {} }}\n{COMMON_CSS}",
        colours.main.as_str(),
        colours.accent.as_str(),
        colours.ground.as_str()
    );
    Ok(([(header::CONTENT_TYPE, "text/css; charset=utf-8")], css).into_response())
}

pub async fn form(
    State(mocks): State<Mocks>,
    Path((number, id)): Path<(String, String)>,
    csrf: PreSession,
) -> Result<Response, Failure> {
    let collector = collector(&mocks, &number)?;
    let service = service(collector, &id)?;
    let page = ServicePage::new(around(collector), service, None, Vec::new(), csrf.token(), mocks.today());
    Ok(csrf.attach(Html(page.render()?)))
}

pub async fn act(
    State(mocks): State<Mocks>,
    Path((number, id)): Path<(String, String)>,
    csrf: PreSession,
    CsrfForm(typed): CsrfForm<HashMap<String, String>>,
) -> Result<Response, Failure> {
    let collector = collector(&mocks, &number)?;
    let service = service(collector, &id)?;
    let wrong = match fields::read(&service.fields, &typed, mocks.today()) {
        Ok(values) => match issue(&mocks, collector, service, &values).await {
            Ok(page) => {
                let there = format!("/sites/{number}/bills/{page}?made={id}");
                return Ok(Redirect::to(&there).into_response());
            }
            Err(IssueError::Form(wrong)) => vec![wrong],
            Err(IssueError::Store(error)) => return Err(error.into()),
        },
        Err(wrong) => wrong,
    };
    let page = ServicePage::new(around(collector), service, Some(&typed), wrong, csrf.token(), mocks.today());
    Ok(csrf.attach((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?))))
}

async fn find(mocks: &Mocks, collector: &Collector, page: &str) -> Result<StoredBill, Failure> {
    let now = mocks.config().clock.now();
    let found = bills::of_page(mocks.store().reader(), &collector.institution.number, page, now).await?;
    found.ok_or(Failure::NotFound)
}

fn view(mocks: &Mocks, collector: &Collector, bill: &StoredBill) -> BillView {
    BillView::of(bill, &collector.institution, &collector.site, mocks.config().clock.now())
}

#[derive(Deserialize)]
pub struct Seen {
    made: Option<String>,
    watch: Option<String>,
}

pub async fn bill(
    State(mocks): State<Mocks>,
    Path((number, page)): Path<(String, String)>,
    Query(seen): Query<Seen>,
) -> Result<Response, Failure> {
    let collector = collector(&mocks, &number)?;
    let stored = find(&mocks, collector, &page).await?;
    let shown = view(&mocks, collector, &stored);
    let now = mocks.config().clock.now();
    let others = match &stored.on_site.act {
        Some(act) => bills::of_act(mocks.store().reader(), &collector.institution.number, act, now).await?,
        None => Vec::new(),
    };
    let choice = choice(&mocks, collector, &stored).await?;
    let watching = seen.watch.as_deref() != Some("off");
    let made = seen.made.and_then(|id| collector.site.services.iter().find(|service| service.id == id));
    let page = BillPage {
        around: Around { refresh: shown.refresh(&number, watching), ..around(collector) },
        others: if others.len() > 1 {
            others.iter().map(|other| view(&mocks, collector, other)).collect()
        } else {
            Vec::new()
        },
        choices: choice.len(),
        bill: shown,
        done: made.map(|service| service.done.clone()).unwrap_or_default(),
        watching,
    };
    Ok(Html(page.render()?).into_response())
}

/// The bills of the same act that can be handed over together, for the payer to choose at the bank: each of them is
/// named by numbers of its own. None where there is no choice.
async fn choice(mocks: &Mocks, collector: &Collector, bill: &StoredBill) -> Result<Vec<StoredBill>, Failure> {
    let row = &collector.institution;
    let now = mocks.config().clock.now();
    let Some(act) = bill.on_site.act.as_ref().filter(|_| row.offers_link && mocks.config().link.is_some())
    else {
        return Ok(Vec::new());
    };
    let mut bills = bills::of_act(mocks.store().reader(), &row.number, act, now).await?;
    bills.retain(|bill| bill.state(now.date(), row.payer_types_amount) == BillState::Payable);
    let numbers: HashSet<_> =
        bills.iter().map(|b| (&b.customer_number, &b.confirmation_number, &b.payment_category)).collect();
    let is_choice = bills.len() > 1 && numbers.len() == bills.len();
    Ok(if is_choice { bills } else { Vec::new() })
}

#[derive(Deserialize)]
pub struct Filter {
    kana: Option<char>,
    #[serde(default)]
    several: bool,
}

pub async fn banks(
    State(mocks): State<Mocks>,
    Path((number, page)): Path<(String, String)>,
    Query(filter): Query<Filter>,
) -> Result<Response, Failure> {
    let collector = collector(&mocks, &number)?;
    let stored = find(&mocks, collector, &page).await?;
    let page = BanksPage {
        around: around(collector),
        bill: view(&mocks, collector, &stored),
        groups: banks::groups(filter.kana),
        chosen: filter.kana,
        several: filter.several,
    };
    Ok(Html(page.render()?).into_response())
}

/// The page that leads to the chosen bank: each time it is shown it has a new hand-off for ours.
pub async fn hand_off(
    State(mocks): State<Mocks>,
    Path((number, page, code)): Path<(String, String, String)>,
    Query(filter): Query<Filter>,
) -> Result<Response, Failure> {
    let collector = collector(&mocks, &number)?;
    let stored = find(&mocks, collector, &page).await?;
    let bank = banks::find(&code).ok_or(Failure::NotFound)?;
    let config = mocks.config();
    let is_ours = bank.code == config.bank_code;
    let (form, choices) = match is_ours {
        true => prepared(&mocks, collector, &stored, filter.several).await?,
        false => (None, 0),
    };
    let forms_to = form.as_ref().and_then(|form| FormsTo::origin_of(&form.action));
    let page = HandoffPage {
        around: around(collector),
        bill: view(&mocks, collector, &stored),
        bank,
        bank_url: is_ours.then(|| format!("{}{BANK_ENTRY}", config.bank_url)),
        form,
        choices,
    };
    let mut response = Html(page.render()?).into_response();
    if let Some(forms_to) = forms_to {
        response.extensions_mut().insert(forms_to);
    }
    Ok(response)
}

/// The form of a new hand-off, and among how many bills it lets the payer choose.
async fn prepared(
    mocks: &Mocks,
    collector: &Collector,
    stored: &StoredBill,
    several: bool,
) -> Result<(Option<link::Form>, usize), Failure> {
    let row = &collector.institution;
    if stored.state(mocks.today(), row.payer_types_amount) != BillState::Payable {
        return Ok((None, 0));
    }
    let choice = if several { choice(mocks, collector, stored).await? } else { Vec::new() };
    let handing = match (choice.as_slice(), collector.site.pays_up_to) {
        ([], Some(most)) => Handing::Chosen(stored, Yen::new(most)),
        ([], None) => Handing::One(stored),
        (bills, _) => Handing::Several(bills),
    };
    let form = link::hand_over(mocks, collector, handing, &stored.on_site.page).await?;
    Ok((form, choice.len()))
}

fn lookup_page<'a>(collector: &'a Collector, csrf: &'a PreSession) -> LookupPage<'a> {
    let row = &collector.institution;
    let digits = |rule: &crate::institutions::NumberRule| match (rule.digits_min, rule.digits_max) {
        (least, most) if least == most => format!("{most}けた"),
        (least, most) => format!("{least}〜{most}けた"),
    };
    let label = |name, rule: &crate::institutions::NumberRule| (name, rule.label.clone(), digits(rule));
    let mut labels = vec![
        label("customer_number", &row.customer_number),
        label("confirmation_number", &row.confirmation_number),
    ];
    labels.extend(row.payment_category.as_ref().map(|rule| label("payment_category", rule)));
    LookupPage { around: around(collector), csrf: csrf.token(), labels, error: None, found: Vec::new() }
}

pub async fn ask(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    csrf: PreSession,
) -> Result<Response, Failure> {
    let collector = typed_numbers(&mocks, &number)?;
    Ok(csrf.attach(Html(lookup_page(collector, &csrf).render()?)))
}

/// The collector, where its numbers are typed at all.
fn typed_numbers<'a>(mocks: &'a Mocks, number: &str) -> Result<&'a Collector, Failure> {
    Some(collector(mocks, number)?)
        .filter(|found| found.institution.takes_typed_numbers)
        .ok_or(Failure::NotFound)
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct TypedNumbers {
    customer_number: String,
    confirmation_number: String,
    payment_category: String,
}

pub async fn look_up(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    csrf: PreSession,
    CsrfForm(typed): CsrfForm<TypedNumbers>,
) -> Result<Response, Failure> {
    let collector = typed_numbers(&mocks, &number)?;
    let found = named(&mocks, collector, &typed).await?;
    let mut page = lookup_page(collector, &csrf);
    page.found = found.iter().map(|bill| view(&mocks, collector, bill)).collect();
    if page.found.is_empty() {
        page.error = Some("入力された番号のお支払いが見つかりません。番号を確かめてください。");
        return Ok(csrf.attach((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?))));
    }
    Ok(csrf.attach(Html(page.render()?)))
}

/// The bills that all of the numbers name.
async fn named(
    mocks: &Mocks,
    collector: &Collector,
    typed: &TypedNumbers,
) -> Result<Vec<StoredBill>, Failure> {
    let row = &collector.institution;
    let customer = CustomerNumber::parse_typed(&typed.customer_number);
    let confirmation = ConfirmationNumber::parse_typed(&typed.confirmation_number);
    let (Ok(customer), Ok(confirmation)) = (customer, confirmation) else { return Ok(Vec::new()) };
    let category = PaymentCategory::parse_typed(&typed.payment_category).ok();
    let now = mocks.config().clock.now();
    let all = bills::of_customer(mocks.store().reader(), &row.number, &customer, now).await?;
    let category = category.as_ref().filter(|_| row.payment_category.is_some());
    let numbers = Numbers { confirmation_number: &confirmation, payment_category: category };
    let named = bills::matching(&all, numbers, row.payment_category.is_some());
    Ok(named.map(|found| found.into_iter().cloned().collect()).unwrap_or_default())
}
