//! The operation behind the sign-in page. Every sign-in, refused ones included, is in the audit log.

use domain::{StaffId, Timestamp};
use edge::{Peer, SessionId, SessionStore};
use gateway::Guard;
use internet_banking::lasting::lasting;
use internet_banking::sign_in::{
    Entrants, Gate, NewSession, People, Refusal, SessionSql, Sessions, SessionsError, session_sql, shortened,
};
use internet_banking::tokens::{Tokens, Typist, Verdict};
use ledger::{AuditRecord, Commit, EntityId, Ledger, Refused};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::staff::{StaffMethod, Store, actor};

/// The bank's staff, as people who have sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaffMembers;

impl People for StaffMembers {
    type Id = StaffId;
    type Method = StaffMethod;
    const SQL: &'static SessionSql = &session_sql!(
        "staff_session",
        "staff",
        "staff",
        "CAST(NULL AS TEXT)",
        "disabled_us IS NULL AND CAST($2 AS TEXT) IS NOT NULL",
        "p.disabled_us IS NULL"
    );

    fn id(uuid: Uuid) -> StaffId {
        StaffId::from_uuid(uuid)
    }

    fn uuid(id: StaffId) -> Uuid {
        id.uuid()
    }

    fn code(method: StaffMethod) -> &'static str {
        method.code()
    }

    fn method(code: &str) -> Option<StaffMethod> {
        StaffMethod::from_code(code)
    }
}

/// Signs staff in and out. Cheap to clone.
#[derive(Clone)]
pub struct StaffSignIns {
    ledger: Ledger,
    gate: Gate,
    sessions: Sessions<StaffMembers>,
    staff: Store,
    tokens: Tokens,
}

impl StaffSignIns {
    /// With a gate and sessions of its own.
    pub const fn new(
        ledger: Ledger,
        gate: Gate,
        sessions: Sessions<StaffMembers>,
        staff: Store,
        tokens: Tokens,
    ) -> Self {
        Self { ledger, gate, sessions, staff, tokens }
    }

    /// What slows guesses down.
    pub(crate) const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The sessions' table.
    pub const fn sessions(&self) -> &Sessions<StaffMembers> {
        &self.sessions
    }

    /// Signs a member of staff in, ends the person's other session, and answers the new session's secret for the
    /// cookie. Whatever of the three is wrong, the refusal is the same. Whoever hangs up meanwhile stops nothing of it.
    pub async fn sign_in(
        &self,
        login_id: &str,
        password: &str,
        one_time_password: &SecretString,
        peer: Peer,
    ) -> Result<SessionId, Refusal> {
        let (own, login_id, code) = (self.clone(), login_id.to_owned(), one_time_password.clone());
        let password = SecretString::from(password);
        lasting(async move { own.judged(&login_id, password.expose_secret(), &code, peer).await }).await
    }

    async fn judged(
        &self,
        login_id: &str,
        password: &str,
        one_time_password: &SecretString,
        peer: Peer,
    ) -> Result<SessionId, Refusal> {
        // told before the password is looked at, so that it gives nothing away about it
        if self.staff.is_token_locked(&shortened(login_id)).await? {
            return Err(Refusal::Locked);
        }
        let outcome = self.gate.sign_in(self, login_id, password, one_time_password, peer).await;
        let why = match &outcome {
            Err(Refusal::Wrong) => "wrong",
            Err(Refusal::WrongAndBlocked) => "wrong, blocked from now on",
            Err(Refusal::WrongAndLocked) => "wrong, locked from now on",
            // what was not judged is the throttle's alone; what failed is in the log
            Err(_) | Ok(_) => return outcome,
        };
        // a login ID that nobody has may be a password typed into the wrong field, and is not written down
        let known = self.staff.id_of(&shortened(login_id)).await?;
        let who = known.map_or_else(|| "staff:unknown".to_owned(), actor);
        self.commit(record(who, "console.sign_in_refused", peer.ip().to_string(), why)).await?;
        outcome
    }

    /// Ends a session.
    pub async fn sign_out(&self, id: &SessionId, now: Timestamp) -> Result<(), Refusal> {
        let loaded = self.sessions.load(id.key(), now).await.map_err(Refusal::Sessions)?;
        self.sessions.end(id.key(), now).await.map_err(Refusal::Sessions)?;
        if let edge::session::Loaded::Live(session) = loaded {
            self.commit(record(actor(session.person), "console.sign_out", String::new(), "")).await?;
        }
        Ok(())
    }

    async fn commit(&self, record: AuditRecord) -> Result<(), Refused> {
        self.ledger.commit(Commit { audit: vec![record], ..Commit::default() }).await.map(drop)
    }
}

fn record(actor: String, action: &'static str, subject: String, detail: &str) -> AuditRecord {
    AuditRecord { contract: None, actor, action, subject, detail: detail.to_owned() }
}

impl Entrants for StaffSignIns {
    type Person = StaffId;
    type Proof = SecretString;
    type Proven = ();
    type Entry = SessionId;

    async fn find(&self, login_id: &str) -> Result<Option<(StaffId, String)>, sqlx::Error> {
        let found = self.staff.credentials(login_id).await?;
        Ok(found.map(|found| (found.id, found.password_hash)))
    }

    fn uuid(id: StaffId) -> Uuid {
        id.uuid()
    }

    /// Whatever was refused is written down where the answer is known.
    async fn refused(&self, _: Option<StaffId>, _: Peer, _: &Refusal) -> Result<(), Refusal> {
        Ok(())
    }

    async fn store_hash(&self, id: StaffId, old: &str, new: &str) -> Result<(), sqlx::Error> {
        self.staff.store_hash(id, old, new).await
    }

    /// The code is spent in the commit that writes the sign-in down, so that it opens one session at most.
    async fn prove(&self, id: StaffId, typed: &SecretString, now: Timestamp) -> Result<(), Refusal> {
        let (_, serial) = self.staff.with_token(id).await?.ok_or(Refusal::Wrong)?;
        let step = match self.tokens.verify(&serial, Typist::Staff(id), typed.expose_secret(), now).await? {
            Verdict::Verified { step } => step,
            // the try that locks the token reads like every other wrong one, and is told after the answer
            Verdict::JustLocked => {
                self.gate.judged().news();
                return Err(Refusal::Wrong);
            }
            Verdict::Wrong { .. } | Verdict::Locked | Verdict::Unusable(_) => return Err(Refusal::Wrong),
        };
        let guard = Guard::one_time_password(&serial, step.signed());
        let record = AuditRecord {
            contract: None,
            actor: actor(id),
            action: "console.sign_in",
            subject: String::new(),
            detail: StaffMethod::PasswordAndToken.code().to_owned(),
        };
        let commit = Commit {
            guards: vec![(guard.key(), EntityId(id.uuid()))],
            audit: vec![record],
            ..Commit::default()
        };
        match self.ledger.commit(commit).await {
            Ok(_) => Ok(()),
            Err(Refused::Guarded { .. }) => Err(Refusal::Wrong),
            Err(refused) => Err(refused.into()),
        }
    }

    async fn enter(&self, id: StaffId, (): (), peer: Peer, now: Timestamp) -> Result<SessionId, Refusal> {
        let (session, method) = (SessionId::generate(), StaffMethod::PasswordAndToken);
        let new = NewSession { person: id, method, address: peer.ip() };
        match self.sessions.create(session.key(), new, now).await {
            Ok(()) => {
                tracing::info!(staff = %id, address = %peer.ip(), "signed in at the console");
                Ok(session)
            }
            Err(SessionsError::NoUser) => Err(Refusal::Wrong),
            Err(error) => Err(Refusal::Sessions(error)),
        }
    }
}
