//! What ending a break asks of two people.

use domain::BreakId;
use gateway::reconciliation::{Break, Ending, Hindrance};
use gateway::{BreakError, FourEyes, Gateway, Guard, Payment};
use internet_banking::answer::{Stop, failed};
use serde::{Deserialize, Serialize};

use super::words::{class_label, ending_label, subject_words};
use crate::Console;
use crate::days::proposal as days;
use crate::help::ConsoleCode;
use crate::links::BreakLink;
use crate::payments::views::PaymentShown;
use crate::payments::words::{money_words, state_tag};
use crate::problem::Problem;
use crate::requests::carry_out::{Carried, not_now};
use crate::requests::pages::Matter;
use crate::words::collector_name;

/// A break is ended. The reason of the request is the note that stays with the break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakProposal {
    /// The break.
    #[serde(rename = "break")]
    pub found: BreakId,
    /// How it is to end.
    pub ending: Ending,
}

impl BreakProposal {
    /// What it does, in a few words.
    pub const fn title(&self) -> &'static str {
        match self.ending {
            Ending::Noted => "照合の不一致の解消",
            Ending::Recorded => "収納機関が記録したことの確認",
            Ending::Refunded => "収納機関に記録のない払込の返金",
        }
    }

    /// What approving it does.
    pub const fn consequence(&self) -> &'static str {
        match self.ending {
            Ending::Noted => {
                "承認すると、この不一致を解消済みにし、理由を記録に残します。この承認でお金は動きません。取り消せません。\
                 未解消の不一致がなくなると、その日の収納済みの払込は資金決済に入り、支払日に収納機関へ支払われます。"
            }
            Ending::Recorded => {
                "承認すると、収納機関の記録と照合し直します。記録にあれば不一致は終わり、払込は資金決済に入ります。\
                 なければ不一致は残り、資金決済にも入りません。この承認でお金は動きません。"
            }
            Ending::Refunded => {
                "承認すると、収納機関の記録と照合し直し、記録がないことを確かめてから、下の返金額を返金先へ戻します。\
                 払込は「返金済み」になり、資金決済に入らず、収納機関には支払われません。取り消せません。\
                 記録にあったときは返金しません。"
            }
        }
    }

    /// Of one break one request is open.
    pub fn subject(&self) -> String {
        self.found.to_string()
    }

    /// What the page of a request shows of it.
    pub(crate) async fn matter(&self, console: &Console) -> Result<Option<Matter>, Stop> {
        let gateway = &console.gateway;
        let Some(found) = gateway.break_of(self.found).await.map_err(failed)? else { return Ok(None) };
        let mut rows = vec![
            ("収納機関", format!("{}({})", collector_name(gateway, &found.collector), found.collector)),
            ("処理日", domain::time::year_month_day(found.date)),
            ("種類", class_label(found.class).to_owned()),
            ("対象", subject_words(&found)),
            ("収納機関と当行の差", format!("{}円", found.difference)),
            ("終わらせ方", ending_label(self.ending).to_owned()),
        ];
        if let Some(payment) = payment_of(gateway, &found).await.map_err(failed)?
            && self.ending == Ending::Refunded
        {
            let shown = PaymentShown::of(console, &payment).await?;
            rows.push(("返金額", refund_words(&payment)));
            rows.push(("返金先", destination(&shown)));
            rows.push(("払込の受付番号", payment.facts.receipt_number));
            rows.push(("払込の状態", state_tag(payment.state).word.to_owned()));
        }
        let link = BreakLink(found.id).to_string();
        Ok(Some(Matter { heading: "対象の不一致", link, link_words: "不一致を見る", rows }))
    }

    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        let found = gateway.break_of(self.found).await.map_err(|error| Problem::unavailable(&error))?;
        let found = found.ok_or(ConsoleCode::NotThere)?;
        gateway.check_ending(&found, self.ending).await.map_err(|error| problem(&error))
    }

    /// Tells the hub, once.
    pub(crate) async fn carry_out(&self, gateway: &Gateway, eyes: &FourEyes, once: &Guard) -> Carried {
        let error = match gateway.resolve_break_once(self.found, self.ending, eyes, Some(once)).await {
            Ok(()) => return self.done(gateway).await,
            Err(error) => error,
        };
        match (gateway.is_taken(once).await, gateway.break_of(self.found).await) {
            // our own of an earlier try, whose result was not recorded
            (Ok(true), Ok(Some(Break { resolution: Some(_), .. }))) => return self.done(gateway).await,
            (Ok(_), Ok(_)) => {}
            (Err(_), _) | (_, Err(_)) => return Carried::Unclear,
        }
        let problem = problem(&error);
        match problem.code {
            ConsoleCode::Unavailable | ConsoleCode::Unclear => Carried::Unclear,
            code => Carried::Refused(format!("{}{}", problem.words(), code.entry().remedy)),
        }
    }

    /// What came of it.
    async fn done(&self, gateway: &Gateway) -> Carried {
        match self.ending {
            Ending::Noted => Carried::Done("不一致を解消済みにしました。".to_owned()),
            Ending::Recorded => Carried::Done(
                "照合し直し、収納機関の記録と一致しました。不一致は終わり、払込は資金決済に入ります。"
                    .to_owned(),
            ),
            Ending::Refunded => {
                let Ok(Some(found)) = gateway.break_of(self.found).await else { return Carried::Unclear };
                let Ok(Some(payment)) = payment_of(gateway, &found).await else { return Carried::Unclear };
                let words = money_words(payment.state, payment.facts.is_at_counter());
                Carried::Done(format!("{}を返金しました。{words}", refund_words(&payment)))
            }
        }
    }
}

/// The hub's payment of a break, as it stands now.
pub(super) async fn payment_of(
    gateway: &Gateway,
    found: &Break,
) -> Result<Option<Payment>, gateway::StoreError> {
    match &found.facts.hub {
        Some(hub) => gateway.payment_for_operator(hub.payment).await,
        None => Ok(None),
    }
}

/// What goes back.
pub(super) fn refund_words(payment: &Payment) -> String {
    let (amount, fee) = (payment.facts.amount, payment.facts.fee);
    let sum = amount.checked_add(fee).unwrap_or(amount);
    format!("{sum}円(金額 {amount}円、手数料 {fee}円)")
}

/// Where it goes.
pub(super) fn destination(shown: &PaymentShown) -> String {
    match shown.at_counter {
        true => "窓口現金(承認の後に、現金を払込人に返す)".to_owned(),
        false => format!("{} {}", shown.customer, shown.account),
    }
}

/// Why a break is not ended so, in the staff's words.
pub(super) fn problem(error: &BreakError) -> Problem {
    match error {
        BreakError::NoSuchBreak => ConsoleCode::NotThere.into(),
        BreakError::EndedBefore => ConsoleCode::BreakEnded.into(),
        BreakError::FourEyes(reason) => not_now(*reason),
        BreakError::Hindered(hindrance) => hindered(*hindrance).into(),
        BreakError::NotCompared(error) => days::problem(error, None),
        BreakError::StillLacking => ConsoleCode::StillLacking.into(),
        BreakError::FoundThere => ConsoleCode::FoundThere.into(),
        BreakError::Changed => ConsoleCode::BreakChanged.into(),
        BreakError::MovedOn => ConsoleCode::DayMoved.into(),
        BreakError::Store(error) => Problem::unclear(error),
    }
}

/// What stands in the way.
pub(super) const fn hindered(hindrance: Hindrance) -> ConsoleCode {
    match hindrance {
        Hindrance::OutcomeUnknown => ConsoleCode::BreakWaits,
        Hindrance::Lacking => ConsoleCode::BreakLacks,
        Hindrance::NotLacking => ConsoleCode::BreakLacksNothing,
        Hindrance::Settled => ConsoleCode::RefundAfterSettlement,
        Hindrance::DayOpen => ConsoleCode::RefundBeforeClose,
        Hindrance::AmountThere => ConsoleCode::RefundOfPart,
        Hindrance::CheckLedger => ConsoleCode::RefundBlocked,
        Hindrance::AccountClosed => ConsoleCode::RefundToClosedAccount,
        Hindrance::CountersDiffer => ConsoleCode::RefundCountersDiffer,
        Hindrance::UnderWay { .. } => ConsoleCode::RefundUnderWay,
    }
}
