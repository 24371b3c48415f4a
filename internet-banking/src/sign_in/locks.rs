//! What wrong passwords have stopped: recorded, and told to the user and to those who administrate, whatever page they
//! were typed on (R19, SEC-09, SEC-10).

use domain::{Timestamp, random};
use ledger::{Commit, Ledger};

use super::gate::Refusal;
use super::throttle::Admission;
use crate::contracts::{Role, Store, StoreError, User};
use crate::mail::{Notice, To};
use crate::registration::Registration;

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
    /// What a wrong try at a sign-in has stopped.
    pub const fn by(refusal: &Refusal) -> Option<Self> {
        match refusal {
            Refusal::WrongAndBlocked => Some(Self::Pause),
            Refusal::WrongAndLocked => Some(Self::SignIn),
            _ => None,
        }
    }

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
/// where the wrong ones were typed.
pub(super) async fn recorded(
    contracts: &Store,
    lock: Lock,
    user: &User,
    place: &str,
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
        mail: Some((notice, to)),
        ..Registration::default()
    };
    Ok(Some(what.commit(&user.id.to_string(), &contract, now)))
}

/// Records a lock that stands in its own row already, and tells of it. Whoever goes away meanwhile does not keep it
/// from being done.
pub(crate) async fn tell(ledger: &Ledger, contracts: &Store, lock: Lock, user: &User, place: &'static str) {
    let (ledger, contracts, user) = (ledger.clone(), contracts.clone(), user.clone());
    let told = tokio::spawn(async move {
        let now = ledger.clock().now();
        let done = match recorded(&contracts, lock, &user, place, now).await {
            Ok(Some(commit)) => ledger.commit(commit).await.map(drop).map_err(|error| error.to_string()),
            Ok(None) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = done {
            tracing::error!(error, user = %user.id, ?lock, "a lock is not in the audit log");
        }
    });
    if let Err(error) = told.await {
        tracing::error!(%error, ?lock, "a lock is not in the audit log");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves SEC-10.
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
