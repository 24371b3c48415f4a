//! Shapes that several calls answer with.

use collectors::protocol::EntryKind;
use domain::payment::State;
use domain::{PaymentId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::key::{AccountName, KeyAccount};
use crate::payment::{Facts, Payment};
use crate::request::PaymentRequest;

/// Where a payment is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "the document's list of domain::payment::State, which a test compares")]
pub enum PaymentState {
    /// Waits for a person's authorisation.
    Inquired,
    /// The amount is held; nothing has been sent.
    Held,
    /// A delivery is on its way.
    Sending,
    /// The collector accepted; the debit is posted.
    Accepted,
    /// A national collector refused; the amount is free again.
    Rejected,
    /// Nobody knows yet whether the collector cleared; the amount stays held.
    Unknown,
    /// The money went on to the collector.
    Settled,
    /// Nobody authorised it in time, or somebody declined.
    Expired,
    /// The amount was released and nothing was ever sent.
    Voided,
    /// A counter payment undone by a confirmed cancellation.
    Cancelled,
    /// Paid back in full: the collector's books lack the clearing, and two people of the bank ended it so. The bill may
    /// be paid anew.
    Refunded,
}

/// A payment.
#[derive(Serialize, ToSchema)]
#[schema(as = Payment)]
pub struct PaymentBody {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: PaymentId,
    /// Where it is.
    #[schema(value_type = PaymentState)]
    state: State,
    /// 収納機関番号.
    collector: String,
    /// 入力区分: whether the payer typed the numbers or a collector's site handed the bill over (`typed`, `linked`).
    entry_kind: &'static str,
    /// 納付番号 or お客様番号.
    customer_number: String,
    /// 納付区分.
    payment_category: Option<String>,
    /// The collector's id of the bill.
    bill_id: String,
    /// 納付内容.
    contents: String,
    /// What goes to the collector, in yen.
    amount: i64,
    /// Debited on top of it.
    fee: i64,
    /// The debited account, where the key is its contract's.
    account: Option<AccountName>,
    /// 受付番号, from the hold on.
    receipt_number: Option<String>,
    /// 領収日, from the hold on.
    #[schema(format = Date)]
    receipt_date: Option<String>,
    /// When the amount was held.
    #[schema(format = DateTime)]
    held_at: Option<String>,
    /// When it came to its state.
    #[schema(format = DateTime)]
    changed_at: String,
    /// The collector's response code, where it answered one.
    response_code: Option<String>,
    /// 仮消込: the response code that says why the collector accepted without a match.
    provisional_code: Option<String>,
    /// The collector's own number of the clearing.
    collector_reference: Option<String>,
    /// Where a person authorises it, while it waits for that.
    authorisation: Option<AuthorisationBody>,
}

/// Where a person authorises a payment.
#[derive(Serialize, ToSchema)]
#[schema(as = Authorisation)]
pub struct AuthorisationBody {
    /// A page of the bank, behind its sign-in.
    pub url: String,
    /// Until when.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

impl PaymentBody {
    /// A payment that holds or held money.
    pub fn of(payment: &Payment, accounts: &[KeyAccount]) -> Self {
        let facts: &Facts = &payment.facts;
        Self {
            id: facts.id,
            state: payment.state,
            collector: facts.collector.to_string(),
            entry_kind: facts.entry_kind().as_str(),
            customer_number: facts.customer_number.as_str().to_owned(),
            payment_category: facts.category.as_ref().map(|c| c.as_str().to_owned()),
            bill_id: facts.bill.id.to_string(),
            contents: facts.bill.contents.clone(),
            amount: facts.amount.get(),
            fee: facts.fee.get(),
            account: named(accounts, facts.account),
            receipt_number: Some(facts.receipt_number.clone()),
            receipt_date: Some(facts.receipt_date.to_string()),
            held_at: Some(facts.held_at.rfc3339()),
            changed_at: payment.changed_at.rfc3339(),
            response_code: payment.code.map(|code| code.to_string()),
            provisional_code: payment.provisional.map(|code| code.to_string()),
            collector_reference: payment.reference.clone(),
            authorisation: None,
        }
    }

    /// One that waits for a person, or waited in vain.
    pub fn of_request(
        request: &PaymentRequest,
        accounts: &[KeyAccount],
        bank_url: &str,
        now: Timestamp,
    ) -> Self {
        let waits = request.waits_at(now);
        let url = format!("{bank_url}{}", super::payments::request_path(request.id));
        let authorisation = AuthorisationBody { url, expires_at: request.expires_at.rfc3339() };
        Self {
            id: request.id,
            state: if waits { State::Inquired } else { State::Expired },
            collector: request.collector.to_string(),
            entry_kind: EntryKind::Typed.as_str(),
            customer_number: request.customer_number.as_str().to_owned(),
            payment_category: request.category.as_ref().map(|c| c.as_str().to_owned()),
            bill_id: request.bill.id.to_string(),
            contents: request.bill.contents.clone(),
            amount: request.bill.amount.get(),
            fee: request.bill.fee.get(),
            account: named(accounts, request.account),
            receipt_number: None,
            receipt_date: None,
            held_at: None,
            changed_at: request.changed_at(now).rfc3339(),
            response_code: None,
            provisional_code: None,
            collector_reference: None,
            authorisation: waits.then_some(authorisation),
        }
    }

    /// Its id.
    pub const fn id(&self) -> PaymentId {
        self.id
    }

    /// Whether nothing more is to be waited for.
    pub const fn is_final(&self) -> bool {
        !self.state.is_open() && !matches!(self.state, State::Inquired)
    }
}

fn named(accounts: &[KeyAccount], account: domain::AccountId) -> Option<AccountName> {
    accounts.iter().find(|known| known.account == account).map(|known| known.name.clone())
}

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema as _;

    use super::*;

    #[test]
    fn the_document_lists_every_state() {
        let schema = serde_json::to_value(PaymentState::schema()).unwrap();
        let states: Vec<_> = State::ALL.iter().map(|state| state.as_str()).collect();
        let listed = match schema.get("enum") {
            Some(list) => list.clone(),
            // one constant each, where every state has its own words
            None => schema["oneOf"].as_array().unwrap().iter().map(|one| one["enum"][0].clone()).collect(),
        };
        assert_eq!(listed, serde_json::json!(states));
    }
}
