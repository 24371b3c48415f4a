//! 承認待ち: the list of requests, and the page on which one is approved, sent back or withdrawn.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{get, post};
use domain::{StaffRequestId, Timestamp};
use edge::{CsrfForm, Errors, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use serde::Deserialize;

use super::{Proposal, Request, RequestQuery, RequestState, Verdict};
use crate::Console;
use crate::frame::{self, Area};
use crate::help::ConsoleCode;
use crate::links::{
    ApproveLink, ConsoleLink, RequestLink, RequestsLink, SendBackLink, StaffPaymentLink, WithdrawLink,
};
use crate::page::{Pressed, note};
use crate::payments::views::PaymentShown;
use crate::problem::{Problem, Trouble};
use crate::settlement::proposal as settlement;
use crate::sign_in::StaffSignedIn;
use crate::staff::{StaffRole, actor};
use crate::words::{Choice, Names, Tag, stamp};

/// Requests a page.
const PAGE_REQUESTS: u32 = 50;

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Requests.path(), get(list))
        .route(RequestLink::ROUTE, get(show))
        .route(ApproveLink::ROUTE, post(approve))
        .route(SendBackLink::ROUTE, post(send_back))
        .route(WithdrawLink::ROUTE, post(withdraw))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    state: String,
    older: String,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct SentBack {
    note: String,
}

/// A request in a list.
#[derive(Clone, Debug)]
pub(crate) struct RequestRow {
    pub link: RequestLink,
    pub at: String,
    pub title: &'static str,
    /// What it is about, where the title alone does not tell it apart.
    pub about: String,
    pub reason: String,
    pub maker: String,
    pub tag: Tag,
    /// Who decided, and when.
    pub decided: Option<String>,
}

/// What a request is about, where that is no payment.
#[derive(Clone, Debug)]
pub(crate) struct Matter {
    pub heading: &'static str,
    /// Its page.
    pub link: String,
    pub link_words: &'static str,
    /// Label and value of each particular.
    pub rows: Vec<(&'static str, String)>,
}

impl Matter {
    async fn of(console: &Console, request: &Request) -> Result<Option<Self>, Stop> {
        match &request.proposal {
            Proposal::Decide { .. } | Proposal::Cancel { .. } => Ok(None),
            Proposal::Day(of) => of.matter(&console.gateway).await.map(Some).map_err(failed),
            Proposal::ResolveBreak(of) => of.matter(console).await,
            Proposal::LiftStop(of) => of.matter(console).await,
            Proposal::Contract(of) => of.matter(console).await,
            Proposal::Token(of) => of.matter(console, request).await,
            Proposal::Mandate(of) => of.matter(console).await,
            Proposal::LiftEmergency(of) => of.matter(console).await,
            Proposal::Setting(of) => of.matter(),
            Proposal::Key(of) => of.matter(&console.gateway).await.map_err(failed),
            Proposal::Delivery(of) => of.matter(&console.gateway).await.map_err(failed),
            Proposal::Staff(of) => Ok(Some(of.matter())),
            Proposal::CloseWindow { collector, window } | Proposal::PayNet { collector, window } => {
                settlement::matter(console, collector, *window).await
            }
        }
    }
}

/// Requests about one subject that its page shows.
const ABOUT_MAX: u32 = 20;

/// What was proposed about a subject, the newest first, for that subject's own page.
pub(crate) async fn about(
    console: &Console,
    names: &Names,
    subject: String,
) -> Result<Vec<RequestRow>, Stop> {
    rows_of(console, names, RequestQuery { subject: Some(subject), ..RequestQuery::default() }).await
}

/// The same of all subjects that begin so.
pub(crate) async fn under(
    console: &Console,
    names: &Names,
    beginning: String,
) -> Result<Vec<RequestRow>, Stop> {
    rows_of(console, names, RequestQuery { under: Some(beginning), ..RequestQuery::default() }).await
}

async fn rows_of(console: &Console, names: &Names, query: RequestQuery) -> Result<Vec<RequestRow>, Stop> {
    let query = RequestQuery { limit: ABOUT_MAX, ..query };
    let requests = console.requests.list(&query).await.map_err(failed)?;
    let now = console.clock.now();
    Ok(requests.iter().map(|request| RequestRow::of(request, names, now)).collect())
}

impl RequestRow {
    /// A row.
    pub fn of(request: &Request, names: &Names, now: Timestamp) -> Self {
        let decided = request.decision.as_ref();
        Self {
            link: RequestLink(request.id),
            at: stamp(request.made_at),
            title: request.proposal.title(),
            about: request.proposal.about(),
            reason: request.reason.clone(),
            maker: names.name(&actor(request.maker)),
            tag: request.state(now).tag(),
            decided: decided.map(|d| format!("{} {}", stamp(d.at), names.name(&actor(d.by)))),
        }
    }
}

#[derive(Template)]
#[template(path = "requests/list.html")]
pub(crate) struct ListPage {
    pub frame: Frame,
    pub states: Vec<Choice>,
    pub rows: Vec<RequestRow>,
    pub older: Option<String>,
}

#[derive(Template)]
#[template(path = "requests/request.html")]
pub(crate) struct RequestPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub id: StaffRequestId,
    pub row: RequestRow,
    pub consequence: &'static str,
    /// What was typed as the reason to send it back.
    pub typed: String,
    /// Why it was sent back.
    pub note: String,
    /// What came of it.
    pub outcome: Option<String>,
    pub payment: Option<PaymentShown>,
    pub matter: Option<Matter>,
    pub may_decide: bool,
    pub may_withdraw: bool,
    /// Why the person may not decide, where it is still open.
    pub hindrance: &'static str,
    /// Whether it is open, or being carried out.
    pub is_open: bool,
    pub is_running: bool,
}

async fn list(State(console): State<Console>, by: StaffSignedIn, Query(filter): Query<Filter>) -> Answer {
    let now = console.clock.now();
    let open_only = filter.state != "all";
    let query = RequestQuery {
        open_on: open_only.then(|| now.date()),
        before: place(&filter.older),
        limit: PAGE_REQUESTS + 1,
        ..RequestQuery::default()
    };
    let mut found = console.requests.list(&query).await.map_err(failed)?;
    let page = usize::try_from(PAGE_REQUESTS).unwrap_or(usize::MAX);
    let more = found.len() > page;
    found.truncate(page);
    let older = found
        .last()
        .filter(|_| more)
        .map(|last| RequestsLink { open_only, place: (last.made_at, last.id) }.to_string());
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let state = if open_only { "open" } else { "all" };
    shown(&ListPage {
        frame: frame::page(&by, Area::Requests),
        states: vec![Choice::new("open", "承認待ち", state), Choice::new("all", "すべて", state)],
        rows: found.iter().map(|request| RequestRow::of(request, &names, now)).collect(),
        older,
    })
}

async fn show(State(console): State<Console>, by: StaffSignedIn, Path(id): Path<String>) -> Answer {
    let id = parse(&id)?;
    let page = page(&console, &by, id, None).await?;
    // with the customer's name and the payment's particulars
    note(&console, &by, "console.request_view", id.to_string(), "").await?;
    shown(&page)
}

async fn approve(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(_): CsrfForm<Pressed>,
) -> Answer {
    let id = parse(&id)?;
    console.requests.approve(&by.staff, id).await.map_err(|problem| stop(&problem, &by, id))?;
    Ok(Redirect::to(&RequestLink(id).to_string()).into_response())
}

async fn send_back(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<SentBack>,
) -> Answer {
    let id = parse(&id)?;
    match console.requests.send_back(&by.staff, id, &form.note).await {
        Ok(_) => Ok(Redirect::to(&RequestLink(id).to_string()).into_response()),
        Err(problem) if problem.code == ConsoleCode::Input => {
            again(&page(&console, &by, id, Some((Trouble::of(&problem, "note"), form.note))).await?)
        }
        Err(problem) => Err(stop(&problem, &by, id)),
    }
}

async fn withdraw(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(_): CsrfForm<Pressed>,
) -> Answer {
    let id = parse(&id)?;
    console.requests.withdraw(&by.staff, id).await.map_err(|problem| stop(&problem, &by, id))?;
    Ok(Redirect::to(&RequestLink(id).to_string()).into_response())
}

fn parse(id: &str) -> Result<StaffRequestId, Stop> {
    id.parse().map_err(|_| Stop::not_found())
}

fn stop(problem: &Problem, by: &StaffSignedIn, id: StaffRequestId) -> Stop {
    problem.stop(by, Area::Requests, &RequestLink(id).to_string())
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    id: StaffRequestId,
    refused: Option<(Trouble, String)>,
) -> Result<RequestPage, Stop> {
    let (trouble, typed) = refused.map_or_else(Default::default, |(trouble, typed)| (Some(trouble), typed));
    let request = console.requests.find(id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let now = console.clock.now();
    let state = request.state(now);
    let is_open = state == RequestState::Open;
    let own = by.staff.id == request.maker;
    let may_decide = is_open && !own && by.staff.role == StaffRole::Checker;
    let sent_back = request.decision.as_ref().filter(|d| d.verdict == Verdict::SentBack);
    let payment = match request.proposal.payment() {
        Some(payment) => console.gateway.payment_for_operator(payment).await.map_err(failed)?,
        None => None,
    };
    let at_counter = payment.as_ref().is_some_and(|payment| payment.facts.is_at_counter());
    Ok(RequestPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Requests) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        id,
        row: RequestRow::of(&request, &names, now),
        consequence: request.proposal.consequence(at_counter),
        typed,
        note: sent_back.map(|d| d.note.clone()).unwrap_or_default(),
        outcome: request.outcome.as_ref().map(|o| format!("{} {}", stamp(o.at), o.detail)),
        payment: match payment {
            Some(payment) => Some(PaymentShown::of(console, &payment).await?),
            None => None,
        },
        matter: Matter::of(console, &request).await?,
        may_decide,
        may_withdraw: is_open && own,
        hindrance: match (is_open && !may_decide, own) {
            (false, _) => "",
            (true, true) => "起票した本人は承認できません。別の承認者が承認します。",
            (true, false) => "承認と差戻しは、承認者の職員が行います。",
        },
        is_open,
        is_running: state == RequestState::Running,
    })
}

/// Where the page before ended.
fn place(text: &str) -> Option<(Timestamp, StaffRequestId)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse().ok()?))
}
