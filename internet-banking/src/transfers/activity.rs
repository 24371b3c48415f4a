//! 取引状況 of this business: orders, reservations among them, and recalls.

use domain::{AccountId, OrderId, RecallId, time};
use edge::Failure;
use transfers::{ConsentQuery, ConsentState, Handling, OrderQuery, RecallQuery, RecallState, State};

use super::links::{OrderLink, RecallLink};
use super::words;
use crate::activity::{Group, Item, Search, states};
use crate::contracts::Business;
use crate::frame::day_and_time;
use crate::history::About;
use crate::payees::{Entered, Master};
use crate::sign_in::SignedIn;
use crate::{Bank, policy};

/// Orders from the accounts that the user may transfer from.
pub async fn orders(bank: &Bank, by: &SignedIn, search: &Search) -> Result<Vec<Item>, Failure> {
    let states = states(State::ALL, search.group, |state| Some(group(state)));
    if states.is_empty() {
        return Ok(Vec::new());
    }
    let mine = by.user.rights.accounts(Business::Transfer);
    let query = OrderQuery {
        states,
        placed: Some(search.instants()),
        user: search.user,
        before: search.before.map(|(at, id)| (at, OrderId::from_uuid(id))),
        ..OrderQuery::newest(by.contract.id, mine, search.limit)
    };
    let found = bank.transfers.list(&query).await?;
    Ok(found
        .into_iter()
        .map(|order| {
            let shown = words::shown_order(&order);
            let facts = order.facts;
            Item {
                at: facts.placed_at,
                id: facts.id.uuid(),
                business: Business::Transfer,
                kind: words::kind(facts.relation),
                link: OrderLink(facts.id).to_string(),
                detail: place(&facts),
                title: words::title(&facts),
                account: facts.account,
                amount: facts.amount,
                user: Some(facts.user),
                look: (shown.word, shown.icon, shown.class),
                note: match facts.handling {
                    Handling::Reserved => format!("指定日 {}", time::month_day(facts.day)),
                    Handling::SameDay => String::new(),
                },
            }
        })
        .collect())
}

/// An order of the contract in a few words for its history, with its account, and its page where the person may see it.
pub async fn about_order(bank: &Bank, by: &SignedIn, id: OrderId) -> Result<Option<About>, Failure> {
    let Some(order) = bank.transfers.find(by.contract.id, id).await? else { return Ok(None) };
    let facts = order.facts;
    let told = format!("{} {} {} 円", words::kind(facts.relation), words::title(&facts), facts.amount);
    let link = may_see(by, facts.account).then(|| OrderLink(id).to_string());
    let number = Some(words::number(&facts));
    let (account, amount) = (Some(facts.account), Some(facts.amount));
    Ok(Some(About { words: told, account, amount, number, link, ..About::default() }))
}

/// The same of a recall of another bank, which is the contract's whose account was credited.
pub async fn about_recall(bank: &Bank, by: &SignedIn, id: RecallId) -> Result<Option<About>, Failure> {
    let accounts = bank.contracts.accounts(by.contract.id).await?;
    let accounts: Vec<_> = accounts.iter().map(|one| one.account).collect();
    let Some(case) = bank.transfers.consent(&accounts, id).await? else { return Ok(None) };
    let words = format!("{} {} {} 円", Master::bank_name(&case.from), case.payer, case.amount);
    let link = may_see(by, case.account).then(|| RecallLink(id).to_string());
    let (account, amount) = (Some(case.account), Some(case.amount));
    Ok(Some(About { words, account, amount, link, ..About::default() }))
}

fn may_see(by: &SignedIn, account: AccountId) -> bool {
    policy::may_do(by, Business::Transfer) && by.user.rights.may_use(Business::Transfer, account)
}

/// Recalls of such orders.
pub async fn recalls(bank: &Bank, by: &SignedIn, search: &Search) -> Result<Vec<Item>, Failure> {
    let states = states(RecallState::ALL, search.group, |state| Some(recall_group(state)));
    if states.is_empty() {
        return Ok(Vec::new());
    }
    let query = RecallQuery {
        contract: by.contract.id,
        accounts: by.user.rights.accounts(Business::Transfer),
        states,
        asked: search.instants(),
        user: search.user,
        before: search.before.map(|(at, id)| (at, RecallId::from_uuid(id))),
        limit: search.limit,
    };
    let found = bank.transfers.recalls(&query).await?;
    Ok(found
        .into_iter()
        .map(|recall| {
            let (word, icon, class, _) = words::recall(recall.state, recall.is_back);
            Item {
                at: recall.asked_at,
                id: recall.id.uuid(),
                business: Business::Transfer,
                kind: "組戻し",
                link: OrderLink(recall.order).to_string(),
                detail: place(&recall.facts),
                title: recall.facts.payee_name,
                account: recall.facts.account,
                amount: recall.facts.amount,
                user: recall.actor.parse().ok(),
                look: (word, icon, class),
                note: format!("元の指定日 {}", time::month_day(recall.facts.day)),
            }
        })
        .collect())
}

/// What other banks ask back of such accounts: nobody of the contract has entered it.
pub async fn consents(bank: &Bank, by: &SignedIn, search: &Search) -> Result<Vec<Item>, Failure> {
    let states = states(ConsentState::ALL, search.group, |state| Some(consent_group(state)));
    if states.is_empty() || search.user.is_some() {
        return Ok(Vec::new());
    }
    let query = ConsentQuery {
        accounts: Some(&by.user.rights.accounts(Business::Transfer)),
        states,
        asked: Some(search.instants()),
        before: search.before.map(|(at, id)| (at, RecallId::from_uuid(id))),
        limit: search.limit,
    };
    let found = bank.transfers.consents_found(&query).await?;
    Ok(found
        .into_iter()
        .map(|case| {
            let shown = words::consent(case.state);
            Item {
                at: case.asked_at,
                id: case.id.uuid(),
                business: Business::Transfer,
                kind: "組戻しへの回答",
                link: RecallLink(case.id).to_string(),
                detail: Master::bank_name(&case.from),
                title: case.payer,
                account: case.account,
                amount: case.amount,
                user: None,
                look: (shown.word, shown.icon, shown.class),
                note: match case.state {
                    ConsentState::Asked => format!("回答の期限 {}", day_and_time(case.until)),
                    _ => String::new(),
                },
            }
        })
        .collect())
}

/// Bank and branch of the payee.
fn place(facts: &transfers::Facts) -> String {
    let entered = Entered::of(facts.to.clone(), facts.payee_name.clone());
    format!("{} {}", entered.bank, entered.branch)
}

const fn group(state: State) -> Group {
    match state {
        State::Reserved => Group::Reserved,
        State::Held | State::Sending | State::Unknown => Group::Open,
        State::Sent | State::Settled => Group::Done,
        State::Rejected | State::Returned | State::Failed => Group::Undone,
        State::Cancelled => Group::Cancelled,
    }
}

const fn consent_group(state: ConsentState) -> Group {
    match state {
        ConsentState::Asked | ConsentState::Given => Group::Open,
        ConsentState::Returned | ConsentState::Settled | ConsentState::Refused | ConsentState::Answered => {
            Group::Done
        }
        ConsentState::Rejected => Group::Undone,
    }
}

const fn recall_group(state: RecallState) -> Group {
    match state {
        RecallState::Requested | RecallState::Asked => Group::Open,
        RecallState::Returned => Group::Done,
        RecallState::Refused => Group::Undone,
    }
}
