//! 口座振替(全国ネット型): an account at another bank is debited. The request goes out like any message, once; its bank
//! debits the account on the day and sends the money under the request's number, or says why it does not. Both come
//! with what waits at the network. No money is held meanwhile: who collects has none of it until it is here.

use database::{Row, Table, read};
use domain::{AccountId, AccountRef, BatchId, ContractId, Date, OrderId, Timestamp, TransferId, Yen, words};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, NewEvent, OutboxChange, OutboxEntry, Refused};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Body as Said, DecodeError, DirectDebit, Message, Outcome, Party, Status, StatusReport, decode, encode,
};
use crate::alarm::Alarm;
use crate::points::{Exchange, Persist};
use crate::step::{DESTINATION, SYSTEM};
use crate::{StoreError, Transfers};

static DEBIT: Table = Table {
    name: "interbank_debit",
    columns: &["id", "batch", "contract", "fund", "amount", "day", "at_us"],
};

/// A row of a batch that is debited at another bank.
#[derive(Clone, Debug)]
pub struct BatchDebit {
    /// Its id, made by the caller, which is its number at the network.
    pub id: OrderId,
    /// The batch.
    pub batch: BatchId,
    /// Whose.
    pub contract: ContractId,
    /// The batch's account, which is credited.
    pub fund: AccountId,
    /// The account of who collects.
    pub creditor: AccountRef,
    /// 委託者名, in kana as it is sent.
    pub creditor_name: String,
    /// The debited account.
    pub debtor: AccountRef,
    /// 預金者名, in kana as it is sent.
    pub debtor_name: String,
    /// 顧客番号; empty where there is none.
    pub customer: String,
    /// How much.
    pub amount: Yen,
    /// 引落日.
    pub day: Date,
}

words! {
    /// Where a debit at another bank stands.
    DebitState {
        /// Its message is under way, or nobody knows what became of it.
        Requested = "requested";
        /// The network has it; the debtor's bank has not told what came of it.
        Asked = "asked";
        /// The money is here.
        Collected = "collected";
        /// It was not debited.
        Refused = "refused";
    }
}

impl DebitState {
    pub(crate) const fn event(self) -> &'static str {
        match self {
            Self::Requested => "debit-requested",
            Self::Asked => "debit-asked",
            Self::Collected => "debit-collected",
            Self::Refused => "debit-refused",
        }
    }

    /// Whether nothing more will happen to it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Collected | Self::Refused)
    }

    /// Whether it may go on to another: forward, and never from where it ended.
    pub(crate) const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Requested => matches!(next, Self::Asked | Self::Refused),
            Self::Asked => next.is_final(),
            Self::Collected | Self::Refused => false,
        }
    }
}

/// The facts of an event, as its JSON body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DebitBody {
    /// The state after it.
    pub state: DebitState,
    /// Why it was refused: the network's code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// The transfer of the journal that brought the money.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transfer: Option<TransferId>,
}

/// A debit as it stands.
#[derive(Clone, Debug)]
pub struct Debit {
    /// Its id.
    pub id: OrderId,
    /// Of which batch.
    pub batch: BatchId,
    /// Where its money goes.
    pub fund: AccountId,
    /// How much.
    pub amount: Yen,
    /// 引落日.
    pub day: Date,
    /// What it came to so far.
    pub body: DebitBody,
    seq: i64,
}

/// A debit that is final and that its batch has not taken note of.
#[derive(Clone, Debug)]
pub struct DebitAnswered {
    /// The debit.
    pub debit: Debit,
    /// What is released when it does.
    pub guard: GuardKey,
}

/// What the keys of [`answered_guard`] begin with.
pub(crate) const ANSWERED: &str = "bulk-debit|";

/// Taken when a debit is final, until its batch has taken note.
fn answered_guard(batch: BatchId, id: OrderId) -> GuardKey {
    GuardKey(format!("{ANSWERED}{batch}|{id}"))
}

/// Its number at the network.
pub(crate) fn key(id: OrderId) -> String {
    id.uuid().simple().to_string()
}

impl Transfers {
    /// The commit that asks for a debit: its message is put into the outbox. The caller adds what is its own and
    /// commits it. A name that no message can carry is refused.
    pub fn ask_debit(&self, row: &BatchDebit) -> Result<Result<Commit, DecodeError>, StoreError> {
        let payload = encode(&Message {
            id: key(row.id),
            from: self.own_bank().clone(),
            to: row.debtor.bank.clone(),
            at: self.now(),
            body: Said::Debit(DirectDebit {
                amount: row.amount,
                day: row.day,
                creditor: Party { name: row.creditor_name.clone(), account: row.creditor.clone() },
                debtor: Party { name: row.debtor_name.clone(), account: row.debtor.clone() },
                customer: row.customer.clone(),
            }),
        });
        if let Err(error) = decode(&payload) {
            return Ok(Err(error));
        }
        let (now, entity) = (self.now(), EntityId(row.id.uuid()));
        let body = DebitBody { state: DebitState::Requested, code: None, transfer: None };
        let values = vec![
            row.id.uuid().into(),
            row.batch.uuid().into(),
            row.contract.uuid().into(),
            row.fund.get().into(),
            row.amount.get().into(),
            row.day.to_string().into(),
            now.micros().into(),
        ];
        let entry = OutboxEntry { key: key(row.id), destination: DESTINATION.to_owned(), entity, payload };
        Ok(Ok(Commit {
            events: vec![event(row.id, 1, &body, now)?],
            outbox: vec![OutboxChange::Put { entry, lease_s: None }],
            rows: vec![Row { table: &DEBIT, values }],
            ..Commit::default()
        }))
    }

    /// Debits that are final and that their batches have not taken note of, of at most so many.
    pub async fn debits_answered(&self, limit: i64) -> Result<Vec<DebitAnswered>, StoreError> {
        let until = format!("{}}}", ANSWERED.trim_end_matches('|'));
        let mut found = Vec::new();
        for id in self.guarded(ANSWERED, &until, limit).await? {
            let debit = self.debit(id).await?;
            let debit =
                debit.ok_or_else(|| StoreError::Corrupt(format!("{id} has a guard and is no debit")))?;
            found.push(DebitAnswered { guard: answered_guard(debit.batch, id), debit });
        }
        Ok(found)
    }

    /// A debit as it stands, whoever's it is.
    pub async fn debit(&self, id: OrderId) -> Result<Option<Debit>, StoreError> {
        type Found = (Uuid, i64, i64, String, i64, String);
        let row: Option<Found> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT d.batch, d.fund, d.amount, d.day, e.seq, e.body FROM interbank_debit d
                 JOIN event e ON e.entity = d.id AND e.seq = (SELECT max(seq) FROM event WHERE entity = d.id)
                 WHERE d.id = $1",
            )
            .bind(id.uuid())
            .fetch_optional(c)
            .await
        })?;
        let Some((batch, fund, amount, day, seq, body)) = row else { return Ok(None) };
        Ok(Some(Debit {
            id,
            batch: BatchId::from_uuid(batch),
            fund: AccountId::new(fund),
            amount: Yen::new(amount),
            day: day.parse().map_err(|_| StoreError::Corrupt(format!("{day} is no day")))?,
            body: StoreError::json(&body)?,
            seq,
        }))
    }

    /// Open work of a debit whose lease has run out: the same bytes go again, which the network answers as it did
    /// first.
    pub(super) async fn resume_debit(
        &self,
        id: OrderId,
        fence: i64,
        delivery: i64,
    ) -> Result<(), StoreError> {
        let lease_s = self.0.settings.lease_s;
        let claim = OutboxChange::Claim { key: key(id), fence, lease_s };
        let commit = Commit { outbox: vec![claim], ..Commit::default() };
        match self.persist(Persist::Claim, commit).await {
            Ok(committed) => {
                if let Some(fence) = committed.fences.first()
                    && let Err(error) = self.try_debit(id, *fence, delivery + 1).await
                {
                    tracing::warn!(debit = %id, %error, "a debit could not be delivered; its lease runs out");
                }
                Ok(())
            }
            Err(Refused::Fenced(_)) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }

    async fn try_debit(&self, id: OrderId, fence: i64, delivery: i64) -> Result<(), StoreError> {
        let key = key(id);
        let Some(payload) = self.claimed_payload(&key, fence).await? else { return Ok(()) };
        let answer = match self.exchange(Exchange::Debit, payload).await {
            Outcome::Answered { message, .. } => match message.body {
                Said::Status(report) if report.original == key => match (report.status, report.code) {
                    (Status::Received, None) => Some((DebitState::Asked, None)),
                    (Status::Rejected, Some(code)) if code != super::sender::OTHER_CONTENT => {
                        Some((DebitState::Refused, Some(code)))
                    }
                    _ => None,
                },
                _ => None,
            },
            // nobody knows whether it came: asked again, it is the same debit
            Outcome::NotSent(_) | Outcome::Unknown(_) => None,
        };
        let Some((state, code)) = answer else {
            let pause_s = self.pause_s(delivery);
            let release = OutboxChange::Release { key, fence, pause_s };
            let mut commit = Commit { outbox: vec![release], ..Commit::default() };
            if delivery >= crate::step::UNCLEAR_AFTER_DELIVERIES {
                let detail = format!("口座振替: no answer to {delivery} deliveries");
                commit.rows_if_free.push(Alarm::Unclear.row(&id.to_string(), &detail, self.now()));
            }
            self.persist(Persist::Answer, commit).await?;
            return Ok(());
        };
        let Some(debit) = self.debit(id).await? else { return Ok(()) };
        let body = DebitBody { state, code, transfer: None };
        let Some(mut commit) = self.debit_moved(&debit, body)? else { return Ok(()) };
        commit.outbox.push(OutboxChange::Finish { key, fence });
        self.persist(Persist::Answer, commit).await?;
        Ok(())
    }

    /// The commit by which a debit goes on; nothing where it cannot.
    pub(super) fn debit_moved(&self, debit: &Debit, body: DebitBody) -> Result<Option<Commit>, StoreError> {
        if !debit.body.state.may_become(body.state) {
            return Ok(None);
        }
        let mut commit = Commit {
            events: vec![event(debit.id, debit.seq + 1, &body, self.now())?],
            audit: vec![AuditRecord {
                contract: None,
                actor: SYSTEM.to_owned(),
                action: "transfer.debit",
                subject: debit.id.to_string(),
                detail: format!(
                    "{}{}",
                    body.state,
                    body.code.map_or(String::new(), |code| format!(" {code}"))
                ),
            }],
            ..Commit::default()
        };
        if body.state.is_final() {
            let guard = answered_guard(debit.batch, debit.id);
            commit.guards.push((guard, EntityId(debit.id.uuid())));
        }
        Ok(Some(commit))
    }

    /// The debit that a message of the network is about.
    pub(super) async fn debit_of(&self, original: &str) -> Result<Option<Debit>, StoreError> {
        match Uuid::try_parse(original).ok().map(OrderId::from_uuid) {
            Some(id) => self.debit(id).await,
            None => Ok(None),
        }
    }

    /// The debtor's bank says that it has not debited. `None` while the request's own answer is not known: the next
    /// delivery will hear it.
    pub(super) async fn debit_refused(
        &self,
        debit: &Debit,
        report: &StatusReport,
    ) -> Result<Option<Commit>, StoreError> {
        let code = report.code.clone().filter(|_| report.status == Status::Rejected);
        match (debit.body.state, code) {
            (DebitState::Requested, Some(_)) => Ok(None),
            (DebitState::Asked, Some(code)) => {
                let body = DebitBody { state: DebitState::Refused, code: Some(code), transfer: None };
                self.debit_moved(debit, body)
            }
            (DebitState::Refused, Some(_)) => Ok(Some(Commit::default())),
            (state, _) => {
                let detail = format!("{:?} comes, and the debit is {state}", report.status);
                self.raise(Alarm::Contradicted, &debit.id.to_string(), &detail).await?;
                Ok(Some(Commit::default()))
            }
        }
    }
}

pub(crate) fn event(id: OrderId, seq: i64, body: &DebitBody, at: Timestamp) -> Result<NewEvent, StoreError> {
    super::event_of(id.uuid(), seq, body.state.event(), at, body)
}
