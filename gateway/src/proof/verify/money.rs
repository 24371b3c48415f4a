//! The money: holds, their ends and what went back are exactly what the payment's state says.

use domain::payment::{Event, State};
use domain::{TransferId, Yen};
use ledger::audit::hash::JournalRow;
use ledger::{Kind, Transfer};

use super::Case;
use crate::chart;
use crate::payment::Facts;
use crate::payment::history::Position;

/// What a transfer of the payment is for.
struct Part {
    name: &'static str,
    hold: TransferId,
    amount: i64,
    credit: domain::AccountId,
}

impl Case<'_> {
    pub(super) fn money(&mut self, position: &Position) {
        let outcome = compare(&self.proof.facts, position, &self.transfers);
        self.report.check(outcome);
        let times = self.transfers.windows(2).all(|pair| pair[0].position < pair[1].position);
        if !times {
            self.report.wrong("the transfers are not in the order of the journal");
        }
        let held = self
            .events
            .first()
            .is_some_and(|event| event.kind == Event::Held.as_str() && event.at == self.proof.facts.held_at);
        if !held {
            self.report.wrong("the hold is of another moment than the payment");
        }
    }
}

fn parts(facts: &Facts) -> Vec<Part> {
    let amount = Part {
        name: "amount",
        hold: facts.hold,
        amount: facts.amount.get(),
        credit: chart::clearing(&facts.collector),
    };
    let fee = facts.fee_hold.map(|hold| Part {
        name: "fee",
        hold,
        amount: facts.fee.get(),
        credit: chart::fee(&facts.collector),
    });
    std::iter::once(amount).chain(fee).collect()
}

/// One sentence of what moved, or what is wrong with it.
fn compare(facts: &Facts, position: &Position, rows: &[JournalRow]) -> Result<String, String> {
    if facts.fee_hold.is_some() != (facts.fee > Yen::ZERO) {
        return Err("the fee and its hold do not go together".to_owned());
    }
    let mut left: Vec<&Transfer> = rows.iter().map(|row| &row.transfer).collect();
    for part in parts(facts) {
        let Part { name, hold, amount, credit } = part;
        let mut take = |what: &str, wanted: &dyn Fn(&Transfer) -> bool| {
            let at = left.iter().position(|transfer| wanted(transfer));
            let at = at.ok_or_else(|| format!("the {name} of {} has no {what}", Yen::new(amount)))?;
            left.remove(at);
            Ok::<_, String>(())
        };
        let forth = |t: &Transfer| (t.debit, t.credit, t.amount) == (facts.account, credit, amount);
        let back = |t: &Transfer| (t.debit, t.credit, t.amount) == (credit, facts.account, amount);
        take("hold", &|t| t.id == hold && t.kind == Kind::Pending && forth(t))?;
        match position.state {
            State::Held | State::Sending | State::Unknown => {}
            State::Accepted | State::Settled | State::Cancelled | State::Refunded => {
                take("posting of its hold", &|t| t.kind == Kind::PostPending(hold) && forth(t))?;
            }
            State::Rejected | State::Voided => {
                take("release of its hold", &|t| t.kind == Kind::VoidPending(hold) && forth(t))?;
            }
            State::Inquired | State::Expired => return Err("nothing was ever held".to_owned()),
        }
        if matches!(position.state, State::Cancelled | State::Refunded) {
            take("return", &|t| t.kind == Kind::Posted && back(t))?;
        }
    }
    if let Some(transfer) = left.first() {
        return Err(format!("transfer {} is none of this payment's", transfer.id));
    }
    let (amount, fee) = (facts.amount, facts.fee);
    let what = match position.state {
        State::Held | State::Sending | State::Unknown => "are held",
        State::Accepted | State::Settled => "were held and posted once",
        State::Rejected | State::Voided => "were held and released",
        State::Cancelled | State::Refunded => "were held, posted once and given back once",
        State::Inquired | State::Expired => "were never held",
    };
    Ok(format!("{amount} yen and a fee of {fee} yen {what}, as bill, clearing and facts say"))
}
