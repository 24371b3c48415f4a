//! A collecting institution, built from docs/protocol alone: its bills, its records under keys, its days, its
//! decisions. It shares the codec with the hub and nothing else.

mod books;
mod clearing;
mod day;

use std::collections::BTreeMap;

use collectors::Collector as Row;
use collectors::protocol::{
    Body, Inquiry, InquiryAnswer, Message, ServiceAnswer, SettlementAdvice, SettlementAdviceAnswer,
};
use domain::{Bill, ConfirmationNumber, Date, PaymentCategory, ResponseCode, Timestamp};

use crate::network::Request;
use crate::settings::Mistake;

pub(crate) use books::Entry;
use clearing::Taken;
pub(crate) use clearing::{Record, Recorded};
use day::Told;

/// What a payer has in hand: the numbers, and the bills behind them.
#[derive(Clone, Debug)]
pub(crate) struct Slip {
    pub confirmation: ConfirmationNumber,
    pub category: Option<PaymentCategory>,
    /// None where the payer types the amount.
    pub bills: Vec<Owed>,
    /// When the collector forgets it.
    pub until_us: i64,
}

/// A bill and what has become of it.
#[derive(Clone, Debug)]
pub(crate) struct Owed {
    pub bill: Bill,
    pub paid: bool,
    /// What does not fit any more since the inquiry; shows when the clearing comes.
    pub misfit: Option<ResponseCode>,
}

/// The moment of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub business: Timestamp,
    pub us: i64,
}

pub(crate) struct Collector {
    pub row: Row,
    pub up: bool,
    /// Counts its starts; what was under way in an earlier life is gone.
    pub life: u32,
    /// Answers A001 until then although it is open.
    pub stalled_until_us: i64,
    pub slips: BTreeMap<String, Slip>,
    /// Clearings, by key.
    pub records: BTreeMap<String, Record>,
    /// Cancellations, by key.
    cancellations: BTreeMap<String, Taken>,
    days: BTreeMap<Date, Told>,
    /// What the bank will pay, by its numbers.
    advices: BTreeMap<String, SettlementAdvice>,
    numbered: u64,
    pub mistake: Option<Mistake>,
}

impl Collector {
    pub fn new(row: Row, mistake: Option<Mistake>) -> Self {
        Self {
            row,
            up: true,
            life: 0,
            stalled_until_us: 0,
            slips: BTreeMap::new(),
            records: BTreeMap::new(),
            cancellations: BTreeMap::new(),
            days: BTreeMap::new(),
            advices: BTreeMap::new(),
            numbered: 0,
            mistake,
        }
    }

    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// Treats a request; what is none gets no answer.
    pub fn treat(&mut self, request: &Request, now: Now) -> Option<(Message, Option<Recorded>)> {
        let Request { message, bytes } = request;
        let mut recorded = None;
        let body = match &message.body {
            Body::Inquiry(inquiry) => Body::InquiryAnswer(self.inquire(inquiry, now)),
            Body::Clearing(clearing) => {
                let open = self.takes(message.header.processing_date, now);
                let (answer, new) = self.clear(message, clearing, bytes, open);
                recorded = new;
                Body::ClearingAnswer(answer)
            }
            Body::Cancellation(cancellation) => {
                let (answer, new) = self.cancel(message, cancellation, bytes, now);
                recorded = new;
                Body::CancellationAnswer(answer)
            }
            Body::ResendConfirmation(repeat) => {
                let (body, new) = self.repeat(message, repeat, now);
                recorded = new;
                body
            }
            Body::Open(_) => Body::ServiceAnswer(ServiceAnswer { code: self.open(&message.header) }),
            Body::PreClose(_) => Body::ServiceAnswer(ServiceAnswer { code: self.pre_close(&message.header) }),
            Body::Close(close) => Body::CounterAnswer(self.close(close, now)),
            Body::Counter(counter) => Body::CounterAnswer(self.count(counter.counted_date, now)),
            Body::Lines(lines) => Body::LinesAnswer(self.lines(lines, now)),
            Body::SettlementAdvice(advice) => {
                let (answer, new) = self.take_note(advice);
                recorded = new;
                Body::SettlementAdviceAnswer(answer)
            }
            _ => return None,
        };
        Some((Message { header: message.header.answer(now.business), body }, recorded))
    }

    /// Keeps an advice, or compares it with the one of the same number.
    fn take_note(&mut self, advice: &SettlementAdvice) -> (SettlementAdviceAnswer, Option<Recorded>) {
        let number = advice.settlement.as_str();
        let known = self.advices.get(number);
        let code = if known.is_none_or(|known| known == advice) {
            ResponseCode::Normal
        } else {
            ResponseCode::KeyReused
        };
        let recorded = known.is_none().then(|| Recorded::Advice(advice.clone()));
        self.advices.entry(number.to_owned()).or_insert_with(|| advice.clone());
        (SettlementAdviceAnswer { code }, recorded)
    }

    fn inquire(&self, inquiry: &Inquiry, now: Now) -> InquiryAnswer {
        if !self.inquires(now) {
            return InquiryAnswer::Refused(ResponseCode::NotOpen);
        }
        let Some(slip) = self.slips.get(inquiry.bill.customer_number.as_str()) else {
            return InquiryAnswer::Refused(ResponseCode::CustomerNumberWrong);
        };
        if slip.confirmation != inquiry.bill.confirmation_number {
            return InquiryAnswer::Refused(ResponseCode::ConfirmationNumberWrong);
        }
        if slip.category != inquiry.bill.category {
            return InquiryAnswer::Refused(ResponseCode::PaymentCategoryWrong);
        }
        let unpaid = slip.bills.iter().filter(|owed| !owed.paid);
        let bills: Vec<Bill> = match inquiry.amount {
            Some(amount) => unpaid.map(|owed| Bill { amount, ..owed.bill.clone() }).collect(),
            None => unpaid.map(|owed| owed.bill.clone()).collect(),
        };
        if bills.is_empty() {
            return InquiryAnswer::Refused(ResponseCode::AlreadyPaid);
        }
        InquiryAnswer::Bills(bills)
    }

    /// Drops slips that nobody will look at again, and what was told of days long past.
    pub fn forget_the_past(&mut self, now_us: i64, before: Date) {
        self.slips.retain(|_, slip| now_us < slip.until_us);
        self.days.retain(|date, _| *date >= before);
        self.advices.retain(|_, advice| advice.window_date >= before);
    }

    /// Drops what is kept of a payment, whose cancellations had these keys.
    pub fn forget(&mut self, key: &str, cancellations: &[String]) {
        self.records.remove(key);
        for key in cancellations {
            self.cancellations.remove(key);
        }
    }
}

impl Slip {
    pub fn owed(&mut self, bill: &str) -> Option<&mut Owed> {
        self.bills.iter_mut().find(|owed| owed.bill.id.as_str() == bill)
    }
}
