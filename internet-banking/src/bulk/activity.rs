//! 取引状況 of these businesses: batches from their approval on. What waits for approvers is among their requests.

use bulk::{BatchQuery, State};
use domain::BatchId;
use edge::Failure;

use super::heading::kinds_of;
use super::links::{BatchLink, BatchPage};
use super::{kinds, operation, words};
use crate::Bank;
use crate::activity::{Group, Item, Search, states};
use crate::history::About;
use crate::sign_in::SignedIn;

/// Batches that are looked through for a page.
const LOOKED_MAX: u32 = 500;

/// A batch in a few words for the history of whoever supervises the contract, with its account, and its page where the
/// person may see it.
pub async fn about(bank: &Bank, by: &SignedIn, id: BatchId) -> Result<Option<About>, Failure> {
    let Some(batch) = bank.bulk.find(by.contract.id, id).await? else { return Ok(None) };
    Ok(Some(About {
        words: format!("{} {}件 {} 円", words::title(&batch), batch.rows, batch.amount),
        account: Some(batch.heading.account),
        amount: Some(batch.amount),
        link: operation::may_see(by, &batch).then(|| BatchLink(id, BatchPage::Rows).to_string()),
        ..About::default()
    }))
}

/// Batches with the accounts that the user may do the business with.
pub async fn batches(bank: &Bank, by: &SignedIn, search: &Search) -> Result<Vec<Item>, Failure> {
    let states = states(State::ALL, search.group, group);
    let mine = kinds_of(by).into_iter();
    let chosen: Vec<_> = mine
        .filter(|kind| search.business.is_none_or(|business| business == kinds::business(*kind)))
        .collect();
    if states.is_empty() || chosen.is_empty() {
        return Ok(Vec::new());
    }
    let query = BatchQuery {
        kinds: chosen,
        states,
        author: search.user,
        before: search.before.map(|(at, id)| (at, BatchId::from_uuid(id))),
        ..BatchQuery::newest(by.contract.id, LOOKED_MAX)
    };
    let found = bank.bulk.list(&query).await?;
    let (from, until) = search.instants();
    let limit = usize::try_from(search.limit).unwrap_or(usize::MAX);
    Ok(found
        .into_iter()
        .filter(|batch| (from..until).contains(&batch.created_at) && operation::may_see(by, batch))
        .take(limit)
        .map(|batch| {
            let (icon, class) = words::look(batch.state);
            Item {
                at: batch.created_at,
                id: batch.id.uuid(),
                business: kinds::business(batch.heading.kind),
                kind: batch.heading.kind.label(),
                link: BatchLink(batch.id, BatchPage::Rows).to_string(),
                title: words::title(&batch),
                detail: format!("{}件", batch.rows),
                account: batch.heading.account,
                amount: batch.amount,
                user: Some(batch.author),
                look: (batch.state.label(), icon, class),
                note: format!("{} {}", batch.heading.kind.day_name(), words::day(batch.heading.day)),
            }
        })
        .collect())
}

const fn group(state: State) -> Option<Group> {
    match state {
        State::Draft | State::Returned | State::Withdrawn | State::Requested | State::Discarded => None,
        State::Approved => Some(Group::Reserved),
        State::Running | State::Handed => Some(Group::Open),
        State::Done => Some(Group::Done),
        State::Void | State::Failed => Some(Group::Undone),
    }
}
