//! An order to transfer money: its facts, its states and events, and where it stands.

use std::collections::BTreeMap;

use domain::words;
use domain::{AccountId, AccountRef, BatchId, ContractId, Date, OrderId, Timestamp, TransferId, UserId, Yen};
use ledger::{EntityId, Event as Stored};
use serde::{Deserialize, Serialize};

use crate::{Handling, Holders, LimitLayer, Method, Relation, StoreError};

/// What is fixed when the order is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The order, as its caller named it.
    pub id: OrderId,
    /// Whose it is.
    pub contract: ContractId,
    /// Who authorised it finally.
    pub user: UserId,
    /// The debited account.
    pub account: AccountId,
    /// What names it.
    pub from: AccountRef,
    /// 振込依頼人名, in kana as it is sent.
    pub payer_name: String,
    /// The credited account.
    pub to: AccountRef,
    /// 受取人名, in kana as it is sent.
    pub payee_name: String,
    /// The credited account in our ledger, where it is at this bank.
    pub payee_account: Option<AccountId>,
    /// How payer and payee stand to each other.
    pub relation: Relation,
    /// How the payee was named.
    pub method: Method,
    /// 当日 or 予約.
    pub handling: Handling,
    /// How much.
    pub amount: Yen,
    /// 振込手数料 on the day, debited later (R84).
    pub fee: Yen,
    /// 振込指定日.
    pub day: Date,
    /// When it was taken.
    pub placed_at: Timestamp,
    /// The limits that it was counted to.
    pub layers: Vec<LimitLayer>,
    /// The batch of bulk business that it is a row of: then the debited account is the batch's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
}

impl Facts {
    /// Whose limits it is counted to.
    pub const fn holders(&self) -> Holders {
        Holders { contract: self.contract, account: self.account, user: self.user }
    }

    /// Its entity in the event log.
    pub const fn entity(&self) -> EntityId {
        EntityId(self.id.uuid())
    }

    /// The number under which the network knows it: the order's id without hyphens.
    pub fn message_id(&self) -> String {
        message_id(self.id)
    }

    /// Whether this is what another order asked for, whenever it was asked.
    pub(crate) fn is_same_order(&self, other: &Self) -> bool {
        let timeless = |facts: &Self| Self {
            placed_at: Timestamp::default(),
            handling: Handling::SameDay,
            layers: Vec::new(),
            fee: Yen::ZERO,
            ..facts.clone()
        };
        timeless(self) == timeless(other)
    }
}

/// The number of an order at the network.
pub(crate) fn message_id(order: OrderId) -> String {
    order.uuid().simple().to_string()
}

words! {
    /// Where an order stands.
    State {
        /// 予約: nothing is held, and it waits for its day.
        Reserved = "reserved";
        /// The money is held, and the message waits to be sent.
        Held = "held";
        /// The message is claimed; bytes may be leaving.
        Sending = "sending";
        /// The message may have left, and nobody knows what became of it. No timer ends this.
        Unknown = "unknown";
        /// The network has taken it; it is not settled.
        Sent = "sent";
        /// 決済済: the payee, or the payee's bank, has the money.
        Settled = "settled";
        /// The network refused it; the money was never moved.
        Rejected = "rejected";
        /// 返却: the money came back, as 入金不能 or by a recall. Final.
        Returned = "returned";
        /// It was not carried out; no money moved. Final.
        Failed = "failed";
        /// 取消 by the customer, or by the bank on paper. Final.
        Cancelled = "cancelled";
    }
}

words! {
    /// What happens to an order.
    Event {
        /// It was reserved.
        Reserved = "transfer-reserved";
        /// A reservation was tried, and funds were short or a stop was there.
        Tried = "transfer-tried";
        /// Its money is held.
        Held = "transfer-held";
        /// A delivery of its message is claimed.
        Claimed = "transfer-claimed";
        /// A delivery is known not to have been applied.
        NotApplied = "transfer-not-applied";
        /// Nobody knows what became of a delivery.
        OutcomeUnknown = "transfer-outcome-unknown";
        /// The network has taken it.
        Sent = "transfer-sent";
        /// Within the bank: debited and credited.
        Executed = "transfer-executed";
        /// It is settled with the other bank.
        Settled = "transfer-settled";
        /// The network refused it.
        Rejected = "transfer-rejected";
        /// The money came back.
        Returned = "transfer-returned";
        /// It was given up.
        Failed = "transfer-failed";
        /// The customer took it back, or the bank for the customer.
        Cancelled = "transfer-cancelled";
        /// The customer has asked for it to come back; what becomes of that is the recall's.
        RecallAsked = "transfer-recall-asked";
        /// An answer contradicts how it ended: for people, and no money moves.
        Contradicted = "transfer-contradicted";
    }
}

impl State {
    /// Whether its message is open work.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Held | Self::Sending | Self::Unknown)
    }

    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reserved => "予約中",
            Self::Held | Self::Sending => "送信中",
            Self::Unknown => "結果を確認中",
            Self::Sent => "送信済み",
            Self::Settled => "完了",
            Self::Rejected => "受付不可",
            Self::Returned => "返却",
            Self::Failed => "不能",
            Self::Cancelled => "取消済み",
        }
    }
}

/// The state that an event leads to; `None` where it cannot happen.
pub const fn next(state: Option<State>, event: Event) -> Option<State> {
    use State::{Cancelled, Failed, Held, Rejected, Reserved, Returned, Sending, Sent, Settled, Unknown};
    match (state, event) {
        (None, Event::Reserved) | (Some(Reserved), Event::Tried) => Some(Reserved),
        (None | Some(Reserved), Event::Held) | (Some(Sending), Event::NotApplied) => Some(Held),
        (None | Some(Reserved), Event::Executed) | (Some(Sent), Event::Settled) => Some(Settled),
        (Some(Reserved | Held), Event::Failed) => Some(Failed),
        (Some(Reserved), Event::Cancelled) => Some(Cancelled),
        (Some(Held), Event::Claimed) => Some(Sending),
        (Some(Unknown), Event::Claimed) | (Some(Held | Sending | Unknown), Event::OutcomeUnknown) => {
            Some(Unknown)
        }
        (Some(Held | Sending | Unknown), Event::Sent) => Some(Sent),
        (Some(Held | Sending | Unknown), Event::Rejected) => Some(Rejected),
        (Some(Sent | Settled), Event::Returned) => Some(Returned),
        (Some(state @ (Sent | Settled)), Event::RecallAsked) => Some(state),
        (Some(state), Event::Contradicted) => Some(state),
        _ => None,
    }
}

/// The facts of an event, as its JSON body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    /// The state after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// The delivery that it speaks of, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<i64>,
    /// Whether any byte of that delivery left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<bool>,
    /// The time of its day at which a reservation was tried, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<usize>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The network's code, where it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// In words for an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The transfer of the journal that went along: the hold, its end, or what was posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferId>,
    /// The message that the other side sent, by its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The transport signature of the answer, whose bytes are the event's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

words! {
    /// Why an order was not carried out, or came back.
    Reason {
        /// 残高不足.
        Shortage = "shortage";
        /// The debited account is closed.
        PayerClosed = "payer_closed";
        /// The credited account is closed or is none.
        PayeeClosed = "payee_closed";
        /// Its day ended before it could be carried out.
        DayOver = "day_over";
        /// 緊急停止: of its contract, plan or service.
        Stopped = "stopped";
        /// 解約 of its contract.
        ContractEnded = "contract_ended";
        /// 入金不能 at the payee's bank.
        NotCredited = "not_credited";
        /// 組戻し.
        Recalled = "recalled";
        /// The network refused it.
        Refused = "refused";
    }
}

impl Reason {
    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Shortage => "残高不足",
            Self::PayerClosed => "引落口座の解約",
            Self::PayeeClosed => "入金口座なし",
            Self::DayOver => "指定日の終了",
            Self::Stopped => "利用の停止",
            Self::ContractEnded => "契約の終了",
            Self::NotCredited => "入金不能",
            Self::Recalled => "組戻し",
            Self::Refused => "銀行間ネットワークの受付不可",
        }
    }
}

/// What became of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Claimed, and nothing else is recorded.
    Open,
    /// Known not to have been applied.
    NotApplied { sent: bool },
    /// Nobody knows.
    Unknown,
}

/// Where an order stands, from its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The state; none before its first event.
    pub state: Option<State>,
    /// The number of the last event.
    pub seq: i64,
    /// The last time of its day at which it was tried.
    pub slot: Option<usize>,
    /// The hold of its money, where there was one.
    pub hold: Option<TransferId>,
    /// Why it stands there, from the event that brought it there; what moves nothing leaves it as it is.
    pub reason: Option<Reason>,
    /// The network's code, likewise.
    pub code: Option<String>,
    deliveries: BTreeMap<i64, Fate>,
}

impl Position {
    /// From an order's events.
    pub fn of(events: &[Stored]) -> Result<Self, StoreError> {
        let mut position = Self::default();
        for stored in events {
            let event: Event = stored.kind.parse()?;
            let body: Body = StoreError::json(&stored.body)?;
            position.advance(event, &body)?;
            if position.seq != stored.seq || position.state != body.state {
                return Err(StoreError::Corrupt(format!("event {} of {}", stored.seq, stored.entity.0)));
            }
        }
        Ok(position)
    }

    /// Moves on by an event.
    pub(crate) fn advance(&mut self, event: Event, body: &Body) -> Result<(), StoreError> {
        let state = next(self.state, event);
        self.state = Some(state.ok_or_else(|| {
            let state = self.state.map_or("new", State::as_str);
            StoreError::Corrupt(format!("{event} cannot happen to an order that is {state}"))
        })?);
        self.seq += 1;
        self.slot = body.slot.or(self.slot);
        if event == Event::Held {
            self.hold = body.transfer;
        }
        if !matches!(event, Event::Contradicted | Event::RecallAsked) {
            (self.reason, self.code) = (body.reason, body.code.clone());
        }
        let fate = match event {
            Event::Claimed => Some(Fate::Open),
            Event::NotApplied => Some(Fate::NotApplied { sent: body.sent != Some(false) }),
            // of an unknown order one delivery may still be known not to have left
            Event::OutcomeUnknown if body.sent == Some(false) => Some(Fate::NotApplied { sent: false }),
            Event::OutcomeUnknown => Some(Fate::Unknown),
            _ => None,
        };
        if let (Some(delivery), Some(fate)) = (body.delivery, fate) {
            self.deliveries.insert(delivery, fate);
        }
        Ok(())
    }

    /// Whether any byte of any delivery may have left.
    pub fn bytes_may_have_left(&self) -> bool {
        self.deliveries.values().any(|fate| *fate != Fate::NotApplied { sent: false })
    }

    /// Whether every delivery but this one is known not to have been applied.
    pub(crate) fn others_not_applied(&self, except: i64) -> bool {
        let mut others = self.deliveries.iter().filter(|(delivery, _)| **delivery != except);
        others.all(|(_, fate)| matches!(fate, Fate::NotApplied { .. }))
    }
}

/// An order as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What is fixed.
    pub facts: Facts,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub changed_at: Timestamp,
    /// Why it was not carried out or came back, where it was so; also of the last try of a reservation.
    pub reason: Option<Reason>,
    /// The network's code, where it gave one.
    pub code: Option<String>,
}

impl Order {
    /// Whether the customer may still take it back.
    pub fn may_cancel(&self, now: Timestamp) -> bool {
        self.state == State::Reserved && crate::dates::may_cancel(self.facts.day, now)
    }

    /// Whether it may be recalled (組戻し): another bank has it, or will, or another customer of this bank.
    pub const fn may_recall(&self) -> bool {
        may_recall(&self.facts, Some(self.state))
    }
}

/// The same, of an order whose events were read.
pub(crate) const fn may_recall(facts: &Facts, state: Option<State>) -> bool {
    matches!(state, Some(State::Sent | State::Settled)) && !matches!(facts.relation, Relation::OwnAccount)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table: what each state goes on to, and nothing else.
    #[test]
    fn the_table_of_states_is_walked() {
        let go_on = |state: Option<State>| -> Vec<(Event, State)> {
            Event::ALL.iter().filter_map(|event| Some((*event, next(state, *event)?))).collect()
        };
        assert_eq!(
            go_on(None),
            [
                (Event::Reserved, State::Reserved),
                (Event::Held, State::Held),
                (Event::Executed, State::Settled)
            ]
        );
        assert_eq!(
            go_on(Some(State::Reserved)).iter().map(|(_, state)| *state).collect::<Vec<_>>(),
            [State::Reserved, State::Held, State::Settled, State::Failed, State::Cancelled, State::Reserved]
        );
        for end in [State::Rejected, State::Returned, State::Failed, State::Cancelled] {
            assert_eq!(go_on(Some(end)), [(Event::Contradicted, end)], "{end} is final");
        }
        // what may have left is never given up
        for open in [State::Sending, State::Unknown] {
            assert_eq!(next(Some(open), Event::Failed), None);
        }
        for state in State::ALL {
            assert_eq!(state.as_str().parse::<State>().unwrap(), *state);
            assert!(!state.label().is_ascii());
        }
        assert!("gone".parse::<State>().is_err());
    }

    #[test]
    fn only_what_left_counts_as_sent() {
        let mut position = Position::default();
        let mut step = |event, delivery, sent| {
            position.advance(event, &Body { delivery, sent, ..Body::default() }).unwrap();
            position.clone()
        };
        step(Event::Held, None, None);
        assert!(step(Event::Claimed, Some(1), None).bytes_may_have_left(), "claimed, so they may be leaving");
        assert!(!step(Event::NotApplied, Some(1), Some(false)).bytes_may_have_left());
        step(Event::Claimed, Some(2), None);
        let unknown = step(Event::OutcomeUnknown, Some(2), None);
        assert!(
            unknown.bytes_may_have_left() && unknown.others_not_applied(2) && !unknown.others_not_applied(1)
        );
    }
}
