//! What the payee says: consent debits the account and has the return sent, in one commit; a refusal has the answer
//! sent. Who says nothing refuses with the deadline.

use domain::{AccountId, ContractId, RecallId, TransferId};
use ledger::{
    AuditRecord, Commit, Committed, GuardKey, Kind, OutboxChange, OutboxEntry, Refused, Transfer,
    TransferResult,
};

use super::{Body, Consent, ConsentState, NO_ANSWER, REFUSES, by_itself, moved};
use crate::network::{self, Message, PaymentReturn, RecallAnswer, RecallStatus, encode};
use crate::points::Persist;
use crate::step::{DESTINATION, RECALLED};
use crate::{StoreError, Transfers, chart};

/// Cases whose deadline has passed that one look goes through.
const LOOK_MAX: i64 = 500;
/// Tries of an answer that meets another one.
const TRIES_MAX: u32 = 8;

/// An answer of the payee. Who may give it, and passwords, are the caller's part.
#[derive(Clone, Debug)]
pub struct NewConsent {
    /// The case.
    pub id: RecallId,
    /// The contract that answers.
    pub contract: ContractId,
    /// The accounts that its user may debit, one of which was credited.
    pub accounts: Vec<AccountId>,
    /// Whether the money is given back.
    pub consents: bool,
    /// Guards that the consent takes: the round of the request by which it was approved.
    pub guards: Vec<GuardKey>,
    /// Bars that nobody may have taken when money is given back: emergency stops.
    pub barred_by: Vec<GuardKey>,
    /// Who it is, for the audit log.
    pub actor: String,
}

/// Why an answer was not taken. Nothing was debited.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// There is no such case about these accounts.
    #[error("there is no such case")]
    NoSuchCase,
    /// It was answered otherwise, or its deadline has passed.
    #[error("it is {0} and cannot be answered any more")]
    Over(ConsentState),
    /// 残高不足.
    #[error("funds are short")]
    Shortage,
    /// The account is closed.
    #[error("the account is closed")]
    Closed,
    /// A bar is taken.
    #[error("the guard {0} is taken")]
    Guarded(String),
    /// The engine's data failed it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for ConsentError {
    fn from(refused: Refused) -> Self {
        StoreError::from(refused).into()
    }
}

impl Transfers {
    /// Takes the payee's answer. The same answer again changes nothing and answers the case as it stands.
    pub async fn answer_recall(&self, new: &NewConsent) -> Result<Consent, ConsentError> {
        let mut payer_closed = false;
        for _ in 0..TRIES_MAX {
            let case = self.consent(&new.accounts, new.id).await?.ok_or(ConsentError::NoSuchCase)?;
            if case.state != ConsentState::Asked {
                let refused = matches!(case.state, ConsentState::Refused | ConsentState::Answered);
                let same =
                    refused != new.consents && (new.consents || case.code.as_deref() != Some(NO_ANSWER));
                return if same { Ok(case) } else { Err(ConsentError::Over(case.state)) };
            }
            if !case.may_answer(self.now()) {
                return Err(ConsentError::Over(case.state));
            }
            let commit = match new.consents {
                true if self.is_within(&case) => self.given_within(&case, payer_closed).await?,
                true => Some(self.give_back_commit(&case)?),
                false => self.refuse_commit(&case, REFUSES).await?,
            };
            let Some(mut commit) = commit else { continue };
            commit.guards.extend(new.guards.iter().map(|key| (key.clone(), case.entity())));
            commit.barred_by.clone_from(&new.barred_by);
            commit.audit.push(AuditRecord {
                contract: Some(new.contract),
                actor: new.actor.clone(),
                action: if new.consents { "recall.consent" } else { "recall.refuse" },
                subject: case.id.to_string(),
                detail: format!("{} yen to {}", case.amount.get(), case.from),
            });
            match self.persist(Persist::Consent, commit).await {
                Ok(committed) => self.deliver_answer_soon(case.id, &committed),
                // another answer was faster
                Err(Refused::Stale) => {}
                Err(Refused::Guarded { key, .. }) => return Err(ConsentError::Guarded(key)),
                Err(Refused::Transfer { result: TransferResult::ExceedsAvailable, .. }) => {
                    return Err(ConsentError::Shortage);
                }
                Err(Refused::Transfer {
                    result: TransferResult::DebitAccountClosed | TransferResult::DebitAccountNotFound,
                    ..
                }) => return Err(ConsentError::Closed),
                Err(Refused::Transfer {
                    result: TransferResult::CreditAccountClosed | TransferResult::CreditAccountNotFound,
                    ..
                }) if !payer_closed => payer_closed = true,
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(Refused::Overloaded.into())
    }

    /// Refuses what nobody has answered in time, and answers how many that were. Several processes may do so at once.
    pub async fn refuse_unanswered(&self) -> Result<usize, StoreError> {
        let until = format!("consent-asked|{:020}}}", self.now().micros());
        let mut refused = 0;
        for id in self.guarded("consent-asked|", &until, LOOK_MAX).await? {
            let Some(case) = self.consent_for_operator(RecallId::from_uuid(id.uuid())).await? else {
                return Err(StoreError::Corrupt("a recall that is asked about has no case".to_owned()));
            };
            if case.state != ConsentState::Asked || case.may_answer(self.now()) {
                continue;
            }
            let Some(mut commit) = self.refuse_commit(&case, NO_ANSWER).await? else { continue };
            commit.audit.push(by_itself(&case, "recall.refuse", NO_ANSWER.to_owned()));
            match self.persist(Persist::Consent, commit).await {
                Ok(committed) => {
                    refused += 1;
                    self.deliver_answer_soon(case.id, &committed);
                }
                // another process was faster, or the payee has answered in the last moment
                Err(Refused::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(refused)
    }

    /// Delivers under the claim that the commit has handed out, beside the caller.
    fn deliver_answer_soon(&self, id: RecallId, committed: &Committed) {
        if let Some(fence) = committed.fences.first().copied() {
            let engine = self.clone();
            tokio::spawn(async move { engine.deliver_answer(id, fence, 1).await });
        }
    }

    /// The debit, and the pacs.004 that the network gets.
    fn give_back_commit(&self, case: &Consent) -> Result<Commit, StoreError> {
        let id = TransferId::generate();
        let step = Body { transfer: Some(id), ..Body::of(ConsentState::Given) };
        let mut commit = moved(case, &[step], self.now())?;
        commit.transfers.push(Transfer {
            id,
            debit: case.account,
            credit: chart::OUTGOING,
            amount: case.amount.get(),
            kind: Kind::Posted,
            memo: format!("組戻し {}", case.payer),
        });
        let (original, amount, code) = (case.original.clone(), case.amount, RECALLED.to_owned());
        self.put(&mut commit, case, network::Body::Return(PaymentReturn { original, amount, code }));
        Ok(commit)
    }

    /// The camt.029 that the network gets; within the bank nobody gets one. Nothing where another answer was faster.
    async fn refuse_commit(&self, case: &Consent, code: &str) -> Result<Option<Commit>, StoreError> {
        if self.is_within(case) {
            return self.refused_within(case, code).await;
        }
        let code = Some(code.to_owned());
        let step = Body { code: code.clone(), ..Body::of(ConsentState::Refused) };
        let mut commit = moved(case, &[step], self.now())?;
        let (case_of, status) = (case.request.clone(), RecallStatus::Refused);
        self.put(
            &mut commit,
            case,
            network::Body::RecallAnswer(RecallAnswer { case: case_of, status, code }),
        );
        Ok(Some(commit))
    }

    fn put(&self, commit: &mut Commit, case: &Consent, body: network::Body) {
        let message = Message { to: case.from.clone(), ..self.to_network(case.key(), body) };
        commit.outbox.push(OutboxChange::Put {
            entry: OutboxEntry {
                key: case.key(),
                destination: DESTINATION.to_owned(),
                entity: case.entity(),
                payload: encode(&message),
            },
            lease_s: Some(self.0.settings.lease_s),
        });
    }
}
