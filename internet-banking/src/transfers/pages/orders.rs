//! The orders: all of them, those of a state, and one.

use axum::extract::{Path, Query, State};
use domain::numbers::fold_width;
use domain::{AccountId, ContractId, Date};
use edge::Errors;
use formats::kana::{Class, ZenginText};
use formats::legal_forms::abbreviated;
use serde::Deserialize;
use transfers::{Order, OrderQuery, Relation, State as OrderState};

use super::{Answer, accounts, admit, again, failed, find, order_facts, order_row, page_frame, shown};
use crate::contracts::Business;
use crate::frame::day_and_time;
use crate::payeasy::words::time_of_day;
use crate::sign_in::SignedIn;
use crate::transfers::links::{OlderLink, OrderAct, OrderLink};
use crate::transfers::views::{OrderPage, OrdersPage, RecallRow, StateChoice};
use crate::transfers::words;
use crate::users::Members;
use crate::{Bank, history, period};

/// Orders of one page.
const PAGE_MAX: u32 = 50;
/// Orders of a day that are looked through at a time for the one with a number.
const DAY_PAGE: u32 = 500;
/// Characters that are searched for at most.
const SOUGHT_CHARS_MAX: usize = 60;

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
    from: String,
    until: String,
    q: String,
    done: String,
}

/// What is looked for.
enum Sought {
    /// All there is.
    All,
    /// Part of 受取人名 as it is sent.
    Payee(String),
    /// The order of a 受付番号, which begins with the day on which it was taken.
    Number(Date, String),
    /// What no order can have.
    Nothing,
}

impl Sought {
    fn read(typed: &str) -> Self {
        if typed.chars().count() > SOUGHT_CHARS_MAX {
            return Self::Nothing;
        }
        let folded: String = typed.trim().chars().map(fold_width).collect();
        if let Some((day, _)) = folded.split_once('-').filter(|(_, end)| end.len() == 8)
            && let Ok(day) = Date::parse_from_str(day, "%y%m%d")
        {
            return Self::Number(day, folded.to_uppercase());
        }
        match ZenginText::typed(&abbreviated(typed.trim()), Class::Party) {
            Ok(part) if part.is_empty() => Self::All,
            Ok(part) => Self::Payee(part.to_string()),
            Err(_) => Self::Nothing,
        }
    }
}

/// `GET /transfers/orders`
pub async fn list(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    admit(&by)?;
    let chosen = FILTERS.iter().find(|(value, ..)| *value == asked.state).unwrap_or(&FILTERS[0]);
    let empty = |errors: Errors| OrdersPage {
        frame: page_frame(&by, !errors.is_empty()),
        errors,
        states: FILTERS
            .iter()
            .map(|(value, words, _)| StateChoice { value, words, chosen: *value == chosen.0 })
            .collect(),
        days: (asked.from.clone(), asked.until.clone()),
        q: asked.q.clone(),
        orders: Vec::new(),
        older: None,
    };
    let days = match days(&asked) {
        Ok(days) => days,
        Err(errors) => return again(&empty(errors)),
    };
    let before = match asked.older.is_empty() {
        true => None,
        false => {
            let last = find(&bank, &by, &asked.older).await?;
            Some((last.facts.placed_at, last.facts.id))
        }
    };
    let mine = by.user.rights.accounts(Business::Transfer);
    let mut query = OrderQuery {
        states: chosen.2.to_vec(),
        day_from: days.0,
        day_until: days.1,
        before,
        ..OrderQuery::newest(by.contract.id, mine, PAGE_MAX)
    };
    let sought = Sought::read(&asked.q);
    match &sought {
        Sought::All => {}
        Sought::Payee(part) => query.payee = Some(part.clone()),
        Sought::Number(day, number) => {
            // which says which one, whatever else is chosen
            let all = accounts(&bank, &by).await?;
            let found = numbered(&bank, by.contract.id, query.accounts, *day, number).await?;
            let orders = found.iter().map(|order| order_row(&all, order)).collect();
            return shown(&OrdersPage { orders, ..empty(Errors::none()) });
        }
        Sought::Nothing => return shown(&empty(Errors::none())),
    }
    let orders = bank.transfers.list(&query).await.map_err(failed)?;
    let full = orders.len() >= usize::try_from(query.limit).unwrap_or(usize::MAX);
    let last = orders.last().filter(|_| full).map(|order| order.facts.id);
    let all = accounts(&bank, &by).await?;
    let typed = [&asked.from, &asked.until, &asked.q].map(Clone::clone);
    shown(&OrdersPage {
        orders: orders.iter().map(|order| order_row(&all, order)).collect(),
        older: last.map(|older| OlderLink { state: chosen.0, typed, older }),
        ..empty(Errors::none())
    })
}

/// The order of a day with this 受付番号.
async fn numbered(
    bank: &Bank,
    contract: ContractId,
    mine: Vec<AccountId>,
    day: Date,
    number: &str,
) -> Result<Option<Order>, crate::answer::Stop> {
    let placed = Some(period::instants((day, day)));
    let mut query = OrderQuery { placed, ..OrderQuery::newest(contract, mine, DAY_PAGE) };
    loop {
        let orders = bank.transfers.list(&query).await.map_err(failed)?;
        query.before = orders.last().map(|order| (order.facts.placed_at, order.facts.id));
        let is_last = orders.len() < usize::try_from(DAY_PAGE).unwrap_or(usize::MAX);
        let found = orders.into_iter().find(|order| words::number(&order.facts) == number);
        if found.is_some() || is_last {
            return Ok(found);
        }
    }
}

/// The first and the last 指定日, as far as they are typed.
fn days(asked: &Asked) -> Result<(Option<Date>, Option<Date>), Errors> {
    let mut errors = Errors::none();
    let mut day = |typed: &str, field: &'static str| match typed.trim() {
        "" => None,
        typed => {
            let day = typed.parse().ok();
            if day.is_none() {
                errors.add(field, "日付を「2026-11-24」のように入力してください。");
            }
            day
        }
    };
    let found: (Option<Date>, Option<Date>) = (day(&asked.from, "from"), day(&asked.until, "until"));
    if let (Some(from), Some(until)) = found
        && from > until
    {
        errors.add("from", "はじめの日は、おわりの日以前の日付にしてください。");
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
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
    let cancelled = match order.state {
        OrderState::Cancelled => {
            history::who(&bank, &by, "transfer.cancel", id.to_string(), order.facts.placed_at).await?
        }
        _ => None,
    };
    // what came back is with the bank where the account was closed by then
    let came_back_to = match order.state {
        OrderState::Returned => bank.transfers.came_back_to(id).await.map_err(failed)?,
        _ => None,
    };
    let is_kept = came_back_to.is_some_and(|account| account != order.facts.account);
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
        shown: match is_kept {
            true => words::KEPT_BY_THE_BANK,
            false => words::shown_order(&order),
        },
        came_back: came_back_to.is_some() && !is_kept,
        cancelled: cancelled.map(|(at, who)| format!("{} {who}", time_of_day(at))),
        changed_at: time_of_day(order.changed_at),
        reason: words::reason_of(&order),
        cancel: order.may_cancel(bank.clock.now()).then_some(OrderAct::Cancel(id)),
        recall: (order.may_recall() && recall.is_none() && !is_own).then_some(OrderAct::Recall(id)),
        recalled: recall.map(|recall| {
            let (word, icon, class, meaning) =
                words::recall(recall.state, order.state == OrderState::Returned);
            let meaning = if is_kept { "振込金額が戻りました。" } else { meaning };
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
