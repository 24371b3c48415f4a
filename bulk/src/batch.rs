//! A batch: what it says of itself, its states and events, and where it stands.

use domain::{AccountId, AccountRef, BatchId, ContractId, Date, Timestamp, TransferId, UserId, Yen};
use ledger::{EntityId, Event as Stored};
use serde::{Deserialize, Serialize};

pub use formats::Route;

use crate::words::words;
use crate::{Kind, StoreError, Terms};

/// What a batch says of itself. It may change until the bank is asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    /// Which business.
    pub kind: Kind,
    /// How it reached the bank, which decides how many rows it may have.
    pub route: Route,
    /// The account that is debited; of 口座振替 the one that is credited.
    pub account: AccountId,
    /// What names it.
    pub from: AccountRef,
    /// 委託者コード: up to ten digits, empty where there is none.
    pub originator: String,
    /// 振込依頼人名 or 委託者名, in kana as it is sent.
    pub name: String,
    /// 振込指定日, 引落日 or 納付期限.
    pub day: Date,
    /// 納付月分 of a tax: the first of its month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<Date>,
    /// By what the fee is deducted from rows whose payee bears it (先方負担); nothing where none of them does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deduction: Option<domain::deduction::Terms>,
    /// The customer's own title.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The file that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<SourceFile>,
}

/// A file that a batch came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Its name, as the browser told it.
    pub name: String,
    /// SHA-256 of its bytes, by which the same file is known again.
    pub digest: [u8; 32],
    /// The header record as it came, which a result file has again; nothing where it had none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<u8>,
}

words! {
    /// Where a batch stands.
    State:
    /// It may be changed.
    Draft = "draft" "作成中",
    /// Approvers are asked.
    Requested = "requested" "承認待ち",
    /// An approver has sent it back (差戻し); it may be changed.
    Returned = "returned" "差戻し",
    /// Its author has taken it back (引戻し); it may be changed.
    Withdrawn = "withdrawn" "引戻し",
    /// 承認済み: it waits for its day, and nobody takes it back (R121).
    Approved = "approved" "承認済み",
    /// Its money is debited, or its debits have begun: its rows are carried out.
    Running = "running" "処理中",
    /// All rows have had their turn, and not all are final.
    Handed = "handed" "結果待ち",
    /// Every row is final and its own account is empty.
    Done = "done" "完了",
    /// Nobody approved it before its cut-off (R120). No money moved. Final.
    Void = "void" "期限切れ",
    /// The money could not be debited: nothing was carried out. Final.
    Failed = "failed" "不能",
    /// Its author has thrown it away. Final.
    Discarded = "discarded" "削除",
}

words! {
    /// What happens to a batch.
    Event:
    /// Its rows are there.
    Drafted = "bulk-drafted" "作成",
    /// The bank is asked for it: approvers are.
    Requested = "bulk-requested" "承認依頼",
    /// 差戻し.
    Returned = "bulk-returned" "差戻し",
    /// 引戻し.
    Withdrawn = "bulk-withdrawn" "引戻し",
    /// 承認.
    Approved = "bulk-approved" "承認",
    /// Nobody approved it in time.
    Voided = "bulk-voided" "期限切れ",
    /// Funds were short at one of the times of its day, and another one follows.
    Tried = "bulk-tried" "残高不足(再試行)",
    /// The total was debited, or the first debit is about to be made.
    Begun = "bulk-begun" "処理開始",
    /// Some of its rows had their turn.
    Posted = "bulk-posted" "行の処理",
    /// All rows have had their turn.
    Handed = "bulk-handed" "送信完了",
    /// Money of some rows went back to the payer.
    Back = "bulk-back" "返却",
    /// Other banks told what came of some debits.
    Answered = "bulk-answered" "振替結果の受領",
    /// Every row is final.
    Done = "bulk-done" "完了",
    /// It could not be debited.
    Failed = "bulk-failed" "不能",
    /// It was thrown away.
    Discarded = "bulk-discarded" "削除",
}

words! {
    /// Why a batch was not carried out.
    Reason:
    /// 残高不足.
    Shortage = "shortage" "残高不足",
    /// The debited account is closed.
    AccountClosed = "account_closed" "引落口座の解約",
    /// Its day was over before it could be debited.
    DayOver = "day_over" "指定日の終了",
    /// An emergency stop of the contract, its plan or the service.
    Stopped = "stopped" "ご利用の停止",
    /// 解約.
    ContractEnded = "contract_ended" "ご契約の終了",
    /// What is stored is not what was approved.
    Altered = "altered" "承認内容との不一致",
}

impl State {
    /// Whether it may be changed, asked for or thrown away.
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned | Self::Withdrawn)
    }

    /// Whether nothing more will happen to it; money that comes back later goes to the payer all the same.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Void | Self::Failed | Self::Discarded)
    }
}

/// The state that an event leads to; `None` where it cannot happen.
pub const fn next(state: Option<State>, event: Event) -> Option<State> {
    use State::{
        Approved, Discarded, Done, Draft, Failed, Handed, Requested, Returned, Running, Void, Withdrawn,
    };
    match (state, event) {
        (None, Event::Drafted) => Some(Draft),
        (Some(Draft | Returned | Withdrawn), Event::Requested) => Some(Requested),
        (Some(Draft | Returned | Withdrawn), Event::Discarded) => Some(Discarded),
        (Some(Requested), Event::Returned) => Some(Returned),
        (Some(Requested), Event::Withdrawn) => Some(Withdrawn),
        (Some(Requested), Event::Voided) => Some(Void),
        (Some(Requested), Event::Approved) | (Some(Approved), Event::Tried) => Some(Approved),
        (Some(Approved), Event::Failed) => Some(Failed),
        (Some(Approved), Event::Begun) | (Some(Running), Event::Posted) => Some(Running),
        (Some(Running), Event::Handed) => Some(Handed),
        (Some(Handed), Event::Done) => Some(Done),
        (Some(state @ (Running | Handed | Done)), Event::Back) => Some(state),
        (Some(state @ (Running | Handed)), Event::Answered) => Some(state),
        _ => None,
    }
}

/// The facts of an event, as its JSON body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    /// The state after it; written first, for it is searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The user who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// What was asked for, as hexadecimal digits of its SHA-256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The time of its day at which the debit was tried, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<usize>,
    /// The last row that had its turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// How many rows it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<i64>,
    /// How much of the batch's money it moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Yen>,
    /// The transfer of the journal, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferId>,
    /// In words: why an approver sent it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Where a batch stands, from its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The state; none before its first event.
    pub state: Option<State>,
    /// The number of the last event.
    pub seq: i64,
    /// The last time of its day at which the debit was tried.
    pub slot: Option<usize>,
    /// The last row that had its turn.
    pub until: i64,
    /// What was asked for.
    pub digest: Option<String>,
    /// Who approved it last.
    pub approver: Option<UserId>,
    /// The debit of the total.
    pub debit: Option<TransferId>,
    /// Why it was not carried out.
    pub reason: Option<Reason>,
}

impl Position {
    /// From a batch's events.
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
            StoreError::Corrupt(format!("{event} cannot happen to a batch that is {state}"))
        })?);
        self.seq += 1;
        self.slot = body.slot.or(self.slot);
        self.until = body.until.unwrap_or(self.until);
        self.reason = body.reason;
        match event {
            Event::Requested => self.digest.clone_from(&body.digest),
            Event::Returned | Event::Withdrawn => self.digest = None,
            Event::Approved => self.approver = body.user,
            Event::Begun => self.debit = body.transfer,
            _ => {}
        }
        Ok(())
    }
}

/// A batch as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The batch.
    pub id: BatchId,
    /// Whose.
    pub contract: ContractId,
    /// Who made it.
    pub author: UserId,
    /// What it says of itself.
    pub heading: Heading,
    /// Changes with every change of it; whoever changes it names the one that was seen.
    pub version: i64,
    /// Rows.
    pub rows: i64,
    /// What they sum up to.
    pub amount: Yen,
    /// The bank's fees for them, charged later (R84).
    pub fees: Yen,
    /// Rows of which something is wrong: with one of them it cannot be asked for.
    pub faulty: i64,
    /// Rows to other banks.
    pub abroad: i64,
    /// Where it stands.
    pub state: State,
    /// Why it was not carried out; also of the last try of its debit.
    pub reason: Option<Reason>,
    /// What an approver said with it, where it was sent back.
    pub detail: Option<String>,
    /// What was asked for: hexadecimal digits of its SHA-256, while it is asked for or later.
    pub digest: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed, or came to its state.
    pub changed_at: Timestamp,
    /// The account of the ledger through which its money goes.
    pub fund: AccountId,
}

impl Batch {
    /// Its entity in the event log.
    pub const fn entity(&self) -> EntityId {
        EntityId(self.id.uuid())
    }

    /// Whether none of its rows is to another bank.
    pub const fn is_within(&self) -> bool {
        self.abroad == 0
    }

    /// The moment before which it must be approved (R120).
    pub fn approved_before(&self, terms: &Terms) -> Timestamp {
        terms.approved_before(self.heading.kind, self.heading.day, self.is_within())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table: what each state goes on to, and nothing else.
    ///
    /// Proves R119.
    /// Proves R121.
    #[test]
    fn the_table_of_states_is_walked() {
        let go_on = |state: Option<State>| -> Vec<State> {
            let mut found: Vec<_> = Event::ALL.iter().filter_map(|event| next(state, *event)).collect();
            found.sort_unstable();
            found
        };
        assert_eq!(go_on(None), [State::Draft]);
        for state in State::ALL.iter().copied().filter(|state| state.is_editable()) {
            assert_eq!(go_on(Some(state)), [State::Requested, State::Discarded], "{state}");
        }
        let asked = [State::Returned, State::Withdrawn, State::Approved, State::Void];
        assert_eq!(go_on(Some(State::Requested)), asked, "money moves after an approval alone");
        let approved = [State::Approved, State::Running, State::Failed];
        assert_eq!(go_on(Some(State::Approved)), approved, "nobody takes an approved batch back");
        let running = [State::Running, State::Running, State::Running, State::Handed];
        assert_eq!(go_on(Some(State::Running)), running);
        assert_eq!(go_on(Some(State::Handed)), [State::Handed, State::Handed, State::Done]);
        assert_eq!(go_on(Some(State::Done)), [State::Done], "what comes back later goes to the payer");
        for end in [State::Void, State::Failed, State::Discarded] {
            assert_eq!(go_on(Some(end)), []);
        }
        for state in State::ALL {
            assert_eq!(state.as_str().parse::<State>().unwrap(), *state);
            assert!(!state.label().is_ascii());
        }
    }
}
