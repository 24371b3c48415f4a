//! What an approved request does to the hub.

use domain::payment::{Cancellation, State};
use domain::{Date, PaymentId, StaffRequestId};
use gateway::operations::NotNow;
use gateway::{FourEyes, Gateway, Guard, OperationError, Operator, Payment, Word};
use internet_banking::keys::Vault;
use ledger::{Commit, EntityId, Refused};

use super::{Decision, Proposal, Request};
use crate::help::ConsoleCode;
use crate::payments::words::{cancellation_cash, money_words, state_tag};
use crate::problem::Problem;
use crate::settlement::proposal as settlement;
use crate::words::span;

/// What became of an operation.
pub(crate) enum Carried {
    /// It was carried out; what came of it.
    Done(String),
    /// It was carried out, and came to nothing; why.
    Failed(String),
    /// The hub refused, and nothing was done; why.
    Refused(String),
    /// It may have been carried out or not.
    Unclear,
}

/// What became of the commit of an approved request.
pub(crate) enum Once {
    /// It holds: by this try, or by one of ours whose result was not recorded.
    Done,
    /// It does not: something is another by now, or taken.
    Refused(Refused),
    /// It may hold or not; the log has why.
    Unclear,
}

/// Commits what was approved, once, however often it is tried.
pub(crate) async fn commit_once(gateway: &Gateway, request: StaffRequestId, mut commit: Commit) -> Once {
    let once = Guard::request_act(request);
    commit.guards.push((once.key(), EntityId(request.uuid())));
    let Err(refused) = gateway.ledger().commit(commit).await else { return Once::Done };
    match (gateway.is_taken(&once).await, &refused) {
        (Ok(true), _) => Once::Done,
        (Ok(false), Refused::Stale | Refused::Guarded { .. } | Refused::Taken(_)) => Once::Refused(refused),
        (Ok(false) | Err(_), _) => {
            tracing::error!(%request, %refused, "what was approved may not have been done");
            Once::Unclear
        }
    }
}

/// Whether the proposal could be carried out now, for the sake of those who propose and approve. What decides is the
/// hub, when it is.
pub(super) async fn check(gateway: &Gateway, proposal: &Proposal) -> Result<(), Problem> {
    let unavailable = |error: gateway::StoreError| Problem::unavailable(&error);
    match proposal {
        Proposal::Decide { payment, word: word @ (Word::Cleared | Word::NotCleared), deliveries } => {
            let found = find(gateway, *payment).await?;
            match gateway.unknown_payment(*payment).await.map_err(unavailable)? {
                None => Err(not_now(NotNow::NotUnknown(found.state))),
                Some(open) if *word == Word::NotCleared && open.deliveries != *deliveries => {
                    Err(not_now(NotNow::AskedAgain))
                }
                Some(open) if *word == Word::NotCleared && open.not_cleared_wait_s > 0 => {
                    Err(not_now(NotNow::TooSoon { wait_s: open.not_cleared_wait_s }))
                }
                Some(_) => Ok(()),
            }
        }
        Proposal::Decide { payment, word: word @ (Word::Cancelled | Word::NotCancelled), deliveries } => {
            let found = find(gateway, *payment).await?;
            match gateway.unknown_cancellation(*payment).await.map_err(unavailable)? {
                None => Err(not_now(NotNow::NotUnknown(found.state))),
                Some(open) if *word == Word::NotCancelled && open.deliveries != *deliveries => {
                    Err(not_now(NotNow::AskedAgain))
                }
                Some(open) if *word == Word::NotCancelled && open.not_cancelled_wait_s > 0 => {
                    Err(not_now(NotNow::TooSoon { wait_s: open.not_cancelled_wait_s }))
                }
                Some(_) => Ok(()),
            }
        }
        Proposal::Cancel { payment } => {
            let found = find(gateway, *payment).await?;
            let today = gateway.ledger().clock().now().date();
            cancellable(&found, today).map_err(not_now)
        }
        Proposal::Day(of) => of.check(gateway).await,
        Proposal::ResolveBreak(of) => of.check(gateway).await,
        Proposal::LiftStop(of) => of.check(gateway).await,
        Proposal::Contract(of) => of.check(gateway).await,
        Proposal::Token(of) => of.check(gateway).await,
        Proposal::Mandate(of) => of.check(gateway).await,
        Proposal::LiftEmergency(of) => of.check(gateway).await,
        Proposal::Setting(of) => of.check(gateway).await,
        Proposal::Key(of) => of.check(gateway).await,
        Proposal::Delivery(of) => of.check(gateway).await,
        Proposal::Staff(of) => of.check(gateway).await,
        Proposal::CloseWindow { collector, window } => {
            settlement::check_close(gateway, collector, *window).await
        }
        Proposal::PayNet { collector, window } => settlement::check_pay(gateway, collector, *window).await,
    }
}

/// Whether a payment can be cancelled, as far as the payment itself says.
pub fn cancellable(payment: &Payment, today: Date) -> Result<(), NotNow> {
    if !payment.facts.is_at_counter() {
        Err(NotNow::NotFromCounter)
    } else if payment.state != State::Accepted {
        Err(NotNow::NotAccepted(payment.state))
    } else if payment.cancellation.is_some_and(Cancellation::is_open) {
        Err(NotNow::CancellationOpen)
    } else if payment.facts.receipt_date != today {
        Err(NotNow::DayOver)
    } else {
        Ok(())
    }
}

async fn find(gateway: &Gateway, payment: PaymentId) -> Result<Payment, Problem> {
    let found = gateway.payment_for_operator(payment).await;
    found.map_err(|error| Problem::unavailable(&error))?.ok_or_else(|| ConsoleCode::NotThere.into())
}

/// Carries out what was approved.
pub(super) async fn carry_out(
    gateway: &Gateway,
    vault: &Vault,
    request: &Request,
    decision: &Decision,
) -> Carried {
    match &request.proposal {
        Proposal::Decide { payment, word, deliveries } => {
            let (eyes, once) = (eyes(request, decision), Guard::request_act(request.id));
            match gateway.decide_once(*payment, *word, *deliveries, &eyes, Some(&once)).await {
                Ok(payment) => Carried::Done(decided(&payment)),
                Err(error) => refused_or_done(gateway, *payment, &error, &once).await,
            }
        }
        Proposal::Cancel { payment } => {
            let (by, once) = (Operator::staff(decision.by), Guard::request_act(request.id));
            match gateway.cancel_once(*payment, &by, Some(&once)).await {
                Ok(payment) => cancelled(&payment),
                Err(error) => refused_or_done(gateway, *payment, &error, &once).await,
            }
        }
        Proposal::Day(of) => of.carry_out(gateway, &Operator::staff(decision.by), decision.at).await,
        Proposal::ResolveBreak(of) => {
            let (eyes, once) = (eyes(request, decision), Guard::request_act(request.id));
            of.carry_out(gateway, &eyes, &once).await
        }
        Proposal::LiftStop(of) => of.carry_out(gateway, request.id, &Operator::staff(decision.by)).await,
        Proposal::Token(of) => {
            let (by, once) = (Operator::staff(decision.by), Guard::request_act(request.id));
            of.carry_out(gateway, request.id, &by, &once).await
        }
        Proposal::Contract(of) => of.carry_out(gateway, request.id, &Operator::staff(decision.by)).await,
        Proposal::Mandate(of) => of.carry_out(gateway, request.id, &Operator::staff(decision.by)).await,
        Proposal::LiftEmergency(of) => of.carry_out(gateway, request.id, &Operator::staff(decision.by)).await,
        Proposal::Setting(of) => of.carry_out(gateway, request.id, &Operator::staff(decision.by)).await,
        Proposal::Key(of) => of.carry_out(gateway, vault, request.id, &Operator::staff(decision.by)).await,
        Proposal::Staff(of) => of.carry_out(gateway, request.id, &Operator::staff(decision.by)).await,
        Proposal::Delivery(of) => {
            of.carry_out(gateway, vault, request.id, &Operator::staff(decision.by)).await
        }
        Proposal::CloseWindow { collector, window } => {
            settlement::close(gateway, collector, *window, &Operator::staff(decision.by)).await
        }
        Proposal::PayNet { collector, window } => {
            settlement::pay(gateway, collector, *window, &Operator::staff(decision.by)).await
        }
    }
}

/// The two people, and why.
fn eyes(request: &Request, decision: &Decision) -> FourEyes {
    FourEyes {
        maker: Operator::staff(request.maker),
        checker: Operator::staff(decision.by),
        reason: request.reason.clone(),
    }
}

/// What the hub's refusal means: another's doing, our own of an earlier try whose result was not recorded, or nothing
/// that is known.
async fn refused_or_done(
    gateway: &Gateway,
    payment: PaymentId,
    error: &OperationError,
    once: &Guard,
) -> Carried {
    match gateway.is_taken(once).await {
        Ok(true) => {}
        Ok(false) if !matches!(error, OperationError::Overloaded | OperationError::Store(_)) => {
            return Carried::Refused(problem(error).words().to_owned());
        }
        Ok(false) | Err(_) => {
            tracing::error!(%payment, %error, "an approved request was not carried out");
            return Carried::Unclear;
        }
    }
    match gateway.payment_for_operator(payment).await {
        Ok(Some(payment)) => cancelled_or_decided(&payment),
        Ok(None) | Err(_) => Carried::Unclear,
    }
}

fn cancelled_or_decided(payment: &Payment) -> Carried {
    if payment.cancellation.is_some() { cancelled(payment) } else { Carried::Done(decided(payment)) }
}

fn decided(payment: &Payment) -> String {
    let cash = match payment.facts.is_at_counter() {
        true => money_words(payment.state, true),
        false => "",
    };
    format!("払込は「{}」になりました。{cash}", state_tag(payment.state).word)
}

/// What a cancellation has come to by now.
fn cancelled(payment: &Payment) -> Carried {
    match payment.cancellation {
        _ if payment.state == State::Cancelled => {
            Carried::Done(cancellation_cash(Cancellation::Confirmed).to_owned())
        }
        Some(over @ (Cancellation::Refused | Cancellation::Withdrawn)) => {
            Carried::Failed(cancellation_cash(over).to_owned())
        }
        _ => Carried::Done(
            "取消しを収納機関に依頼しました。結果は払込の画面で確かめ、成立するまで現金を返さないでください。"
                .to_owned(),
        ),
    }
}

/// Why the hub does not do it now, in the staff's words.
pub fn not_now(reason: NotNow) -> Problem {
    match reason {
        NotNow::NotUnknown(state) => Problem::new(
            ConsoleCode::NotUnknown,
            format!("この払込は結果不明ではありません(いまの状態: {})。", state_tag(state).word),
        ),
        NotNow::Delivering { wait_s } => Problem::new(
            ConsoleCode::Delivering,
            format!("いま収納機関へ送信中です。長くても{}で結果が出ます(実際の経過時間です)。", span(wait_s)),
        ),
        NotNow::TooSoon { wait_s } => Problem::new(
            ConsoleCode::TooSoon,
            format!(
                "前の送信から間がないため、まだできません。あと{}お待ちください(実際の経過時間です)。",
                span(wait_s)
            ),
        ),
        NotNow::AskedAgain => ConsoleCode::AskedAgain.into(),
        NotNow::SamePerson => ConsoleCode::OwnRequest.into(),
        NotNow::BadReason => Problem::new(ConsoleCode::Input, "理由は1文字から200文字で入力してください。"),
        NotNow::NotFromCounter => ConsoleCode::NotFromCounter.into(),
        NotNow::NotAccepted(state) => Problem::new(
            ConsoleCode::NotAccepted,
            format!("収納済みの払込だけを取り消せます(いまの状態: {})。", state_tag(state).word),
        ),
        NotNow::CancellationOpen => ConsoleCode::CancellationOpen.into(),
        NotNow::DayOver => ConsoleCode::DayOver.into(),
        NotNow::CollectorClosed => ConsoleCode::CollectorClosed.into(),
    }
}

/// Why an operation was not carried out, in the staff's words.
pub fn problem(error: &OperationError) -> Problem {
    match error {
        OperationError::NotFound => ConsoleCode::NotThere.into(),
        OperationError::NotNow(reason) => not_now(*reason),
        OperationError::Moved => ConsoleCode::Moved.into(),
        OperationError::Overloaded => Problem::unavailable(error),
        OperationError::Store(_) => Problem::unclear(error),
    }
}
