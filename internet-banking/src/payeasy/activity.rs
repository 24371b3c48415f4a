//! 取引状況 of this business: payments, and what the contract's own systems asked for.

use domain::PaymentId;
use domain::payment::State;
use edge::Failure;
use gateway::HistoryQuery;

use super::words;
use crate::Bank;
use crate::activity::{Group, Item, Search, states};
use crate::contracts::Business;
use crate::frame::day_and_time;
use crate::history::About;
use crate::links::{PaymentLink, RequestLink};
use crate::sign_in::SignedIn;

/// Requests that wait are never more than these.
const WAITING_MAX: u32 = 200;

/// A payment of the contract in a few words for its history, and its page where the person may see it.
pub async fn about(bank: &Bank, by: &SignedIn, id: PaymentId) -> Result<Option<About>, Failure> {
    let Some(payment) = bank.gateway.payment(by.contract.id, id).await? else { return Ok(None) };
    let facts = payment.facts;
    let collector = bank.gateway.collectors().get(&facts.collector);
    let collector = collector.map_or_else(|| facts.collector.to_string(), |found| found.shown_name());
    let link = by.user.rights.may_use(Business::PayEasy, facts.account).then(|| PaymentLink(id).to_string());
    Ok(Some(About {
        words: format!("受付番号 {} {collector} {} 円", facts.receipt_number, facts.amount),
        account: Some(facts.account),
        amount: Some(facts.amount),
        link,
        ..About::default()
    }))
}

/// Payments of the accounts that the user may use.
pub async fn payments(bank: &Bank, by: &SignedIn, search: &Search) -> Result<Vec<Item>, Failure> {
    let states = states(State::ALL, search.group, group);
    if states.is_empty() {
        return Ok(Vec::new());
    }
    let (since, until) = search.instants();
    let mine = by.user.rights.accounts(Business::PayEasy);
    let query = HistoryQuery {
        until: Some(until),
        user: search.user,
        states,
        before: search.before.map(|(at, id)| (at, PaymentId::from_uuid(id))),
        ..HistoryQuery::all(by.contract.id, mine, since, search.limit)
    };
    let found = bank.gateway.history(&query).await?;
    Ok(found
        .payments
        .into_iter()
        .map(|payment| {
            let (facts, shown) = (payment.facts, words::shown(payment.state));
            Item {
                at: facts.held_at,
                id: facts.id.uuid(),
                business: Business::PayEasy,
                kind: Business::PayEasy.label(),
                link: PaymentLink(facts.id).to_string(),
                title: collector(bank, &facts.collector),
                detail: facts.bill.contents,
                account: facts.account,
                amount: facts.amount.checked_add(facts.fee).unwrap_or(facts.amount),
                user: Some(facts.user),
                look: (shown.word, shown.icon, shown.class),
                note: payment
                    .returned_at
                    .map(|at| format!("{} に口座へ返金", day_and_time(at)))
                    .unwrap_or_default(),
            }
        })
        .collect())
}

/// What the contract's own systems asked for and nobody has looked at.
pub async fn requests(bank: &Bank, by: &SignedIn, search: &Search) -> Result<Vec<Item>, Failure> {
    if search.group.is_some_and(|group| group != Group::Waiting) || search.user.is_some() {
        return Ok(Vec::new());
    }
    let (from, until) = search.instants();
    let mine = by.user.rights.accounts(Business::PayEasy);
    let waiting = bank.gateway.payment_requests(by.contract.id, &mine, WAITING_MAX).await?;
    let mut items: Vec<_> = waiting
        .into_iter()
        .filter(|one| (from..until).contains(&one.created_at))
        .map(|one| Item {
            at: one.created_at,
            id: one.id.uuid(),
            business: Business::PayEasy,
            kind: "外部システムからの払込依頼",
            link: RequestLink(one.id).to_string(),
            title: collector(bank, &one.collector),
            amount: one.bill.total().unwrap_or(one.bill.amount),
            detail: one.bill.contents,
            account: one.account,
            user: None,
            look: ("確認待ち", "▶", "wait"),
            note: format!("期限 {}", day_and_time(one.expires_at)),
        })
        .filter(|one| search.before.is_none_or(|before| one.place() < before))
        .collect();
    items.sort_by_key(|one| std::cmp::Reverse(one.place()));
    Ok(items)
}

fn collector(bank: &Bank, number: &domain::CollectorNumber) -> String {
    bank.gateway.collectors().get(number).map_or_else(|| number.to_string(), |found| found.shown_name())
}

/// Where a payment belongs; nowhere before it is one.
const fn group(state: State) -> Option<Group> {
    Some(match state {
        State::Inquired => return None,
        State::Held | State::Sending | State::Unknown => Group::Open,
        State::Accepted | State::Settled => Group::Done,
        State::Rejected | State::Refunded | State::Expired | State::Voided => Group::Undone,
        State::Cancelled => Group::Cancelled,
    })
}
