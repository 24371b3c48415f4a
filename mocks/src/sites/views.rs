//! What the sites' pages show.

use askama::Template;
use chrono::Datelike as _;
use domain::{Date, Timestamp, Yen};

use super::banks::{Bank, Group, KANA};
use super::data::{Service, Site};
use super::fields::{self, Kind as FieldKind, Wrong};
use crate::bills::{BillState, StoredBill};
use crate::institutions::{Institution, Kind};
use crate::link::Form;

/// Seconds until a page with a bill that is not paid yet is asked for again.
const WATCH_S: u32 = 10;

/// The same while the institutions do not know its numbers.
const APPEARING_S: u32 = 4;

/// What is around every page of a site.
pub struct Around<'a> {
    /// 収納機関番号.
    pub number: &'a str,
    /// The institution.
    pub name: &'a str,
    /// Its site.
    pub site: &'a Site,
    /// Whether its numbers are typed anywhere.
    pub online: bool,
    /// Seconds and address of the page that follows by itself.
    pub refresh: Option<String>,
}

impl<'a> Around<'a> {
    /// Around a page that stays.
    pub fn of(row: &'a Institution, site: &'a Site) -> Self {
        Self {
            number: row.number.as_str(),
            name: &row.name,
            site,
            online: row.takes_typed_numbers,
            refresh: None,
        }
    }
}

/// The services of one group.
pub struct Section<'a> {
    name: &'a str,
    services: Vec<&'a Service>,
}

#[derive(Template)]
#[template(path = "sites-home.html")]
pub struct HomePage<'a> {
    around: Around<'a>,
    sections: Vec<Section<'a>>,
    hours: String,
}

impl<'a> HomePage<'a> {
    pub fn new(around: Around<'a>, row: &Institution, today: Date) -> Self {
        let mut sections: Vec<Section<'a>> = Vec::new();
        for service in &around.site.services {
            match sections.iter_mut().find(|section| section.name == service.group) {
                Some(section) => section.services.push(service),
                None => sections.push(Section { name: &service.group, services: vec![service] }),
            }
        }
        Self { around, sections, hours: row.hours.text(today) }
    }
}

/// A control of a form.
pub struct Control {
    id: String,
    label: String,
    hint: String,
    value: String,
    options: Vec<(String, String, bool)>,
    is_number: bool,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "sites-service.html")]
pub struct ServicePage<'a> {
    around: Around<'a>,
    service: &'a Service,
    controls: Vec<Control>,
    wrong: Vec<Wrong>,
    csrf: &'a str,
}

impl<'a> ServicePage<'a> {
    pub fn new(
        around: Around<'a>,
        service: &'a Service,
        typed: Option<&std::collections::HashMap<String, String>>,
        wrong: Vec<Wrong>,
        csrf: &'a str,
        today: Date,
    ) -> Self {
        let control = |field: &fields::Field| {
            let given = typed.and_then(|typed| typed.get(&field.id)).map(String::as_str);
            Control {
                id: field.id.clone(),
                label: field.label.clone(),
                hint: field.hint.clone(),
                value: given.unwrap_or(&field.value).to_owned(),
                options: field.options(given, today),
                is_number: !matches!(field.kind, FieldKind::Text(_)),
                error: wrong.iter().find(|one| one.field == field.id).map(|one| one.message.clone()),
            }
        };
        let controls = service.fields.iter().map(control).collect();
        Self { around, service, controls, wrong, csrf }
    }
}

/// A bill as the site shows it.
pub struct BillView {
    page: String,
    contents: String,
    payer: String,
    amount: Yen,
    fee: Option<Yen>,
    total: Yen,
    late: Option<(String, Yen)>,
    due: String,
    last: Option<(&'static str, String)>,
    after_due: String,
    opens: Option<String>,
    paid_on: Option<String>,
    paid_amount: Option<Yen>,
    pays_up_to: Option<Yen>,
    state: BillState,
    state_word: String,
    numbers: Vec<(String, String)>,
}

fn day_text(day: Date, kind: Kind) -> String {
    match kind {
        Kind::Private => domain::time::year_month_day(day),
        Kind::National | Kind::Local => {
            let year = fields::japanese_year(day.year());
            format!("{year}{}", domain::time::month_day(day))
        }
    }
}

impl BillView {
    pub fn of(bill: &StoredBill, row: &Institution, site: &Site, now: Timestamp) -> Self {
        let state = bill.state(now.date(), row.payer_types_amount);
        let text = |day: Date| day_text(day, row.kind);
        let state_word = match state {
            BillState::Payable => site.words.open.clone(),
            BillState::Paid => site.words.paid.clone(),
            BillState::Expired => "期限切れ".to_owned(),
            BillState::NotYet => "受付開始前".to_owned(),
            BillState::Appearing => "番号の登録中".to_owned(),
            BillState::Unavailable | BillState::Stopped => "お取り扱いできません".to_owned(),
        };
        let mut numbers = vec![
            ("収納機関番号".to_owned(), row.number.to_string()),
            (row.customer_number.label.clone(), bill.customer_number.grouped()),
            (row.confirmation_number.label.clone(), bill.confirmation_number.as_str().to_owned()),
        ];
        if let (Some(rule), Some(category)) = (&row.payment_category, &bill.payment_category) {
            numbers.push((rule.label.clone(), category.grouped()));
        }
        let is_growing = bill.on_site.late.is_some();
        let late_name = bill.on_site.late.as_ref().map_or("延滞金", |rule| rule.name.as_str());
        Self {
            page: bill.on_site.page.clone(),
            contents: bill.bill.contents.clone(),
            payer: bill.bill.payer.clone(),
            amount: bill.bill.amount,
            fee: (bill.bill.fee > Yen::ZERO).then_some(bill.bill.fee),
            total: bill.bill.amount.checked_add(bill.bill.fee).unwrap_or(bill.bill.amount),
            late: (bill.bill.late_charge > Yen::ZERO).then(|| (late_name.to_owned(), bill.bill.late_charge)),
            due: bill.bill.due.map(text).unwrap_or_default(),
            last: bill
                .bill
                .clear_by
                .filter(|last| Some(*last) != bill.bill.due && state != BillState::Paid)
                .map(|last| (if is_growing { "この金額の期限" } else { "有効期限" }, text(last))),
            after_due: after_due(bill, site, now.date()),
            opens: bill.payable_from.filter(|_| state == BillState::NotYet).map(text),
            paid_on: bill.paid_on.map(text),
            paid_amount: bill
                .paid_amount
                .filter(|paid| state == BillState::Paid && *paid != bill.bill.amount),
            pays_up_to: site.pays_up_to.filter(|_| state != BillState::Paid).map(Yen::new),
            state,
            state_word,
            numbers: if row.takes_typed_numbers { numbers } else { Vec::new() },
        }
    }

    fn is_payable(&self) -> bool {
        self.state == BillState::Payable
    }

    fn is_paid(&self) -> bool {
        self.state == BillState::Paid
    }

    fn is_appearing(&self) -> bool {
        self.state == BillState::Appearing
    }

    /// Whether it may still turn to something else by itself.
    fn is_watched(&self) -> bool {
        self.is_payable() || self.is_appearing()
    }

    fn class(&self) -> &'static str {
        match self.state {
            BillState::Payable => "open",
            BillState::Paid => "paid",
            BillState::NotYet | BillState::Appearing => "wait",
            BillState::Expired | BillState::Unavailable | BillState::Stopped => "over",
        }
    }

    /// Seconds and address of the page that follows by itself.
    pub fn refresh(&self, number: &str, watch: bool) -> Option<String> {
        let seconds = if self.is_appearing() { APPEARING_S } else { WATCH_S };
        (watch && self.is_watched()).then(|| format!("{seconds}; url=/sites/{number}/bills/{}", self.page))
    }
}

/// What becomes of the bill after its due date, in a sentence.
fn after_due(bill: &StoredBill, site: &Site, today: Date) -> String {
    let due = &site.words.due;
    match (&bill.on_site.late, bill.bill.clear_by) {
        (Some(rule), _) if bill.bill.due.is_some_and(|day| today > day) => {
            format!("{}は、本日お支払いになる場合の金額です。", rule.name)
        }
        (Some(rule), _) => format!("{due}を過ぎると、{}が加わります。", rule.name),
        (None, None) => format!("{due}を過ぎても、この番号でお支払いになれます。"),
        (None, Some(last)) if Some(last) == bill.bill.due => {
            format!("{due}を過ぎると、この番号ではお支払いになれません。")
        }
        (None, Some(_)) => "有効期限を過ぎると、この番号ではお支払いになれません。".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "sites-bill.html")]
pub struct BillPage<'a> {
    pub around: Around<'a>,
    pub bill: BillView,
    /// Those that the same act made, this one among them.
    pub others: Vec<BillView>,
    /// Among how many of them the payer can choose at the bank.
    pub choices: usize,
    /// What is told once, after the act.
    pub done: String,
    pub watching: bool,
}

#[derive(Template)]
#[template(path = "sites-banks.html")]
pub struct BanksPage<'a> {
    pub around: Around<'a>,
    pub bill: BillView,
    pub groups: Vec<Group>,
    pub chosen: Option<char>,
    /// Whether the payer chooses among several bills at the bank.
    pub several: bool,
}

impl BanksPage<'_> {
    fn rows(&self) -> Vec<(char, bool)> {
        KANA.into_iter().map(|kana| (kana, self.chosen == Some(kana))).collect()
    }
}

#[derive(Template)]
#[template(path = "sites-handoff.html")]
pub struct HandoffPage<'a> {
    pub around: Around<'a>,
    pub bill: BillView,
    pub bank: Bank,
    /// Where the bank takes payments; absent for one that leads nowhere.
    pub bank_url: Option<String>,
    /// The hand-off, where the bank takes it.
    pub form: Option<Form>,
    /// Among how many bills it lets the payer choose; 0 where it has one.
    pub choices: usize,
}

#[derive(Template)]
#[template(path = "sites-lookup.html")]
pub struct LookupPage<'a> {
    pub around: Around<'a>,
    pub csrf: &'a str,
    pub labels: Vec<(&'static str, String, String)>,
    pub error: Option<&'static str>,
    pub found: Vec<BillView>,
}
