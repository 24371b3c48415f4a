//! The return, or the refusal, on its way to the network: the same bytes until the answer counts.

use domain::{AccountId, Date, RecallId, TransferId};
use ledger::{Commit, Kind, OutboxChange, Refused, Transfer};

use super::{Body, Consent, ConsentState, by_itself, moved};
use crate::alarm::Alarm;
use crate::network::sender::OTHER_CONTENT;
use crate::network::{self, Outcome, SETTLED_AT_ONCE, Status};
use crate::points::{Exchange, Persist};
use crate::step::UNCLEAR_AFTER_DELIVERIES;
use crate::{StoreError, Transfers, chart};

/// What one delivery came to.
enum Answer {
    /// The return settles with this day, or is settled.
    Taken(Date, bool),
    /// The refusal is read and kept.
    Kept,
    /// Refused for good.
    Rejected(String),
    /// Nobody knows.
    Unknown(String),
}

impl Transfers {
    /// Open work of a case whose lease has run out: the same bytes go again, which the network answers as it did first.
    pub(in crate::network) async fn resume_answer(
        &self,
        case: &Consent,
        fence: i64,
        delivery: i64,
    ) -> Result<(), StoreError> {
        let lease_s = self.0.settings.lease_s;
        let claim = OutboxChange::Claim { key: case.key(), fence, lease_s };
        let commit = Commit { outbox: vec![claim], ..Commit::default() };
        match self.persist(Persist::Claim, commit).await {
            Ok(committed) => {
                if let Some(fence) = committed.fences.first() {
                    self.deliver_answer(case.id, *fence, delivery + 1).await;
                }
                Ok(())
            }
            Err(Refused::Fenced(_)) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }

    pub(super) async fn deliver_answer(&self, id: RecallId, fence: i64, delivery: i64) {
        if let Err(error) = self.try_answer(id, fence, delivery).await {
            tracing::warn!(recall = %id, %error, "an answer to a recall could not be delivered; its lease runs out");
        }
    }

    async fn try_answer(&self, id: RecallId, fence: i64, delivery: i64) -> Result<(), StoreError> {
        let Some(case) = self.consent_for_operator(id).await? else { return Ok(()) };
        let Some(payload) = self.claimed_payload(&case.key(), fence).await? else { return Ok(()) };
        let answer = conclude(&case, self.exchange(Exchange::Resolution, payload).await);
        // where it is committed between these two, the fence is another's
        let Some(case) = self.consent_for_operator(id).await?.filter(|case| case.state.is_open()) else {
            return Ok(());
        };
        for to in [case.account, chart::SUSPENSE] {
            let commit = self.answered(&case, &answer, (fence, delivery), to)?;
            match self.persist(Persist::Answer, commit).await {
                Ok(_) => return Ok(()),
                // the payee's account is closed: the money waits where people find it
                Err(Refused::Transfer { .. }) if to != chart::SUSPENSE => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(())
    }

    /// The commit that records a delivery; what the network does not take goes back to `to`.
    fn answered(
        &self,
        case: &Consent,
        answer: &Answer,
        (fence, delivery): (i64, i64),
        to: AccountId,
    ) -> Result<Commit, StoreError> {
        let (key, now, subject) = (case.key(), self.now(), case.id.to_string());
        let (steps, transfer) = match answer {
            Answer::Unknown(reason) => {
                let pause_s = self.pause_s(delivery);
                let release = OutboxChange::Release { key, fence, pause_s };
                let unclear = delivery >= UNCLEAR_AFTER_DELIVERIES;
                let alarm = unclear.then(|| Alarm::Unclear.row(&subject, reason, now));
                let rows_if_free = alarm.into_iter().collect();
                return Ok(Commit { outbox: vec![release], rows_if_free, ..Commit::default() });
            }
            Answer::Kept => {
                (vec![Body { code: case.code.clone(), ..Body::of(ConsentState::Answered) }], None)
            }
            Answer::Taken(day, false) => {
                (vec![Body { day: Some(*day), ..Body::of(ConsentState::Returned) }], None)
            }
            Answer::Taken(day, true) => {
                let transfer = of_case(case, chart::OUTGOING, chart::BANK_OF_JAPAN, "為替決済");
                let settled = Body { transfer: Some(transfer.id), ..Body::of(ConsentState::Settled) };
                let returned = Body { day: Some(*day), ..Body::of(ConsentState::Returned) };
                (vec![returned, settled], Some(transfer))
            }
            Answer::Rejected(code) => {
                let transfer = of_case(case, chart::OUTGOING, to, "組戻し不能");
                let code = Some(code.clone());
                let step = Body { code, transfer: Some(transfer.id), ..Body::of(ConsentState::Rejected) };
                (vec![step], Some(transfer))
            }
        };
        let last = steps.last().map_or(case.state, |step| step.state);
        let mut commit = moved(case, &steps, now)?;
        commit.transfers.extend(transfer);
        commit.outbox.push(OutboxChange::Finish { key, fence });
        commit.audit.push(by_itself(case, "recall.answered", last.to_string()));
        if let Answer::Rejected(code) = answer {
            let detail = format!("the network does not take {} yen back: {code}", case.amount);
            commit.rows_if_free.push(Alarm::Contradicted.row(&subject, &detail, now));
        }
        Ok(commit)
    }
}

/// Moves the amount of a case.
pub(super) fn of_case(case: &Consent, debit: AccountId, credit: AccountId, memo: &str) -> Transfer {
    Transfer {
        id: TransferId::generate(),
        debit,
        credit,
        amount: case.amount.get(),
        kind: Kind::Posted,
        memo: memo.to_owned(),
    }
}

/// What an exchange came to. Whatever is not listed is unknown, and asked for again.
fn conclude(case: &Consent, outcome: Outcome) -> Answer {
    let message = match outcome {
        Outcome::NotSent(reason) | Outcome::Unknown(reason) => return Answer::Unknown(reason),
        Outcome::Answered { message, .. } => message,
    };
    let network::Body::Status(report) = message.body else {
        return Answer::Unknown("the answer is about something else".to_owned());
    };
    if report.original != case.key() {
        return Answer::Unknown("the answer is about another message".to_owned());
    }
    match (case.state, report.status, report.code, report.day) {
        (ConsentState::Given, Status::Accepted, None, Some(day)) => Answer::Taken(day, false),
        (ConsentState::Given, Status::Settled, None, Some(day)) if case.amount >= SETTLED_AT_ONCE => {
            Answer::Taken(day, true)
        }
        (ConsentState::Given, Status::Rejected, Some(code), _) if code != OTHER_CONTENT => {
            Answer::Rejected(code)
        }
        (ConsentState::Refused, Status::Received, None, _) => Answer::Kept,
        (_, status, code, _) => Answer::Unknown(format!("{status:?} with {code:?}")),
    }
}
