//! 取引状況 of approvals: requests that move money, until they are the payment or order that they asked for.

use std::fmt::Write as _;

use domain::{ApprovalId, Timestamp};
use edge::Failure;

use super::links::ApprovalLink;
use super::request::{Matter, Request};
use super::state::State;
use super::store::{self, Listing};
use crate::Bank;
use crate::activity::{Group, Item, Search, states};
use crate::frame::{day_and_time, year_day_and_time};
use crate::history::{About, Kind};
use crate::sign_in::SignedIn;

/// Requests that one read of a page looks at.
const READ_MAX: u32 = 100;

/// Requests that the person may see, as far as they are not done.
pub async fn requests(bank: &Bank, by: &SignedIn, search: &Search) -> Result<Vec<Item>, Failure> {
    let now = bank.clock.now();
    // what nobody decided in time is over, whether anybody has noted it or not
    let states = states(State::ALL, search.group, |state| match (state, search.group) {
        (State::Asked, Some(Group::WithAuthor)) => Some(Group::WithAuthor),
        (state, _) => group(state),
    });
    if states.is_empty() {
        return Ok(Vec::new());
    }
    let mut listing = Listing {
        contract: by.contract.id,
        states,
        business: search.business,
        author: search.user,
        made: search.instants(),
        before: search.before,
        limit: READ_MAX,
    };
    let wanted = usize::try_from(search.limit).unwrap_or(usize::MAX);
    let mut items = Vec::new();
    loop {
        let (found, last) = store::listed(&bank.database, &listing).await?;
        for request in found {
            let belongs = group(request.state_at(now));
            let is_asked_for = belongs.is_some() && search.group.is_none_or(|asked| belongs == Some(asked));
            if is_asked_for && request.is_shown_to(by) {
                items.extend(item(&request, now));
            }
        }
        // where a page is full of what the person may not see, the next one is read
        match last.filter(|_| items.len() < wanted) {
            Some(last) => listing.before = Some(last),
            None => break,
        }
    }
    items.truncate(wanted);
    Ok(items)
}

/// A request in a few words for the history of whoever supervises the contract, with its account, and its page where
/// the person may see it. What somebody has only kept says nothing to others.
pub async fn about(bank: &Bank, by: &SignedIn, id: ApprovalId) -> Result<Option<About>, Failure> {
    let Some(request) = store::find(&bank.database, by.contract.id, id).await? else { return Ok(None) };
    let matter = &request.matter;
    if request.state == State::Draft && !request.is_of(&by.user) {
        let of = kind(matter);
        return Ok(Some(About { words: matter.label().to_owned(), of, ..About::default() }));
    }
    let mut words = format!("{} {}", matter.label(), matter.title());
    if let Some(amount) = matter.amount() {
        let _ = write!(words, " {amount} 円");
    }
    let link = request.is_shown_to(by).then(|| ApprovalLink(id).to_string());
    let account = matter.place().map(|(_, account)| account);
    let (amount, of) = (matter.amount(), kind(matter));
    Ok(Some(About { words, account, amount, of, link, ..About::default() }))
}

/// Among which operations of the history its approvals are found too.
const fn kind(matter: &Matter) -> Option<Kind> {
    match matter {
        Matter::Payeasy(_) => Some(Kind::Payment),
        Matter::Transfer(_) | Matter::Return(_) => Some(Kind::Transfer),
        Matter::Bulk(_) => Some(Kind::Bulk),
        Matter::Administration(_) => None,
    }
}

/// A request as a line; nothing where no money is to move.
fn item(request: &Request, now: Timestamp) -> Option<Item> {
    let (business, account) = request.matter.place()?;
    let state = request.state_at(now);
    let note = match state {
        State::Asked => format!("承認の期限 {}", day_and_time(request.until)),
        State::Draft | State::Returned | State::Withdrawn | State::Expired => {
            format!("{}まで保存", year_day_and_time(request.until))
        }
        State::Approved | State::Done | State::Deleted => String::new(),
    };
    Some(Item {
        at: request.made_at,
        id: request.id.uuid(),
        business,
        kind: request.matter.label(),
        link: ApprovalLink(request.id).to_string(),
        title: request.matter.title(),
        detail: "承認の依頼".to_owned(),
        account,
        amount: request.matter.amount()?,
        user: Some(request.author.user),
        look: (state.label(), state.icon(), state.class()),
        note,
    })
}

const fn group(state: State) -> Option<Group> {
    match state {
        State::Asked => Some(Group::Waiting),
        State::Approved => Some(Group::Open),
        State::Draft | State::Returned | State::Withdrawn | State::Expired => Some(Group::WithAuthor),
        // the payment or order is in the list in its place
        State::Done | State::Deleted => None,
    }
}
