//! What wrong passwords have stopped: recorded, and told to the user and to those who administrate, whatever page they
//! were typed on (R19, SEC-09, SEC-10).

use std::time::Duration;

use database::Change;
use domain::{Timestamp, UserId, random};
use edge::Shutdown;
use ledger::{Commit, Ledger, Refused};

use super::throttle::{Admission, Throttle, Whose};
use crate::contracts::{Role, Store, StoreError, User};
use crate::mail::{Notice, To};
use crate::registration::Registration;
use crate::{Bank, confirmation, tokens};

/// Between two looks for locks that nobody was told of.
const LOOK_INTERVAL: Duration = Duration::from_secs(15);

/// What is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// The sign-in, for a while.
    Pause,
    /// The sign-in, until somebody unlocks it.
    SignIn,
    /// The 確認用パスワード, until somebody unlocks it.
    Confirmation,
}

impl Lock {
    /// What a try has stopped that was admitted so and was wrong.
    pub const fn after(admission: Admission) -> Option<Self> {
        match admission {
            Admission::Last => Some(Self::Pause),
            Admission::LastOfAll => Some(Self::SignIn),
            Admission::Admitted | Admission::Blocked | Admission::Locked => None,
        }
    }

    const fn action(self) -> &'static str {
        match self {
            Self::Pause => "session.pause",
            Self::SignIn => "session.lock",
            Self::Confirmation => "user.confirmation_lock",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Pause => "パスワードの誤りが続いたため、ログインを一時停止しました",
            Self::SignIn => "パスワードの誤りが続いたため、ログインを停止しました",
            Self::Confirmation => "確認用パスワードの誤りが続いたため、利用を停止しました",
        }
    }

    /// How it ends, which depends on whose it is (SEC-10).
    const fn remedy(self, role: Role) -> &'static str {
        match (self, role) {
            (Self::Pause, _) => "30分たつと、またログインできます",
            (_, Role::Master) => "お取引店の窓口へお申し出ください",
            (_, Role::Admin | Role::General) => "マスターユーザへお申し出ください",
        }
    }
}

/// The commit that records a lock and tells of it; none of a contract that is gone. `place` says in words for the log
/// where the wrong ones were typed, `told` notes in the lock's own row that it was told, once.
async fn recorded(
    contracts: &Store,
    lock: Lock,
    user: &User,
    place: &str,
    told: Change,
    now: Timestamp,
) -> Result<Option<Commit>, StoreError> {
    let Some(contract) = contracts.contract(user.contract).await? else { return Ok(None) };
    let to = contracts.recipients(contract.id, To::UserAndAdministrators(user.id)).await?;
    let notice = Notice {
        event: format!("{}-{}", lock.action().replace('.', "-"), random::opaque_id()),
        title: lock.title().to_owned(),
        lines: vec![
            ("利用者", format!("{}({})", user.name, user.login_id)),
            ("再開の方法", lock.remedy(user.role).to_owned()),
        ],
        advice: Notice::NOT_YOURS,
    };
    let what = Registration {
        action: lock.action(),
        subject: user.id.to_string(),
        detail: place.to_owned(),
        changes: vec![told],
        mail: Some((notice, to)),
        ..Registration::default()
    };
    Ok(Some(what.commit(&user.id.to_string(), &contract, now)))
}

/// Records a lock that stands in its own row already, and tells of it. What fails here the next look does.
pub(crate) async fn tell(
    ledger: &Ledger,
    contracts: &Store,
    lock: Lock,
    user: &User,
    place: &str,
    told: Change,
) {
    if let Err(error) = try_to_tell(ledger, contracts, lock, user, place, told).await {
        tracing::error!(%error, user = %user.id, ?lock, "a lock is not in the audit log yet");
    }
}

/// Says whether it was this process that told.
async fn try_to_tell(
    ledger: &Ledger,
    contracts: &Store,
    lock: Lock,
    user: &User,
    place: &str,
    told: Change,
) -> Result<bool, NotTold> {
    let now = ledger.clock().now();
    let commit = recorded(contracts, lock, user, place, told.clone(), now).await?;
    // of a contract that is gone nobody is told
    let commit = commit.unwrap_or_else(|| Commit { changes: vec![told], ..Commit::default() });
    committed(ledger, commit).await
}

async fn committed(ledger: &Ledger, commit: Commit) -> Result<bool, NotTold> {
    match ledger.commit(commit).await {
        Ok(_) => Ok(true),
        Err(Refused::Stale) => Ok(false),
        Err(refused) => Err(refused.into()),
    }
}

/// Why nobody could be told of a lock.
#[derive(Debug, thiserror::Error)]
pub enum NotTold {
    /// The counters cannot be read.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The contracts cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tokens cannot be read.
    #[error(transparent)]
    Token(#[from] tokens::TokenError),
    /// The ledger could not take it.
    #[error("it could not be committed: {0}")]
    Refused(#[from] Refused),
}

/// Looks until the process stops.
pub async fn run(bank: Bank, mut shutdown: Shutdown) {
    while !shutdown.is_requested() {
        if let Err(error) = look(&bank).await {
            tracing::warn!(%error, "locks that nobody was told of cannot be looked for");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
            () = bank.sign_ins.gate().judged().wait() => {}
            () = shutdown.requested() => {}
        }
    }
}

/// Tells of locks of which nobody was told: those of sign-ins, which are told after the answer, and what a process left
/// that died. Says of how many.
pub async fn look(bank: &Bank) -> Result<usize, NotTold> {
    let mut told: usize = 0;
    let (judged, now) = (bank.sign_ins.gate().judged().take(), bank.clock.now());
    for one in bank.sign_ins.throttle().untold(Whose::Users).await? {
        let Some(place) = one.place(&judged, now) else { continue };
        let lock = if one.is_locked { Lock::SignIn } else { Lock::Pause };
        let (user, change) = (UserId::from_uuid(one.person), Throttle::told(&one.subject));
        told = told.saturating_add(late(bank, lock, user, &place, change).await?);
    }
    for user in confirmation::untold(&bank.database).await? {
        let late = late(bank, Lock::Confirmation, user, "found later", confirmation::told(user)).await?;
        told = told.saturating_add(late);
    }
    Ok(told.saturating_add(tokens::lock::look(bank).await?))
}

async fn late(bank: &Bank, lock: Lock, user: UserId, place: &str, told: Change) -> Result<usize, NotTold> {
    let done = match bank.contracts.signed_in(user).await? {
        Some(user) => try_to_tell(&bank.ledger, &bank.contracts, lock, &user, place, told).await?,
        // whoever is suspended or gone by now is locked out anyway
        None => committed(&bank.ledger, Commit { changes: vec![told], ..Commit::default() }).await?,
    };
    Ok(usize::from(done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_locked_out_reads_who_lifts_it() {
        for lock in [Lock::SignIn, Lock::Confirmation] {
            assert!(lock.remedy(Role::Master).contains("お取引店"));
            assert!(lock.remedy(Role::Admin).contains("マスターユーザ"));
            assert!(lock.remedy(Role::General).contains("マスターユーザ"));
        }
        assert!(Lock::Pause.remedy(Role::Master).contains("30分"));
    }
}
