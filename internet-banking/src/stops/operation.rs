//! Stops a contract: one commit with the end of its sessions, the record and the mails.

use std::time::Duration;

use database::Change;
use domain::{StaffRequestId, Timestamp, UserId};
use edge::Peer;
use gateway::{Gateway, Service, Stop, StopScope, stops_against};
use ledger::{Commit, EntityId, GuardKey, Refused};
use uuid::Uuid;

use crate::Bank;
use crate::contracts::{Contract, StoreError};
use crate::mail::{Notice, Recipient, To};
use crate::registration::Registration;
use crate::sign_in::{EndedFor, Entrants, Refusal, ended};

/// What the customer's own stop has as its reason.
const BY_CUSTOMER: &str = "お客さまによる緊急利用停止";

/// How often a stop is committed again that meets a lift.
const TRIES_MAX: u32 = 50;
/// Between two tries.
const TRY_PAUSE: Duration = Duration::from_millis(40);

/// The stop of a contract, for the commit of whoever makes it.
pub fn contract_stop(
    contract: &Contract,
    reason: &str,
    actor: &str,
    to: Vec<Recipient>,
    now: Timestamp,
) -> (Stop, Registration) {
    let stop = Stop {
        id: StaffRequestId::generate().uuid(),
        scope: StopScope::Contract,
        subject: contract.id.to_string(),
        reason: reason.to_owned(),
        actor: actor.to_owned(),
        at: now,
    };
    let notice = Notice {
        event: format!("stop-{}", stop.id),
        title: "ご契約の利用を緊急停止しました".to_owned(),
        lines: vec![
            ("停止の受付番号", stop.number()),
            ("受付済みのお取引", "そのまま進みます".to_owned()),
            ("予約中の振込・振替", "停止している間は実行しません".to_owned()),
        ],
        advice: "利用の再開は、お取引店の窓口で書面によりお申し出ください。お心当たりがない場合も、すぐにお取引店へお電話ください。",
    };
    let sessions = ended::end_of_contract(contract.id, EndedFor::Stop, now);
    let what = Registration {
        action: "contract.stop",
        subject: contract.id.to_string(),
        detail: String::new(),
        changes: vec![sessions],
        rows: vec![stop.row()],
        guards: vec![(stop.guard(), EntityId(contract.id.uuid()))],
        mail: Some((notice, to)),
        ..Registration::default()
    };
    (stop, what)
}

/// The stops that refuse whatever a contract's users register or change.
pub(crate) fn against_sign_in(contract: &Contract) -> Vec<GuardKey> {
    stops_against(contract.id, contract.plan.code(), &[Service::SignIn])
}

/// Nobody of a plan, or nobody at all, goes on in a page that is open.
pub fn end_all_sessions(plan: Option<&str>, now: Timestamp) -> Change {
    ended::end_of_plan(plan, EndedFor::Stop, now)
}

/// Stops the contract for one of its users, whoever it is: to stop is never too much. Answers the stop that is there.
pub(super) async fn stop(bank: &Bank, user: UserId, contract: &Contract) -> Result<Stop, StopError> {
    let now = bank.clock.now();
    let to = bank.contracts.recipients(contract.id, To::UserAndAdministrators(user)).await?;
    let actor = user.to_string();
    let (stop, what) = contract_stop(contract, BY_CUSTOMER, &actor, to, now);
    let placed = put_in_place(&bank.gateway, stop, what.commit(&actor, contract, now)).await;
    let placed = placed.map_err(StopError::Ledger)?;
    tracing::warn!(contract = %contract.id, %user, "a contract was stopped by its user");
    Ok(placed)
}

/// Commits a stop. Somebody else may have been faster, which is as good; but what stands in its way may also be a stop
/// that is lifted at this moment. So one must be open, which is answered, or it is committed again.
pub async fn put_in_place(gateway: &Gateway, stop: Stop, commit: Commit) -> Result<Stop, Refused> {
    let mut tries = 0;
    loop {
        let refused = match gateway.ledger().commit(commit.clone()).await {
            Ok(_) => return Ok(stop),
            Err(refused @ Refused::Guarded { .. }) => refused,
            Err(refused) => return Err(refused),
        };
        match gateway.open_stop_on(stop.scope, &stop.subject).await {
            Ok(Some(other)) => return Ok(other),
            Ok(None) if tries < TRIES_MAX => {}
            Ok(None) => return Err(refused),
            Err(error) => {
                tracing::error!(%error, "whether it is stopped cannot be read");
                return Err(refused);
            }
        }
        tries += 1;
        tokio::time::sleep(TRY_PAUSE).await;
    }
}

/// Why it is not known whether a contract is stopped.
#[derive(Debug, thiserror::Error)]
pub(super) enum StopError {
    /// The users cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit was refused.
    #[error("a contract could not be stopped: {0}")]
    Ledger(Refused),
}

/// Those who stop before they sign in: the gate counts their tries among those of the sign-in, and what they enter is
/// the stop.
pub(super) struct Stoppers<'b>(pub &'b Bank);

impl Entrants for Stoppers<'_> {
    type Person = UserId;
    type Proof = ();
    type Proven = ();
    type Entry = Stop;

    /// Whatever the contract's way to sign in is: whoever has the certificate may be the reason.
    async fn find(&self, login_id: &str) -> Result<Option<(UserId, String)>, sqlx::Error> {
        self.0.sign_ins.find(login_id).await
    }

    async fn store_hash(&self, _: UserId, _: &str, _: &str) -> Result<(), sqlx::Error> {
        Ok(())
    }

    async fn prove(&self, _: UserId, (): &(), _: Timestamp) -> Result<(), Refusal> {
        Ok(())
    }

    fn uuid(user: UserId) -> Uuid {
        user.uuid()
    }

    async fn refused(&self, user: Option<UserId>, peer: Peer, why: &Refusal) -> Result<(), Refusal> {
        self.0.sign_ins.refused(user, peer, why).await
    }

    async fn enter(&self, user: UserId, (): (), _: Peer, _: Timestamp) -> Result<Stop, Refusal> {
        let contract = self.0.sign_ins.contract_of(user).await?;
        let Some(contract) = contract else { return Err(Refusal::Wrong) };
        match stop(self.0, user, &contract).await {
            Ok(stop) => Ok(stop),
            Err(StopError::Ledger(refused)) => Err(Refusal::Audit(refused)),
            Err(StopError::Store(error)) => {
                tracing::error!(%error, "a contract could not be stopped");
                Err(Refusal::Busy)
            }
        }
    }
}
