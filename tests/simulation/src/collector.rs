//! A collecting institution, built from docs/protocol alone: its bills, its records under keys, its decisions. It
//! shares the codec with the hub and nothing else.

use std::collections::BTreeMap;

use bytes::Bytes;
use collectors::protocol::{
    self, Body, Clearing, ClearingAnswer, Inquiry, InquiryAnswer, Message, ResendConfirmation,
};
use collectors::{Collector as Row, Kind};
use domain::{Bill, ConfirmationNumber, PaymentCategory, ResponseCode, Timestamp};

use crate::settings::Mistake;

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

/// A decided clearing.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    bytes: Bytes,
    answer: ClearingAnswer,
    pub amount: i64,
    pub cleared: bool,
}

/// What a request made the collector record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub key: String,
    pub slip: String,
    pub bill: String,
    pub amount: i64,
    pub cleared: bool,
}

pub(crate) struct Collector {
    pub row: Row,
    pub up: bool,
    /// Counts its starts; what was under way in an earlier life is gone.
    pub life: u32,
    /// Answers A001 until then although it is open.
    pub stalled_until_us: i64,
    pub slips: BTreeMap<String, Slip>,
    pub records: BTreeMap<String, Record>,
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
            mistake,
        }
    }

    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    fn is_open(&self, now: Timestamp, now_us: i64) -> bool {
        self.row.hours.is_open(now) && now_us >= self.stalled_until_us
    }

    /// Treats a request; what is not readable as one gets no answer.
    pub fn treat(
        &mut self,
        bytes: &Bytes,
        now: Timestamp,
        now_us: i64,
    ) -> Option<(Message, Option<Recorded>)> {
        let message = protocol::decode(bytes).ok()?;
        let open = self.is_open(now, now_us);
        let mut recorded = None;
        let body = match &message.body {
            Body::Inquiry(inquiry) => Body::InquiryAnswer(self.inquire(inquiry, open)),
            Body::Clearing(clearing) => {
                let (answer, new) = self.clear(&message, clearing, bytes, open);
                recorded = new;
                Body::ClearingAnswer(answer)
            }
            Body::ResendConfirmation(repeat) => {
                let (answer, new) = self.repeat(&message, repeat, open);
                recorded = new;
                Body::ClearingAnswer(answer)
            }
            _ => return None,
        };
        Some((Message { header: message.header.answer(now), body }, recorded))
    }

    fn inquire(&self, inquiry: &Inquiry, open: bool) -> InquiryAnswer {
        if !open {
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

    /// A Clearing, or the Original of a ResendConfirmation.
    fn clear(
        &mut self,
        message: &Message,
        clearing: &Clearing,
        bytes: &Bytes,
        open: bool,
    ) -> (ClearingAnswer, Option<Recorded>) {
        let refused = |code| ClearingAnswer::Refused { code, reference: None };
        let key = message.header.key().to_string();
        let record = self.records.get(&key);
        let changes_its_mind =
            self.makes(Mistake::CollectorChangesItsMind) || self.makes(Mistake::PostsAfterARefusal);
        let forgiven = changes_its_mind && record.is_some_and(|record| !record.cleared);
        if let Some(record) = record
            && !forgiven
            && !self.makes(Mistake::CollectorRecordsTwice)
        {
            let same = record.bytes == bytes;
            return (if same { record.answer.clone() } else { refused(ResponseCode::KeyReused) }, None);
        }
        if !open {
            return (refused(ResponseCode::NotOpen), None);
        }
        let misfit = self.misfit(clearing).filter(|_| !forgiven);
        let reference = format!("R{}", self.records.len() + 1).parse().ok();
        let answer = match (self.row.kind, misfit) {
            (Kind::National, Some(code)) => ClearingAnswer::Refused { code, reference },
            (_, provisional) => ClearingAnswer::Normal { provisional, reference },
        };
        let recorded = Recorded {
            key,
            slip: clearing.bill.customer_number.as_str().to_owned(),
            bill: clearing.bill_id.as_str().to_owned(),
            amount: clearing.amount.get(),
            cleared: matches!(answer, ClearingAnswer::Normal { .. }),
        };
        self.keep(&recorded, bytes, &answer);
        (answer, Some(recorded))
    }

    fn keep(&mut self, recorded: &Recorded, bytes: &Bytes, answer: &ClearingAnswer) {
        let owed = self.slips.get_mut(&recorded.slip).and_then(|slip| slip.owed(&recorded.bill));
        // a payer may type the amount once more
        if let Some(owed) = owed
            && recorded.cleared
            && !self.row.payer_types_amount
        {
            owed.paid = true;
        }
        let record = Record {
            bytes: bytes.clone(),
            answer: answer.clone(),
            amount: recorded.amount,
            cleared: recorded.cleared,
        };
        self.records.insert(recorded.key.clone(), record);
    }

    /// Why a clearing does not fit its bill.
    fn misfit(&self, clearing: &Clearing) -> Option<ResponseCode> {
        let Some(slip) = self.slips.get(clearing.bill.customer_number.as_str()) else {
            return Some(ResponseCode::CustomerNumberWrong);
        };
        let Some(owed) = slip.bills.iter().find(|owed| owed.bill.id == clearing.bill_id) else {
            return Some(ResponseCode::BillNotObtained);
        };
        if owed.misfit.is_some() {
            return owed.misfit;
        }
        if owed.paid {
            return Some(ResponseCode::AlreadyPaid);
        }
        let typed = self.row.payer_types_amount;
        (!typed && owed.bill.amount != clearing.amount).then_some(ResponseCode::AmountDiffers)
    }

    fn repeat(
        &mut self,
        message: &Message,
        repeat: &ResendConfirmation,
        open: bool,
    ) -> (ClearingAnswer, Option<Recorded>) {
        let malformed = ClearingAnswer::Refused { code: ResponseCode::Malformed, reference: None };
        let Ok(original) = protocol::decode(&repeat.original) else { return (malformed, None) };
        let Body::Clearing(clearing) = &original.body else { return (malformed, None) };
        if original.header.key() != message.header.key() {
            return (malformed, None);
        }
        self.clear(&original, clearing, &Bytes::copy_from_slice(&repeat.original), open)
    }

    /// Drops slips that nobody will look at again.
    pub fn forget_slips(&mut self, now_us: i64) {
        self.slips.retain(|_, slip| now_us < slip.until_us);
    }
}

impl Slip {
    pub fn owed(&mut self, bill: &str) -> Option<&mut Owed> {
        self.bills.iter_mut().find(|owed| owed.bill.id.as_str() == bill)
    }
}
