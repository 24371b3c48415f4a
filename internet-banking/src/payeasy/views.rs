//! What the Pay-easy pages show. Every page has samples, and one test renders every page with every sample.

use askama::Template;
use domain::payment::State;
use domain::{CollectorNumber, PaymentId, Yen};
use edge::{Errors, Frame};
use gateway::directory::Collector;

use super::el::{Printed, TypedEl};
use super::problem::Problem;
use super::rules::{Questions, TypedNumbers};
use super::slip_words::{BillWords, NumberRow};
use super::words::{Shown, shown, time_of_day};
use crate::help::{Code, Entry, Money};
use crate::links::{AgainLink, CollectorLink, Link, PaymentLink, PrintLink, RequestLink};

pub use super::trouble::{Stake, Trouble};

/// 収納機関番号.
#[derive(Template)]
#[template(path = "payeasy/start.html")]
pub struct StartPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// What was typed.
    pub collector: String,
    /// Collectors whose number is near one that is none.
    pub near: Vec<Near>,
}

/// eL番号, and a picture that fills it.
#[derive(Template)]
#[template(path = "payeasy/el.html")]
pub struct ElPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// What was typed, or read.
    pub typed: TypedEl,
    /// What the picture says besides.
    pub printed: Option<Printed>,
}

impl ElPage {
    /// The 確認番号 that was read from a picture; one that was typed is never shown again.
    fn if_read(&self) -> &str {
        if self.printed.is_some() { &self.typed.confirmation_number } else { "" }
    }
}

/// A collector that may have been meant.
#[derive(Clone, Debug)]
pub struct Near {
    /// Its page.
    pub path: CollectorLink,
    /// 収納機関番号.
    pub number: CollectorNumber,
    /// Listed name and today's.
    pub name: String,
}

impl Near {
    /// The collectors that a problem suggests.
    pub fn of(problem: &Problem) -> Vec<Self> {
        let Problem::UnknownCollector { near } = problem else { return Vec::new() };
        let one = |(number, name): &(CollectorNumber, String)| Self {
            path: CollectorLink(number.clone()),
            number: number.clone(),
            name: name.clone(),
        };
        near.iter().map(one).collect()
    }
}

/// 納付番号, 確認番号 and so on. The 確認番号 that was typed is never shown again.
#[derive(Template)]
#[template(path = "payeasy/numbers.html")]
pub struct NumbersPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: String,
    /// The collector's name.
    pub collector: String,
    /// 収納機関番号.
    pub collector_number: CollectorNumber,
    /// The first page of 入力方式, where the collector can be paid so.
    pub entry_method: Option<String>,
    /// What every payer of this collector must be told.
    pub notice: Option<String>,
    /// Whether slips of the collector may carry an eL番号, which has a page of its own.
    pub has_el_number: bool,
    /// Whether all of it was filled in from a hand-off.
    pub handed: bool,
    /// What has to be typed, where the rest is filled in.
    pub to_type: Option<String>,
    /// What is asked.
    pub questions: Questions,
    /// What was typed.
    pub typed: TypedNumbers,
}

impl NumbersPage {
    /// The 確認番号 of a hand-off; one that was typed is never shown again.
    fn confirmation(&self) -> &str {
        if self.handed { &self.typed.confirmation_number } else { "" }
    }
}

/// A bill to choose.
#[derive(Clone, Debug)]
pub struct BillRow {
    /// The collector's id.
    pub id: String,
    /// 請求金額.
    pub amount: Yen,
    /// 手数料.
    pub fee: Yen,
    /// Whether there is a fee.
    pub has_fee: bool,
    /// 納付内容.
    pub contents: String,
    /// 納付者氏名.
    pub payer: String,
    /// Its day and its charge for being late.
    pub words: BillWords,
    /// Whether it is chosen already.
    pub checked: bool,
}

impl BillRow {
    /// A bill of an inquiry.
    pub fn of(bill: &domain::Bill, words: BillWords, checked: bool) -> Self {
        Self {
            id: bill.id.to_string(),
            amount: bill.amount,
            fee: bill.fee,
            has_fee: bill.fee > Yen::ZERO,
            contents: bill.contents.clone(),
            payer: bill.payer.clone(),
            words,
            checked,
        }
    }
}

/// An account to debit.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// The ledger's id, in the form only and checked against the user's accounts.
    pub id: i64,
    /// Kind, number and branch.
    pub name: String,
    /// 支払可能額.
    pub available: Yen,
    /// Whether it is chosen already.
    pub chosen: bool,
}

/// The bills that the inquiry found.
#[derive(Template)]
#[template(path = "payeasy/bills.html")]
pub struct BillsPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: String,
    /// The page before.
    pub back: String,
    /// The collector's name.
    pub collector: String,
    /// Whether a hand-off brought it.
    pub linked: bool,
    /// Until when the answer may be used.
    pub valid_until: String,
    /// The bills.
    pub bills: Vec<BillRow>,
    /// The accounts.
    pub accounts: Vec<AccountRow>,
}

/// An earlier payment under the same numbers. By whom and from which account is not for every user.
#[derive(Clone, Debug)]
pub struct EarlierRow {
    /// When it was accepted by the bank.
    pub at: String,
    /// Amount and fee.
    pub total: Yen,
    /// Where it is.
    pub state: &'static str,
}

impl EarlierRow {
    /// Of a payment.
    pub fn of(payment: &gateway::Payment) -> Self {
        let facts = &payment.facts;
        Self {
            at: time_of_day(facts.held_at),
            total: facts.amount.checked_add(facts.fee).unwrap_or(facts.amount),
            state: shown(payment.state).word,
        }
    }
}

/// The last look before the money moves.
#[derive(Template)]
#[template(path = "payeasy/review.html")]
pub struct ReviewPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: String,
    /// Back to the numbers; empty where nothing may be changed.
    pub change_numbers: String,
    /// Back to bill and account.
    pub change_choice: String,
    /// Back to the request that is authorised, where nothing of it may be changed.
    pub request: Option<String>,
    /// Whether a hand-off brought it.
    pub linked: bool,
    /// The payee's name from our own directory.
    pub collector: String,
    /// 収納機関番号.
    pub collector_number: CollectorNumber,
    /// Whom to ask.
    pub contact: String,
    /// 納付内容.
    pub contents: String,
    /// 請求金額.
    pub amount: Yen,
    /// 手数料.
    pub fee: Yen,
    /// Whether there is a fee.
    pub has_fee: bool,
    /// What leaves the account.
    pub total: Yen,
    /// Its day and its charge for being late.
    pub words: BillWords,
    /// 納付者氏名.
    pub payer: String,
    /// The numbers that were typed.
    pub numbers: Vec<NumberRow>,
    /// Branch, kind and number.
    pub account: String,
    /// The balance after the debit.
    pub balance_after: Yen,
    /// What the contract has paid under the same numbers, the newest first.
    pub earlier: Vec<EarlierRow>,
    /// How many there are.
    pub repeats: usize,
    /// Whether the payer has ticked that, and something else was wrong.
    pub repeat_confirmed: bool,
    /// Whether a payment to the same number was accepted before, whoever made it.
    pub repeats_paid: bool,
    /// Whether a one-time password is asked.
    pub one_time_password: bool,
    /// Who must approve it, where the contract's policy says so: then it is asked for and not paid.
    pub approval: Option<String>,
    /// The payment that the button authorises, exactly as shown.
    pub order: PaymentId,
}

/// A payment as the result, the detail, the list and the print page show it.
#[derive(Clone, Debug)]
pub struct PaymentView {
    /// Its id.
    pub id: PaymentId,
    /// Its page.
    pub path: PaymentLink,
    /// Its page to print.
    pub print: PrintLink,
    /// Its state.
    pub state: State,
    /// The state's words.
    pub shown: Shown,
    /// 受付番号.
    pub receipt_number: String,
    /// When it was accepted by the bank.
    pub at: String,
    /// 領収日.
    pub receipt_date: String,
    /// The collector's name today.
    pub collector: String,
    /// 収納機関番号.
    pub collector_number: CollectorNumber,
    /// Whom to ask.
    pub contact: String,
    /// 納付内容.
    pub contents: String,
    /// 納付者氏名.
    pub payer: String,
    /// The numbers that were typed.
    pub numbers: Vec<NumberRow>,
    /// 請求金額.
    pub amount: Yen,
    /// 手数料.
    pub fee: Yen,
    /// Amount and fee; the state says whether they left the account.
    pub total: Yen,
    /// Its charge for being late, with its name.
    pub late_charge: Option<(String, Yen)>,
    /// Branch, kind and number.
    pub account: String,
    /// The collector's own number for it.
    pub reference: Option<String>,
    /// When the money came back, where it did.
    pub returned_at: Option<String>,
}

impl PaymentView {
    /// A payment, with its collector's row and its account's name.
    pub fn of(payment: &gateway::Payment, collector: Option<&Collector>, account: String) -> Self {
        let facts = &payment.facts;
        Self {
            id: facts.id,
            path: PaymentLink(facts.id),
            print: PrintLink(facts.id),
            state: payment.state,
            shown: shown(payment.state),
            receipt_number: facts.receipt_number.clone(),
            at: time_of_day(facts.held_at),
            receipt_date: domain::time::year_month_day(facts.receipt_date),
            collector: collector.map_or_else(|| facts.collector.to_string(), Collector::shown_name),
            collector_number: facts.collector.clone(),
            contact: collector.map(|c| c.contact.clone()).unwrap_or_default(),
            contents: facts.bill.contents.clone(),
            payer: facts.bill.payer.clone(),
            numbers: NumberRow::of(collector, &facts.customer_number, facts.category.as_ref()),
            amount: facts.amount,
            fee: facts.fee,
            total: facts.amount.checked_add(facts.fee).unwrap_or(facts.amount),
            late_charge: BillWords::of(collector, facts.category.as_ref(), &facts.bill, facts.receipt_date)
                .late_charge,
            account,
            reference: payment.reference.clone(),
            returned_at: payment.returned_at.map(time_of_day),
        }
    }

    fn is_open(&self) -> bool {
        self.state.is_open()
    }

    /// Whether the money left the account, or is held to leave it.
    fn is_paid_or_open(&self) -> bool {
        self.state.is_paid() || self.state.is_open()
    }
}

/// A payment's page: the result at once after it, the detail later.
#[derive(Template)]
#[template(path = "payeasy/payment.html")]
pub struct PaymentPage {
    /// The frame.
    pub frame: Frame,
    /// The payment.
    pub payment: PaymentView,
    /// Whether it is the last step of an entry.
    pub just_paid: bool,
    /// This page's address, to ask again.
    pub here: String,
    /// Back to the collector's site that handed it over, while that is kept.
    pub return_url: Option<String>,
}

impl PaymentPage {
    const fn linked(&self) -> bool {
        self.return_url.is_some()
    }
}

/// A page to print, which is no receipt.
#[derive(Template)]
#[template(path = "payeasy/print.html")]
pub struct PrintPage {
    /// The frame.
    pub frame: Frame,
    /// The payment.
    pub payment: PaymentView,
    /// The contract's name.
    pub contract: String,
    /// When the state was read.
    pub printed_at: String,
}

/// A choice of a filter.
#[derive(Clone, Debug)]
pub struct StateChoice {
    /// The value in the address.
    pub value: &'static str,
    /// The words.
    pub label: &'static str,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// A collector of a filter.
#[derive(Clone, Debug)]
pub struct CollectorChoice {
    /// Its place in the directory: the filter stands in the address, where no number of meaning may be (SEC-33).
    pub place: usize,
    /// Its name.
    pub name: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The payments of 100 days.
#[derive(Template)]
#[template(path = "payeasy/history.html")]
pub struct HistoryPage {
    /// The frame.
    pub frame: Frame,
    /// The first day shown.
    pub since: String,
    /// The filter's collectors.
    pub collectors: Vec<CollectorChoice>,
    /// The filter's states.
    pub states: Vec<StateChoice>,
    /// One page of payments.
    pub payments: Vec<PaymentView>,
    /// The address of the next page.
    pub older: Option<String>,
}

/// The entry cannot go on.
#[derive(Template)]
#[template(path = "payeasy/stopped.html")]
pub struct StoppedPage {
    /// The frame.
    pub frame: Frame,
    /// The error in a few words.
    pub title: &'static str,
    /// What happened.
    pub happened: String,
    /// Whether money moved.
    pub money: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// The payment that is in the way.
    pub other: Option<String>,
    /// Whether the payer looks at the history before anything else: money may have moved.
    pub history_first: bool,
    /// Whether no entry can be begun anew.
    pub entry_stopped: bool,
    /// The stable code.
    pub code: Code,
}

impl StoppedPage {
    /// The page of a code, with the particulars of the case where there are any.
    pub fn new(frame: Frame, code: Code, happened: Option<String>, other: Option<String>) -> Self {
        let Entry { title, happened: general, money, remedy } = code.entry();
        let happened = happened.unwrap_or_else(|| general.to_owned());
        let history_first = !matches!(money, Money::Untouched | Money::Released);
        let entry_stopped = matches!(code, Code::StoppedForToday | Code::StoppedUntilLifted);
        Self {
            frame,
            title,
            happened,
            money: money.words(),
            remedy,
            other,
            history_first,
            entry_stopped,
            code,
        }
    }
}

/// What the contract's own systems asked for.
pub struct RequestRow {
    /// Its page.
    pub path: RequestLink,
    /// The list of all.
    pub list: Link,
    /// The payee's name from our own directory.
    pub collector: String,
    /// 収納機関番号.
    pub collector_number: CollectorNumber,
    /// 納付内容.
    pub contents: String,
    /// In groups of four.
    pub customer_number: String,
    /// 請求金額.
    pub amount: Yen,
    /// 手数料.
    pub fee: Yen,
    /// Branch, kind and number.
    pub account: String,
    /// What people call the key that asked.
    pub asked_by: String,
    /// When.
    pub asked_at: String,
    /// Until when it can be authorised.
    pub until: String,
}

/// The requests that wait.
#[derive(Template)]
#[template(path = "payeasy/requests.html")]
pub struct RequestsPage {
    /// The frame.
    pub frame: Frame,
    /// The oldest first.
    pub requests: Vec<RequestRow>,
}

/// One of them.
#[derive(Template)]
#[template(path = "payeasy/request.html")]
pub struct RequestPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What was asked for.
    pub request: RequestRow,
    /// Whether it can still be authorised.
    pub waits: bool,
}
