//! Idempotency-Key: an unsafe call that is repeated under its key does nothing new. What makes that true is not this
//! table but the id that it hands out: of an id there is one payment, or one refusal, and never both.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use database::{Row, Table, execute, read};
use domain::{InquiryId, PaymentId};
use ledger::{AuditRecord, Commit, EntityId, Refused};
use ring::digest::{SHA256, digest};
use serde::Serialize;
use uuid::Uuid;

use super::key::OfContract;
use super::problem::{Code, Problem};
use crate::guard::Guard;
use crate::points::{self, Persist};
use crate::{Gateway, Operator, StoreError};

/// Characters of a key at most.
const KEY_CHARS_MAX: usize = 128;
/// How long an unfinished inquiry keeps others under its key waiting, in business time; longer than it can take.
const RUNNING_S: i64 = 45;
/// The call that pays.
pub(super) const PAYMENTS: &str = "payments";
/// The call that asks.
pub(super) const INQUIRIES: &str = "inquiries";
/// Seconds of business time for which an inquiry's key is remembered: its hash is of a 確認番号 too, which goes with the
/// inquiry. A payment's key is kept for good, and so is what it was refused with.
const INQUIRIES_KEPT_S: i64 = 24 * 3600;
/// Those of an inquiry's refusal: longer than the key that leads to it.
const REFUSALS_KEPT_S: i64 = 2 * INQUIRIES_KEPT_S;
/// Rows that one statement looks at.
const CHUNK_ROWS_MAX: i64 = 500;
/// Statements of one run.
const CHUNKS_MAX: usize = 100;

static REFUSAL: Table = Table { name: "refusal", columns: &["subject", "problem", "at_us"] };

/// The key of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    fn read(parts: &Parts) -> Result<Option<Self>, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else { return Ok(None) };
        let fits = |text: &&str| {
            (1..=KEY_CHARS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
        };
        let text = value.to_str().ok().filter(fits).filter(|_| values.next().is_none());
        text.map(|text| Some(Self(text.to_owned()))).ok_or(Problem::from(Code::IdempotencyKeyInvalid))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(parts)?.ok_or(Code::IdempotencyKeyMissing.into())
    }
}

/// The key of a call that may come without one.
#[derive(Clone, Debug)]
pub struct AnyIdempotencyKey(pub Option<IdempotencyKey>);

impl<S: Send + Sync> FromRequestParts<S> for AnyIdempotencyKey {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        IdempotencyKey::read(parts).map(Self)
    }
}

/// What a call under a key wants.
pub struct Wish {
    call: &'static str,
    key: IdempotencyKey,
    request: Vec<u8>,
}

impl Wish {
    /// The same body, however it was spelt, is the same wish.
    pub fn new(call: &'static str, key: IdempotencyKey, body: &impl Serialize) -> Self {
        let canonical = serde_json::to_vec(body).unwrap_or_else(|error| unreachable!("plain data: {error}"));
        Self { call, key, request: digest(&SHA256, &canonical).as_ref().to_vec() }
    }
}

/// Why a key leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// It stands for another wish.
    #[error("the key was used for something else")]
    Reused,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BindError> for Problem {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Reused => Code::IdempotencyKeyReused.into(),
            BindError::Store(error) => Self::unavailable(&error),
        }
    }
}

impl Gateway {
    /// The payment that a contract's wish stands for: the same id at every repeat, whichever process is asked.
    pub(super) async fn payment_of_wish(
        &self,
        of: &OfContract<'_>,
        wish: &Wish,
    ) -> Result<PaymentId, BindError> {
        let subject = self.bind(of, wish, PaymentId::generate().uuid()).await?;
        Ok(PaymentId::from_uuid(subject))
    }

    /// The inquiry that a contract's wish stands for.
    pub(super) async fn inquiry_of_wish(
        &self,
        of: &OfContract<'_>,
        wish: &Wish,
    ) -> Result<InquiryId, BindError> {
        let subject = self.bind(of, wish, InquiryId::generate().uuid()).await?;
        Ok(InquiryId::from_uuid(subject))
    }

    async fn bind(&self, of: &OfContract<'_>, wish: &Wish, new: Uuid) -> Result<Uuid, BindError> {
        if let Some(bound) = self.bound(of, wish).await? {
            return Ok(bound);
        }
        points::reach(Persist::Wish.before());
        execute!(
            self.database(),
            "INSERT INTO idempotency (contract, call, key, request, subject, running_until_us, created_us)
             VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (contract, call, key) DO NOTHING",
            of.contract.uuid(),
            wish.call,
            wish.key.0.as_str(),
            wish.request.as_slice(),
            new,
            self.now().micros(),
        )
        .map_err(StoreError::from)?;
        points::reach(Persist::Wish.after());
        // another request under the key may have been faster
        let bound = self.bound(of, wish).await?;
        Ok(bound.ok_or_else(|| StoreError::Corrupt("a wish is gone at once".to_owned()))?)
    }

    pub(super) async fn bound(&self, of: &OfContract<'_>, wish: &Wish) -> Result<Option<Uuid>, BindError> {
        let found: Option<(Vec<u8>, Uuid)> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT request, subject FROM idempotency WHERE contract = $1 AND call = $2 AND key = $3",
            )
            .bind(of.contract.uuid())
            .bind(wish.call)
            .bind(wish.key.0.as_str())
            .fetch_optional(c)
            .await
        })
        .map_err(StoreError::from)?;
        match found {
            None => Ok(None),
            Some((request, subject)) if request == wish.request => Ok(Some(subject)),
            Some(_) => Err(BindError::Reused),
        }
    }

    /// Takes the right to ask the collector for a while. Only one request under a key does so at a time.
    pub(super) async fn begin_inquiry(&self, id: InquiryId) -> Result<bool, StoreError> {
        let now = self.now();
        let taken = execute!(
            self.database(),
            "UPDATE idempotency SET running_until_us = $1 WHERE subject = $2 AND running_until_us <= $3",
            now.plus_seconds(RUNNING_S).micros(),
            id.uuid(),
            now.micros(),
        )?;
        Ok(taken == 1)
    }

    /// Gives it back: the next request under the key may ask again.
    pub(super) async fn end_inquiry(&self, id: InquiryId) -> Result<(), StoreError> {
        let sql = "UPDATE idempotency SET running_until_us = 0 WHERE subject = $1";
        execute!(self.database(), sql, id.uuid())?;
        Ok(())
    }

    /// Records that an inquiry was refused, for every repeat.
    pub(super) async fn refuse_inquiry(&self, id: InquiryId, problem: &Problem) -> Result<(), StoreError> {
        execute!(
            self.database(),
            "INSERT INTO refusal (subject, problem, at_us) VALUES ($1, $2, $3) ON CONFLICT (subject) DO NOTHING",
            id.uuid(),
            StoreError::to_json(problem)?,
            self.now().micros(),
        )?;
        Ok(())
    }

    /// Records that a payment was refused for good. Says no where it was made meanwhile: what makes it and what refuses
    /// it take the same guard.
    pub(super) async fn refuse_payment(
        &self,
        of: &OfContract<'_>,
        id: PaymentId,
        problem: &Problem,
        by: &Operator,
    ) -> Result<bool, StoreError> {
        let values = vec![id.uuid().into(), StoreError::to_json(problem)?.into(), self.now().micros().into()];
        let commit = Commit {
            guards: vec![(Guard::wish(id).0, EntityId::from(id))],
            rows: vec![Row { table: &REFUSAL, values }],
            audit: vec![AuditRecord {
                contract: Some(of.contract),
                actor: by.name.clone(),
                action: "payeasy.refused",
                subject: id.to_string(),
                detail: problem.code.to_string(),
            }],
            ..Commit::default()
        };
        match self.persist(Persist::Refusal, commit).await {
            Ok(_) => Ok(true),
            Err(Refused::Guarded { .. }) => Ok(false),
            Err(refused) => Err(refused.into()),
        }
    }

    /// The refusal of a payment or an inquiry, as it was first answered.
    pub(super) async fn refusal(&self, subject: Uuid) -> Result<Option<Problem>, StoreError> {
        let found: Option<String> = read!(self.database(), |c| {
            sqlx::query_scalar("SELECT problem FROM refusal WHERE subject = $1")
                .bind(subject)
                .fetch_optional(c)
                .await
        })?;
        found.map(|text| StoreError::json(&text)).transpose()
    }

    /// Forgets the keys of inquiries, and refusals that no key leads to any more, and says how many.
    /// [`run`](Self::run) does it by itself.
    pub async fn forget_old_wishes(&self) -> Result<u64, StoreError> {
        let now = self.now();
        let oldest = |kept_s: i64| now.plus_seconds(-kept_s).micros();
        let keys = "DELETE FROM idempotency WHERE subject IN (
            SELECT subject FROM idempotency WHERE call = $1 AND created_us < $2 ORDER BY created_us LIMIT $3)";
        let mut forgotten = 0;
        for _ in 0..CHUNKS_MAX {
            let gone = execute!(self.database(), keys, INQUIRIES, oldest(INQUIRIES_KEPT_S), CHUNK_ROWS_MAX)?;
            forgotten += gone;
            if gone < CHUNK_ROWS_MAX.unsigned_abs() {
                break;
            }
        }
        let refusals = "DELETE FROM refusal WHERE subject IN (
            SELECT subject FROM refusal WHERE at_us < $1
                AND NOT EXISTS (SELECT 1 FROM idempotency WHERE idempotency.subject = refusal.subject)
            ORDER BY at_us LIMIT $2)";
        for _ in 0..CHUNKS_MAX {
            let gone = execute!(self.database(), refusals, oldest(REFUSALS_KEPT_S), CHUNK_ROWS_MAX)?;
            forgotten += gone;
            if gone < CHUNK_ROWS_MAX.unsigned_abs() {
                break;
            }
        }
        Ok(forgotten)
    }
}
