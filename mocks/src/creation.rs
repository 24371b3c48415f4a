//! Bills made on command: by the controls, many at once, or by the form. What is not given is filled in.

use domain::{Bill, BillId, ConfirmationNumber, CustomerNumber, Date, PaymentCategory, Yen, random};
use serde::Deserialize;

use crate::bills::{self, NewBill, OnSite, StoredBill};
use crate::institutions::{Institution, NumberRule, days_later};
use crate::mocks::{Collector, Mocks};
use crate::store::StoreError;

/// Most bills that one command makes.
pub const COUNT_MAX: u32 = 10_000;

/// Digits of a generated 納付番号 or お客様番号, where its collector allows so many.
const CUSTOMER_DIGITS: usize = 16;

/// The last digits of a generated number count up within one command.
const COUNTED_DIGITS: usize = 5;

const AMOUNT_DEFAULT: Yen = Yen::new(10_000);

/// What an institution's bill is to look like; everything may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BillRequest {
    /// So many bills with different customer numbers; one where absent.
    pub count: Option<u32>,
    /// 納付番号 or お客様番号; generated where absent.
    pub customer_number: Option<String>,
    /// 確認番号; generated where absent.
    pub confirmation_number: Option<String>,
    /// 納付区分; generated where absent.
    pub payment_category: Option<String>,
    /// The collector's id; generated where absent.
    pub bill_id: Option<String>,
    /// 納付者氏名.
    pub payer: Option<String>,
    /// 納付内容.
    pub contents: Option<String>,
    /// In yen, the late charge included.
    pub amount: Option<i64>,
    /// In yen.
    pub fee: Option<i64>,
    /// In yen.
    pub late_charge: Option<i64>,
    /// 納期限; thirty days on where absent.
    pub due: Option<Date>,
    /// 消込期限; the due date where absent.
    pub clear_by: Option<Date>,
    /// The first day of payment.
    pub payable_from: Option<Date>,
    /// `normal`, `already_paid`, `expired`, `not_yet`, `unavailable` or `stopped`.
    pub scenario: Option<String>,
}

/// The scenarios with their names on the page.
pub const SCENARIOS: [(&str, &str); 6] = [
    ("normal", "払える請求"),
    ("already_paid", "支払済(B201)"),
    ("expired", "期限切れ(B202)"),
    ("not_yet", "未到来(B204)"),
    ("unavailable", "内容を取得できない(A101)"),
    ("stopped", "番号の照会を停止中(B205)"),
];

/// A field that cannot be what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FieldRefused {
    /// Its name.
    pub field: &'static str,
    /// What to correct, for the page.
    pub message: &'static str,
}

/// Why bills were not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The request.
    #[error(transparent)]
    Field(#[from] FieldRefused),
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the bills in one transaction: all or none.
pub async fn create(
    mocks: &Mocks,
    collector: &Collector,
    request: &BillRequest,
) -> Result<Vec<StoredBill>, CreateError> {
    let count = request.count.unwrap_or(1);
    if !(1..=COUNT_MAX).contains(&count) {
        return Err(FieldRefused { field: "count", message: "件数は 1 から 10,000 までです。" }.into());
    }
    if count > 1 && (request.customer_number.is_some() || request.bill_id.is_some()) {
        let message = "番号を指定できるのは 1 件のときだけです。";
        return Err(FieldRefused { field: "count", message }.into());
    }
    let now = mocks.config().clock.now();
    let institution = &collector.institution;
    let prefix = random_digits(customer_digits(institution) - COUNTED_DIGITS);
    let mut write = mocks.store().write().await?;
    let mut made = Vec::new();
    for index in 0..count {
        let generated = format!("{prefix}{index:05}");
        let new = complete(institution, request, &generated, now.date())?;
        if !bills::insert(&mut write, &institution.number, &new, now).await? {
            let message = "その請求番号はすでに使われています。";
            return Err(FieldRefused { field: "bill_id", message }.into());
        }
        made.push(new.kept(0, now));
    }
    write.commit().await.map_err(StoreError::from)?;
    Ok(made)
}

/// The digits of a generated 納付番号 or お客様番号.
pub fn customer_digits(institution: &Institution) -> usize {
    let rule = &institution.customer_number;
    CUSTOMER_DIGITS.clamp(rule.digits_min, rule.digits_max).max(COUNTED_DIGITS)
}

fn complete(
    institution: &Institution,
    request: &BillRequest,
    generated: &str,
    today: Date,
) -> Result<NewBill, FieldRefused> {
    let refused = |field, message| FieldRefused { field, message };
    let scenario = request.scenario.as_deref().unwrap_or("normal");
    if !SCENARIOS.iter().any(|(word, _)| *word == scenario) {
        return Err(refused("scenario", "種類を選んでください。"));
    }
    let customer = request.customer_number.as_deref().unwrap_or(generated);
    let customer_number = CustomerNumber::parse_typed(customer)
        .ok()
        .filter(|number| institution.customer_number.fits(number.as_str()))
        .ok_or(refused("customer_number", "番号のけた数が収納機関のものではありません。"))?;
    let rule = &institution.confirmation_number;
    let confirmation_number = match request.confirmation_number.as_deref() {
        Some(text) => ConfirmationNumber::parse_typed(text).ok(),
        None => random_digits(rule.digits_max).parse().ok(),
    }
    .filter(|number: &ConfirmationNumber| rule.fits(number.as_str()))
    .ok_or(refused("confirmation_number", "確認番号のけた数が収納機関のものではありません。"))?;
    let payment_category =
        category(institution.payment_category.as_ref(), request.payment_category.as_deref())
            .map_err(|()| refused("payment_category", "納付区分のけた数が収納機関のものではありません。"))?;
    let bill_id = match request.bill_id.as_deref() {
        Some(text) => text.parse::<BillId>(),
        None => format!("B{}", random::opaque_id().get(..15).unwrap_or_default()).parse(),
    }
    .map_err(|_| refused("bill_id", "請求番号は 1〜20 文字の英数字・記号です。"))?;
    let (due, clear_by, payable_from) = days(request, scenario, today);
    let bill = Bill {
        id: bill_id,
        payer: text(request.payer.as_deref(), "株式会社見本商事", 40)
            .ok_or(refused("payer", "納付者氏名は 40 文字までです。"))?,
        contents: text(request.contents.as_deref(), default_contents(institution), 60)
            .ok_or(refused("contents", "納付内容は 60 文字までです。"))?,
        amount: yen(request.amount, AMOUNT_DEFAULT, 1)
            .ok_or(refused("amount", "金額は 1 円から 99,999,999,999 円までです。"))?,
        fee: yen(request.fee, Yen::ZERO, 0)
            .ok_or(refused("fee", "手数料は 0 円から 99,999,999,999 円までです。"))?,
        late_charge: yen(request.late_charge, Yen::ZERO, 0)
            .ok_or(refused("late_charge", "延滞金は 0 円から 99,999,999,999 円までです。"))?,
        due: Some(due),
        clear_by: Some(clear_by),
    };
    Ok(NewBill {
        bill,
        customer_number,
        confirmation_number,
        payment_category,
        payable_from,
        paid_elsewhere: scenario == "already_paid",
        scenario: scenario.to_owned(),
        on_site: OnSite::new(),
    })
}

fn days(request: &BillRequest, scenario: &str, today: Date) -> (Date, Date, Option<Date>) {
    let due_default = if scenario == "expired" { -1 } else { 30 };
    let due = request.due.unwrap_or_else(|| days_later(today, due_default));
    let clear_by = request.clear_by.unwrap_or(due);
    let first = (scenario == "not_yet").then(|| days_later(today, 20));
    (due, clear_by, request.payable_from.or(first))
}

fn category(rule: Option<&NumberRule>, given: Option<&str>) -> Result<Option<PaymentCategory>, ()> {
    let Some(rule) = rule else { return if given.is_none() { Ok(None) } else { Err(()) } };
    let digits = match (given, &rule.example) {
        (Some(given), _) => given.to_owned(),
        // a short one names the charge and is the same on many slips; a long one names the slip
        (None, Some(example)) if rule.digits_max <= 3 => example.clone(),
        (None, _) => format!("7{}", random_digits(rule.digits_max.min(10).saturating_sub(1))),
    };
    let number = PaymentCategory::parse_typed(&digits).map_err(|_| ())?;
    if rule.fits(number.as_str()) { Ok(Some(number)) } else { Err(()) }
}

/// 納付内容 of a bill for which none is given.
pub fn default_contents(institution: &Institution) -> &str {
    institution.charges.first().map_or("払込金", |charge| charge.name.as_str())
}

pub fn text(given: Option<&str>, default: &str, chars_max: usize) -> Option<String> {
    let text = given.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(default);
    let is_hidden = |c: char| {
        // control characters, and those that change the direction of writing
        let turns_mark = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}');
        turns_mark || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') || c.is_control()
    };
    let fits = !text.chars().any(is_hidden) && text.chars().count() <= chars_max;
    fits.then(|| text.to_owned())
}

fn yen(given: Option<i64>, default: Yen, least: i64) -> Option<Yen> {
    let amount = given.map_or(default, Yen::new);
    (least..=domain::money::AMOUNT_MAX.get()).contains(&amount.get()).then_some(amount)
}

/// So many random digits, at most 39.
pub fn random_digits(count: usize) -> String {
    let digits = format!("{:039}", u128::from_le_bytes(random::bytes::<16>()));
    let from = digits.len().saturating_sub(count);
    digits.get(from..).unwrap_or_default().to_owned()
}
