//! The numbers that a case uses up, and what their inquiries must find.

use collectors::protocol::{Body, InquiryAnswer, Message};
use domain::{Bill, Date, ResponseCode};

use super::{Scene, Stop, Taken};
use crate::case::{Ask, outcome_of};
use crate::clause::Clause;
use crate::declaration::{Outcome, Slip};
use crate::hub::{Got, Letter};
use crate::letters::Writer;
use crate::text::Text;

/// The day on which one bill of a number is paid to see whether there are others; no case counts it.
const ASIDE: &str = "the day on which one bill is paid to see the others";

impl Scene<'_> {
    /// A number of the declaration that nobody has used in this run.
    pub(super) fn next_slip(&mut self, bill: &str) -> Result<Slip, Stop> {
        let outcome = outcome_of(bill).ok_or_else(|| self.mistaken("its bill has no outcome"))?;
        self.pool.next(outcome).ok_or_else(|| {
            let word = outcome.as_str();
            Stop::NotRun(Text::new(
                format!("the declaration has too few numbers with outcome = {word:?}: all are used up"),
                format!("宣言ファイルの outcome = {word:?} の番号が足りません(すべて使用済み)。"),
            ))
        })
    }

    /// Inquires about the next number that can be paid. One that an earlier run has paid (B201), or of whose bills it
    /// has left one, is passed over.
    pub(super) async fn take(&mut self, bill: &str, day: Date) -> Result<(Letter, Message), Stop> {
        loop {
            let slip = self.next_slip(bill)?;
            let (letter, got) = self.inquire(&slip, day).await?;
            match got {
                Got::Answer(Message { body: Body::InquiryAnswer(InquiryAnswer::Bills(bills)), header }) => {
                    if let (Outcome::SeveralBills, [single]) = (slip.outcome, bills.as_slice()) {
                        self.pay_the_last(&slip, single).await?;
                        continue;
                    }
                    if let Some(what) = contradiction(&slip, &bills) {
                        return Err(self.found(Clause::Inquiry, what));
                    }
                    let answer =
                        Message { header, body: Body::InquiryAnswer(InquiryAnswer::Bills(bills.clone())) };
                    self.taken.insert(bill.to_owned(), Taken { slip, bills });
                    return Ok((letter, answer));
                }
                other if other.code() == Some(ResponseCode::AlreadyPaid) => {}
                other => {
                    let (number, word) = (slip.key.customer_number.as_str(), slip.outcome.as_str());
                    let came = other.say();
                    let what = Text::new(
                        format!("{number} is declared as {word}, and its inquiry got {}", came.en),
                        format!("{number} は {word} と宣言されていますが、照会の結果は{}でした。", came.ja),
                    );
                    return Err(self.found(other.clause(Clause::Inquiry), what));
                }
            }
        }
    }

    async fn inquire(&mut self, slip: &Slip, day: Date) -> Result<(Letter, Got), Stop> {
        let ask = Ask::default();
        let writer = Writer { hub: self.hub, ask: &ask, key: self.hub.next_key(day) };
        let letter = writer.inquiry(slip, slip.outcome == Outcome::TypedAmount);
        let letter = letter.map_err(|what| self.mistaken(&what))?;
        let got = self.exchange(&letter).await;
        Ok((letter, got))
    }

    async fn exchange(&mut self, letter: &Letter) -> Got {
        let exchanged = self.hub.exchange(letter, None, self.begun).await;
        self.keep(exchanged)
    }

    /// Pays the one bill that a number with several has shown. Where it was the last that an earlier run had left,
    /// the number is used up; where another one comes to light now, not every bill was shown.
    async fn pay_the_last(&mut self, slip: &Slip, single: &Bill) -> Result<(), Stop> {
        let day = Box::pin(self.day(Some(ASIDE))).await?;
        let ask = Ask::default();
        let writer = Writer { hub: self.hub, ask: &ask, key: self.hub.next_key(day) };
        let letter = writer.clearing(slip, single).map_err(|what| self.mistaken(&what))?;
        self.exchange(&letter).await;
        let (_, got) = self.inquire(slip, day).await?;
        let Got::Answer(Message { body: Body::InquiryAnswer(InquiryAnswer::Bills(bills)), .. }) = got else {
            return Ok(());
        };
        let number = slip.key.customer_number.as_str();
        match bills.iter().find(|bill| bill.id != single.id) {
            None => Ok(()),
            Some(hidden) => {
                let (shown, hidden) = (single.id.as_str(), hidden.id.as_str());
                Err(self.found(
                    Clause::Inquiry,
                    Text::new(
                        format!(
                            "{number} showed the bill {shown} alone, and {hidden} only after it was paid"
                        ),
                        format!(
                            "{number} の照会は請求 {shown} だけを返し、その消込後に {hidden} を返しました。"
                        ),
                    ),
                ))
            }
        }
    }
}

/// Where the bills are not what the declaration says of their number.
pub(super) fn contradiction(slip: &Slip, bills: &[Bill]) -> Option<Text> {
    let number = slip.key.customer_number.as_str();
    let sum = |what: &dyn Fn(&Bill) -> i64| bills.iter().map(what).sum::<i64>();
    let missing = match slip.outcome {
        Outcome::SeveralBills if bills.len() < 2 => Some(("two bills or more", "2 件以上の請求")),
        Outcome::LateCharge if sum(&|bill| bill.late_charge.get()) == 0 => Some(("a late charge", "延滞金")),
        Outcome::Fee if sum(&|bill| bill.fee.get()) == 0 => Some(("a fee", "手数料")),
        _ => None,
    };
    if let Some((en, ja)) = missing {
        return Some(Text::new(
            format!("{number} is declared to have {en}, and the answer has not"),
            format!("{number} には{ja}があると宣言されていますが、応答にありません。"),
        ));
    }
    let (due, is) = (slip.amount?.get(), bills.first()?.amount.get());
    (due != is).then(|| {
        Text::new(
            format!("{number} is declared with {due} yen, and the answer has {is} yen"),
            format!("{number} は {due} 円と宣言されていますが、応答は {is} 円です。"),
        )
    })
}
