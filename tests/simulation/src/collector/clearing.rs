//! Clearings and cancellations: decided once under their key, and repeated for ever.

use bytes::Bytes;
use collectors::Kind;
use collectors::protocol::{
    self, Body, Cancellation, CancellationAnswer, Channel, Clearing, ClearingAnswer, Message, Reference,
    ResendConfirmation, SettlementAdvice,
};
use domain::{Date, ResendKey, ResponseCode, Serial};

use super::{Collector, Entry, Now};
use crate::settings::Mistake;

/// A decided clearing.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    bytes: Bytes,
    answer: ClearingAnswer,
    channel: Channel,
    slip: String,
    bill: String,
    pub date: Date,
    pub serial: Serial,
    pub amount: i64,
    pub cleared: bool,
    pub provisional: bool,
    /// The cancellation that took it back.
    pub cancelled_by: Option<String>,
    /// What the books have of it.
    pub entry: Entry,
}

/// A decided cancellation.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    bytes: Bytes,
    answer: CancellationAnswer,
}

/// What a request made the collector record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// A clearing was decided.
    Clearing { key: String, slip: String, bill: String, amount: i64, cleared: bool },
    /// A cancellation was decided.
    Cancellation { key: String, clearing: String, done: bool },
    /// A net payment was announced.
    Advice(SettlementAdvice),
}

fn refused(code: ResponseCode) -> ClearingAnswer {
    ClearingAnswer::Refused { code, reference: None }
}

impl Collector {
    fn reference(&mut self) -> Option<Reference> {
        self.numbered += 1;
        format!("R{}", self.numbered).parse().ok()
    }

    /// A Clearing, or the Original of a ResendConfirmation.
    pub(super) fn clear(
        &mut self,
        message: &Message,
        clearing: &Clearing,
        bytes: &Bytes,
        open: bool,
    ) -> (ClearingAnswer, Option<Recorded>) {
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
        let reference = self.reference();
        let answer = match (self.row.kind, misfit) {
            (Kind::National, Some(code)) => ClearingAnswer::Refused { code, reference },
            (_, provisional) => ClearingAnswer::Normal { provisional, reference },
        };
        let record = Record {
            bytes: bytes.clone(),
            channel: clearing.channel,
            slip: clearing.bill.customer_number.as_str().to_owned(),
            bill: clearing.bill_id.as_str().to_owned(),
            date: message.header.processing_date,
            serial: message.header.serial,
            amount: clearing.amount.get(),
            cleared: matches!(answer, ClearingAnswer::Normal { .. }),
            provisional: matches!(answer, ClearingAnswer::Normal { provisional: Some(_), .. }),
            cancelled_by: None,
            entry: Entry::Right,
            answer: answer.clone(),
        };
        let recorded = self.keep(key, record);
        (answer, Some(recorded))
    }

    fn keep(&mut self, key: String, record: Record) -> Recorded {
        let recorded = Recorded::Clearing {
            key: key.clone(),
            slip: record.slip.clone(),
            bill: record.bill.clone(),
            amount: record.amount,
            cleared: record.cleared,
        };
        self.mark(&record, record.cleared);
        self.records.insert(key, record);
        recorded
    }

    /// Whether the payer of a slip types the amount.
    fn types_amount(&self, slip: &str) -> bool {
        self.slips.get(slip).is_some_and(|slip| self.row.payer_types_amount(slip.category.as_ref()))
    }

    /// Marks the bill; where the payer types the amount it may be paid once more.
    pub(super) fn mark(&mut self, record: &Record, paid: bool) {
        let typed = self.types_amount(&record.slip);
        let owed = self.slips.get_mut(&record.slip).and_then(|slip| slip.owed(&record.bill));
        if let Some(owed) = owed
            && record.cleared
            && !record.provisional
            && !typed
        {
            owed.paid = paid;
        }
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
        let typed = self.types_amount(clearing.bill.customer_number.as_str());
        (!typed && owed.bill.amount != clearing.amount).then_some(ResponseCode::AmountDiffers)
    }

    /// A Cancellation, or the Original of a ResendConfirmation.
    pub(super) fn cancel(
        &mut self,
        message: &Message,
        cancellation: &Cancellation,
        bytes: &Bytes,
        now: Now,
    ) -> (CancellationAnswer, Option<Recorded>) {
        let key = message.header.key().to_string();
        if let Some(taken) = self.cancellations.get(&key) {
            let reused = CancellationAnswer { code: ResponseCode::KeyReused, reference: None };
            return (if taken.bytes == bytes { taken.answer.clone() } else { reused }, None);
        }
        if !self.is_closed(cancellation.clearing_date) && !self.takes(cancellation.clearing_date, now) {
            let answer = CancellationAnswer { code: ResponseCode::NotOpen, reference: None };
            return (answer, None);
        }
        let clearing = ResendKey {
            centre: message.header.sender.clone(),
            date: cancellation.clearing_date,
            serial: cancellation.clearing_serial,
        };
        let clearing = clearing.to_string();
        let code = self.why_not(&clearing, cancellation, now);
        let done = code.is_none();
        let reference = self.reference();
        let answer = CancellationAnswer { code: code.unwrap_or(ResponseCode::Normal), reference };
        if done && let Some(record) = self.records.get_mut(&clearing) {
            record.cancelled_by = Some(key.clone());
            let record = record.clone();
            self.mark(&record, false);
        }
        let taken = Taken { bytes: bytes.clone(), answer: answer.clone() };
        self.cancellations.insert(key.clone(), taken);
        (answer, Some(Recorded::Cancellation { key, clearing, done }))
    }

    /// The table of the protocol, in its order.
    fn why_not(&self, clearing: &str, cancellation: &Cancellation, now: Now) -> Option<ResponseCode> {
        let record = self.records.get(clearing);
        let counter = record.is_none_or(|record| record.channel == Channel::Counter);
        if cancellation.channel != Channel::Counter || !counter {
            return Some(ResponseCode::CancellationNotFromCounter);
        }
        let same = record.filter(|record| {
            record.cleared
                && record.bill == cancellation.bill_id.as_str()
                && record.amount == cancellation.amount.get()
        });
        let Some(record) = same else { return Some(ResponseCode::BillNotObtained) };
        if record.cancelled_by.is_some() {
            return Some(ResponseCode::AlreadyPaid);
        }
        let over = now.business.date() != cancellation.clearing_date;
        (over || self.is_closed(cancellation.clearing_date)).then_some(ResponseCode::Expired)
    }

    /// A ResendConfirmation: of a day that is closed, judged by the present one.
    pub(super) fn repeat(
        &mut self,
        message: &Message,
        repeat: &ResendConfirmation,
        now: Now,
    ) -> (Body, Option<Recorded>) {
        let malformed = Body::ClearingAnswer(refused(ResponseCode::Malformed));
        let Ok(original) = protocol::decode(&repeat.original) else { return (malformed, None) };
        if original.header.key() != message.header.key() {
            return (malformed, None);
        }
        let bytes = Bytes::copy_from_slice(&repeat.original);
        match &original.body {
            Body::Clearing(clearing) => {
                let date = original.header.processing_date;
                let judged = if self.is_closed(date) { now.business.date() } else { date };
                let (answer, recorded) = self.clear(&original, clearing, &bytes, self.takes(judged, now));
                (Body::ClearingAnswer(answer), recorded)
            }
            Body::Cancellation(cancellation) => {
                let (answer, recorded) = self.cancel(&original, cancellation, &bytes, now);
                (Body::CancellationAnswer(answer), recorded)
            }
            _ => (malformed, None),
        }
    }
}
