//! What the pages show.

use askama::Template;
use domain::{Date, Timestamp, Yen};
use edge::{Errors, Frame, NavItem};
use serde::Deserialize;

use super::NAME;
use super::fault_form::{FaultForm, RuleRow, chaos_text, fault_text};
use crate::bills::{BillState, StoredBill};
use crate::creation::SCENARIOS;
use crate::faults::Mode;
use crate::faults::chaos::Chaos;
use crate::faults::rules::Rule;
use crate::institutions::Institution;
use crate::journal;
use crate::service::State;
use crate::special;

/// Which part of the site a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Collectors,
    Interbank,
    Mailbox,
    Tokens,
    Clock,
}

/// The frame of a page.
pub fn frame(page: Page) -> Frame {
    let item = |href: &str, label, of| NavItem { href: href.to_owned(), label, current: page == of };
    Frame {
        site: NAME,
        home: "/",
        nav: vec![
            item("/", "収納機関", Page::Collectors),
            item("/interbank", "銀行間ネットワーク", Page::Interbank),
            item("/mailbox", "受信メール", Page::Mailbox),
            item("/tokens", "トークン", Page::Tokens),
            item("/clock", "業務日時", Page::Clock),
        ],
        footer_text: "試験用の模擬収納機関です。実在の収納機関とは関係がなく、お金は動きません。",
        ..Frame::default()
    }
}

fn clock_text(now: Timestamp) -> String {
    format!("{} {}", domain::time::year_month_day(now.date()), now.jst().format("%H:%M"))
}

/// Where a collector stands with today, as a tag.
#[derive(Clone, Copy)]
struct Standing(State);

impl Standing {
    fn class(self) -> &'static str {
        match self.0 {
            State::Open => "ok",
            State::PreClosed | State::Closed | State::OutOfHours => "wait",
        }
    }

    fn icon(self) -> &'static str {
        match self.0 {
            State::Open => "✓",
            State::PreClosed | State::Closed | State::OutOfHours => "…",
        }
    }

    fn word(self) -> &'static str {
        match self.0 {
            State::Open => "受付中",
            State::PreClosed => "予備閉局",
            State::Closed => "閉局",
            State::OutOfHours => "時間外",
        }
    }
}

/// A collector in the list.
pub struct IndexRow {
    number: String,
    name: String,
    kind: &'static str,
    hours: String,
    standing: Standing,
    bills: i64,
    fault: String,
}

impl IndexRow {
    pub fn of(institution: &Institution, bills: i64, rules: &[Rule], state: State, now: Timestamp) -> Self {
        Self {
            number: institution.number.to_string(),
            name: institution.name.clone(),
            kind: institution.kind.label(),
            hours: institution.hours.text(now.date()),
            standing: Standing(state),
            bills,
            fault: match rules {
                [] => String::new(),
                [one] => fault_text(&one.fault),
                [first, others @ ..] => format!("{} ほか {} 件", fault_text(&first.fault), others.len()),
            },
        }
    }
}

#[derive(Template)]
#[template(path = "index.html")]
pub struct IndexPage {
    frame: Frame,
    rows: Vec<IndexRow>,
    chaos: String,
    csrf: String,
    now: String,
}

impl IndexPage {
    pub fn new(rows: Vec<IndexRow>, chaos: Option<&Chaos>, csrf: &str, now: Timestamp) -> Self {
        let chaos = chaos_text(chaos);
        Self { frame: frame(Page::Collectors), rows, chaos, csrf: csrf.to_owned(), now: clock_text(now) }
    }
}

/// The form's fields as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BillForm {
    pub customer_number: String,
    pub confirmation_number: String,
    pub payment_category: String,
    pub payer: String,
    pub contents: String,
    pub amount: String,
    pub fee: String,
    pub due: String,
    pub scenario: String,
}

/// A bill in the table.
pub struct BillRow {
    page: String,
    bill_id: String,
    customer_number: String,
    confirmation_number: String,
    payment_category: String,
    payer: String,
    contents: String,
    amount: Yen,
    fee: Option<Yen>,
    due: String,
    state: BillState,
    clearings: i64,
}

impl BillRow {
    fn of(stored: StoredBill, institution: &Institution, today: Date) -> Self {
        Self {
            state: stored.state(today, institution.payer_types_amount),
            page: format!("/sites/{}/bills/{}", institution.number, stored.on_site.page),
            bill_id: stored.bill.id.to_string(),
            customer_number: stored.customer_number.grouped(),
            confirmation_number: stored.confirmation_number.as_str().to_owned(),
            payment_category: stored.payment_category.map(|it| it.grouped()).unwrap_or_default(),
            payer: stored.bill.payer,
            contents: stored.bill.contents,
            amount: stored.bill.amount,
            fee: (stored.bill.fee > Yen::ZERO).then_some(stored.bill.fee),
            due: stored.bill.due.map(|day| day.to_string()).unwrap_or_default(),
            clearings: stored.clearings,
        }
    }

    fn tag(&self) -> (&'static str, &'static str, &'static str) {
        match self.state {
            BillState::Payable => ("info", "○", "払込できます"),
            BillState::Paid => ("ok", "✓", "支払済"),
            BillState::Expired => ("bad", "×", "期限切れ"),
            BillState::NotYet => ("wait", "…", "未到来"),
            BillState::Unavailable => ("bad", "?", "取得できません"),
            BillState::Stopped => ("bad", "×", "照会停止中"),
            BillState::Appearing => ("wait", "…", "反映待ち"),
        }
    }
}

/// A message in the table.
pub struct MessageRow {
    id: i64,
    pub at: String,
    pub kind: &'static str,
    pub key: String,
    pub customer_number: String,
    pub bill_id: String,
    pub amount: Option<Yen>,
    pub code: String,
    pub provisional: Option<String>,
    pub outcome: String,
    has_xml: bool,
}

impl MessageRow {
    pub fn of(shown: journal::Shown) -> Self {
        let key = match (&shown.processing_date, shown.serial) {
            (Some(date), Some(serial)) => format!("{date} {serial:08}"),
            _ => String::new(),
        };
        Self {
            id: shown.id,
            at: shown.at.get(5..19).unwrap_or_default().replace('T', " "),
            kind: journal::kind_label(&shown.kind),
            key,
            customer_number: shown.customer_number.unwrap_or_default(),
            bill_id: shown.bill_id.unwrap_or_default(),
            amount: shown.amount.map(Yen::new),
            code: shown.code.unwrap_or_default(),
            provisional: shown.provisional,
            outcome: outcome_text(&shown.outcome, shown.delay_ms),
            has_xml: shown.has_request || shown.has_answer,
        }
    }
}

fn outcome_text(outcome: &str, delay_ms: i64) -> String {
    let what = match outcome.parse::<Mode>() {
        Ok(mode) => mode.label().to_owned(),
        Err(_) if outcome == "answered" => "応答しました".to_owned(),
        Err(_) => format!("処理していません({outcome})"),
    };
    if delay_ms == 0 { what } else { format!("{what}(遅延 {delay_ms} ミリ秒)") }
}

/// A choice of a select.
pub struct Choice {
    pub word: &'static str,
    pub label: &'static str,
    pub selected: bool,
}

impl Choice {
    pub const fn new(word: &'static str, label: &'static str, selected: bool) -> Self {
        Self { word, label, selected }
    }
}

#[derive(Template)]
#[template(path = "collector.html")]
pub struct CollectorPage {
    pub frame: Frame,
    pub form: BillForm,
    pub fault_form: FaultForm,
    pub errors: Errors,
    csrf: String,
    now: String,
    number: String,
    name: String,
    kind: &'static str,
    hours: String,
    standing: Standing,
    customer_label: String,
    customer_digits: String,
    confirmation_label: String,
    confirmation_digits: String,
    category: Option<(String, String)>,
    payer_types_amount: bool,
    takes_typed_numbers: bool,
    specials: Vec<special::Shown>,
    bills: Vec<BillRow>,
    messages: Vec<MessageRow>,
    rules: Vec<RuleRow>,
}

fn digits_text(rule: &crate::institutions::NumberRule) -> String {
    if rule.digits_min == rule.digits_max {
        format!("{}けた", rule.digits_max)
    } else {
        format!("{}〜{}けた", rule.digits_min, rule.digits_max)
    }
}

impl CollectorPage {
    pub fn new(institution: &Institution, csrf: &str, state: State, now: Timestamp) -> Self {
        Self {
            frame: frame(Page::Collectors),
            form: BillForm::default(),
            errors: Errors::none(),
            csrf: csrf.to_owned(),
            now: clock_text(now),
            number: institution.number.to_string(),
            name: institution.name.clone(),
            kind: institution.kind.label(),
            hours: institution.hours.text(now.date()),
            standing: Standing(state),
            customer_label: institution.customer_number.label.clone(),
            customer_digits: digits_text(&institution.customer_number),
            confirmation_label: institution.confirmation_number.label.clone(),
            confirmation_digits: digits_text(&institution.confirmation_number),
            category: institution
                .payment_category
                .as_ref()
                .map(|rule| (rule.label.clone(), digits_text(rule))),
            payer_types_amount: institution.payer_types_amount,
            takes_typed_numbers: institution.takes_typed_numbers,
            specials: Vec::new(),
            bills: Vec::new(),
            messages: Vec::new(),
            rules: Vec::new(),
            fault_form: FaultForm::default(),
        }
    }

    pub fn fill(
        &mut self,
        bills: Vec<StoredBill>,
        messages: Vec<journal::Shown>,
        rules: Vec<Rule>,
        specials: Vec<special::Shown>,
        institution: &Institution,
        today: Date,
    ) {
        self.bills = bills.into_iter().map(|bill| BillRow::of(bill, institution, today)).collect();
        self.messages = messages.into_iter().map(MessageRow::of).collect();
        self.specials = specials;
        self.rules = rules.into_iter().map(RuleRow::from).collect();
    }

    fn scenarios(&self) -> Vec<Choice> {
        let choice = |(word, label)| Choice::new(word, label, word == self.form.scenario);
        SCENARIOS.into_iter().map(choice).collect()
    }
}
