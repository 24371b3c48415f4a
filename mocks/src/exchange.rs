//! One believed and readable request: decided, recorded with its answer in one transaction, answered.

mod day;

use domain::{Bill, ResponseCode, Timestamp};
use sqlx::SqliteConnection;

use crate::bills::{self, Numbers};
use crate::cancellations;
use crate::clearings::{self, Recorded};
use crate::faults::{Hit, Mode};
use crate::institutions::Institution;
use crate::journal::{self, Entry};
use crate::message::{
    self, Answer, BillKey, Cancellation, Clearing, ClearingOutcome, Inquiry, Kind, Received, Request,
};
use crate::mistakes::Mistake;
use crate::mocks::Mocks;
use crate::purposes;
use crate::service::{self, State};
use crate::special;
use crate::store::StoreError;

/// A request, with what it is decided on.
pub struct Exchange<'a> {
    /// All collectors.
    pub mocks: &'a Mocks,
    /// The one that was asked.
    pub institution: &'a Institution,
    /// The request.
    pub received: Received,
    /// Its bytes.
    pub body: &'a [u8],
    /// What goes wrong.
    pub fault: Hit,
    /// Business time.
    pub now: Timestamp,
}

impl Exchange<'_> {
    /// The line of the journal, for an answer that may be spoiled.
    pub fn entry(&self, answer: &[u8]) -> Entry {
        let mode = self.fault.mode;
        let outcome = if mode.is_answered() { "answered" } else { mode.as_str() };
        Entry::exchange(&self.received, self.body, answer, outcome).delayed(self.fault.delay_ms)
    }

    /// Does the work and records the exchange in one transaction; gives the answer's message.
    pub async fn perform(&self) -> Result<Vec<u8>, StoreError> {
        let body = match &self.received.body {
            Ok(body) if !self.is_misdirected(body) => body,
            Ok(_) => return self.refuse(self.received.kind, ResponseCode::Malformed).await,
            Err(error) => {
                tracing::warn!(collector = %self.institution.number, %error, "a message was malformed");
                return self.refuse(self.received.kind, ResponseCode::Malformed).await;
            }
        };
        match body {
            Request::Inquiry(inquiry) => self.inquire(inquiry).await,
            Request::Clearing(clearing) => self.clear(clearing, self.body).await,
            Request::Cancellation(cancellation) => self.cancel(cancellation, self.body).await,
            Request::ResendConfirmation(original) => self.resend(original).await,
            Request::Open(asked) | Request::PreClose(asked) => self.tell(asked).await,
            Request::Close(close) => self.close(close).await,
            Request::Counter(counter) => self.count(counter).await,
            Request::Lines(lines) => self.lines(lines).await,
            Request::SettlementAdvice(advice) => self.advise(advice).await,
        }
    }

    /// Whether the message is from another centre, for another one, or about another collector's bills or
    /// service.
    fn is_misdirected(&self, body: &Request) -> bool {
        let header = &self.received.header;
        let is_mine = match body {
            Request::Inquiry(inquiry) => self.has_bills_of(&inquiry.key),
            Request::Clearing(clearing) => self.has_bills_of(&clearing.key),
            Request::Cancellation(cancellation) => self.has_bills_of(&cancellation.key),
            Request::Open(service) | Request::PreClose(service) => service.kind == self.institution.kind,
            Request::Close(close) => close.service.kind == self.institution.kind,
            Request::Counter(counter) => counter.service.kind == self.institution.kind,
            Request::Lines(lines) => lines.service.kind == self.institution.kind,
            Request::ResendConfirmation(_) | Request::SettlementAdvice(_) => true,
        };
        let is_from_the_hub = header.sender == self.mocks.config().hub_centre;
        let is_for_me = header.receiver.as_str() == self.institution.centre();
        !(is_from_the_hub || self.mocks.make(Mistake::IgnoresTheSender))
            || !(is_for_me || self.mocks.make(Mistake::IgnoresTheReceiver))
            || !is_mine
    }

    fn has_bills_of(&self, key: &BillKey) -> bool {
        key.collector == self.institution.code
    }

    /// 再送確認: what is inside, of the same key and for this collector, is made sure of.
    async fn resend(&self, original: &[u8]) -> Result<Vec<u8>, StoreError> {
        let Some(inner) = &self.received.inner else {
            return self.refuse(self.received.kind, ResponseCode::Malformed).await;
        };
        let has_its_key = inner.header == self.received.header;
        match &inner.body {
            Ok(Request::Clearing(clearing)) if has_its_key && self.has_bills_of(&clearing.key) => {
                self.clear(clearing, original).await
            }
            Ok(Request::Cancellation(cancellation))
                if has_its_key && self.has_bills_of(&cancellation.key) =>
            {
                self.cancel(cancellation, original).await
            }
            _ if inner.kind == Kind::Cancellation => self.refuse(inner.kind, ResponseCode::Malformed).await,
            _ => self.refuse(self.received.kind, ResponseCode::Malformed).await,
        }
    }

    async fn inquire(&self, inquiry: &Inquiry) -> Result<Vec<u8>, StoreError> {
        let (code, bills) = match self.find(inquiry).await? {
            Ok(bills) => (ResponseCode::Normal, bills),
            Err(code) => (code, Vec::new()),
        };
        self.say(code, &Answer::Inquiry { code, bills }).await
    }

    async fn find(&self, inquiry: &Inquiry) -> Result<Result<Vec<Bill>, ResponseCode>, StoreError> {
        let store = self.mocks.store();
        let day = self.received.header.processing_date;
        let standing = service::of_day(store.reader(), self.institution, day, self.now).await?;
        let inquires = standing.inquires()
            || (standing == State::PreClosed && self.mocks.make(Mistake::InquiresAfterThePreClose));
        if !inquires || self.fault.mode == Mode::Closed {
            return Ok(Err(ResponseCode::NotOpen));
        }
        if let Some(code) = self.fault.refusal().or(self.fault.denial()) {
            return Ok(Err(code));
        }
        if inquiry.bank != self.mocks.config().bank_code {
            return Ok(Err(ResponseCode::BankNotContracted));
        }
        let purpose = self.institution.purpose(inquiry.key.payment_category.as_ref());
        let is_typed = self.institution.payer_types_amount || purpose.is_some();
        if inquiry.amount.is_some() != is_typed {
            return Ok(Err(ResponseCode::Malformed));
        }
        special::make(self.mocks, self.institution, &inquiry.key.customer_number, self.now).await?;
        let numbers = Numbers {
            confirmation_number: &inquiry.key.confirmation_number,
            payment_category: inquiry.key.payment_category.as_ref(),
        };
        let (number, customer) = (&self.institution.number, &inquiry.key.customer_number);
        let of_customer = bills::of_customer(store.reader(), number, customer, self.now).await?;
        if let (Some(code), Some(amount)) = (purpose, inquiry.amount) {
            let confirmation = numbers.confirmation_number;
            let bill = purposes::bill(&of_customer, confirmation, code, self.now.date(), amount);
            return Ok(bill.map(|bill| vec![bill]));
        }
        let mut numbers = numbers;
        if let (true, Some(bill)) =
            (self.mocks.make(Mistake::IgnoresTheConfirmationNumber), of_customer.first())
        {
            numbers.confirmation_number = &bill.confirmation_number;
        }
        let mut today = self.now.date();
        if self.mocks.make(Mistake::ExpiresADayLate) {
            today = today.pred_opt().unwrap_or(today);
        }
        let found = bills::matching(&of_customer, numbers, self.institution.payment_category.is_some())
            .and_then(|named| bills::payable(&named, today, inquiry.amount));
        Ok(found)
    }

    /// Where the collector stands with what is not on record: with the day of the key, or, for a repeat that
    /// was carried over the close of that day, with the present one.
    async fn standing(&self, connection: &mut SqliteConnection) -> Result<State, StoreError> {
        if self.fault.mode == Mode::Closed {
            return Ok(State::OutOfHours);
        }
        let day = self.received.header.processing_date;
        let own = service::of_day(&mut *connection, self.institution, day, self.now).await?;
        let is_carried_over = self.received.kind == Kind::ResendConfirmation
            && !self.mocks.make(Mistake::DropsWhatIsCarriedOver);
        if own == State::Closed && is_carried_over {
            return service::of_day(connection, self.institution, self.now.date(), self.now).await;
        }
        Ok(own)
    }

    /// Clears, or repeats the first answer; `body` is the Clearing's bytes, whatever brought them.
    async fn clear(&self, clearing: &Clearing, body: &[u8]) -> Result<Vec<u8>, StoreError> {
        let number = &self.institution.number;
        let header = &self.received.header;
        let mut write = self.mocks.store().write().await?;
        let recorded = match clearings::repeat(&mut write, number, header, body, self.now).await? {
            Some(repeated) => match self.fault.denial() {
                Some(code) if repeated.outcome.code == ResponseCode::Normal => self.not_recorded(code),
                _ => repeated,
            },
            // a key on record is answered at any hour; a new one only while open, and A001 is no record
            None if !self.standing(&mut write).await?.clears() => self.not_recorded(ResponseCode::NotOpen),
            None if self.received.kind == Kind::ResendConfirmation
                && self.mocks.make(Mistake::RefusesUnknownResends) =>
            {
                self.not_recorded(ResponseCode::BillNotObtained)
            }
            None => {
                let rules = clearings::Rules {
                    institution: self.institution,
                    bank: &self.mocks.config().bank_code,
                    today: self.now.date(),
                    refusal: self.fault.refusal(),
                    finds_by_hand_off_alone: self.mocks.make(Mistake::FindsByHandOffAlone),
                };
                let by = self.received.kind;
                clearings::record(&mut write, header, by, clearing, body, &rules, self.now).await?
            }
        };
        let entry = self.entry(&recorded.answer).about(&clearing.key, &clearing.bill_id, clearing.amount);
        let entry = entry.answered(recorded.outcome.code).provisionally(recorded.outcome.provisional);
        journal::insert(&mut write, number, &entry, self.now).await?;
        write.commit().await?;
        self.log("a clearing was answered", recorded.outcome.code, recorded.repeated);
        Ok(match self.mocks.mistake() {
            Some(mistake) if recorded.repeated => mistake.repeat(recorded.answer),
            _ => recorded.answer,
        })
    }

    fn not_recorded(&self, code: ResponseCode) -> Recorded {
        let outcome = ClearingOutcome::not_done(code);
        let answer = message::write(&self.received.header, self.now, &Answer::Clearing(outcome.clone()));
        Recorded { answer, outcome, repeated: false }
    }

    /// Cancels, or repeats the first answer; `body` is the Cancellation's bytes, whatever brought them.
    async fn cancel(&self, cancellation: &Cancellation, body: &[u8]) -> Result<Vec<u8>, StoreError> {
        let number = &self.institution.number;
        let header = &self.received.header;
        let mut write = self.mocks.store().write().await?;
        let recorded = match cancellations::repeat(&mut write, number, header, body, self.now).await? {
            Some(repeated) => match self.fault.denial() {
                Some(code) if repeated.code == ResponseCode::Normal => self.not_cancelled(code),
                _ => repeated,
            },
            None if self.standing(&mut write).await? == State::OutOfHours => {
                self.not_cancelled(ResponseCode::NotOpen)
            }
            None => {
                let day = cancellation.clearing_date;
                let rules = cancellations::Rules {
                    collector: number,
                    bank: &self.mocks.config().bank_code,
                    today: self.now.date(),
                    day: service::of_day(&mut *write, self.institution, day, self.now).await?,
                    refusal: self.fault.refusal(),
                };
                let by = self.received.kind;
                cancellations::record(&mut write, header, by, cancellation, body, &rules, self.now).await?
            }
        };
        let entry = self.entry(&recorded.answer).answered(recorded.code);
        let entry = entry.about(&cancellation.key, &cancellation.bill_id, cancellation.amount);
        journal::insert(&mut write, number, &entry, self.now).await?;
        write.commit().await?;
        self.log("a cancellation was answered", recorded.code, recorded.repeated);
        Ok(recorded.answer)
    }

    fn not_cancelled(&self, code: ResponseCode) -> cancellations::Recorded {
        let said = Kind::Cancellation.not_done(code);
        let answer = message::write(&self.received.header, self.now, &said);
        cancellations::Recorded { answer, code, repeated: false }
    }

    fn log(&self, what: &str, code: ResponseCode, repeated: bool) {
        let (collector, key) = (&self.institution.number, self.received.header.key());
        if code == ResponseCode::KeyReused {
            tracing::warn!(%collector, %key, "a key came with another body; nothing was done");
        } else {
            tracing::info!(%collector, %key, %code, repeated, "{what}");
        }
    }

    /// Answers a request that is malformed or not for us; nothing is done.
    async fn refuse(&self, kind: Kind, code: ResponseCode) -> Result<Vec<u8>, StoreError> {
        self.say(code, &kind.not_done(code)).await
    }

    /// Answers and keeps the exchange; there is nothing else to record.
    async fn say(&self, code: ResponseCode, answer: &Answer) -> Result<Vec<u8>, StoreError> {
        let answer = message::write(&self.received.header, self.now, answer);
        let entry = self.entry(&answer).answered(code);
        journal::keep(self.mocks.store(), &self.institution.number, &entry, self.now).await?;
        Ok(answer)
    }
}
