//! `POST /{number}/mpn`: what a collector does with a message of the hub.

use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Path, Request as HttpRequest, State};
use axum::response::Response;
use axum::routing::post;
use domain::{ResponseCode, Timestamp};
use http::{StatusCode, header};

use crate::bills::{self, Numbers};
use crate::clearings::{self, Recorded, Rules};
use crate::faults::{self, Fault, Mode};
use crate::institutions::Institution;
use crate::journal::{self, Entry};
use crate::message::{self, Answer, Clearing, ClearingOutcome, Inquiry, Kind, Received, Request};
use crate::mocks::{Collector, Mocks};
use crate::signature::{self, SignedRequest};
use crate::spoiled;
use crate::store::StoreError;
use crate::xml::MESSAGE_BYTES_MAX;

/// The protocol endpoints of all mock collectors.
pub fn protocol_router(mocks: Mocks) -> Router {
    Router::new().route("/{number}/mpn", post(receive)).with_state(mocks)
}

async fn receive(State(mocks): State<Mocks>, Path(number): Path<String>, request: HttpRequest) -> Response {
    let Some(collector) = mocks.collector(&number) else { return spoiled::plain(StatusCode::NOT_FOUND) };
    answer(&mocks, collector, request).await.unwrap_or_else(|error| {
        tracing::error!(collector = number, %error, "the mock collector failed; nothing was recorded");
        spoiled::plain(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

async fn answer(mocks: &Mocks, collector: &Collector, request: HttpRequest) -> Result<Response, StoreError> {
    let (parts, body) = request.into_parts();
    if parts.uri.query().is_some() {
        return Ok(spoiled::plain(StatusCode::NOT_FOUND));
    }
    if parts.headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != spoiled::XML) {
        return Ok(spoiled::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let Ok(body) = to_bytes(body, MESSAGE_BYTES_MAX).await else {
        return Ok(spoiled::plain(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let number = &collector.institution.number;
    let now = mocks.config().clock.now();
    let signed = SignedRequest {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        headers: &parts.headers,
        body: &body,
    };
    let machine_now = domain::clock::machine_now();
    let digest = match signature::verify(&signed, &mocks.config().hub_public_key, machine_now) {
        Ok(digest) => digest,
        Err(error) => {
            tracing::warn!(collector = %number, %error, "a request was not believed");
            journal::keep(mocks.store(), number, &Entry::unreadable(error.to_string(), None), now).await?;
            return Ok(spoiled::plain(StatusCode::UNAUTHORIZED));
        }
    };
    let received = match message::read(&body) {
        Ok(received) => received,
        Err(error) => {
            tracing::warn!(collector = %number, %error, "a signed request could not be read");
            let entry = Entry::unreadable(error.to_string(), Some(&body));
            journal::keep(mocks.store(), number, &entry, now).await?;
            return Ok(spoiled::plain(StatusCode::BAD_REQUEST));
        }
    };
    let fault = faults::take(mocks.store(), number, received.kind).await?;
    let exchange = Exchange { mocks, institution: &collector.institution, received, body: &body, fault, now };
    if matches!(exchange.fault.mode, Mode::Lose | Mode::Error500) {
        let entry = exchange.entry(&[]);
        journal::keep(mocks.store(), number, &entry, now).await?;
        pause(&exchange.fault).await;
        return Ok(spoiled::respond(collector, Vec::new(), &digest, exchange.fault.mode));
    }
    let message = exchange.perform().await?;
    pause(&exchange.fault).await;
    Ok(spoiled::respond(collector, message, &digest, exchange.fault.mode))
}

async fn pause(fault: &Fault) {
    if fault.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(u64::from(fault.delay_ms))).await;
    }
}

/// One believed and readable request, with what it is decided on.
struct Exchange<'a> {
    mocks: &'a Mocks,
    institution: &'a Institution,
    received: Received,
    body: &'a [u8],
    fault: Fault,
    now: Timestamp,
}

impl Exchange<'_> {
    fn rules(&self) -> Rules<'_> {
        Rules {
            institution: self.institution,
            bank: &self.mocks.config().bank_code,
            today: self.now.date(),
            refusal: self.fault.refusal(),
        }
    }

    fn entry(&self, answer: &[u8]) -> Entry {
        let outcome = match self.fault.mode {
            Mode::None | Mode::Refuse => "answered",
            spoiled => spoiled.as_str(),
        };
        Entry::exchange(&self.received, self.body, answer, outcome)
    }

    /// Does the work and records the exchange in one transaction; gives the answer's message.
    async fn perform(&self) -> Result<Vec<u8>, StoreError> {
        let misdirected = self.misdirected();
        match &self.received.body {
            Ok(Request::Inquiry(inquiry)) if !misdirected => self.inquire(inquiry).await,
            Ok(Request::Clearing(clearing)) if !misdirected => self.clear(clearing, self.body).await,
            Ok(Request::ResendConfirmation(original)) if !misdirected => match self.inside(original) {
                Some(clearing) => self.clear(&clearing, original).await,
                None => self.refuse(ResponseCode::Malformed).await,
            },
            _ => self.refuse(ResponseCode::Malformed).await,
        }
    }

    /// Whether the message is from another centre, for another one, or about another collector's bills.
    fn misdirected(&self) -> bool {
        let header = &self.received.header;
        let other_collector = match &self.received.body {
            Ok(Request::Inquiry(inquiry)) => inquiry.key.collector != self.institution.code,
            Ok(Request::Clearing(clearing)) => clearing.key.collector != self.institution.code,
            _ => false,
        };
        header.sender != self.mocks.config().hub_centre
            || header.receiver.as_str() != self.institution.centre()
            || other_collector
    }

    /// The clearing inside a 再送確認: of the same key, and for this collector.
    fn inside(&self, original: &[u8]) -> Option<Clearing> {
        let inner = message::read(original).ok()?;
        match inner.body {
            Ok(Request::Clearing(clearing))
                if inner.header == self.received.header
                    && clearing.key.collector == self.institution.code =>
            {
                Some(clearing)
            }
            _ => None,
        }
    }

    async fn inquire(&self, inquiry: &Inquiry) -> Result<Vec<u8>, StoreError> {
        let (code, bills) = match self.find(inquiry).await? {
            Ok(bills) => (ResponseCode::Normal, bills),
            Err(code) => (code, Vec::new()),
        };
        let answer = message::write(&self.received.header, self.now, &Answer::Inquiry { code, bills });
        let entry = self.entry(&answer).answered_inquiry(code);
        journal::keep(self.mocks.store(), &self.institution.number, &entry, self.now).await?;
        Ok(answer)
    }

    async fn find(&self, inquiry: &Inquiry) -> Result<Result<Vec<domain::Bill>, ResponseCode>, StoreError> {
        let rules = self.rules();
        if !self.institution.is_open(self.now) {
            return Ok(Err(ResponseCode::NotOpen));
        }
        if let Some(code) = rules.refusal {
            return Ok(Err(code));
        }
        if inquiry.bank != rules.bank {
            return Ok(Err(ResponseCode::BankNotContracted));
        }
        if inquiry.amount.is_some() != self.institution.payer_types_amount {
            return Ok(Err(ResponseCode::Malformed));
        }
        let numbers = Numbers {
            confirmation_number: &inquiry.key.confirmation_number,
            payment_category: inquiry.key.payment_category.as_ref(),
        };
        let store = self.mocks.store();
        let of_customer =
            bills::of_customer(store.reader(), &self.institution.number, &inquiry.key.customer_number)
                .await?;
        let found = bills::matching(&of_customer, numbers, self.institution.payment_category.is_some())
            .and_then(|named| bills::payable(&named, rules.today, inquiry.amount));
        Ok(found)
    }

    /// Clears, or repeats the first answer; `body` is the Clearing's bytes, whatever brought them.
    async fn clear(&self, clearing: &Clearing, body: &[u8]) -> Result<Vec<u8>, StoreError> {
        let number = &self.institution.number;
        let header = &self.received.header;
        let mut write = self.mocks.store().write().await?;
        let recorded = match clearings::repeat(&mut write, number, header, body, self.now).await? {
            Some(repeated) => repeated,
            // a key on record is answered at any hour; a new one only while open, and A001 is no record
            None if !self.institution.is_open(self.now) => self.not_recorded(ResponseCode::NotOpen),
            None => {
                let by: Kind = self.received.kind;
                clearings::record(&mut write, header, by, clearing, body, &self.rules(), self.now).await?
            }
        };
        let entry = self.entry(&recorded.answer).about(clearing).answered(&recorded.outcome);
        journal::insert(&mut write, number, &entry, self.now).await?;
        write.commit().await?;
        tracing::info!(
            collector = %number, key = %header.key(), code = %recorded.outcome.code,
            repeated = recorded.repeated, "a clearing was answered"
        );
        Ok(recorded.answer)
    }

    fn not_recorded(&self, code: ResponseCode) -> Recorded {
        let outcome = ClearingOutcome::not_done(code);
        let answer = message::write(&self.received.header, self.now, &Answer::Clearing(outcome.clone()));
        Recorded { answer, outcome, repeated: false }
    }

    /// Answers a request that is malformed or not for us; nothing is done.
    async fn refuse(&self, code: ResponseCode) -> Result<Vec<u8>, StoreError> {
        let outcome = ClearingOutcome::not_done(code);
        let said = match self.received.kind {
            Kind::Inquiry => Answer::Inquiry { code, bills: Vec::new() },
            Kind::Clearing | Kind::ResendConfirmation => Answer::Clearing(outcome.clone()),
        };
        if let Err(error) = &self.received.body {
            tracing::warn!(collector = %self.institution.number, %error, "a message was malformed");
        }
        let answer = message::write(&self.received.header, self.now, &said);
        let entry = self.entry(&answer).answered(&outcome);
        journal::keep(self.mocks.store(), &self.institution.number, &entry, self.now).await?;
        Ok(answer)
    }
}
