//! What every sign-in passes, whoever the people are: the throttle by address and by ID, and the password.

use std::future::Future;

use domain::{Clock, Timestamp};
use edge::Peer;
use uuid::Uuid;

use super::judged::Judged;
use super::password::{PasswordError, Passwords, Use, Verdict};
use super::session::SessionsError;
use super::throttle::{Admission, Throttle};
use crate::certificates::CertificateTrouble;
use crate::contracts::StoreError;
use crate::passwords::normalised;
use crate::tokens::TokenError;

/// Characters of a login ID; longer ones are unknown.
const LOGIN_ID_CHARS_MAX: usize = 64;

/// Why nobody was signed in. An unknown login ID is refused exactly as a wrong password.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// What was typed does not belong together.
    #[error("wrong login ID or password")]
    Wrong,
    /// It does not, and the login ID is blocked for a while from now on.
    #[error("wrong login ID or password, blocked now")]
    WrongAndBlocked,
    /// It does not, and the login ID is locked from now on.
    #[error("wrong login ID or password, locked now")]
    WrongAndLocked,
    /// Too many sign in at the same time; the password was not looked at and nothing was counted.
    #[error("too many sign-ins at the same time")]
    Busy,
    /// The login ID or the address is blocked for a while; the password was not looked at.
    #[error("blocked for a while")]
    Blocked,
    /// The login ID, or the token that goes with it, is locked until somebody unlocks it.
    #[error("locked")]
    Locked,
    /// Login ID and password belong together, and the password is a temporary one whose time is over.
    #[error("the temporary password is over")]
    TemporaryOver,
    /// Login ID and password belong together, and the certificate does not go with them.
    #[error("the certificate: {0:?}")]
    Certificate(CertificateTrouble),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The contracts cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be judged.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The one-time password could not be judged.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The session could not be made.
    #[error(transparent)]
    Sessions(SessionsError),
    /// The audit log could not be written, and what it does not tell does not happen.
    #[error("the audit log could not be written: {0}")]
    Audit(#[from] ledger::Refused),
}

impl Refusal {
    /// What the audit log says of a wrong try.
    pub(super) const fn written(&self) -> &'static str {
        match self {
            Self::TemporaryOver => "right, but temporary and over",
            Self::WrongAndBlocked => "wrong, blocked from now on",
            Self::WrongAndLocked => "wrong, locked from now on",
            _ => "wrong",
        }
    }
}

/// The people of one kind, as the gate asks for them.
pub trait Entrants: Sync {
    /// Names a person.
    type Person: Copy + Send + Sync;
    /// What a person brings beside login ID and password.
    type Proof: Sync;
    /// What that has proved.
    type Proven: Send;
    /// What the person gets.
    type Entry: Send;

    /// A person who may sign in by password, and the stored hash.
    fn find(
        &self,
        login_id: &str,
    ) -> impl Future<Output = Result<Option<(Self::Person, String)>, sqlx::Error>> + Send;

    /// The person, as it is noted of what wrong tries stop: whoever finds the note tells of it.
    fn uuid(person: Self::Person) -> Uuid;

    /// Keeps a new hash of the same password, unless there is another password by now.
    fn store_hash(
        &self,
        person: Self::Person,
        old: &str,
        new: &str,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Judges the rest, after the password was right. [`Refusal::Wrong`] counts as a wrong password does.
    fn prove(
        &self,
        person: Self::Person,
        proof: &Self::Proof,
        now: Timestamp,
    ) -> impl Future<Output = Result<Self::Proven, Refusal>> + Send;

    /// Writes down that a try was refused; of an ID that nobody has by the same reads and the same commit, so that it
    /// takes the same time. What the try has stopped is told after the answer.
    fn refused(
        &self,
        person: Option<Self::Person>,
        peer: Peer,
        why: &Refusal,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// Lets the person in.
    fn enter(
        &self,
        person: Self::Person,
        proven: Self::Proven,
        peer: Peer,
        now: Timestamp,
    ) -> impl Future<Output = Result<Self::Entry, Refusal>> + Send;
}

/// The gate. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gate {
    clock: Clock,
    passwords: Passwords,
    throttle: Throttle,
    judged: Judged,
}

impl Gate {
    /// With a throttle of its own.
    pub fn new(clock: Clock, passwords: Passwords, throttle: Throttle) -> Self {
        Self { clock, passwords, throttle, judged: Judged::default() }
    }

    /// The counters of failures.
    pub const fn throttle(&self) -> &Throttle {
        &self.throttle
    }

    /// The tries that have stopped something and are not told of yet.
    pub const fn judged(&self) -> &Judged {
        &self.judged
    }

    /// Lets a person in, or not, and answers what the person gets: mostly a new session's secret for the cookie.
    pub async fn sign_in<E: Entrants>(
        &self,
        entrants: &E,
        login_id: &str,
        password: &str,
        proof: &E::Proof,
        peer: Peer,
    ) -> Result<E::Entry, Refusal> {
        let now = self.clock.now();
        if !self.throttle.admit_address(peer.ip(), now).await? {
            tracing::warn!(address = %peer.ip(), "sign-in refused: too many failures from the address");
            return Err(Refusal::Blocked);
        }
        let outcome = self.judge(entrants, login_id, password, proof, (peer, now)).await;
        match &outcome {
            Ok(_)
            | Err(
                Refusal::Busy
                | Refusal::Blocked
                | Refusal::Locked
                | Refusal::TemporaryOver
                | Refusal::Certificate(_),
            ) => {
                self.throttle.take_back(peer.ip()).await?;
            }
            Err(Refusal::Wrong | Refusal::WrongAndBlocked | Refusal::WrongAndLocked) => {
                self.throttle.failed_from(peer.ip(), now).await?;
                tracing::warn!(address = %peer.ip(), "sign-in failed");
            }
            // what could not be judged stays counted
            Err(
                Refusal::Database(_)
                | Refusal::Store(_)
                | Refusal::Password(_)
                | Refusal::Token(_)
                | Refusal::Sessions(_)
                | Refusal::Audit(_),
            ) => {}
        }
        outcome
    }

    async fn judge<E: Entrants>(
        &self,
        entrants: &E,
        login_id: &str,
        password: &str,
        proof: &E::Proof,
        (peer, now): (Peer, Timestamp),
    ) -> Result<E::Entry, Refusal> {
        // before the login ID's count, so that whoever finds no place has not used up a try
        let place = match self.passwords.place(Use::SignIn).await {
            Ok(place) => place,
            Err(PasswordError::Busy) => {
                tracing::warn!(address = %peer.ip(), "sign-in refused: too many at the same time");
                return Err(Refusal::Busy);
            }
            Err(error) => return Err(error.into()),
        };
        let login_id = shortened(login_id);
        let found = entrants.find(&login_id).await?;
        let whose = found.as_ref().map(|(person, _)| E::uuid(*person));
        let admission = self.throttle.admit(&login_id, whose, now).await?;
        let wrong = match admission {
            Admission::Admitted => Refusal::Wrong,
            Admission::Last => Refusal::WrongAndBlocked,
            Admission::LastOfAll => Refusal::WrongAndLocked,
            Admission::Blocked => return Err(Refusal::Blocked),
            Admission::Locked => return Err(Refusal::Locked),
        };
        let (person, stored) = found.unzip();
        let verdict = self.passwords.verify(place, stored.clone(), password).await?;
        let (Some(person), Verdict::Right { rehashed }) = (person, verdict) else {
            return self.refuse(entrants, &login_id, person, peer, wrong).await;
        };
        let proven = match entrants.prove(person, proof, now).await {
            Ok(proven) => proven,
            Err(Refusal::Wrong) => {
                return self.refuse(entrants, &login_id, Some(person), peer, wrong).await;
            }
            // the password was right: no guess
            Err(refusal @ Refusal::TemporaryOver) => {
                self.throttle.clear(&login_id).await?;
                entrants.refused(Some(person), peer, &refusal).await?;
                return Err(refusal);
            }
            Err(refusal @ Refusal::Certificate(_)) => {
                self.throttle.clear(&login_id).await?;
                return Err(refusal);
            }
            Err(refusal) => return Err(refusal),
        };
        if let (Some(old), Some(new)) = (stored, rehashed) {
            entrants.store_hash(person, &old, &new).await?;
        }
        self.throttle.clear(&login_id).await?;
        entrants.enter(person, proven, peer, now).await
    }

    /// One path for a login ID that somebody has and for one that nobody has.
    async fn refuse<E: Entrants>(
        &self,
        entrants: &E,
        login_id: &str,
        person: Option<E::Person>,
        peer: Peer,
        wrong: Refusal,
    ) -> Result<E::Entry, Refusal> {
        entrants.refused(person, peer, &wrong).await?;
        if matches!(wrong, Refusal::WrongAndBlocked | Refusal::WrongAndLocked) {
            self.judged.wrong(self.throttle.login_subject(login_id), peer);
        }
        Err(wrong)
    }
}

/// The login ID as it is looked up and counted; one that was typed in full width is the same.
pub fn shortened(login_id: &str) -> String {
    normalised(login_id.trim()).chars().take(LOGIN_ID_CHARS_MAX + 1).collect()
}
