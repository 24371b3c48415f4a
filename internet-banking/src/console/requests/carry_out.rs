//! What an approved request does to the hub.

use domain::payment::State;
use gateway::operations::NotNow;
use gateway::{FourEyes, Gateway, OperationError, Operator, Word};

use super::{Decision, Proposal, Request};
use crate::console::help::ConsoleCode;
use crate::console::payments::words::state_tag;
use crate::console::problem::Problem;
use crate::console::words::span;

/// What became of an operation.
pub(super) enum Carried {
    /// It was carried out; what came of it.
    Done(String),
    /// The hub refused, and nothing was done; why.
    Refused(String),
    /// It may have been carried out or not.
    Unclear,
}

/// Whether the proposal could be carried out now, for the sake of those who propose and approve. What decides is the
/// hub, when it is.
pub(super) async fn check(gateway: &Gateway, proposal: &Proposal) -> Result<(), Problem> {
    match proposal {
        Proposal::Decide { payment, word } => {
            let found = gateway.payment_for_operator(*payment).await;
            let found = found.map_err(|error| Problem::unavailable(&error))?.ok_or(ConsoleCode::NotThere)?;
            if found.state != State::Unknown {
                return Err(not_now(NotNow::NotUnknown(found.state)));
            }
            let open = gateway.unknown_payment(*payment).await;
            let open = open.map_err(|error| Problem::unavailable(&error))?;
            match open {
                Some(open) if *word == Word::NotCleared && open.not_cleared_wait_s > 0 => {
                    Err(not_now(NotNow::TooSoon { wait_s: open.not_cleared_wait_s }))
                }
                _ => Ok(()),
            }
        }
    }
}

/// Carries out what was approved.
pub(super) async fn carry_out(gateway: &Gateway, request: &Request, decision: &Decision) -> Carried {
    let eyes = FourEyes {
        maker: Operator::staff(request.maker),
        checker: Operator::staff(decision.by),
        reason: request.reason.clone(),
    };
    match &request.proposal {
        Proposal::Decide { payment, word } => match gateway.decide(*payment, *word, &eyes).await {
            Ok(payment) => Carried::Done(decided(payment.state)),
            Err(OperationError::NotNow(NotNow::NotUnknown(state))) => {
                // the process may have died between the hub's commit and the record of its result
                match was_decided_by(gateway, *payment, *word, &eyes).await {
                    Some(true) => Carried::Done(decided(state)),
                    Some(false) => Carried::Refused(not_now(NotNow::NotUnknown(state)).words().to_owned()),
                    None => Carried::Unclear,
                }
            }
            Err(OperationError::NotNow(reason)) => Carried::Refused(not_now(reason).words().to_owned()),
            Err(OperationError::Moved) => Carried::Refused(ConsoleCode::Moved.entry().happened.to_owned()),
            Err(OperationError::NotFound) => {
                Carried::Refused(ConsoleCode::NotThere.entry().happened.to_owned())
            }
            Err(error @ (OperationError::Overloaded | OperationError::Store(_))) => {
                tracing::error!(request = %request.id, %error, "an approved request was not carried out");
                Carried::Unclear
            }
        },
    }
}

fn decided(state: State) -> String {
    format!("払込は「{}」になりました。", state_tag(state).word)
}

/// Whether these two decided the payment so, for this reason; `None` where that cannot be read.
async fn was_decided_by(
    gateway: &Gateway,
    payment: domain::PaymentId,
    word: Word,
    eyes: &FourEyes,
) -> Option<bool> {
    let events = gateway.payment_events(payment).await.ok()?;
    Some(events.iter().any(|event| {
        let body = &event.body;
        body.word == Some(word)
            && body.by.as_deref() == Some(eyes.maker.name.as_str())
            && body.checked_by.as_deref() == Some(eyes.checker.name.as_str())
            && body.reason.as_deref() == Some(eyes.reason.trim())
    }))
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
            format!("いま収納機関へ送信中です。長くても{}で結果が出ます。", span(wait_s)),
        ),
        NotNow::TooSoon { wait_s } => Problem::new(
            ConsoleCode::TooSoon,
            format!("前の送信から間がないため、まだできません。あと{}お待ちください。", span(wait_s)),
        ),
        NotNow::SamePerson => ConsoleCode::OwnRequest.into(),
        NotNow::BadReason => Problem::new(ConsoleCode::Input, "理由は1文字から200文字で入力してください。"),
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
