//! A payment as the console's pages show it.

use domain::payment::State;
use domain::{PaymentId, Yen};
use gateway::Payment;
use gateway::operations::PaymentEvent;
use internet_banking::answer::{Stop, failed};
use internet_banking::payeasy::slip_words::{NumberRow, due_label};

use super::words::{
    cancellation_cash, cancellation_tag, code_text, entry_words, event_words, money_words, reason_words,
    state_tag, word_label,
};
use crate::Console;
use crate::links::StaffPaymentLink;
use crate::words::{Names, Tag, collector_name, stamp};

/// A payment in a list.
#[derive(Clone, Debug)]
pub struct PaymentRow {
    /// Its page.
    pub link: StaffPaymentLink,
    /// 受付番号.
    pub receipt_number: String,
    /// When the amount was held.
    pub at: String,
    /// The collector.
    pub collector: String,
    /// What is paid; at the counter with a word that says so.
    pub contents: String,
    /// Goes to the collector.
    pub amount: Yen,
    /// Its state.
    pub tag: Tag,
    /// The state's stable word.
    pub state: State,
    /// 仮消込: the code, with its meaning.
    pub provisional: Option<String>,
}

impl PaymentRow {
    /// A row.
    pub fn of(console: &Console, payment: &Payment) -> Self {
        let facts = &payment.facts;
        Self {
            link: StaffPaymentLink(facts.id),
            receipt_number: facts.receipt_number.clone(),
            at: stamp(facts.held_at),
            collector: collector_name(&console.gateway, &facts.collector),
            contents: match facts.is_at_counter() {
                true => format!("窓口 ・ {}", facts.bill.contents),
                false => facts.bill.contents.clone(),
            },
            amount: facts.amount,
            tag: state_tag(payment.state),
            state: payment.state,
            provisional: payment.provisional.map(|code| code_text(code.as_str())),
        }
    }
}

/// A payment with its particulars.
#[derive(Clone, Debug)]
pub struct PaymentShown {
    /// Its id.
    pub id: PaymentId,
    /// The row's particulars.
    pub row: PaymentRow,
    /// Where the payer's money is.
    pub money: &'static str,
    /// The resend key: centre, processing date, serial.
    pub message_key: String,
    /// When it came to its state.
    pub changed_at: String,
    /// 領収日.
    pub receipt_date: String,
    /// 収納機関番号.
    pub collector_number: String,
    /// The numbers that were typed.
    pub numbers: Vec<NumberRow>,
    /// 納付者.
    pub payer: String,
    /// What the day is called.
    pub due_label: &'static str,
    /// 納期限.
    pub due: Option<String>,
    /// 消込期限.
    pub clear_by: Option<String>,
    /// Whose it is, and who confirmed it.
    pub customer: String,
    /// The debited account, or the counter's cash.
    pub account: String,
    /// Debited together with the amount.
    pub fee: Yen,
    /// The collector's last code, with its meaning.
    pub code: Option<String>,
    /// The collector's own number.
    pub reference: Option<String>,
    /// The collector's word that decided it.
    pub word: Option<&'static str>,
    /// Where its newest cancellation is, and what that means for the cash.
    pub cancellation: Option<(Tag, &'static str)>,
    /// Whether cash paid it.
    pub at_counter: bool,
    /// 入力区分: how its numbers came to the bank.
    pub entry: &'static str,
}

impl PaymentShown {
    /// With the names of customer and account.
    pub async fn of(console: &Console, payment: &Payment) -> Result<Self, Stop> {
        let facts = &payment.facts;
        let (customer, account) = payer(console, payment).await?;
        let collector = console.gateway.collectors().get(&facts.collector);
        Ok(Self {
            id: facts.id,
            row: PaymentRow::of(console, payment),
            money: money_words(payment.state, facts.is_at_counter()),
            message_key: facts.message_key.clone(),
            changed_at: stamp(payment.changed_at),
            receipt_date: domain::time::year_month_day(facts.receipt_date),
            collector_number: facts.collector.to_string(),
            numbers: NumberRow::of(collector, &facts.customer_number, facts.category.as_ref()),
            payer: facts.bill.payer.clone(),
            due_label: due_label(collector),
            due: facts.bill.due.map(domain::time::year_month_day),
            clear_by: facts.bill.clear_by.map(domain::time::year_month_day),
            customer,
            account,
            fee: facts.fee,
            code: payment.code.map(|code| code_text(code.as_str())),
            reference: payment.reference.clone(),
            word: payment.word.map(word_label),
            cancellation: payment.cancellation.map(|c| (cancellation_tag(c), cancellation_cash(c))),
            at_counter: facts.is_at_counter(),
            entry: entry_words(payment),
        })
    }
}

/// Whose payment it is, and from where the money comes.
async fn payer(console: &Console, payment: &Payment) -> Result<(String, String), Stop> {
    let facts = &payment.facts;
    if facts.is_at_counter() {
        return Ok(("窓口の払込人".to_owned(), "窓口現金".to_owned()));
    }
    let contract = console.contracts.contract(facts.contract).await.map_err(failed)?;
    let user = console.contracts.signed_in(facts.user).await.map_err(failed)?;
    let accounts = console.contracts.accounts(facts.contract).await.map_err(failed)?;
    let account = accounts.iter().find(|account| account.account == facts.account);
    let company = contract.map_or_else(|| facts.contract.to_string(), |contract| contract.name);
    let customer = match user {
        Some(user) => format!("{company} ・ {}", user.name),
        None => company,
    };
    Ok((customer, account.map_or_else(|| facts.account.to_string(), ToString::to_string)))
}

/// Something that happened to a payment.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Its number in the payment's history.
    pub seq: i64,
    /// When.
    pub at: String,
    /// What.
    pub what: String,
    /// The collector's code, with its meaning.
    pub code: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Who asked for it, and who checked it.
    pub by: Option<String>,
}

impl EventRow {
    /// A row.
    pub fn of(event: &PaymentEvent, at_counter: bool, names: &Names) -> Self {
        let body = &event.body;
        let decided = body.word.is_some();
        let reason = |text: &String| if decided { text.clone() } else { reason_words(text) };
        let by = match (&body.by, &body.checked_by) {
            (Some(maker), Some(checker)) => {
                Some(format!("起票 {}、承認 {}", names.name(maker), names.name(checker)))
            }
            (Some(by), None) => Some(names.name(by)),
            (None, _) => None,
        };
        let provisional = body.provisional.as_deref().map(|code| format!("仮消込 {}", code_text(code)));
        Self {
            seq: event.seq,
            at: stamp(event.at),
            what: event_words(event, at_counter),
            code: provisional.or_else(|| body.code.as_deref().map(code_text)),
            reason: body.reason.as_ref().map(reason),
            by,
        }
    }
}
