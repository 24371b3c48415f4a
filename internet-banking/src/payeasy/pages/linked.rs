//! The pages of 情報リンク方式: the entry for collectors' sites, and the page of a hand-off.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::{CollectorNumber, Yen};
use edge::{CsrfForm, Errors, Frame};
use gateway::link::{Arrival, LinkForm, Standing};
use serde::Deserialize;

use super::{Answer, Stop, again, failed, page_frame, shown, status};
use crate::Bank;
use crate::help::Code;
use crate::links::{HandOffLink, HandOffSignIn, Link, PaymentLink};
use crate::payeasy::linked::{self, BrowserId};
use crate::payeasy::problem::Problem;
use crate::payeasy::slip_words::BillWords;
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;

/// Bytes of the entry's form: the largest hand-off and what names it.
const ENTRY_BYTES_MAX: usize = 9 * 1024;

/// A bill of a hand-off.
pub struct HandedRow {
    /// Its place.
    pub place: usize,
    /// 納付内容.
    pub contents: String,
    /// 納付者.
    pub payer: String,
    /// 請求金額.
    pub amount: Yen,
    /// 手数料.
    pub fee: Yen,
    /// Whether there is a fee.
    pub has_fee: bool,
    /// When it is due.
    pub words: BillWords,
    /// Whether it is chosen.
    pub checked: bool,
}

/// What was handed over: shown before the payer is asked to sign in.
#[derive(Template)]
#[template(path = "payeasy/linked.html")]
pub struct LinkedPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token; empty where nobody is signed in.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: HandOffLink,
    /// Where to sign in, where nobody is.
    pub sign_in: Option<HandOffSignIn>,
    /// The payee's name from our own directory.
    pub collector: String,
    /// 収納機関番号.
    pub collector_number: CollectorNumber,
    /// Whom to ask.
    pub contact: String,
    /// What every payer of this collector must be told.
    pub notice: Option<String>,
    /// The bills.
    pub bills: Vec<HandedRow>,
    /// Whether the payer chooses among them.
    pub several: bool,
    /// Between which amounts the payer chooses.
    pub bounds: Option<(Yen, Yen)>,
    /// The amount that the payer chose before, in the same hand-off.
    pub chosen: Option<Yen>,
    /// What was typed.
    pub amount: String,
    /// Back to the collector's site.
    pub return_url: String,
}

/// The hand-off cannot be gone on with.
#[derive(Template)]
#[template(path = "payeasy/linked-stopped.html")]
pub struct LinkedStoppedPage {
    /// The frame.
    pub frame: Frame,
    /// The error in a few words.
    pub title: &'static str,
    /// Whether money moved.
    pub money: &'static str,
    /// What happened.
    pub happened: String,
    /// What to do.
    pub remedy: &'static str,
    /// The stable code.
    pub code: Code,
    /// The payment that is in the way.
    pub other: Option<PaymentLink>,
    /// How to go on, where it is known whose the hand-off is.
    pub way_on: Option<WayOn>,
}

/// How to go on with a hand-off that cannot be paid as such.
pub struct WayOn {
    /// Where the form goes.
    pub action: HandOffLink,
    /// The form's token.
    pub csrf: String,
    /// Where to sign in, where nobody is.
    pub sign_in: Option<HandOffSignIn>,
    /// The bills whose numbers can be filled in; none where the collector is paid from its site alone.
    pub bills: Vec<(usize, String)>,
    /// Back to the collector's site.
    pub return_url: String,
}

/// What the buttons say.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Pressed {
    action: String,
    bill: String,
    amount: String,
}

/// Who asks, where somebody is signed in.
type By = Result<SignedIn, Response>;

/// `POST /payeasy/link/entry`: the only form that other sites may send. The answer is the same whatever comes: to a
/// page that shows the hand-off to the browser that brought it, and else that nothing was taken. So a form sent again
/// does no harm, and nobody learns which check failed.
pub async fn enter(State(bank): State<Bank>, request: Request) -> Response {
    let taken = match read(request).await {
        Some(form) => bank.gateway.take_hand_off(&form).await.ok(),
        None => None,
    };
    let id = taken.unwrap_or_else(domain::random::opaque_id);
    Redirect::to(&HandOffLink(id).to_string()).into_response()
}

async fn read(request: Request) -> Option<LinkForm> {
    match edge::foreign::read::<Fields>(request, ENTRY_BYTES_MAX).await {
        Ok(Fields { skno, bptn, bill }) => Some(LinkForm { skno, bptn, bill }),
        Err(reason) => {
            tracing::warn!(%reason, "a hand-off was not taken");
            None
        }
    }
}

#[derive(Deserialize)]
struct Fields {
    skno: String,
    bptn: String,
    bill: String,
}

/// `GET /payeasy/link/{handoff}`
pub async fn show(State(bank): State<Bank>, Path(id): Path<String>, browser: BrowserId, by: By) -> Answer {
    let by = by.ok();
    let arrival = linked::find(&bank, &id, &browser, by.as_ref()).await.map_err(failed)?;
    let Some(arrival) = arrival else { return Err(refused(by.as_ref())) };
    let answer = match stops(&bank, by.as_ref(), &arrival) {
        Some(problem) => Err(stopped(&bank, by.as_ref(), &arrival, &problem)),
        None => {
            let chosen = match &by {
                Some(by) => linked::chosen_amount(&bank, by, &arrival).await.map_err(failed)?,
                None => None,
            };
            let form = Pressed {
                amount: chosen.map(|amount| amount.to_string()).unwrap_or_default(),
                ..Pressed::default()
            };
            shown(&LinkedPage { chosen, ..page(&bank, by.as_ref(), &arrival, &form, None)? })
        }
    };
    Ok(browser.attach(answer.unwrap_or_else(axum::response::IntoResponse::into_response)))
}

/// `POST /payeasy/link/{handoff}`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    browser: BrowserId,
    CsrfForm(form): CsrfForm<Pressed>,
) -> Answer {
    let arrival = linked::find(&bank, &id, &browser, Some(&by)).await.map_err(failed)?;
    let Some(arrival) = arrival else { return Err(refused(Some(&by))) };
    let begun = if form.action == "typed" {
        linked::begin_typed(&bank, &by, &arrival, form.bill.parse().unwrap_or_default()).await
    } else {
        match linked::read_choice(&arrival, &form.bill, &form.amount) {
            Ok(choice) => linked::begin(&bank, &by, &arrival, choice).await,
            Err(errors) => {
                return again(&page(&bank, Some(&by), &arrival, &form, Some(Trouble::input(errors)))?);
            }
        }
    };
    match begun {
        Ok(draft) => Ok(Redirect::to(&draft.path(draft.reached())).into_response()),
        Err(Problem::LinkRefused) => Err(refused(Some(&by))),
        Err(problem) => Err(stopped(&bank, Some(&by), &arrival, &problem)),
    }
}

/// What keeps the hand-off from being gone on with, as far as it can be known.
fn stops(bank: &Bank, by: Option<&SignedIn>, arrival: &Arrival) -> Option<Problem> {
    if let Err(problem) = linked::collector(bank, arrival.collector()) {
        return Some(problem);
    }
    let standing = match by {
        Some(by) => linked::standing(bank, by, arrival),
        None => arrival.standing(None, bank.clock.now()),
    };
    match (by.map(linked::require), standing) {
        (Some(Err(problem)), _) => Some(problem),
        (_, Standing::Expired) => Some(Problem::LinkExpired),
        _ => None,
    }
}

fn sign_in(arrival: &Arrival) -> HandOffSignIn {
    HandOffSignIn { sign_in: Link::SignIn, hand_off: arrival.id.clone() }
}

fn framed(by: Option<&SignedIn>, has_errors: bool) -> Frame {
    match by {
        Some(by) => page_frame(by, has_errors),
        None => Frame { has_errors, ..crate::frame::public() },
    }
}

fn page(
    bank: &Bank,
    by: Option<&SignedIn>,
    arrival: &Arrival,
    form: &Pressed,
    trouble: Option<Trouble>,
) -> Result<LinkedPage, Stop> {
    let collector = linked::collector(bank, arrival.collector());
    let collector = collector.map_err(|problem| stopped(bank, by, arrival, &problem))?;
    let today = bank.clock.now().date();
    let several = arrival.has_several();
    let row = |(place, handed): (usize, &gateway::link::Handed)| HandedRow {
        place,
        contents: handed.bill.contents.clone(),
        payer: handed.bill.payer.clone(),
        amount: handed.bill.amount,
        fee: handed.bill.fee,
        has_fee: handed.bill.fee > Yen::ZERO,
        words: BillWords::of(Some(collector), handed.category.as_ref(), &handed.bill, today),
        checked: form.bill == place.to_string(),
    };
    Ok(LinkedPage {
        frame: framed(by, trouble.is_some()),
        csrf: by.map(|by| by.csrf.clone()).unwrap_or_default(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: HandOffLink(arrival.id.clone()),
        sign_in: by.is_none().then(|| sign_in(arrival)),
        collector: collector.shown_name(),
        collector_number: collector.number.clone(),
        contact: collector.contact.clone(),
        notice: collector.notice.clone(),
        bills: arrival.hand_off.bills.iter().enumerate().map(row).collect(),
        several,
        bounds: arrival.hand_off.bounds,
        chosen: None,
        amount: form.amount.clone(),
        return_url: arrival.hand_off.return_url.clone(),
    })
}

/// The one page for whatever was not taken, and for what is another's.
fn refused(by: Option<&SignedIn>) -> Stop {
    let code = Code::LinkRefused;
    Stop::page(&LinkedStoppedPage::new(framed(by, true), code, None, None), status(code))
}

fn stopped(bank: &Bank, by: Option<&SignedIn>, arrival: &Arrival, problem: &Problem) -> Stop {
    let code = problem.code();
    let row = bank.gateway.collectors().get(arrival.collector());
    let bills = match row {
        Some(row) if row.methods.online => {
            let bills = arrival.hand_off.bills.iter().enumerate();
            bills.map(|(place, handed)| (place, handed.bill.contents.clone())).collect()
        }
        _ => Vec::new(),
    };
    let way_on = WayOn {
        action: HandOffLink(arrival.id.clone()),
        csrf: by.map(|by| by.csrf.clone()).unwrap_or_default(),
        sign_in: by.is_none().then(|| sign_in(arrival)),
        bills,
        return_url: arrival.hand_off.return_url.clone(),
    };
    let page = LinkedStoppedPage::new(framed(by, true), code, Some(problem), Some(way_on));
    Stop::page(&page, status(code))
}

impl LinkedStoppedPage {
    /// The page of a code, with the particulars of the case where there are any.
    pub fn new(frame: Frame, code: Code, problem: Option<&Problem>, way_on: Option<WayOn>) -> Self {
        let entry = code.entry();
        let other = match problem {
            Some(Problem::BillBusy { seen }) => seen.map(PaymentLink),
            _ => None,
        };
        Self {
            frame,
            title: entry.title,
            money: entry.money.words(),
            happened: problem.map_or_else(|| entry.happened.to_owned(), Problem::words),
            remedy: entry.remedy,
            code,
            other,
            way_on,
        }
    }
}

/// Where a payment's payer came from, while its hand-off is kept.
pub(super) async fn return_url(bank: &Bank, payment: &gateway::Payment) -> Option<String> {
    let link = payment.facts.link.as_ref()?;
    let found = bank.gateway.hand_off_of_bill(&payment.facts.collector, link).await;
    if let Err(error) = &found {
        tracing::warn!(%error, "a hand-off cannot be read");
    }
    Some(found.ok()??.hand_off.return_url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_checks;

    fn row(place: usize) -> HandedRow {
        HandedRow {
            place,
            contents: "落札代金 <b>".to_owned(),
            payer: "\"><script>".to_owned(),
            amount: Yen::new(12_800),
            fee: Yen::new(110),
            has_fee: place == 0,
            words: BillWords { due_label: "支払期限", due: None, overdue: None, late_charge: None },
            checked: place == 1,
        }
    }

    fn page(bills: usize, bounds: bool, signed_in: bool, trouble: Option<Trouble>) -> String {
        let id = "0123456789abcdefghjkmnpqrs".to_owned();
        LinkedPage {
            frame: Frame { has_errors: trouble.is_some(), ..crate::frame::public() },
            csrf: "t".to_owned(),
            errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
            trouble,
            action: HandOffLink(id.clone()),
            sign_in: (!signed_in).then_some(HandOffSignIn { sign_in: Link::SignIn, hand_off: id }),
            collector: "(株)ペイジェント".to_owned(),
            collector_number: "99022".parse().unwrap(),
            contact: "収納機関へ。".to_owned(),
            notice: signed_in.then(|| "届出が必要です。".to_owned()),
            bills: (0..bills).map(row).collect(),
            several: bills > 1,
            bounds: bounds.then_some((Yen::new(1_000), Yen::new(50_000))),
            chosen: (bounds && signed_in).then_some(Yen::new(25_000)),
            amount: "\"><script>".to_owned(),
            return_url: "https://shop.example/\"><script>".to_owned(),
        }
        .render()
        .unwrap()
    }

    #[test]
    fn collector_and_amount_come_before_the_sign_in_and_lead_back_without_a_trace() {
        for (bills, bounds) in [(1, false), (1, true), (3, false)] {
            let field = if bounds { "amount" } else { "bill" };
            let troubles = [None, Some(Trouble::input(Errors::one(field, "選んでください。")))];
            for signed_in in [true, false] {
                for trouble in troubles.clone() {
                    let html = page(bills, bounds, signed_in, trouble);
                    page_checks::all(&html);
                    let (shown, sign_in) = (html.find("(株)ペイジェント"), html.find("/sign-in?link="));
                    assert_eq!(sign_in.is_some(), !signed_in);
                    assert!(sign_in.is_none_or(|at| shown < Some(at)));
                    assert!(
                        html.contains(" rel=\"noreferrer\"")
                            && html.contains("まだ何も引き落とされていません。")
                    );
                }
            }
        }
    }

    #[test]
    fn whatever_stops_it_says_that_nothing_was_debited_and_how_to_go_on() {
        let problems = [Problem::LinkExpired, Problem::LinkDiffers, Problem::BillBusy { seen: None }];
        for problem in problems {
            for (bills, signed_in) in [(0, true), (1, true), (2, true), (1, false)] {
                let id = "0123456789abcdefghjkmnpqrs".to_owned();
                let way_on = WayOn {
                    action: HandOffLink(id.clone()),
                    csrf: "t".to_owned(),
                    sign_in: (!signed_in).then_some(HandOffSignIn { sign_in: Link::SignIn, hand_off: id }),
                    bills: (0..bills).map(|place| (place, "<b>".to_owned())).collect(),
                    return_url: "https://shop.example/".to_owned(),
                };
                let frame = Frame { has_errors: true, ..crate::frame::public() };
                let page = LinkedStoppedPage::new(frame, problem.code(), Some(&problem), Some(way_on));
                let html = page.render().unwrap();
                page_checks::all(&html);
                assert!(html.contains("収納機関のサイトへ戻る") && html.contains("引き落とされていません。"));
            }
        }
    }
}
