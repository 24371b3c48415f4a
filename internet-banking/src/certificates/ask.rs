//! Who asks for a certificate without being signed in: login ID and password, and a second proof (SEC-05). A person
//! with a token types its one-time password; one whose token is not registered yet, or counts no more, the
//! 確認用パスワード.

use domain::{Timestamp, UserId};
use edge::Peer;
use gateway::Guard;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::issue::{IssueError, Issued, KeySource, Occasion};
use crate::Bank;
use crate::confirmation::{self, ConfirmationError};
use crate::contracts::User;
use crate::lasting::lasting;
use crate::sign_in::{Entrants, PasswordError, Refusal};
use crate::tokens::{Standing, Verdict, list, lock};

/// What is typed beside login ID and password; one of them.
#[derive(Clone, Debug, Default)]
pub struct SecondProof {
    /// Of the person's token.
    pub one_time_password: SecretString,
    /// 確認用パスワード, of a person without a token that counts.
    pub confirmation_password: SecretString,
}

/// What came of asking.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The person has not proved who it is.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The person has, and gets none.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

struct Askers<'a>(&'a Bank);

impl Askers<'_> {
    /// The token whose one-time password is asked for; none where the registered one counts no more: it may have been
    /// lost together with the computer, and another one is registered only by whoever can sign in.
    async fn token_of(&self, user: &User, now: Timestamp) -> Result<Option<String>, Refusal> {
        let Some(serial) = &user.token_serial else { return Ok(None) };
        let token = list::find(&self.0.database, user.contract, serial).await?;
        let has_ended = token.is_some_and(|token| {
            matches!(token.standing(now.date()), Standing::Expired | Standing::Revoked | Standing::Lost)
        });
        Ok((!has_ended).then(|| serial.clone()))
    }
}

impl Entrants for Askers<'_> {
    type Person = UserId;
    type Proof = SecondProof;
    type Proven = Option<Guard>;
    type Entry = (UserId, Option<Guard>);

    async fn find(&self, login_id: &str) -> Result<Option<(UserId, String)>, sqlx::Error> {
        self.0.sign_ins.find(login_id).await
    }

    async fn store_hash(&self, user: UserId, old: &str, new: &str) -> Result<(), sqlx::Error> {
        self.0.sign_ins.store_hash(user, old, new).await
    }

    /// Which of the proofs was wrong is not told.
    async fn prove(
        &self,
        user: UserId,
        proof: &SecondProof,
        now: Timestamp,
    ) -> Result<Option<Guard>, Refusal> {
        let bank = self.0;
        let user = bank.contracts.signed_in(user).await?.ok_or(Refusal::Wrong)?;
        if user.must_change && bank.contracts.is_temporary_over(user.id, now).await? {
            return Err(Refusal::TemporaryOver);
        }
        let Some(serial) = &self.token_of(&user, now).await? else {
            if proof.confirmation_password.expose_secret().is_empty() {
                return Err(Refusal::Wrong);
            }
            return match confirmation::verify_of(bank, &user, &proof.confirmation_password).await {
                Ok(confirmation::Verdict::Right) => Ok(None),
                Ok(_) => Err(Refusal::Wrong),
                Err(ConfirmationError::Password(PasswordError::Busy)) => Err(Refusal::Busy),
                Err(ConfirmationError::Store(error)) => Err(error.into()),
                Err(ConfirmationError::Password(error)) => Err(error.into()),
                Err(ConfirmationError::Database(error)) => Err(error.into()),
            };
        };
        // what was left out is no guess of the token
        if proof.one_time_password.expose_secret().trim().is_empty() {
            return Err(Refusal::Wrong);
        }
        match lock::judged(bank, &user, serial, &proof.one_time_password).await? {
            Verdict::Verified { step } => Ok(Some(Guard::one_time_password(serial, step.signed()))),
            // the try that locks the token reads like every other wrong one
            Verdict::JustLocked | Verdict::Wrong { .. } | Verdict::Locked | Verdict::Unusable(_) => {
                Err(Refusal::Wrong)
            }
        }
    }

    fn uuid(user: UserId) -> Uuid {
        user.uuid()
    }

    async fn refused(&self, user: Option<UserId>, peer: Peer, why: &Refusal) -> Result<(), Refusal> {
        self.0.sign_ins.refused(user, peer, why).await
    }

    async fn enter(
        &self,
        user: UserId,
        code: Option<Guard>,
        _: Peer,
        _: Timestamp,
    ) -> Result<(UserId, Option<Guard>), Refusal> {
        Ok((user, code))
    }
}

/// Issues a certificate to whoever proves to be the user.
pub async fn ask(
    bank: &Bank,
    login_id: &str,
    password: &str,
    proof: &SecondProof,
    source: &KeySource,
    peer: Peer,
) -> Result<(User, Issued), AskError> {
    let (own, login_id, password) = (bank.clone(), login_id.to_owned(), SecretString::from(password));
    let proof = proof.clone();
    // whoever hangs up meanwhile stops nothing of it
    let (user, code) = lasting(async move {
        let (gate, password) = (own.sign_ins.gate(), password.expose_secret());
        gate.sign_in(&Askers(&own), &login_id, password, &proof, peer).await
    })
    .await?;
    let user = bank.contracts.signed_in(user).await.map_err(Refusal::from)?.ok_or(Refusal::Wrong)?;
    let issued = bank.certificates.issue(&user, source, Occasion::Fetch, code.as_ref()).await?;
    Ok((user, issued))
}
