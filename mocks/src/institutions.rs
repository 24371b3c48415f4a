//! The rows of the institutions' data that are available, read by a reader of the mocks' own.

use domain::{CollectorNumber, Date, Hours, PaymentCategory, Timestamp, Yen};
use serde::Deserialize;

use crate::data::DataError;

/// The list that is part of the program.
pub(crate) const TEXT: &str = include_str!("../../collectors/data/collectors.toml");

/// 国庫金収納, 地公体収納 or 一般収納.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The business program decides before the answer, and may refuse a clearing.
    National,
    /// Always answers normal; clears provisionally what does not match.
    Local,
    /// As local, without 納付区分.
    Private,
}

impl Kind {
    /// The kind that a message's 業務種別 names.
    pub fn of_word(word: &str) -> Option<Self> {
        match word {
            "national" => Some(Self::National),
            "local" => Some(Self::Local),
            "private" => Some(Self::Private),
            _ => None,
        }
    }

    /// The name on the pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::National => "国",
            Self::Local => "地方公共団体",
            Self::Private => "民間",
        }
    }

    /// Whether a clearing can be refused.
    pub const fn may_refuse(self) -> bool {
        matches!(self, Self::National)
    }
}

/// How a number of the slip is called and how wide it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NumberRule {
    /// The institution's own name of the number.
    pub label: String,
    /// Fewest digits.
    pub digits_min: usize,
    /// Most digits.
    pub digits_max: usize,
    /// A number as it looks on a slip.
    pub example: Option<String>,
}

impl NumberRule {
    /// Whether `digits` has a width that the institution uses.
    pub fn fits(&self, digits: &str) -> bool {
        (self.digits_min..=self.digits_max).contains(&digits.len())
    }
}

/// What becomes of a bill that is not paid by its due date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterDue {
    /// It cannot be paid here any more.
    Refused,
    /// It is paid together with a charge of that name.
    WithLateCharge(String),
    /// It is paid; a charge of that name is asked for apart.
    LateChargeApart(String),
    /// It is paid for so long.
    PayableFor(Span),
    /// It cannot be paid any more, and this is lost.
    RightLost(String),
    /// Each bill says.
    #[default]
    AsBilled,
}

/// A span of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Days.
    Days(u32),
    /// Months.
    Months(u32),
    /// Years.
    Years(u32),
}

/// A charge that an institution collects.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Charge {
    /// Its name on the list.
    pub name: String,
    /// What becomes of an overdue bill.
    #[serde(default)]
    pub after_due: AfterDue,
}

/// A 納付区分 with the tax that it means.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Code {
    /// Its digits.
    pub code: String,
    /// The tax.
    pub charge: String,
}

/// An institution as its mock needs it.
#[derive(Clone, Debug)]
pub struct Institution {
    /// 収納機関番号.
    pub number: CollectorNumber,
    /// 収納機関コード.
    pub code: String,
    /// 国, 地方 or 民間.
    pub kind: Kind,
    /// The name as the bank shows it: the listed one, with today's behind it where it differs.
    pub name: String,
    /// 納付番号 or お客様番号.
    pub customer_number: NumberRule,
    /// 確認番号.
    pub confirmation_number: NumberRule,
    /// 納付区分, where its slips have one.
    pub payment_category: Option<NumberRule>,
    /// Whether the payer types the amount of whatever is paid.
    pub payer_types_amount: bool,
    /// Whether the payer may type the numbers: オンライン方式.
    pub takes_typed_numbers: bool,
    /// Whether its site hands bills over: 情報リンク方式.
    pub offers_link: bool,
    /// Whether the payer chooses how much of a bill is paid.
    pub payer_chooses_amount: bool,
    /// Whether one customer number may have several bills.
    pub several_bills: bool,
    /// The digits of a 納付目的コード, which stands in the place of 納付区分 and brings an amount that the payer typed.
    pub purpose_digits: Vec<usize>,
    /// What it collects.
    pub charges: Vec<Charge>,
    /// Which 納付区分 means which tax, where its slips have a short one.
    pub codes: Vec<Code>,
    /// Whom payers ask.
    pub contact: String,
    /// When it answers.
    pub hours: Hours,
    fee: FeeTable,
}

/// The fee that the payer may have to bear.
#[derive(Clone, Debug, Default, Deserialize)]
struct FeeTable {
    steps: Vec<FeeStep>,
}

#[derive(Clone, Debug, Deserialize)]
struct FeeStep {
    from: i64,
    fee: i64,
}

impl Institution {
    /// The fee that its table has for an amount.
    pub fn fee(&self, amount: Yen) -> Yen {
        let step = self.fee.steps.iter().rfind(|step| step.from <= amount.get());
        step.map_or(Yen::ZERO, |step| Yen::new(step.fee))
    }

    /// Whether its bills can have a fee that the payer bears.
    pub fn has_fee(&self) -> bool {
        !self.fee.steps.is_empty()
    }

    /// Whether it answers at that instant of business time.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.hours.is_open(at)
    }

    /// The 納付目的コード that stands in the place of 納付区分, if one does.
    pub fn purpose<'c>(&self, category: Option<&'c PaymentCategory>) -> Option<&'c PaymentCategory> {
        category.filter(|category| self.purpose_digits.contains(&category.as_str().len()))
    }

    /// The centre code in messages: `C00200`.
    pub fn centre(&self) -> String {
        format!("C{}", self.number)
    }
}

// keys that the mocks do not use are ignored, so that the data can grow
#[derive(Deserialize)]
struct File {
    collector: Vec<toml::Table>,
}

#[derive(Deserialize)]
struct Row {
    number: String,
    code: Option<String>,
    kind: Kind,
    name: String,
    name_today: Option<String>,
    customer_number: NumberRule,
    confirmation_number: NumberRule,
    payment_category: Option<Category>,
    contact: Option<String>,
    amount: Option<String>,
    methods: Vec<String>,
    #[serde(default)]
    several_bills: bool,
    #[serde(default)]
    fee: FeeTable,
    #[serde(default)]
    purpose_digits: Vec<usize>,
    charges: Vec<Charge>,
    hours: Option<Hours>,
}

#[derive(Deserialize)]
struct Category {
    #[serde(flatten)]
    rule: NumberRule,
    #[serde(default)]
    codes: Vec<Code>,
}

/// The institutions of a list that are available, as they are on `today`.
pub(crate) fn read(text: &str, today: Date) -> Result<Vec<Institution>, DataError> {
    let file: File = toml::from_str(text)?;
    let available = |row: &toml::Table| row.get("available").and_then(toml::Value::as_bool) == Some(true);
    file.collector.into_iter().filter(available).map(|row| institution(on(row, today)?)).collect()
}

/// A row with the changes that apply on a day.
fn on(mut row: toml::Table, today: Date) -> Result<Row, DataError> {
    let changes = row.remove("changes");
    for change in changes.as_ref().and_then(toml::Value::as_array).into_iter().flatten() {
        let change = change.as_table().cloned().unwrap_or_default();
        let from = change.get("from").and_then(toml::Value::as_str).and_then(|day| day.parse::<Date>().ok());
        if from.is_some_and(|from| from <= today) {
            row.extend(change);
        }
    }
    Ok(row.try_into()?)
}

fn institution(row: Row) -> Result<Institution, DataError> {
    let number: CollectorNumber = row.number.parse().map_err(|_| DataError::Number(row.number.clone()))?;
    let (payment_category, codes) = row.payment_category.map(|it| (it.rule, it.codes)).unzip();
    Ok(Institution {
        code: row.code.unwrap_or_else(|| number.code()),
        number,
        kind: row.kind,
        name: match row.name_today {
            Some(today) => format!("{}(現 {today})", row.name),
            None => row.name,
        },
        customer_number: row.customer_number,
        confirmation_number: row.confirmation_number,
        payment_category,
        codes: codes.unwrap_or_default(),
        payer_types_amount: row.amount.as_deref() == Some("typed"),
        payer_chooses_amount: row.amount.as_deref() == Some("chosen_on_site"),
        takes_typed_numbers: row.methods.iter().any(|method| method == "online"),
        offers_link: row.methods.iter().any(|method| method == "link"),
        several_bills: row.several_bills,
        fee: row.fee,
        charges: row.charges,
        contact: row.contact.unwrap_or_default(),
        purpose_digits: row.purpose_digits,
        hours: row.hours.unwrap_or_else(Hours::always),
    })
}

/// The business day a number of days away; the same day at the ends of the calendar.
pub fn days_later(day: Date, days: i64) -> Date {
    chrono::TimeDelta::try_days(days).and_then(|delta| day.checked_add_signed(delta)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn every_available_row_is_mocked() {
        let all = read(TEXT, day("2026-11-24")).unwrap();
        let available = TEXT.lines().filter(|line| *line == "available = true").count();
        assert_eq!(all.len(), available);
        let tax = all.iter().find(|row| row.number.as_str() == "00200").unwrap();
        assert_eq!((tax.code.as_str(), tax.kind), ("00200000", Kind::National));
        assert_eq!(tax.customer_number.digits_max, 16);
        assert!(tax.payment_category.is_some());
        let purpose = |digits: &str| tax.purpose(Some(&digits.parse().unwrap())).is_some();
        assert!(purpose("3204507") && purpose("03045080401") && !purpose("7000001234"));
        assert!(all.iter().all(|one| one.payer_types_amount == (one.number.as_str() == "99090")));
        assert!(all.iter().all(|one| one.payment_category.is_none() || one.kind != Kind::Private));
    }

    #[test]
    fn a_change_applies_from_its_day() {
        let name = |text: &str| {
            let all = read(TEXT, day(text)).unwrap();
            all.into_iter().find(|row| row.number.as_str() == "00500").unwrap().name
        };
        assert_eq!(name("2009-12-31"), "社会保険庁");
        assert_eq!(name("2010-01-01"), "社会保険庁(現 厚生労働省年金局)");
    }

    #[test]
    fn unknown_keys_are_ignored_and_a_missing_one_is_named() {
        let row = "[[collector]]\nnumber = \"00100\"\navailable = true\nnew = 1\n";
        let error = read(row, day("2026-11-24")).unwrap_err().to_string();
        assert!(error.contains("missing field `kind`"), "{error}");
        assert_eq!(read("[[collector]]\nnew = 1\n", day("2026-11-24")).unwrap().len(), 0);
    }
}
