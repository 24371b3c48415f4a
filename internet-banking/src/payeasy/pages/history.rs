//! 払込履歴: the payments of 100 days, newest first.

use axum::extract::{Query, State};
use domain::payment::State as PaymentState;
use domain::{PaymentId, Timestamp};
use gateway::{HistoryQuery, Payment};
use serde::Deserialize;

use super::payments::named;
use super::{Answer, Stop, admit, failed, page_frame, shown};
use crate::Bank;
use crate::contracts::Business;
use crate::links::HistoryLink;
use crate::payeasy::views::{CollectorChoice, HistoryPage, StateChoice};
use crate::sign_in::SignedIn;

/// Days that the history shows.
const HISTORY_DAYS: i64 = 100;
/// Payments a page.
const PAGE_PAYMENTS: u32 = 20;

/// What the address asks for. Anything strange in it shows everything.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// A place in the directory.
    collector: String,
    state: String,
    /// The last payment of the page before.
    older: String,
}

/// The states that a payer tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    All,
    Paid,
    Checking,
    Refunded,
    NotPaid,
}

impl Group {
    const ALL: &[Self] = &[Self::All, Self::Paid, Self::Checking, Self::Refunded, Self::NotPaid];

    const fn value(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Paid => "paid",
            Self::Checking => "checking",
            Self::Refunded => "refunded",
            Self::NotPaid => "not-paid",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::All => "すべて",
            Self::Paid => "払込完了",
            Self::Checking => "払込結果を確認中",
            Self::Refunded => "返金済み",
            Self::NotPaid => "払い込まれなかったもの",
        }
    }

    fn read(value: &str) -> Self {
        Self::ALL.iter().copied().find(|g| g.value() == value).unwrap_or(Self::All)
    }

    /// What is asked of the hub; nothing is everything.
    fn states(self) -> Vec<PaymentState> {
        match self {
            Self::All => Vec::new(),
            group => PaymentState::ALL.iter().copied().filter(|state| group.has(*state)).collect(),
        }
    }

    const fn has(self, state: PaymentState) -> bool {
        match self {
            Self::All => true,
            Self::Paid => state.is_paid(),
            Self::Checking => state.is_open(),
            Self::Refunded => matches!(state, PaymentState::Refunded),
            Self::NotPaid => !state.is_paid() && !state.is_open() && !matches!(state, PaymentState::Refunded),
        }
    }
}

/// `GET /payeasy/history`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Query(filter): Query<Filter>) -> Answer {
    admit(&by)?;
    let since = since(bank.clock.now());
    let place: Option<usize> = filter.collector.parse().ok();
    let chosen = place.and_then(|place| bank.gateway.collectors().all().nth(place));
    let collector = chosen.map(|c| c.number.clone());
    let group = Group::read(&filter.state);
    let before = before(&bank, &by, &filter.older).await?;
    let accounts = bank.contracts.accounts_for(&by.user, Business::PayEasy).await.map_err(failed)?;
    let mine = by.user.rights.accounts(Business::PayEasy);
    let all = HistoryQuery::all(by.contract.id, mine, since, PAGE_PAYMENTS);
    let query = HistoryQuery { collector, states: group.states(), before, ..all };
    let found = bank.gateway.history(&query).await.map_err(failed)?;
    let last = found.payments.last().filter(|_| found.more).map(|last| last.facts.id);
    let older = last.map(|older| HistoryLink { place, state: group.value(), older }.to_string());
    let view = |payment: &Payment| {
        let account = accounts.iter().find(|a| a.account == payment.facts.account)?;
        Some(named(&bank, payment, account))
    };
    let rows = bank.gateway.collectors().all().enumerate().filter(|(_, c)| c.available);
    shown(&HistoryPage {
        frame: page_frame(&by, false),
        since: domain::time::year_month_day(since.date()),
        collectors: rows
            .map(|(index, c)| CollectorChoice {
                place: index,
                name: c.shown_name(),
                chosen: chosen.is_some_and(|chosen| chosen.number == c.number),
            })
            .collect(),
        states: Group::ALL
            .iter()
            .map(|g| StateChoice { value: g.value(), label: g.label(), chosen: *g == group })
            .collect(),
        payments: found.payments.iter().filter_map(view).collect(),
        older,
    })
}

fn since(now: Timestamp) -> Timestamp {
    now.plus_seconds(-HISTORY_DAYS * 24 * 3600)
}

/// Where the page before ended. Another contract's payment ends nothing.
async fn before(bank: &Bank, by: &SignedIn, older: &str) -> Result<Option<(Timestamp, PaymentId)>, Stop> {
    let Ok(id) = older.parse::<PaymentId>() else { return Ok(None) };
    let last = bank.gateway.payment(by.contract.id, id).await.map_err(failed)?;
    Ok(last.map(|payment| (payment.facts.held_at, payment.facts.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_in_exactly_one_group_and_in_all() {
        for state in PaymentState::ALL {
            let groups = Group::ALL.iter().filter(|g| g.has(*state)).count();
            assert_eq!(groups, 2, "{state}");
        }
        assert_eq!(Group::read("checking"), Group::Checking);
        assert_eq!(Group::read("x' OR 1=1"), Group::All);
    }
}
