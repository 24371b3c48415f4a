//! The orders: all of them, those of a state, and one.

use axum::extract::{Path, Query, State};
use serde::Deserialize;
use transfers::{OrderQuery, Relation, State as OrderState};

use super::{Answer, accounts, admit, failed, find, order_facts, order_row, page_frame, shown};
use crate::Bank;
use crate::contracts::Business;
use crate::frame::day_and_time;
use crate::payeasy::words::time_of_day;
use crate::sign_in::SignedIn;
use crate::transfers::links::{OlderLink, OrderAct, OrderLink};
use crate::transfers::views::{OrderPage, OrdersPage, RecallRow, StateChoice};
use crate::transfers::words;
use crate::users::Members;

/// Orders of one page.
const PAGE_MAX: u32 = 50;

/// The filters: the word of the address, that of the page, and the states.
const FILTERS: &[(&str, &str, &[OrderState])] = &[
    ("all", "すべて", &[]),
    ("reserved", "予約中", &[OrderState::Reserved]),
    ("open", "送信中・確認中", &[OrderState::Held, OrderState::Sending, OrderState::Unknown]),
    ("done", "完了・送信済み", &[OrderState::Sent, OrderState::Settled]),
    ("back", "不能・返却・受付不可", &[OrderState::Failed, OrderState::Returned, OrderState::Rejected]),
    ("cancelled", "取消済み", &[OrderState::Cancelled]),
];

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    state: String,
    older: String,
    done: String,
}

/// `GET /transfers/orders`
pub async fn list(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    admit(&by)?;
    let chosen = FILTERS.iter().find(|(value, ..)| *value == asked.state).unwrap_or(&FILTERS[0]);
    let before = match asked.older.is_empty() {
        true => None,
        false => {
            let last = find(&bank, &by, &asked.older).await?;
            Some((last.facts.placed_at, last.facts.id))
        }
    };
    let mine = by.user.rights.accounts(Business::Transfer);
    let newest = OrderQuery::newest(by.contract.id, mine, PAGE_MAX);
    let query = OrderQuery { states: chosen.2.to_vec(), before, ..newest };
    let orders = bank.transfers.list(&query).await.map_err(failed)?;
    let all = accounts(&bank, &by).await?;
    let full = orders.len() >= usize::try_from(PAGE_MAX).unwrap_or(usize::MAX);
    let last = orders.last().filter(|_| full).map(|order| order.facts.id);
    shown(&OrdersPage {
        frame: page_frame(&by, false),
        states: FILTERS
            .iter()
            .map(|(value, words, _)| StateChoice { value, words, chosen: *value == chosen.0 })
            .collect(),
        orders: orders.iter().map(|order| order_row(&all, order)).collect(),
        older: last.map(|older| OlderLink { state: chosen.0, older }),
    })
}

/// `GET /transfers/orders/{order}`
pub async fn show(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let order = find(&bank, &by, &id).await?;
    let all = accounts(&bank, &by).await?;
    let recall = bank.transfers.recall_of(order.facts.id).await.map_err(failed)?;
    let people = Members::of(&bank.database, by.contract.id).everybody().await.map_err(failed)?;
    let person = people.into_iter().find(|one| one.id == order.facts.user);
    let id = order.facts.id;
    let is_own = order.facts.relation == Relation::OwnAccount;
    shown(&OrderPage {
        frame: page_frame(&by, false),
        csrf: by.csrf.clone(),
        order: id,
        just_placed: asked.done == "placed",
        number: words::number(&order.facts),
        placed_at: time_of_day(order.facts.placed_at),
        by: person.map_or_else(String::new, |one| format!("{}({})", one.name, one.login_id)),
        kind: words::kind(order.facts.relation),
        facts: order_facts(&all, &order),
        shown: words::shown_of(order.facts.relation, order.state),
        changed_at: time_of_day(order.changed_at),
        reason: words::reason_of(&order),
        cancel: order.may_cancel(bank.clock.now()).then_some(OrderAct::Cancel(id)),
        recall: (order.may_recall() && recall.is_none() && !is_own).then_some(OrderAct::Recall(id)),
        recalled: recall.map(|recall| {
            let (word, icon, class, meaning) =
                words::recall(recall.state, order.state == OrderState::Returned);
            RecallRow {
                word,
                icon,
                class,
                meaning,
                asked_at: day_and_time(recall.asked_at),
                changed_at: day_and_time(recall.changed_at),
                code: recall.code,
            }
        }),
        again: OrderAct::Again(id),
        here: OrderLink(id),
        is_open: order.state.is_open(),
    })
}
