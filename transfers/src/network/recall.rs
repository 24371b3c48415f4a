//! 組戻し: the customer asks for a transfer to come back, of the bank that has it or of a payee of this bank. A case
//! of its own: the payee may refuse, and its
//! fee is owed whatever becomes of it.

use database::{Row, Table, read};
use domain::{ContractId, OrderId, RecallId, Timestamp, Yen, words};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, NewEvent, OutboxChange, OutboxEntry, Refused};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Body as Said, Outcome, RecallRequest, RecallStatus, Status, encode};
use crate::order::Facts;
use crate::points::{Exchange, Persist};
use crate::step::{self, DESTINATION, SYSTEM};
use crate::{By, Charge, ChargeKind, StoreError, Transfers};

static RECALL: Table =
    Table { name: "transfer_recall", columns: &["id", "transfer_order", "contract", "actor", "at_us"] };

/// Tries of a recall that meets another event of its order.
const TRIES_MAX: u32 = 8;

/// Why the customer asks, as the network's code.
const CUSTOMER: &str = "CUST";

words! {
    /// Where a recall stands.
    RecallState {
        /// 受付: it is on its way to the other bank.
        Requested = "requested", "受付";
        /// 照会中: the other bank asks the payee.
        Asked = "asked", "照会中";
        /// 組戻し済: the money comes back, or has.
        Returned = "returned", "組戻し済み";
        /// 不成立: the payee, or the other bank, refuses.
        Refused = "refused", "不成立";
    }
}

impl RecallState {
    pub(crate) const fn event(self) -> &'static str {
        match self {
            Self::Requested => "recall-requested",
            Self::Asked => "recall-asked",
            Self::Returned => "recall-returned",
            Self::Refused => "recall-refused",
        }
    }

    /// Whether it may go on to another: forward, and never from where it ended.
    pub(crate) const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Requested, Self::Asked | Self::Refused) | (Self::Asked, Self::Returned | Self::Refused)
        )
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Body {
    pub(crate) state: RecallState,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    code: Option<String>,
    /// 組戻手数料 that was charged, in the first event; one from before it was kept says nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) fee: Option<i64>,
}

/// A recall as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recall {
    /// The case.
    pub id: RecallId,
    /// The order that is to come back.
    pub order: OrderId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Where it stands.
    pub state: RecallState,
    /// Since when.
    pub changed_at: Timestamp,
    /// Why it was refused.
    pub code: Option<String>,
    seq: i64,
}

/// Why a transfer cannot be recalled. No fee is owed.
#[derive(Debug, thiserror::Error)]
pub enum RecallError {
    /// The contract has no such order.
    #[error("there is no such order")]
    NoSuchOrder,
    /// Nobody else has it: it was not sent, came back already, or is 振替.
    #[error("nobody else has it")]
    NotSent,
    /// A guard that was to be taken along is taken, or one of the bars is.
    #[error("the guard {0} is taken")]
    Guarded(String),
    /// The engine's data failed it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Transfers {
    /// 組戻手数料 of today.
    pub fn recall_fee(&self) -> Yen {
        self.terms().get().recall_fee(self.now().date())
    }

    /// Asks for a transfer to come back. There is one recall an order: asked for again, it answers as it stands.
    pub async fn recall(&self, contract: ContractId, order: OrderId, by: &By) -> Result<Recall, RecallError> {
        let found = self.find(contract, order).await?.ok_or(RecallError::NoSuchOrder)?;
        // within the bank, where nothing comes after it
        let credited_at = found.changed_at;
        for _ in 0..TRIES_MAX {
            if let Some(recall) = self.recall_of(order).await? {
                return Ok(recall);
            }
            let Some((facts, position)) = self.load(order).await? else { break };
            if !crate::order::may_recall(&facts, position.state) {
                return Err(RecallError::NotSent);
            }
            let id = RecallId::generate();
            let mut commit = step::recall_asked(&facts, position, id, self.now())?;
            self.ask(&mut commit, &facts, id, by)?;
            if facts.relation.is_own_bank() {
                self.ask_payee(&mut commit, &facts, id, credited_at)?;
            } else {
                self.send_request(&mut commit, &facts, id);
            }
            match self.persist(Persist::Recall, commit).await {
                Ok(committed) => {
                    if let Some(fence) = committed.fences.first().copied() {
                        let engine = self.clone();
                        tokio::spawn(async move { engine.deliver_recall(id, fence).await });
                    }
                }
                Err(Refused::Guarded { key, .. }) if key != one_recall(order).0 => {
                    return Err(RecallError::Guarded(key));
                }
                // somebody else has asked meanwhile, or the order has moved on
                Err(Refused::Guarded { .. } | Refused::Stale) => {}
                Err(refused) => return Err(StoreError::from(refused).into()),
            }
        }
        let recall = self.recall_of(order).await?;
        Ok(recall.ok_or(StoreError::from(Refused::Overloaded))?)
    }

    fn ask(&self, commit: &mut Commit, facts: &Facts, id: RecallId, by: &By) -> Result<(), StoreError> {
        let (now, entity, fee) = (self.now(), EntityId(id.uuid()), self.recall_fee());
        let first = Body { state: RecallState::Requested, code: None, fee: Some(fee.get()) };
        commit.events.push(event(id, 1, &first, now)?);
        if facts.relation.is_own_bank() {
            // nobody else need be told before the payee is asked
            let asked = Body { state: RecallState::Asked, code: None, fee: None };
            commit.events.push(event(id, 2, &asked, now)?);
        }
        commit.guards.push((one_recall(facts.id), entity));
        commit.guards.extend(by.guards.iter().map(|guard| (guard.clone(), entity)));
        commit.barred_by.clone_from(&by.barred_by);
        commit.rows.push(Row {
            table: &RECALL,
            values: vec![
                id.uuid().into(),
                facts.id.uuid().into(),
                facts.contract.uuid().into(),
                by.actor.as_str().into(),
                now.micros().into(),
            ],
        });
        let charge = Charge {
            id: id.uuid(),
            contract: facts.contract,
            kind: ChargeKind::Recall,
            amount: fee,
            day: now.date(),
            detail: format!("組戻手数料 {}", facts.payee_name),
            reference: format!("recall:{id}"),
        };
        commit.rows.extend(charge.row(now));
        commit.audit.push(AuditRecord {
            contract: Some(facts.contract),
            actor: by.actor.clone(),
            action: "transfer.recall",
            subject: facts.id.to_string(),
            detail: format!("{} yen", facts.amount.get()),
        });
        Ok(())
    }

    /// The camt.056 that the other bank gets.
    fn send_request(&self, commit: &mut Commit, facts: &Facts, id: RecallId) {
        let asks =
            RecallRequest { original: facts.message_id(), amount: facts.amount, code: CUSTOMER.to_owned() };
        let message =
            super::Message { to: facts.to.bank.clone(), ..self.to_network(key(id), Said::Recall(asks)) };
        commit.outbox.push(OutboxChange::Put {
            entry: OutboxEntry {
                key: key(id),
                destination: DESTINATION.to_owned(),
                entity: EntityId(id.uuid()),
                payload: encode(&message),
            },
            lease_s: Some(self.0.settings.lease_s),
        });
    }

    /// The recall of an order, where one was asked for.
    pub async fn recall_of(&self, order: OrderId) -> Result<Option<Recall>, StoreError> {
        self.read_recall("r.transfer_order = $1", order.uuid()).await
    }

    pub(crate) async fn recall_by_id(&self, id: RecallId) -> Result<Option<Recall>, StoreError> {
        self.read_recall("r.id = $1", id.uuid()).await
    }

    async fn read_recall(&self, condition: &str, id: Uuid) -> Result<Option<Recall>, StoreError> {
        let sql = format!(
            "SELECT r.id, r.transfer_order, r.at_us, e.seq, e.at_us, e.body FROM transfer_recall r
             JOIN event e ON e.entity = r.id AND e.seq = (SELECT max(seq) FROM event WHERE entity = r.id)
             WHERE {condition}"
        );
        let row: Option<(Uuid, Uuid, i64, i64, i64, String)> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(c).await
        })?;
        let Some((id, order, asked_us, seq, changed_us, body)) = row else { return Ok(None) };
        let body: Body = StoreError::json(&body)?;
        Ok(Some(Recall {
            id: RecallId::from_uuid(id),
            order: OrderId::from_uuid(order),
            asked_at: Timestamp::from_micros(asked_us),
            state: body.state,
            changed_at: Timestamp::from_micros(changed_us),
            code: body.code,
            seq,
        }))
    }

    /// Open work of a recall whose lease has run out: the same bytes go again, which the network answers as it did
    /// first.
    pub(super) async fn resume_recall(&self, id: RecallId, fence: i64) -> Result<(), StoreError> {
        if self.recall_by_id(id).await?.is_none() {
            return Err(StoreError::Corrupt("open work belongs to no order and no recall".to_owned()));
        }
        let lease_s = self.0.settings.lease_s;
        let claim = OutboxChange::Claim { key: key(id), fence, lease_s };
        let commit = Commit { outbox: vec![claim], ..Commit::default() };
        match self.persist(Persist::Claim, commit).await {
            Ok(committed) => {
                if let Some(fence) = committed.fences.first() {
                    self.deliver_recall(id, *fence).await;
                }
                Ok(())
            }
            Err(Refused::Fenced(_)) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }

    async fn deliver_recall(&self, id: RecallId, fence: i64) {
        if let Err(error) = self.try_recall(id, fence).await {
            tracing::warn!(recall = %id, %error, "a recall could not be delivered; its lease runs out");
        }
    }

    async fn try_recall(&self, id: RecallId, fence: i64) -> Result<(), StoreError> {
        let key = key(id);
        let Some(payload) = self.claimed_payload(&key, fence).await? else { return Ok(()) };
        let outcome = self.exchange(Exchange::Recall, payload).await;
        let answer = match outcome {
            Outcome::Answered { message, .. } => match message.body {
                Said::Status(report) if report.original == key => match (report.status, report.code) {
                    (Status::Received, None) => Some((RecallState::Asked, None)),
                    (Status::Rejected, Some(code)) => Some((RecallState::Refused, Some(code))),
                    _ => None,
                },
                _ => None,
            },
            Outcome::NotSent(_) | Outcome::Unknown(_) => None,
        };
        let commit = match answer {
            None => {
                let pause_s = self.pause_s(1);
                Commit { outbox: vec![OutboxChange::Release { key, fence, pause_s }], ..Commit::default() }
            }
            Some((state, code)) => {
                let Some(recall) = self.recall_by_id(id).await? else { return Ok(()) };
                let mut commit = self.moved(&recall, state, code)?;
                commit.outbox.push(OutboxChange::Finish { key, fence });
                commit
            }
        };
        self.persist(Persist::Answer, commit).await?;
        Ok(())
    }

    /// The commit by which a recall goes on; empty where it cannot.
    pub(super) fn moved(
        &self,
        recall: &Recall,
        next: RecallState,
        code: Option<String>,
    ) -> Result<Commit, StoreError> {
        if !recall.state.may_become(next) {
            return Ok(Commit::default());
        }
        Ok(Commit {
            events: vec![event(
                recall.id,
                recall.seq + 1,
                &Body { state: next, code, fee: None },
                self.now(),
            )?],
            audit: vec![AuditRecord {
                contract: None,
                actor: SYSTEM.to_owned(),
                action: "transfer.recall_answer",
                subject: recall.order.to_string(),
                detail: next.to_string(),
            }],
            ..Commit::default()
        })
    }
}

impl RecallState {
    /// What the other bank's answer makes of it.
    pub(super) const fn of(status: RecallStatus) -> Self {
        match status {
            RecallStatus::Returned => Self::Returned,
            RecallStatus::Refused => Self::Refused,
            RecallStatus::Asked => Self::Asked,
        }
    }
}

/// There is one recall an order.
pub(crate) fn one_recall(order: OrderId) -> GuardKey {
    GuardKey(format!("transfer-recall|{order}"))
}

fn key(id: RecallId) -> String {
    id.uuid().simple().to_string()
}

fn event(id: RecallId, seq: i64, body: &Body, at: Timestamp) -> Result<NewEvent, StoreError> {
    super::event_of(id.uuid(), seq, body.state.event(), at, body)
}
