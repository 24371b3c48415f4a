//! What the judgement of an issue rests on, as statements of its commit: where one of them is not so any more, nothing
//! is issued, and it is judged anew.

use database::Change;
use domain::{ContractId, Timestamp};

use super::Certificate;
use crate::contracts::User;

/// All of it: the contract's method, the person, and every certificate of the person's that had not ended. The one that
/// waits for its first sign-in ends. New ones are kept out by the number that an issue takes.
pub fn held(user: &User, own: &[Certificate], now: Timestamp) -> Vec<Change> {
    let mut changes = vec![by_certificate(user.contract), person(user)];
    let live = own.iter().filter(|one| one.ended.is_none());
    changes.extend(live.map(|one| match one.confirmed_at {
        None => end_waiting(one, user, now),
        Some(_) => in_use(one),
    }));
    changes
}

/// The contract signs in by certificate.
pub fn by_certificate(contract: ContractId) -> Change {
    Change::one(
        "UPDATE contract SET sign_in = sign_in WHERE id = $1 AND sign_in = 'certificate' AND state <> 'ended'",
        vec![contract.uuid().into()],
    )
}

/// The person may sign in, and has the token that was asked for a one-time password, or none.
fn person(user: &User) -> Change {
    Change::one(
        "UPDATE app_user SET contract = contract WHERE id = $1 AND contract = $2 AND COALESCE(token_serial, '') = $3
         AND removed_us IS NULL AND disabled_us IS NULL AND reset_us IS NULL",
        vec![
            user.id.uuid().into(),
            user.contract.uuid().into(),
            user.token_serial.as_deref().unwrap_or_default().into(),
        ],
    )
}

fn in_use(certificate: &Certificate) -> Change {
    Change::one(
        "UPDATE certificate SET app_user = app_user
         WHERE id = $1 AND app_user = $2 AND confirmed_us IS NOT NULL AND ended_us IS NULL",
        vec![certificate.id.uuid().into(), certificate.user.uuid().into()],
    )
}

fn end_waiting(certificate: &Certificate, user: &User, now: Timestamp) -> Change {
    Change::one(
        "UPDATE certificate SET ended_us = $1, ended_why = 'redone', ended_by = $2
         WHERE id = $3 AND app_user = $4 AND confirmed_us IS NULL AND ended_us IS NULL",
        vec![
            now.micros().into(),
            user.id.to_string().into(),
            certificate.id.uuid().into(),
            user.id.uuid().into(),
        ],
    )
}
