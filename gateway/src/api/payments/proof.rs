//! `GET /v1/payments/{id}/proof`: everything that proves a payment, signed by the hub.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use domain::PaymentId;
use ledger::{AuditRecord, Commit};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use crate::api::input::Part;
use crate::api::key::{Caller, Holder};
use crate::api::problem::{Code, KeyRefusals, Problem, ProblemBody};
use crate::api::{Answer, Api};
use crate::points::Persist;
use crate::proof::ProofBundle;
use crate::{Gateway, Operator, Payment, StoreError};

/// Proofs in the making at once: each reads a stretch of the audit log.
const AT_ONCE_MAX: usize = 4;
/// How long a call waits for its turn.
const TURN_WAIT: Duration = Duration::from_secs(5);

/// Turns to make a proof. Cheap to clone.
#[derive(Clone)]
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE_MAX)))
    }
}

/// Everything that proves a payment. `mpn verify` checks it with public keys alone; docs/guides/proof.md has every
/// member.
#[derive(ToSchema)]
#[schema(as = Proof)]
#[allow(dead_code, reason = "the document's; the answer is the bundle itself, whose members have an order")]
pub struct ProofBody {
    /// Facts, money, events, messages with their signatures, and the audit log's word for them.
    #[schema(value_type = Object)]
    proof: (),
    /// The hub's signature over it.
    signature: ProofSignatureBody,
}

/// A signature of the hub.
#[derive(ToSchema)]
#[schema(as = ProofSignature)]
#[allow(dead_code, reason = "the document's; the answer is the bundle itself, whose members have an order")]
pub struct ProofSignatureBody {
    /// The key, of `GET /v1/keys`.
    key_id: String,
    /// Ed25519, in base 64.
    value: String,
}

/// Proves a payment that the key may see, for the payer's contract and for operators.
///
/// The clearing in it holds the payer's 確認番号, and the facts name the account: keep it as the slip is kept. Each one
/// that is handed out is on the audit log.
#[utoipa::path(
    get, operation_id = "prove_payment", path = "/v1/payments/{id}/proof", tag = "payments",
    security(("key" = ["read"])),
    params(("id" = uuid::Uuid, Path, description = "The payment's id")),
    responses(
        (status = 200, body = ProofBody),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn show(State(api): State<Api>, caller: Caller, id: Result<Part, Problem>) -> Answer {
    let unknown = || Problem::from(Code::PaymentUnknown);
    let id = id.map_err(|_| unknown()).and_then(|Part(id)| id.parse().map_err(|_| unknown()));
    let bundle = prove(&api, &caller, id).await?;
    Ok(Json(bundle).into_response())
}

/// The operation: scope, holder, the payment in the caller's view, a turn, a record, and the proof.
async fn prove(api: &Api, caller: &Caller, id: Result<PaymentId, Problem>) -> Result<ProofBundle, Problem> {
    let view = caller.view()?;
    if let Holder::Collector(_) = caller.holder {
        let happened =
            "A proof names the payer's account, which is nothing to a collector; the bank hands it out.";
        return Err(Problem::because(Code::NotPermitted, happened));
    }
    let unavailable = |error: StoreError| Problem::unavailable(&error);
    let seen = api.gateway.payment_in(&view, id?).await.map_err(unavailable)?;
    let payment = seen.ok_or(Problem::from(Code::PaymentUnknown))?;
    let turn = tokio::time::timeout(TURN_WAIT, api.proofs.0.acquire()).await;
    let Ok(Ok(_turn)) = turn else { return Err(Problem::again(Code::Overloaded, 1)) };
    let made = api.gateway.hand_out_proof(&payment, &Operator::api(caller.key)).await;
    made.map_err(unavailable)?.ok_or(Code::PaymentUnknown.into())
}

impl Gateway {
    /// A payment's proof for somebody who may see the payment, and a record of who got it.
    async fn hand_out_proof(
        &self,
        payment: &Payment,
        to: &Operator,
    ) -> Result<Option<ProofBundle>, StoreError> {
        let record = AuditRecord {
            contract: Some(payment.facts.contract),
            actor: to.name.clone(),
            action: "payment.proof",
            subject: payment.facts.id.to_string(),
            detail: payment.facts.receipt_number.clone(),
        };
        let commit = Commit { audit: vec![record], ..Commit::default() };
        self.persist(Persist::Proof, commit).await?;
        self.proof(payment.facts.id).await
    }
}
