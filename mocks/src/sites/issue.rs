//! Bills made by an act at a site: worked out of the service's rules, recorded in one transaction.

use domain::{
    Bill, BillId, ConfirmationNumber, CustomerNumber, Date, PaymentCategory, Timestamp, Yen, random,
};

use super::data::{BillRule, Last, Service};
use super::fields::{Values, Wrong};
use super::rules::{Act, Pattern, draw};
use crate::bills::{self, BillState, NewBill, OnSite};
use crate::creation;
use crate::institutions::{AfterDue, Institution, NumberRule, Span};
use crate::mocks::{Collector, Mocks};
use crate::store::StoreError;

/// Tries until a drawn number is one that nobody has.
const TRIES_MAX: usize = 8;

/// Digits of a drawn customer number, where the row allows so many.
const CUSTOMER_DIGITS: usize = 16;

/// Digits that name an act.
const SERIAL_DIGITS: usize = 6;

/// Why nothing was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The form.
    #[error("the form is to be corrected")]
    Form(Wrong),
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn of_form(message: &str) -> IssueError {
    IssueError::Form(Wrong { field: String::new(), message: message.to_owned() })
}

/// Issues the bills of a service: all or none. Gives the page of the first that can be paid, else of the first.
pub async fn issue(
    mocks: &Mocks,
    collector: &Collector,
    service: &Service,
    values: &Values,
) -> Result<String, IssueError> {
    let now = mocks.config().clock.now();
    let row = &collector.institution;
    let mut write = mocks.store().write().await?;
    for _ in 0..TRIES_MAX {
        let new = compose(row, &collector.site.bill_prefix, service, values, now)?;
        let mut taken = false;
        for bill in new.iter().filter(|_| service.is_drawn()) {
            let others = bills::of_customer(&mut *write, &row.number, &bill.customer_number, now).await?;
            taken |= !others.is_empty();
        }
        if taken {
            continue;
        }
        let is_payable = |bill: &&NewBill| {
            let state = (*bill).clone().kept(0, now).state(now.date(), row.payer_types_amount);
            state == BillState::Payable
        };
        let first = new.iter().find(is_payable).or(new.first());
        let page = first.map(|bill| bill.on_site.page.clone()).unwrap_or_default();
        for bill in &new {
            if !bills::insert(&mut write, &row.number, bill, now).await? {
                return Err(of_form("ただいま混み合っています。もう一度お試しください。"));
            }
        }
        write.commit().await.map_err(StoreError::from)?;
        return Ok(page);
    }
    Err(of_form("ただいま番号を発行できません。時間をおいてお試しください。"))
}

impl Service {
    fn is_drawn(&self) -> bool {
        self.customer.as_ref().is_none_or(Pattern::is_drawn)
    }
}

/// The bills of an act, in the order of the service's rules.
pub fn compose(
    row: &Institution,
    prefix: &str,
    service: &Service,
    values: &Values,
    now: Timestamp,
) -> Result<Vec<NewBill>, IssueError> {
    let serial = draw(SERIAL_DIGITS);
    let act = Act { values, serial: &serial, today: now.date() };
    let (customer, confirmation) = (customer(row, service, &act)?, confirmation(row, service, &act)?);
    let numbers = Numbers { customer, confirmation, category: category(row, service, &act)? };
    let name = random::opaque_id();
    let composed = service.bills.iter().zip(1..).map(|(rule, place)| {
        let id = format!("{prefix}{}-{serial}-{place}", act.today.format("%y%m%d"));
        let mut bill = one(row, service, rule, &act, &numbers, &id)?;
        bill.on_site = OnSite {
            act: Some(name.clone()),
            appears_at: (service.delay_s > 0).then(|| now.plus_seconds(service.delay_s.into())),
            late: service.late.clone(),
            ..OnSite::new()
        };
        Ok(bill)
    });
    composed.collect()
}

/// What the bills of an act have in common.
struct Numbers {
    customer: CustomerNumber,
    confirmation: ConfirmationNumber,
    category: Option<PaymentCategory>,
}

fn one(
    row: &Institution,
    service: &Service,
    rule: &BillRule,
    act: &Act<'_>,
    numbers: &Numbers,
    id: &str,
) -> Result<NewBill, IssueError> {
    let due = rule.due.day(act, None, act.today);
    let last = match &rule.last {
        Some(Last::None(_)) => None,
        Some(Last::Day(last)) => Some(last.day(act, Some(due), due)),
        None => last_of_charge(row, service, due),
    };
    let amount = rule
        .amount
        .amount(act.values)
        .ok_or_else(|| of_form("お支払いいただく金額がありません。入力した内容を確かめてください。"))?;
    let text = |text: String, most, message| {
        creation::text(Some(&text), "", most).filter(|text| !text.is_empty()).ok_or_else(|| of_form(message))
    };
    let bill = Bill {
        id: id.parse::<BillId>().map_err(|_| StoreError::Value("bill id"))?,
        payer: text(service.payer.fill(act), 40, "お名前が長すぎます。40 文字までにしてください。")?,
        contents: text(rule.contents.fill(act), 60, "入力した内容が長すぎます。短くしてください。")?,
        amount,
        fee: if service.payer_bears_fee { row.fee(amount) } else { Yen::ZERO },
        late_charge: Yen::ZERO,
        due: Some(due),
        clear_by: last,
    };
    Ok(NewBill {
        bill,
        customer_number: match &rule.customer {
            None => numbers.customer.clone(),
            Some(pattern) => digits(&row.customer_number, pattern, act, "お客様番号")?,
        },
        confirmation_number: numbers.confirmation.clone(),
        payment_category: match &rule.category {
            None => numbers.category.clone(),
            Some(pattern) => Some(filled_category(row, pattern, act)?),
        },
        payable_from: rule.payable_from.as_ref().map(|first| first.day(act, Some(due), act.today)),
        paid_elsewhere: false,
        scenario: "normal".to_owned(),
        on_site: OnSite::new(),
    })
}

/// The last day of a bill, as the charge's rule in the row has it.
fn last_of_charge(row: &Institution, service: &Service, due: Date) -> Option<Date> {
    let months = |count: u32| due.checked_add_months(chrono::Months::new(count)).unwrap_or(due);
    let charge = row.charges.iter().find(|charge| Some(&charge.name) == service.charge.as_ref());
    match charge.map(|charge| &charge.after_due) {
        Some(AfterDue::WithLateCharge(_) | AfterDue::LateChargeApart(_)) => None,
        Some(AfterDue::PayableFor(Span::Days(days))) => {
            Some(crate::institutions::days_later(due, i64::from(*days)))
        }
        Some(AfterDue::PayableFor(Span::Months(count))) => Some(months(*count)),
        Some(AfterDue::PayableFor(Span::Years(count))) => Some(months(count * 12)),
        Some(AfterDue::Refused | AfterDue::RightLost(_) | AfterDue::AsBilled) | None => Some(due),
    }
}

fn digits<T: std::str::FromStr>(
    rule: &NumberRule,
    pattern: &Pattern,
    act: &Act<'_>,
    what: &'static str,
) -> Result<T, IssueError> {
    let digits = pattern.fill(act, draw);
    let number = if rule.fits(&digits) { digits.parse().ok() } else { None };
    // a field may have given it
    number.ok_or_else(|| of_form(&format!("{what}を作れません。入力した番号のけた数を確かめてください。")))
}

fn customer(row: &Institution, service: &Service, act: &Act<'_>) -> Result<CustomerNumber, IssueError> {
    let rule = &row.customer_number;
    let drawn = || Pattern::random(CUSTOMER_DIGITS.clamp(rule.digits_min, rule.digits_max));
    let pattern = service.customer.clone().unwrap_or_else(drawn);
    digits(rule, &pattern, act, "お客様番号")
}

fn confirmation(
    row: &Institution,
    service: &Service,
    act: &Act<'_>,
) -> Result<ConfirmationNumber, IssueError> {
    let rule = &row.confirmation_number;
    let pattern = service.confirmation.clone().unwrap_or_else(|| Pattern::of("#".repeat(rule.digits_max)));
    digits(rule, &pattern, act, "確認番号")
}

fn filled_category(
    row: &Institution,
    pattern: &Pattern,
    act: &Act<'_>,
) -> Result<PaymentCategory, IssueError> {
    let rule = row.payment_category.as_ref();
    let rule = rule.ok_or(StoreError::Value("payment category of this collector"))?;
    digits(rule, pattern, act, "納付区分")
}

/// The service's own; else that of the charge; else, where a long one names the slip, a drawn one.
fn category(
    row: &Institution,
    service: &Service,
    act: &Act<'_>,
) -> Result<Option<PaymentCategory>, IssueError> {
    let Some(rule) = &row.payment_category else { return Ok(None) };
    // the list ends some names with 等
    let charge = service.charge.as_deref().unwrap_or_default();
    let code = row.codes.iter().find(|code| code.charge == charge.trim_end_matches('等'));
    let pattern = match (&service.category, code, &rule.example) {
        (Some(pattern), _, _) => pattern.clone(),
        (None, Some(code), _) => Pattern::of(code.code.clone()),
        (None, None, Some(example)) if rule.digits_min <= 3 => Pattern::of(example.clone()),
        (None, None, _) => Pattern::of(format!("7{}", "#".repeat(rule.digits_max.min(10) - 1))),
    };
    filled_category(row, &pattern, act).map(Some)
}
