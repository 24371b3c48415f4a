//! What transfers ask of the user: those that reached nobody, and recalls of other banks that wait for an answer.

use domain::time::month_day;
use domain::{Timestamp, Yen};
use edge::Failure;
use transfers::{Order, OrderQuery, Reason, State};

use crate::Bank;
use crate::contracts::Business;
use crate::sign_in::SignedIn;
use crate::transfers::links::OrderLink;
use crate::transfers::{consent, left, words};

pub(super) use crate::transfers::left::Left;

/// Days for which a transfer that reached nobody is named.
const NAMED_DAYS: i64 = 14;
/// Days before that in which its day may lie: it may come back long after its day.
const BEFORE_DAYS: i64 = 31;
/// Transfers of these days that are looked through.
const LOOK_MAX: u32 = 200;

/// Days for which an entry that was left is named; the overview of transfers has it longer.
const LEFT_DAYS: i64 = 3;
/// Entries that are named.
const LEFT_MAX: usize = 3;

/// A transfer that reached nobody.
pub(super) struct Undone {
    /// Its page.
    pub link: OrderLink,
    /// Colour and icon of the word.
    pub look: (&'static str, &'static str),
    /// The word.
    pub tag: &'static str,
    /// 振込 or 振替.
    pub kind: &'static str,
    /// To whom.
    pub payee: String,
    /// 11月25日(水).
    pub day: String,
    /// How much.
    pub amount: Yen,
}

impl Undone {
    fn of(order: &Order) -> Self {
        let shown = words::shown_order(order);
        Self {
            link: OrderLink(order.facts.id),
            look: (shown.class, shown.icon),
            tag: shown.word,
            kind: words::kind(order.facts.relation),
            payee: order.facts.payee_name.clone(),
            day: month_day(order.facts.day),
            amount: order.facts.amount,
        }
    }
}

/// Transfers that ended undone of late, and after which the same payee was not sent the same amount again.
pub(super) async fn undone(bank: &Bank, by: &SignedIn, now: Timestamp) -> Result<Vec<Undone>, Failure> {
    let mine = by.user.rights.accounts(Business::Transfer);
    let since = now.plus_seconds(-NAMED_DAYS * 86_400);
    let query = OrderQuery {
        states: vec![State::Rejected, State::Returned, State::Failed],
        day_from: Some(since.plus_seconds(-BEFORE_DAYS * 86_400).date()),
        ..OrderQuery::newest(by.contract.id, mine.clone(), LOOK_MAX)
    };
    let mut found = bank.transfers.list(&query).await?;
    // what came back because the payer had asked for it has reached its end
    found.retain(|order| order.changed_at > since && order.reason != Some(Reason::Recalled));
    let Some(first) = found.iter().map(|order| order.changed_at).min() else { return Ok(Vec::new()) };
    let query = OrderQuery {
        placed: Some((first, now.plus_seconds(1))),
        ..OrderQuery::newest(by.contract.id, mine, LOOK_MAX)
    };
    let later = bank.transfers.list(&query).await?;
    found.retain(|order| !later.iter().any(|one| is_again(order, one)));
    Ok(found.iter().map(Undone::of).collect())
}

/// Whether an order is the same once more, and not in vain itself: that one is named then.
fn is_again(undone: &Order, later: &Order) -> bool {
    later.facts.placed_at >= undone.changed_at
        && later.facts.to == undone.facts.to
        && later.facts.amount == undone.facts.amount
        && later.state != State::Cancelled
}

/// The entries that the user left last.
pub(super) async fn left(bank: &Bank, by: &SignedIn, now: Timestamp) -> Result<Vec<Left>, Failure> {
    if !by.user.rights.may(Business::Transfer) {
        return Ok(Vec::new());
    }
    left::since(bank, by, now.plus_seconds(-LEFT_DAYS * 86_400), LEFT_MAX).await
}

/// How many recalls of other banks the user may still answer.
pub(super) async fn recalls(bank: &Bank, by: &SignedIn, now: Timestamp) -> Result<usize, Failure> {
    Ok(consent::waiting(bank, by, now).await?)
}
