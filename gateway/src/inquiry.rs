//! 照会: asks a collector for the bills under a payer's numbers. An inquiry is never resent.

use std::collections::BTreeMap;

use bytes::Bytes;
use collectors::client::Place;
use collectors::directory::Suspension;
use collectors::protocol::{self, BillKey, Body, Channel, Header, InquiryAnswer, Message};
use collectors::{Collector, NotSent, Outcome};
use database::{execute, read};
use domain::{
    Bill, BillId, CentreCode, CollectorNumber, ConfirmationNumber, ContractId, CustomerNumber, InquiryId,
    PaymentCategory, ResendKey, ResponseCode, Timestamp, UserId, Yen,
};
use uuid::Uuid;

use crate::guard::BillSubject;
use crate::points::{self, Exchange, Persist};
use crate::{Gateway, Settings, StoreError};

/// An inquiry can be paid for this long, in business time.
pub const INQUIRY_VALID_S: i64 = 15 * 60;

/// Who asks or pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payer {
    /// The contract.
    pub contract: ContractId,
    /// The person.
    pub user: UserId,
}

impl Payer {
    /// A payer at the counter: the bank acts for somebody who has no contract, and no user but a teller, whom the audit
    /// log names.
    pub const fn at_counter() -> Self {
        Self { contract: ContractId::from_uuid(Uuid::nil()), user: UserId::from_uuid(Uuid::nil()) }
    }

    /// Where the payer stands.
    pub fn channel(self) -> Channel {
        if self == Self::at_counter() { Channel::Counter } else { Channel::InternetBanking }
    }
}

/// What the payer typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InquiryRequest {
    /// 収納機関番号.
    pub collector: CollectorNumber,
    /// 納付番号 or お客様番号.
    pub customer_number: CustomerNumber,
    /// 確認番号.
    pub confirmation_number: ConfirmationNumber,
    /// 納付区分, where the collector has one.
    pub category: Option<PaymentCategory>,
    /// Where the payer types the amount (C23), 1 yen or more.
    pub amount: Option<Yen>,
}

/// An answered inquiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Its id.
    pub id: InquiryId,
    /// Who asked.
    pub payer: Payer,
    /// What was asked.
    pub request: InquiryRequest,
    /// What was found; at least one.
    pub bills: Vec<Bill>,
    /// When the answer came, in business time.
    pub answered_at: Timestamp,
    /// For each bill, how often it had been accepted before the inquiry was sent; see [`crate::guard`].
    pub generations: BTreeMap<String, i64>,
    /// The bill of the hand-off that it was made of, where the payer typed nothing.
    pub link: Option<BillId>,
}

impl Inquiry {
    /// Whether a payment may still be made of it.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        now.seconds_since(self.answered_at) < INQUIRY_VALID_S
    }

    /// The bill with this id.
    pub fn bill(&self, id: &BillId) -> Option<&Bill> {
        self.bills.iter().find(|b| b.id == *id)
    }

    /// Whether a bill had been paid and accepted before the inquiry was sent, whoever paid it: only where the payer
    /// types the amount or a hand-off alone has the bill, since no other bill can be paid twice.
    pub fn was_accepted_before(&self, bill: &BillId) -> bool {
        self.bill(bill).is_some_and(|bill| self.generation(bill) > 0)
    }

    pub(crate) fn generation(&self, bill: &Bill) -> i64 {
        self.generations.get(self.guarded(bill).as_str()).copied().unwrap_or_default()
    }

    /// The id under which a bill is guarded.
    pub(crate) fn guarded(&self, bill: &Bill) -> BillId {
        guarded(self.link.as_ref(), &bill.id, &self.request.customer_number)
    }
}

/// Why there are no bills to show. Nothing was debited in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum InquiryError {
    /// No collector has this number.
    #[error("no collector has this number")]
    UnknownCollector,
    /// The collector has no working connection yet.
    #[error("the collector is not connected")]
    NotConnected,
    /// The collector offers 情報リンク only.
    #[error("the collector can be paid from its own site only")]
    LinkOnly,
    /// The collector needs a 納付区分.
    #[error("the collector needs a payment category")]
    CategoryNeeded,
    /// The collector has no 納付区分, or none of so many digits.
    #[error("the collector has no such payment category")]
    CategoryNotUsed,
    /// The payer has to type the amount, 1 yen or more.
    #[error("the payer types the amount at this collector")]
    AmountNeeded,
    /// The collector decides the amount.
    #[error("the collector decides the amount")]
    AmountNotTyped,
    /// Outside the collector's hours.
    #[error("the collector is closed")]
    Closed,
    /// The bank takes nothing for the collector for a while (取扱休止).
    #[error("payments to the collector rest")]
    Suspended(Suspension),
    /// The collector said why not.
    #[error("the collector answered {0}")]
    Refused(ResponseCode),
    /// The bank or the customer has stopped it (緊急停止).
    #[error("it is stopped")]
    Stopped,
    /// Not asked: the collector has been silent, or too many requests to it are under way.
    #[error("the collector is busy or has been silent")]
    CollectorBusy,
    /// No answer, or none that can be trusted.
    #[error("the collector gave no usable answer: {0}")]
    NoAnswer(String),
    /// Our own database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gateway {
    /// Asks the collector and keeps the answer for the payment.
    pub async fn inquire(&self, payer: Payer, request: InquiryRequest) -> Result<Inquiry, InquiryError> {
        self.inquire_as(InquiryId::generate(), payer, request).await
    }

    /// The same under an id that is kept once.
    #[tracing::instrument(
        level = "error", skip_all,
        fields(contract = %payer.contract, collector = %request.collector)
    )]
    pub(crate) async fn inquire_as(
        &self,
        id: InquiryId,
        payer: Payer,
        request: InquiryRequest,
    ) -> Result<Inquiry, InquiryError> {
        let collector = self.collectors().get(&request.collector).ok_or(InquiryError::UnknownCollector)?;
        if self.is_stopped(payer).await? {
            return Err(InquiryError::Stopped);
        }
        let (bills, generations) = self.answer(collector, payer.channel(), &request).await?;
        let inquiry = Inquiry { id, payer, request, bills, answered_at: self.now(), generations, link: None };
        points::reach(Persist::Inquiry.before());
        self.keep(&inquiry).await?;
        points::reach(Persist::Inquiry.after());
        tracing::info!(inquiry = %inquiry.id, bills = inquiry.bills.len(), "an inquiry was answered");
        Ok(inquiry)
    }

    /// The collector's bills, and how often each had been accepted before it was asked.
    pub(crate) async fn answer(
        &self,
        collector: &Collector,
        channel: Channel,
        request: &InquiryRequest,
    ) -> Result<(Vec<Bill>, BTreeMap<String, i64>), InquiryError> {
        // before anything is read or signed: a crowd at a silent collector takes nothing from the others
        if self.has_crowd_at(&collector.number) {
            return Err(InquiryError::CollectorBusy);
        }
        check(collector, request, true)?;
        // nothing is read from the database or signed before there is a place: a crowd in line costs nothing either
        let place = self.0.client.place(&collector.number).await.map_err(not_asked)?;
        let fresh = self.refreshed(&collector.number).await?.ok_or(InquiryError::UnknownCollector)?;
        self.not_suspended(fresh).map_err(InquiryError::Suspended)?;
        check(fresh, request, self.takes_inquiries(fresh).await?)?;
        // read before the inquiry is sent: an acceptance that the answer may not know of yet counts as later
        let generations =
            if types_amount(collector, request) { self.generations(request).await? } else { BTreeMap::new() };
        let bills = self.ask(place, collector, channel, request).await?;
        Ok((bills, generations))
    }

    /// Whether as many wait for this collector as may: an inquiry would be refused at once.
    pub(crate) fn has_crowd_at(&self, collector: &CollectorNumber) -> bool {
        self.0.client.is_full(collector)
    }

    /// An inquiry of this contract.
    pub async fn inquiry(&self, contract: ContractId, id: InquiryId) -> Result<Option<Inquiry>, StoreError> {
        type Found =
            (Uuid, String, String, String, Option<String>, Option<i64>, String, String, i64, Option<String>);
        let found: Option<Found> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT user_id, collector, customer_number, confirmation_number, category, amount, bills,
                        generations, answered_us, link
                 FROM inquiry WHERE id = $1 AND contract = $2",
            )
            .bind(id.uuid())
            .bind(contract.uuid())
            .fetch_optional(c)
            .await
        })?;
        found
            .map(
                |(
                    user,
                    collector,
                    customer,
                    confirmation,
                    category,
                    amount,
                    bills,
                    generations,
                    answered,
                    link,
                )| {
                    Ok(Inquiry {
                        id,
                        payer: Payer { contract, user: UserId::from_uuid(user) },
                        request: InquiryRequest {
                            collector: StoreError::parse(&collector)?,
                            customer_number: StoreError::parse(&customer)?,
                            confirmation_number: StoreError::parse(&confirmation)?,
                            category: category.as_deref().map(StoreError::parse).transpose()?,
                            amount: amount.map(Yen::new),
                        },
                        bills: StoreError::json(&bills)?,
                        generations: StoreError::json(&generations)?,
                        answered_at: Timestamp::from_micros(answered),
                        link: crate::link::kept(link.as_deref())?,
                    })
                },
            )
            .transpose()
    }

    async fn ask(
        &self,
        place: Place,
        collector: &Collector,
        channel: Channel,
        request: &InquiryRequest,
    ) -> Result<Vec<Bill>, InquiryError> {
        let now = self.now();
        let key = self.0.serials.next(self.database(), now.date()).await?;
        let message = message(&self.0.settings, channel, request, &key, now);
        let encoded = Bytes::from(protocol::encode(&message));
        let outcome = self.exchange_at(Exchange::Inquiry, &collector.number, place, encoded).await;
        let read = read(request, outcome);
        match &read {
            Err(InquiryError::Refused(code)) => {
                tracing::info!(message = %key, %code, "a collector refused an inquiry");
            }
            Err(error) => tracing::warn!(message = %key, %error, "an inquiry was not answered"),
            Ok(_) => {}
        }
        read
    }

    /// How often each bill of this payer has been accepted so far.
    pub(crate) async fn generations(
        &self,
        request: &InquiryRequest,
    ) -> Result<BTreeMap<String, i64>, StoreError> {
        let prefix = accepted_prefix(request);
        let keys = self.guards_with(&prefix).await?;
        Ok(generations(&prefix, keys.iter().map(String::as_str)))
    }

    pub(crate) async fn keep(&self, inquiry: &Inquiry) -> Result<(), StoreError> {
        let request = &inquiry.request;
        execute!(
            self.database(),
            "INSERT INTO inquiry (id, contract, user_id, collector, customer_number, confirmation_number, category,
                                  amount, bills, generations, answered_us, link)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            inquiry.id.uuid(),
            inquiry.payer.contract.uuid(),
            inquiry.payer.user.uuid(),
            request.collector.as_str(),
            request.customer_number.as_str(),
            request.confirmation_number.as_str(),
            request.category.as_ref().map(PaymentCategory::as_str),
            request.amount.map(Yen::get),
            StoreError::to_json(&inquiry.bills)?,
            StoreError::to_json(&inquiry.generations)?,
            inquiry.answered_at.micros(),
            inquiry.link.as_ref().map(BillId::as_str),
        )?;
        Ok(())
    }
}

/// Whether the collector can be asked this now.
pub fn check(collector: &Collector, request: &InquiryRequest, is_open: bool) -> Result<(), InquiryError> {
    if !collector.methods.online {
        return Err(InquiryError::LinkOnly);
    }
    if !collector.available {
        return Err(InquiryError::NotConnected);
    }
    match (&collector.numbers.category, &request.category) {
        (Some(_), None) => return Err(InquiryError::CategoryNeeded),
        (_, Some(category)) if !collector.numbers.takes(category) => {
            return Err(InquiryError::CategoryNotUsed);
        }
        _ => {}
    }
    match (types_amount(collector, request), request.amount) {
        (true, Some(amount)) if amount >= Yen::new(1) && amount <= domain::money::AMOUNT_MAX => {}
        (true, _) => return Err(InquiryError::AmountNeeded),
        (false, Some(_)) => return Err(InquiryError::AmountNotTyped),
        (false, None) => {}
    }
    if is_open { Ok(()) } else { Err(InquiryError::Closed) }
}

/// Whether the payer says how much: the row decides, and at some collectors what stands as 納付区分.
fn types_amount(collector: &Collector, request: &InquiryRequest) -> bool {
    collector.payer_types_amount(request.category.as_ref())
}

/// The message that asks.
pub fn message(
    settings: &Settings,
    channel: Channel,
    request: &InquiryRequest,
    key: &ResendKey,
    now: Timestamp,
) -> Message {
    Message {
        header: Header::request(key, centre(&request.collector), now),
        body: Body::Inquiry(protocol::Inquiry {
            bill: bill_key(request),
            bank: settings.bank.clone(),
            channel,
            amount: request.amount,
        }),
    }
}

/// The bills that an exchange found.
pub fn read(request: &InquiryRequest, outcome: Outcome) -> Result<Vec<Bill>, InquiryError> {
    let answer = match outcome {
        Outcome::Answered(answer) => answer.message.body,
        Outcome::NotSent(reason) => return Err(not_asked(reason)),
        Outcome::Silent(reason) => return Err(InquiryError::NoAnswer(reason.to_string())),
    };
    match answer {
        Body::InquiryAnswer(InquiryAnswer::Bills(bills)) => {
            let amount_is_kept = request.amount.is_none_or(|a| bills.iter().all(|b| b.amount == a));
            if !amount_is_kept {
                return Err(InquiryError::Refused(ResponseCode::AmountDiffers));
            }
            if bills.iter().any(|b| b.total().is_none_or(|total| total > domain::money::AMOUNT_MAX)) {
                return Err(InquiryError::NoAnswer("a bill is larger than eleven digits".to_owned()));
            }
            Ok(bills)
        }
        Body::InquiryAnswer(InquiryAnswer::Refused(code)) => Err(InquiryError::Refused(code)),
        other => Err(InquiryError::NoAnswer(format!("an inquiry was answered by {}", other.name()))),
    }
}

/// Why the collector was not asked.
fn not_asked(reason: NotSent) -> InquiryError {
    match reason {
        NotSent::Busy | NotSent::CircuitOpen | NotSent::RateLimited => InquiryError::CollectorBusy,
        NotSent::NoRequest | NotSent::NoEndpoint | NotSent::NoConnection => {
            InquiryError::NoAnswer(reason.to_string())
        }
    }
}

/// What the guards begin with that acceptances of this payer's bills have taken.
pub fn accepted_prefix(request: &InquiryRequest) -> String {
    subject(request).accepted_prefix()
}

/// How often each bill has been accepted, by the guards in a range that holds all with the prefix.
pub fn generations<'k>(prefix: &str, keys: impl Iterator<Item = &'k str>) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    // the range is the database's idea of order; the prefix decides
    for key in keys {
        if let Some((bill, _)) = key.strip_prefix(prefix).and_then(|rest| rest.rsplit_once('|')) {
            *counts.entry(bill.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// The id under which a bill is guarded: its own; where a hand-off alone has it, the customer number, since another
/// hand-off gives the same bill another id.
pub(crate) fn guarded(link: Option<&BillId>, bill: &BillId, customer: &CustomerNumber) -> BillId {
    if link == Some(bill) {
        customer.as_str().parse().unwrap_or_else(|_| unreachable!("up to 20 digits are a bill id"))
    } else {
        bill.clone()
    }
}

/// センタコード of a collector.
pub(crate) fn centre(collector: &CollectorNumber) -> CentreCode {
    format!("C{collector}").parse().unwrap_or_else(|_| unreachable!("C and five digits are a centre code"))
}

pub(crate) fn bill_key(request: &InquiryRequest) -> BillKey {
    BillKey {
        collector: request.collector.clone(),
        customer_number: request.customer_number.clone(),
        confirmation_number: request.confirmation_number.clone(),
        category: request.category.clone(),
    }
}

pub(crate) fn subject(request: &InquiryRequest) -> BillSubject<'_> {
    BillSubject {
        collector: &request.collector,
        customer_number: &request.customer_number,
        category: request.category.as_ref(),
    }
}
