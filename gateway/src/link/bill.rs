//! From a hand-off to the bill that is paid. Where the collector answers inquiries it is asked, and its answer must say
//! what the hand-off says; else the hand-off is the bill.

use std::collections::BTreeMap;

use collectors::Collector;
use collectors::link::{Handed, Pattern};
use domain::{Bill, BillId, InquiryId, PaymentId, ResponseCode, Yen};

use super::Arrival;
use crate::inquiry::{Inquiry, InquiryError, InquiryRequest};
use crate::points::{self, Persist};
use crate::{Gateway, Payer, StoreError};

/// What the payer chose of a hand-off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkChoice {
    /// Which of its bills, counted from 0.
    pub place: usize,
    /// How much, where the payer chooses the amount.
    pub amount: Option<Yen>,
}

/// Why there is no bill to pay. Nothing was debited by it.
#[derive(Debug, thiserror::Error)]
pub enum LinkedError {
    /// The hand-off has no such bill, or not for this amount.
    #[error("the hand-off has no such bill or amount")]
    NotChosen,
    /// The collector's answer says another amount than the hand-off.
    #[error("the collector's answer differs from the hand-off")]
    Differs,
    /// The bill is paid or being paid by way of this hand-off.
    #[error("the hand-off's bill is being paid, or was, by {0}")]
    Paid(PaymentId),
    /// 消込期限 has passed.
    #[error("the last day for clearing has passed")]
    ClearByPassed,
    /// As at any inquiry.
    #[error(transparent)]
    Inquiry(#[from] InquiryError),
}

impl From<StoreError> for LinkedError {
    fn from(error: StoreError) -> Self {
        Self::Inquiry(error.into())
    }
}

impl Gateway {
    /// Makes an inquiry of a bill of a hand-off, which this payer has taken.
    #[tracing::instrument(
        level = "error", skip_all,
        fields(contract = %payer.contract, collector = %arrival.hand_off.collector)
    )]
    pub async fn inquire_linked(
        &self,
        payer: Payer,
        arrival: &Arrival,
        choice: LinkChoice,
    ) -> Result<Inquiry, LinkedError> {
        let hand_off = &arrival.hand_off;
        let handed = chosen(arrival, choice)?;
        let found = self.refreshed(&hand_off.collector).await.map_err(InquiryError::Store)?;
        let collector = found.ok_or(InquiryError::UnknownCollector)?;
        self.not_suspended(collector).map_err(InquiryError::Suspended)?;
        if !collector.methods.link || !collector.available {
            return Err(InquiryError::NotConnected.into());
        }
        if handed.bill.clear_by.is_some_and(|last| self.now().date() > last) {
            return Err(LinkedError::ClearByPassed);
        }
        let request = request(collector, &handed);
        // an amount that the payer chose cannot be asked for where the collector's own governs
        let asks =
            collector.methods.online && (hand_off.pattern != Pattern::Chosen || request.amount.is_some());
        let link = handed.bill.id.clone();
        let (bill, generations) = match asks {
            true => self.confirmed(collector, payer, &request, handed.bill).await?,
            false if self.takes_inquiries(collector).await? => {
                (handed.bill, self.generations(&request).await?)
            }
            false => return Err(InquiryError::Closed.into()),
        };
        // looked at after the generations were: whatever is accepted from here on counts as later than they are
        let earlier = self.payments_of_hand_off(&hand_off.collector, &hand_off.nonce).await?;
        let stands =
            |p: &&crate::Payment| (p.state.is_paid() || p.state.is_open()) && p.returned_at.is_none();
        let of_bill = |p: &&crate::Payment| p.facts.link.as_ref() == Some(&link);
        if let Some(paid) = earlier.iter().filter(of_bill).find(stands) {
            return Err(LinkedError::Paid(paid.facts.id));
        }
        let inquiry = Inquiry {
            id: InquiryId::generate(),
            payer,
            request,
            bills: vec![bill],
            answered_at: self.now(),
            generations,
            link: Some(link),
        };
        points::reach(Persist::Inquiry.before());
        self.keep(&inquiry).await?;
        points::reach(Persist::Inquiry.after());
        tracing::info!(inquiry = %inquiry.id, hand_off = %arrival.id, "a hand-off became an inquiry");
        Ok(inquiry)
    }

    /// The bill as the collector answers it, which must be the handed one to the yen. Where the collector does not know
    /// the numbers, the hand-off alone has the bill.
    async fn confirmed(
        &self,
        collector: &Collector,
        payer: Payer,
        request: &InquiryRequest,
        handed: Bill,
    ) -> Result<(Bill, BTreeMap<String, i64>), LinkedError> {
        let (answered, generations) = match self.answer(collector, payer.channel(), request).await {
            Ok(answered) => answered,
            Err(InquiryError::Refused(ResponseCode::CustomerNumberWrong | ResponseCode::BillNotObtained)) => {
                return Ok((handed, self.generations(request).await?));
            }
            Err(InquiryError::Refused(ResponseCode::AmountDiffers)) => return Err(LinkedError::Differs),
            Err(error) => return Err(error.into()),
        };
        let same = |bill: &Bill| (bill.amount, bill.fee) == (handed.amount, handed.fee);
        // the instalments of one number may be of one amount: the one that says the same is meant
        let alike = |bill: &&Bill| (&bill.contents, bill.due) == (&handed.contents, handed.due);
        let same: Vec<Bill> = answered.into_iter().filter(same).collect();
        let only = || if let [only] = same.as_slice() { Some(only) } else { None };
        match same.iter().find(alike).or_else(only).cloned() {
            Some(bill) => Ok((bill, generations)),
            // of several alike in amount none says the same: another than the one that was meant might be paid
            None => {
                tracing::warn!("a collector's answer differs from its hand-off");
                Err(LinkedError::Differs)
            }
        }
    }
}

/// The bill that the payer chose, with the amount that the payer chose.
fn chosen(arrival: &Arrival, choice: LinkChoice) -> Result<Handed, LinkedError> {
    let handed = arrival.hand_off.bills.get(choice.place).ok_or(LinkedError::NotChosen)?.clone();
    let amount = match (arrival.hand_off.bounds, choice.amount) {
        (None, None) => return Ok(handed),
        (Some((least, most)), Some(amount)) if least <= amount && amount <= most => amount,
        _ => return Err(LinkedError::NotChosen),
    };
    let bill = Bill { amount, ..handed.bill };
    if bill.total().is_none_or(|total| total > domain::money::AMOUNT_MAX) {
        return Err(LinkedError::NotChosen);
    }
    Ok(Handed { bill, ..handed })
}

fn request(collector: &Collector, handed: &Handed) -> InquiryRequest {
    let types_amount = collector.payer_types_amount(handed.category.as_ref());
    InquiryRequest {
        collector: collector.number.clone(),
        customer_number: handed.customer_number.clone(),
        confirmation_number: handed.confirmation_number.clone(),
        category: handed.category.clone(),
        amount: types_amount.then_some(handed.bill.amount),
    }
}

/// The bill of a hand-off that an inquiry was made of.
pub(crate) fn kept(link: Option<&str>) -> Result<Option<BillId>, StoreError> {
    link.map(StoreError::parse).transpose()
}
