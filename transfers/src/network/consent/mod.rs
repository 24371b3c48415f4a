//! 被仕向組戻し: another bank asks for the money of a transfer that was credited here. Only its payee can give it back: the
//! case waits for the payee's consent until its deadline, and is refused without one.
//!
//! ```text
//! asked ──consent: the account is debited──► given ──the network has it──► returned ──day's end──► settled
//!   │                                          └──the network refuses it: the money goes back──► rejected
//!   └──the payee refuses, or the deadline passes──► refused ──the network has the answer──► answered
//! ```
//!
//! [`arrive`] makes cases of requests, [`decide`] is what the payee says, [`deliver`] carries that to the network.
//! A case
//! whose payer is ours too ([`within`]) has all of its way in the commit of the answer.

mod arrive;
mod decide;
mod deliver;
mod settle;
mod within;

use database::{Database, Table, read};
use domain::{AccountId, BankCode, Date, RecallId, Timestamp, TransferId, Yen, words};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, NewEvent};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::step::SYSTEM;
use crate::{StoreError, Transfers};

pub use decide::{ConsentError, NewConsent};

static CASE: Table = Table {
    name: "recall_consent",
    columns: &[
        "id",
        "from_bank",
        "original",
        "request",
        "account",
        "amount",
        "payer",
        "credited_us",
        "until_us",
        "at_us",
    ],
};

/// Cases that one list answers at most.
pub const CASES_MAX: u32 = 500;

/// The payee refuses; nobody has answered in time: ISO's codes.
pub(crate) const REFUSES: &str = "CUST";
pub(crate) const NO_ANSWER: &str = "NOAS";

words! {
    /// Where a case stands.
    ConsentState {
        /// 承諾待ち: the payee is asked.
        Asked = "asked";
        /// 返金手続中: the payee has consented and is debited; the return is on its way to the network.
        Given = "given";
        /// 返金済み: the network has it; it is not settled.
        Returned = "returned";
        /// The same, and settled.
        Settled = "settled";
        /// 返金不可: the network has refused the return, and the money is back with the payee.
        Rejected = "rejected";
        /// 拒否: the payee refuses, or has not answered; the answer is on its way.
        Refused = "refused";
        /// The same, and the network has the answer.
        Answered = "answered";
    }
}

impl ConsentState {
    pub(crate) const fn event(self) -> &'static str {
        match self {
            Self::Asked => "consent-asked",
            Self::Given => "consent-given",
            Self::Returned => "consent-returned",
            Self::Settled => "consent-settled",
            Self::Rejected => "consent-rejected",
            Self::Refused => "consent-refused",
            Self::Answered => "consent-answered",
        }
    }

    /// Whether its message to the network is open work.
    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::Given | Self::Refused)
    }

    pub(crate) const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Asked, Self::Given | Self::Refused)
                | (Self::Given, Self::Returned | Self::Rejected)
                | (Self::Returned, Self::Settled)
                | (Self::Refused, Self::Answered)
        )
    }
}

/// The facts of an event, as its JSON body.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Body {
    pub(crate) state: ConsentState,
    /// The network's code, or that of the refusal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) code: Option<String>,
    /// The transfer of the journal that went along.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) transfer: Option<TransferId>,
    /// The day under which the return settles.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) day: Option<Date>,
}

impl Body {
    pub(crate) const fn of(state: ConsentState) -> Self {
        Self { state, code: None, transfer: None, day: None }
    }
}

/// A request to give a transfer back, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The case.
    pub id: RecallId,
    /// The bank that asks.
    pub from: BankCode,
    /// The number of its transfer.
    pub original: String,
    /// The number of its request.
    pub request: String,
    /// The account that was credited.
    pub account: AccountId,
    /// How much.
    pub amount: Yen,
    /// Who paid, in kana as it was sent.
    pub payer: String,
    /// When it was credited.
    pub credited_at: Timestamp,
    /// When the bank asked.
    pub asked_at: Timestamp,
    /// Until when the payee may answer, exclusively.
    pub until: Timestamp,
    /// Where it stands.
    pub state: ConsentState,
    /// Since when.
    pub changed_at: Timestamp,
    /// Why it was refused or rejected.
    pub code: Option<String>,
    pub(crate) day: Option<Date>,
    seq: i64,
}

impl Consent {
    /// Whether the payee may still answer.
    pub fn may_answer(&self, now: Timestamp) -> bool {
        self.state == ConsentState::Asked && now < self.until
    }

    /// The number of its message at the network, and the key of its open work.
    pub(crate) fn key(&self) -> String {
        self.id.uuid().simple().to_string()
    }

    pub(crate) const fn entity(&self) -> EntityId {
        EntityId(self.id.uuid())
    }
}

/// There is one case a transfer.
pub(crate) fn one_case(bank: &BankCode, original: &str) -> GuardKey {
    GuardKey(format!("consent-of|{bank}|{original}"))
}

/// Taken while the payee is asked; its prefix finds those whose deadline has passed.
pub(crate) fn asked_guard(until: Timestamp, id: RecallId) -> GuardKey {
    GuardKey(format!("consent-asked|{:020}|{id}", until.micros()))
}

/// Taken while the network has a return that is not settled.
pub(crate) fn due_guard(day: Date, id: RecallId) -> GuardKey {
    GuardKey(format!("interbank-due|{day}|{id}"))
}

/// The commit by which a case goes on: its event and its guards. Money and messages are the caller's.
pub(crate) fn moved(case: &Consent, steps: &[Body], now: Timestamp) -> Result<Commit, StoreError> {
    let mut commit = Commit::default();
    let (mut state, mut day) = (case.state, case.day);
    for (body, seq) in steps.iter().zip(case.seq + 1..) {
        if !state.may_become(body.state) {
            let said = format!("{} cannot happen to a recall that is {state}", body.state);
            return Err(StoreError::Corrupt(said));
        }
        match state {
            ConsentState::Asked => commit.release.push(asked_guard(case.until, case.id)),
            ConsentState::Returned => commit.release.extend(day.map(|day| due_guard(day, case.id))),
            _ => {}
        }
        (state, day) = (body.state, body.day.or(day));
        if let (ConsentState::Returned, Some(day)) = (state, day) {
            commit.guards.push((due_guard(day, case.id), case.entity()));
        }
        commit.events.push(event(case.id, seq, body, now)?);
    }
    // what this very commit takes is not given back, it is not taken
    let taken: Vec<_> = commit.guards.iter().map(|(key, _)| key.clone()).collect();
    commit.guards.retain(|(key, _)| !commit.release.contains(key));
    commit.release.retain(|key| !taken.contains(key));
    Ok(commit)
}

pub(crate) fn event(id: RecallId, seq: i64, body: &Body, at: Timestamp) -> Result<NewEvent, StoreError> {
    super::event_of(id.uuid(), seq, body.state.event(), at, body)
}

/// A record of what the engine did with a case by itself.
pub(crate) fn by_itself(case: &Consent, action: &'static str, detail: String) -> AuditRecord {
    AuditRecord { contract: None, actor: SYSTEM.to_owned(), action, subject: case.id.to_string(), detail }
}

/// A case with its last event.
const SHOWN: &str =
    "SELECT c.id, c.from_bank, c.original, c.request, c.account, c.amount, c.payer, c.credited_us,
        c.until_us, c.at_us, e.seq, e.at_us AS changed_us, e.body,
        (SELECT body FROM event WHERE entity = c.id AND kind = 'consent-returned') AS returned
    FROM recall_consent c
    JOIN event e ON e.entity = c.id AND e.seq = (SELECT max(seq) FROM event WHERE entity = c.id) WHERE ";

#[derive(FromRow)]
struct CaseRow {
    id: Uuid,
    from_bank: String,
    original: String,
    request: String,
    account: i64,
    amount: i64,
    payer: String,
    credited_us: i64,
    until_us: i64,
    at_us: i64,
    seq: i64,
    changed_us: i64,
    body: String,
    returned: Option<String>,
}

impl TryFrom<CaseRow> for Consent {
    type Error = StoreError;
    fn try_from(row: CaseRow) -> Result<Self, StoreError> {
        let body: Body = StoreError::json(&row.body)?;
        let returned: Option<Body> = row.returned.as_deref().map(StoreError::json).transpose()?;
        let from = row.from_bank.parse();
        Ok(Self {
            id: RecallId::from_uuid(row.id),
            from: from.map_err(|_| StoreError::Corrupt(format!("{} is no bank", row.from_bank)))?,
            original: row.original,
            request: row.request,
            account: AccountId::new(row.account),
            amount: Yen::new(row.amount),
            payer: row.payer,
            credited_at: Timestamp::from_micros(row.credited_us),
            asked_at: Timestamp::from_micros(row.at_us),
            until: Timestamp::from_micros(row.until_us),
            state: body.state,
            changed_at: Timestamp::from_micros(row.changed_us),
            code: body.code,
            day: returned.and_then(|body| body.day),
            seq: row.seq,
        })
    }
}

impl Transfers {
    /// The case of an id, whoever's account it is about: for the bank's staff and the engine itself.
    pub async fn consent_for_operator(&self, id: RecallId) -> Result<Option<Consent>, StoreError> {
        let row: Option<CaseRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(SHOWN);
            sql.push("c.id = ").push_bind(id.uuid());
            sql.build_query_as().fetch_optional(c).await
        })?;
        row.map(Consent::try_from).transpose()
    }

    /// A case about one of these accounts.
    pub async fn consent(&self, accounts: &[AccountId], id: RecallId) -> Result<Option<Consent>, StoreError> {
        let found = self.consent_for_operator(id).await?;
        Ok(found.filter(|case| accounts.contains(&case.account)))
    }

    /// Cases about these accounts, the newest first; all accounts of the bank where none are named.
    pub async fn consents(
        &self,
        accounts: Option<&[AccountId]>,
        limit: u32,
    ) -> Result<Vec<Consent>, StoreError> {
        list(self.database(), accounts, limit).await
    }

    /// Cases that a query asks for, the newest first.
    pub async fn consents_found(&self, query: &ConsentQuery<'_>) -> Result<Vec<Consent>, StoreError> {
        found(self.database(), query).await
    }
}

/// Which cases to list.
#[derive(Clone, Debug)]
pub struct ConsentQuery<'a> {
    /// About one of these accounts; about any of the bank where none are named.
    pub accounts: Option<&'a [AccountId]>,
    /// Only those in one of these states; all where it is empty.
    pub states: Vec<ConsentState>,
    /// Only those that were asked from this instant on, and before that one.
    pub asked: Option<(Timestamp, Timestamp)>,
    /// Older than this one, the last of the page before.
    pub before: Option<(Timestamp, RecallId)>,
    /// At most this many, and never more than [`CASES_MAX`].
    pub limit: u32,
}

/// The newest without an engine, for the bank's staff.
pub async fn list(
    database: &Database,
    accounts: Option<&[AccountId]>,
    limit: u32,
) -> Result<Vec<Consent>, StoreError> {
    let newest = ConsentQuery { accounts, states: Vec::new(), asked: None, before: None, limit };
    found(database, &newest).await
}

async fn found(database: &Database, query: &ConsentQuery<'_>) -> Result<Vec<Consent>, StoreError> {
    if query.accounts.is_some_and(<[AccountId]>::is_empty) {
        return Ok(Vec::new());
    }
    let rows: Vec<CaseRow> = read!(database, |c| {
        let mut sql = QueryBuilder::new(SHOWN);
        match query.accounts {
            Some(accounts) => {
                sql.push("c.account IN (");
                let mut list = sql.separated(", ");
                for account in accounts {
                    list.push_bind(account.get());
                }
                list.push_unseparated(")");
            }
            None => drop(sql.push("1 = 1")),
        }
        if let Some((from, until)) = query.asked {
            sql.push(" AND c.at_us >= ").push_bind(from.micros());
            sql.push(" AND c.at_us < ").push_bind(until.micros());
        }
        if let Some((at, id)) = query.before {
            sql.push(" AND (c.at_us < ").push_bind(at.micros());
            sql.push(" OR (c.at_us = ").push_bind(at.micros());
            sql.push(" AND c.id < ").push_bind(id.uuid()).push("))");
        }
        if !query.states.is_empty() {
            // the state is a member of the last event's body, which every event writes first
            sql.push(" AND (");
            let mut any = sql.separated(" OR ");
            for state in &query.states {
                any.push("e.body LIKE ");
                any.push_bind_unseparated(format!("{{\"state\":\"{state}\"%"));
            }
            any.push_unseparated(")");
        }
        let limit = i64::from(query.limit.clamp(1, CASES_MAX));
        sql.push(" ORDER BY c.at_us DESC, c.id DESC LIMIT ").push_bind(limit);
        sql.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(Consent::try_from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_states_is_walked() {
        use ConsentState::{Answered, Asked, Given, Refused, Rejected, Returned, Settled};
        let go_on = |state: ConsentState| -> Vec<ConsentState> {
            ConsentState::ALL.iter().copied().filter(|next| state.may_become(*next)).collect()
        };
        assert_eq!(go_on(Asked), [Given, Refused]);
        assert_eq!(go_on(Given), [Returned, Rejected]);
        assert_eq!((go_on(Returned), go_on(Refused)), (vec![Settled], vec![Answered]));
        for end in [Settled, Rejected, Answered] {
            assert!(go_on(end).is_empty(), "{end} is final");
        }
        for state in ConsentState::ALL {
            assert_eq!(state.event(), format!("consent-{state}"));
        }
    }
}
