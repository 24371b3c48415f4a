//! 情報リンク方式 in the bank: whose browser and whose person a hand-off is, and the entry that it begins. What is in it,
//! and whether it may be paid, the hub decides.

use axum::extract::FromRequestParts;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{CollectorNumber, Yen};
use edge::CookieKind;
use gateway::StoreError;
use gateway::directory::Collector;
use gateway::link::{Arrival, LinkChoice, LinkedError, Standing};
use http::request::Parts;
use http::{HeaderValue, header};
use ring::digest;

use super::draft::Draft;
use super::favourites::Prefill;
use super::operation;
use super::problem::Problem;
use super::store::{self, Drafts};
use crate::Bank;
use crate::contracts::Business;
use crate::links::{EntryPage, HandOffLink};
use crate::policy;
use crate::sign_in::SignedIn;

/// What the cookie's name ends in that hand-offs know a browser by.
const COOKIE: &str = "link";
/// Characters of its value: 256 bits in base64url.
const BROWSER_ID_CHARS: usize = 43;
/// Characters of a hand-off's id.
const ID_CHARS: usize = 26;

/// A browser, as the hand-offs know it that it brought. It says nothing of a person, and is none's session.
#[derive(Debug)]
pub(crate) struct BrowserId {
    value: String,
    fresh: Option<CookieKind>,
}

impl BrowserId {
    /// What is kept of it.
    pub fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.value.as_bytes()).as_ref().to_vec()
    }

    /// The page, with the cookie where the browser has none yet.
    pub fn attach(&self, mut page: Response) -> Response {
        if let Some(kind) = self.fresh {
            page.headers_mut().append(header::SET_COOKIE, kind.set_further(COOKIE, &self.value));
        }
        page
    }

    /// The header value by which a browser gives up the hand-offs that nobody has taken.
    pub fn forget(kind: CookieKind) -> HeaderValue {
        kind.clear_further(COOKIE)
    }
}

/// On a request that came to a door of TLS: the cookies of the same bank's plain listener beside it, by which the
/// browser is known that brought a hand-off there. A bank on the internet has no such listener.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainNeighbour(pub CookieKind);

impl<S: Sync> FromRequestParts<S> for BrowserId {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let kind = CookieKind::from_request_parts(parts, state).await?;
        let is_one = |value: &String| {
            value.len() == BROWSER_ID_CHARS
                && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let beside = parts.extensions.get::<PlainNeighbour>().copied();
        let beside = || beside.and_then(|PlainNeighbour(plain)| plain.further_of(COOKIE, &parts.headers));
        if let Some(value) = kind.further_of(COOKIE, &parts.headers).filter(is_one) {
            return Ok(Self { value, fresh: None });
        }
        let value = beside().filter(is_one);
        let value = value.unwrap_or_else(|| URL_SAFE_NO_PAD.encode(domain::random::bytes::<32>()));
        Ok(Self { value, fresh: Some(kind) })
    }
}

/// Whether a text has the form of a hand-off's id.
fn is_id(text: &str) -> bool {
    text.len() == ID_CHARS && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// The hand-off, if this browser and this person may see it; it becomes this browser's where it is none's yet.
/// Another's does not exist (SEC-34).
pub(crate) async fn find(
    bank: &Bank,
    id: &str,
    browser: &BrowserId,
    by: Option<&SignedIn>,
) -> Result<Option<Arrival>, StoreError> {
    if !is_id(id) {
        return Ok(None);
    }
    let hash = browser.hash();
    let Some(arrival) = bank.gateway.bind_hand_off(id, &hash).await? else { return Ok(None) };
    let may = match (arrival.claim, by) {
        (Some((payer, _)), Some(by)) => payer == operation::payer(by),
        _ => arrival.browser.as_ref() == Some(&hash),
    };
    if !may {
        tracing::warn!(hand_off = %arrival.id, "a hand-off of another browser or person was asked for");
    }
    Ok(Some(arrival).filter(|_| may))
}

/// The hand-off, if it is already this browser's: for the sign-in page, which takes it along.
pub(crate) async fn carried(
    bank: &Bank,
    id: &str,
    browser: &BrowserId,
) -> Result<Option<Arrival>, StoreError> {
    if !is_id(id) {
        return Ok(None);
    }
    let found = bank.gateway.hand_off(id).await?;
    Ok(found.filter(|arrival| arrival.browser.as_ref() == Some(&browser.hash())))
}

/// The hand-off that a page belongs to whose session has ended, if this browser brought it: the page is its own, or
/// one of an entry that began with it.
pub(crate) async fn of_page(
    bank: &Bank,
    path: &str,
    browser: &BrowserId,
) -> Result<Option<Arrival>, StoreError> {
    let began_with = match EntryPage::draft_at(path) {
        Some(draft) => store::began_with(&bank.database, draft).await?,
        None => HandOffLink::hand_off_at(path).map(str::to_owned),
    };
    match began_with {
        Some(id) => carried(bank, &id, browser).await,
        None => Ok(None),
    }
}

/// What the sign-in page says of it.
pub(crate) fn notice(bank: &Bank, arrival: &Arrival) -> String {
    format!("{}を続けるには、ログインしてください。", what(bank, arrival))
}

/// `(株)ペイジェントへの払込(12,800 円)`.
pub(crate) fn what(bank: &Bank, arrival: &Arrival) -> String {
    let row = bank.gateway.collectors().get(arrival.collector());
    let name = row.map_or_else(|| arrival.collector().to_string(), Collector::shown_name);
    match arrival.hand_off.bills.as_slice() {
        [only] if arrival.hand_off.bounds.is_none() => {
            format!("{name}への払込({} 円)", only.bill.amount)
        }
        _ => format!("{name}への払込"),
    }
}

/// The collector of an entry that pays a hand-off, if the signed-in person may pay it.
pub(super) fn payable<'a>(
    bank: &'a Bank,
    by: &SignedIn,
    number: &CollectorNumber,
) -> Result<&'a Collector, Problem> {
    require(by)?;
    collector(bank, number)
}

/// Its collector, as the directory has it.
pub(crate) fn collector<'a>(bank: &'a Bank, number: &CollectorNumber) -> Result<&'a Collector, Problem> {
    let row = bank.gateway.collectors().get(number);
    let row = row.ok_or(Problem::UnknownCollector { near: Vec::new() })?;
    if row.available && row.methods.link {
        Ok(row)
    } else {
        Err(Problem::NotYetWorking { name: row.shown_name() })
    }
}

/// Whether the signed-in person may pay what is handed over.
pub(crate) fn require(by: &SignedIn) -> Result<(), Problem> {
    policy::require(by, Business::PayEasy).map_err(|_| Problem::NotPermitted)?;
    match policy::offers_link(by.contract.plan) {
        true => Ok(()),
        false => Err(Problem::LinkNotInPlan { plan: by.contract.plan.label() }),
    }
}

/// Takes the hand-off for the person and makes an entry of it, whose bill is chosen.
pub(crate) async fn begin(
    bank: &Bank,
    by: &SignedIn,
    arrival: &Arrival,
    choice: LinkChoice,
) -> Result<Draft, Problem> {
    require(by)?;
    operation::require_not_stopped(bank, by).await?;
    let collector = collector(bank, arrival.collector())?;
    if standing(bank, by, arrival) == Standing::Expired {
        return Err(Problem::LinkExpired);
    }
    let arrival = claim(bank, by, arrival).await?;
    let payer = operation::payer(by);
    let inquiry = match bank.gateway.inquire_linked(payer, &arrival, choice).await {
        Ok(inquiry) => inquiry,
        Err(error) => return Err(problem(bank, by, collector, error).await),
    };
    let drafts = Drafts::of(&bank.database, by.contract.id, by.user.id);
    let begun = drafts.begin_linked(arrival.collector(), inquiry.id, &arrival.id, bank.clock.now()).await;
    begun.map_err(|error| operation::unavailable(&error))
}

/// Takes the hand-off for the person and begins an entry by typed numbers, which it fills in.
pub(crate) async fn begin_typed(
    bank: &Bank,
    by: &SignedIn,
    arrival: &Arrival,
    place: usize,
) -> Result<Draft, Problem> {
    policy::require(by, Business::PayEasy).map_err(|_| Problem::NotPermitted)?;
    operation::require_not_stopped(bank, by).await?;
    operation::collector(&bank.gateway, arrival.collector())?;
    let arrival = claim(bank, by, arrival).await?;
    let handed = arrival.hand_off.bills.get(place).ok_or(Problem::BillUnavailable)?;
    let numbers =
        Prefill { customer_number: handed.customer_number.clone(), category: handed.category.clone() };
    let drafts = Drafts::of(&bank.database, by.contract.id, by.user.id);
    let begun = drafts.begin_handed(arrival.collector(), numbers, &arrival.id, bank.clock.now()).await;
    begun.map_err(|error| operation::unavailable(&error))
}

/// Whether the person may still begin with it.
pub(crate) fn standing(bank: &Bank, by: &SignedIn, arrival: &Arrival) -> Standing {
    arrival.standing(Some(by.session.signed_in_at), bank.clock.now())
}

async fn claim(bank: &Bank, by: &SignedIn, arrival: &Arrival) -> Result<Arrival, Problem> {
    let payer = operation::payer(by);
    let claimed = bank.gateway.claim_hand_off(&arrival.id, payer).await;
    let claimed = claimed.map_err(|error| operation::unavailable(&error))?;
    // somebody else has taken it meanwhile
    claimed.filter(|arrival| arrival.claim.is_some_and(|(by, _)| by == payer)).ok_or(Problem::LinkRefused)
}

async fn problem(bank: &Bank, by: &SignedIn, collector: &Collector, error: LinkedError) -> Problem {
    match error {
        LinkedError::NotChosen => Problem::BillUnavailable,
        LinkedError::Differs => Problem::LinkDiffers,
        LinkedError::ClearByPassed => Problem::ClearByPassed,
        LinkedError::Paid(other) => operation::busy(bank, by, other).await,
        LinkedError::Inquiry(error) => operation::inquiry_problem(&error, collector, bank.clock.now()),
    }
}

/// The amount that the person chose last, where a hand-off leaves the choice.
pub(crate) async fn chosen_amount(
    bank: &Bank,
    by: &SignedIn,
    arrival: &Arrival,
) -> Result<Option<Yen>, StoreError> {
    if arrival.hand_off.bounds.is_none() {
        return Ok(None);
    }
    let drafts = Drafts::of(&bank.database, by.contract.id, by.user.id);
    let Some(id) = drafts.newest_linked(&arrival.id).await? else { return Ok(None) };
    let inquiry = bank.gateway.inquiry(by.contract.id, id).await?;
    Ok(inquiry.and_then(|inquiry| inquiry.bills.first().map(|bill| bill.amount)))
}

/// What the payer chose on the hand-off's page, or which control is to blame.
pub(crate) fn read_choice(arrival: &Arrival, bill: &str, amount: &str) -> Result<LinkChoice, edge::Errors> {
    let place = match (arrival.has_several(), bill.parse::<usize>()) {
        (false, _) => 0,
        (true, Ok(place)) if place < arrival.hand_off.bills.len() => place,
        (true, _) => return Err(edge::Errors::one("bill", "払い込む請求を選んでください。")),
    };
    let Some((least, most)) = arrival.hand_off.bounds else { return Ok(LinkChoice { place, amount: None }) };
    let amount = super::rules::read_amount(amount)
        .map_err(|fault| edge::Errors::one("amount", fault.message.clone()))?;
    if (least..=most).contains(&amount) {
        Ok(LinkChoice { place, amount: Some(amount) })
    } else {
        Err(edge::Errors::one("amount", bounds_words(least, most)))
    }
}

/// `金額は 10,000 円から 50,000 円までで入力してください。`
fn bounds_words(least: Yen, most: Yen) -> String {
    format!("金額は {least} 円から {most} 円までで入力してください。")
}
