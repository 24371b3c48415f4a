//! The rules of a site: amounts, days, texts and numbers out of what a visitor filled in. All of it is pure.

use chrono::{Datelike as _, Months};
use domain::{Date, Yen, calendar};
use serde::Deserialize;

use super::fields::{Value, Values};
use crate::creation;
use crate::institutions::days_later;

/// A text with `{field}` in it; `{serial}` is the number of the act, `{today}` its day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Template(String);

/// Digits with `#` for a random one, `=` for the check digit of what stands before it, `{yy}`, `{mm}` and `{dd}`
/// for the day, `{serial}` for the number of the act, and `{field}` for the digits of a field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

/// What an act has of its own.
#[derive(Clone, Debug)]
pub struct Act<'a> {
    /// What was filled in.
    pub values: &'a Values,
    /// Six digits that name it.
    pub serial: &'a str,
    /// The business day.
    pub today: Date,
}

/// A piece of a text with names in it.
enum Piece<'a> {
    Plain(&'a str),
    Name(&'a str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        found.extend([Piece::Plain(before), Piece::Name(name)]);
        rest = behind;
    }
    found.push(Piece::Plain(rest));
    found
}

const OWN_NAMES: [&str; 5] = ["serial", "today", "yy", "mm", "dd"];

fn names(text: &str) -> Vec<String> {
    let name = |piece| match piece {
        Piece::Name(name) if !OWN_NAMES.contains(&name) => Some(name.to_owned()),
        _ => None,
    };
    pieces(text).into_iter().filter_map(name).collect()
}

impl Template {
    /// From a text without names.
    pub fn plain(text: &str) -> Self {
        Self(text.replace(['{', '}'], ""))
    }

    /// The field of that name and nothing else.
    pub fn field(name: &str) -> Self {
        Self(format!("{{{name}}}"))
    }

    /// The fields that it names.
    pub fn names(&self) -> Vec<String> {
        names(&self.0)
    }

    /// The text of an act.
    pub fn fill(&self, act: &Act<'_>) -> String {
        let shown = |piece| match piece {
            Piece::Plain(text) => text.to_owned(),
            Piece::Name("serial") => act.serial.to_owned(),
            Piece::Name("today") => format!("{}月{}日", act.today.month(), act.today.day()),
            Piece::Name(name) => act.values.get(name).map(|value| value.shown.clone()).unwrap_or_default(),
        };
        pieces(&self.0).into_iter().map(shown).collect()
    }
}

impl Pattern {
    /// So many random digits, the last of them a check digit.
    pub fn random(digits: usize) -> Self {
        Self(format!("{}=", "#".repeat(digits.saturating_sub(1))))
    }

    /// As it is written.
    pub fn of(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The fields that it names.
    pub fn names(&self) -> Vec<String> {
        names(&self.0)
    }

    /// Whether another try gives another number.
    pub fn is_drawn(&self) -> bool {
        self.0.contains('#') || self.0.contains("{serial}")
    }

    /// The digits of an act; `draw` gives so many random ones.
    pub fn fill(&self, act: &Act<'_>, draw: impl Fn(usize) -> String) -> String {
        let drawn = draw(self.0.len());
        let mut drawn = drawn.chars();
        let mut digits = String::new();
        for piece in pieces(&self.0) {
            match piece {
                Piece::Plain(text) => {
                    for c in text.chars() {
                        match c {
                            '#' => digits.extend(drawn.next()),
                            '=' => digits.push(check_digit(&digits)),
                            other => digits.push(other),
                        }
                    }
                }
                Piece::Name("serial") => digits += act.serial,
                Piece::Name("yy") => digits += &act.today.format("%y").to_string(),
                Piece::Name("mm") => digits += &act.today.format("%m").to_string(),
                Piece::Name("dd") => digits += &act.today.format("%d").to_string(),
                Piece::Name(name) => {
                    digits += act.values.get(name).map_or("", |value| value.digits.as_str());
                }
            }
        }
        digits
    }
}

/// Luhn's: every second digit from the right counts twice.
fn check_digit(digits: &str) -> char {
    let weighed = digits.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
    let sum: u32 = weighed
        .map(|(place, digit)| match if place.is_multiple_of(2) { digit * 2 } else { digit } {
            two @ 10.. => two - 9,
            one => one,
        })
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

const fn one() -> i64 {
    1
}

/// What a bill is about, in yen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum AmountRule {
    /// Always the same.
    Fixed(i64),
    /// What a field says.
    Field(String),
    /// A sum of products, or a part of it.
    Sum(Sum),
}

/// A sum of products, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    #[serde(default)]
    fixed: i64,
    #[serde(default)]
    terms: Vec<Term>,
    /// The sum is cut to whole units of so many yen.
    #[serde(default = "one")]
    unit: i64,
    /// The n-th of so many equal parts; the first takes what is left over.
    part: Option<(i64, i64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Term {
    field: String,
    by: Option<String>,
    #[serde(default = "one")]
    times: i64,
    #[serde(default = "one")]
    per: i64,
}

impl AmountRule {
    /// The fields that it names.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Fixed(_) => Vec::new(),
            Self::Field(name) => vec![name.clone()],
            Self::Sum(sum) => {
                let both = |term: &Term| [Some(term.field.clone()), term.by.clone()];
                sum.terms.iter().flat_map(both).flatten().collect()
            }
        }
    }

    /// The amount; nothing where it is none that can be paid.
    pub fn amount(&self, values: &Values) -> Option<Yen> {
        let number = |name: &str| values.get(name).map(|value: &Value| value.number);
        let yen = match self {
            Self::Fixed(yen) => *yen,
            Self::Field(name) => number(name)?,
            Self::Sum(sum) => {
                let mut whole = sum.fixed;
                for term in &sum.terms {
                    let by = term.by.as_deref().map_or(Some(1), number)?;
                    let product = number(&term.field)?.checked_mul(by)?.checked_mul(term.times)?;
                    whole = whole.checked_add(product.checked_div(term.per)?)?;
                }
                whole -= whole.checked_rem(sum.unit)?;
                match sum.part {
                    None => whole,
                    Some((place, parts)) => {
                        let part = whole.checked_div(parts)?;
                        if place == 1 { whole - part * (parts - 1) } else { part }
                    }
                }
            }
        };
        (1..=domain::money::AMOUNT_MAX.get()).contains(&yen).then(|| Yen::new(yen))
    }
}

/// A day counted from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayRule {
    /// `today`, `due`, or the field whose month or year begins on the day to count from.
    from: Option<String>,
    #[serde(default)]
    years: u32,
    #[serde(default)]
    months: u32,
    /// Of the month that was come to; 31 is its last.
    day: Option<u32>,
    #[serde(default)]
    days: i64,
    /// Whether a day on which banks are closed gives way to the next on which they are not.
    #[serde(default)]
    business_day: bool,
}

impl DayRule {
    /// So many days on.
    pub fn days(days: i64) -> Self {
        Self { days, ..Self::default() }
    }

    /// The field that it names.
    pub fn name(&self) -> Option<String> {
        self.from.clone().filter(|from| from != "today" && from != "due")
    }

    /// The day; `base` is what it counts from where it says nothing.
    pub fn day(&self, act: &Act<'_>, due: Option<Date>, base: Date) -> Date {
        let from = match self.from.as_deref() {
            None => base,
            Some("today") => act.today,
            Some("due") => due.unwrap_or(base),
            Some(name) => act.values.get(name).and_then(|value| value.day).unwrap_or(base),
        };
        let months = Months::new(self.years * 12 + self.months);
        let day = from.checked_add_months(months).unwrap_or(from);
        let day = self.day.map_or(day, |wanted| in_month(day, wanted));
        let day = days_later(day, self.days);
        if self.business_day { calendar::business_day_from(day) } else { day }
    }
}

fn in_month(day: Date, wanted: u32) -> Date {
    let last = (28..=31).rev().find_map(|last| day.with_day(last)).unwrap_or(day);
    day.with_day(wanted).unwrap_or(last)
}

/// Random digits for the numbers of an act.
pub fn draw(count: usize) -> String {
    creation::random_digits(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn values() -> Values {
        let value = |number, digits: &str, shown: &str, day| Value {
            number,
            digits: digits.to_owned(),
            shown: shown.to_owned(),
            day,
        };
        Values::from([
            ("pay".to_owned(), value(1_234_567, "", "1,234,567", None)),
            ("count".to_owned(), value(3, "", "3", None)),
            ("tax".to_owned(), value(0, "030", "法人税", None)),
            ("month".to_owned(), value(0, "", "令和8年10月", Some(day("2026-10-01")))),
        ])
    }

    fn with_act(test: impl Fn(&Act<'_>)) {
        test(&Act { values: &values(), serial: "004518", today: day("2026-11-24") });
    }

    #[test]
    fn texts_and_numbers_are_filled_in() {
        with_act(|act| {
            let text = Template("{tax} 受付{serial} {today} {count}件".to_owned());
            assert_eq!(text.fill(act), "法人税 受付004518 11月24日 3件");
            let number = Pattern::of("20{yy}{mm}{dd}{tax}##{serial}=");
            assert_eq!(number.fill(act, |count| "7".repeat(count)), "20261124030770045187");
            assert!(number.is_drawn() && !Pattern::of("{tax}").is_drawn());
            assert_eq!(number.names(), ["tax"]);
        });
        assert_eq!(check_digit("7992739871"), '3', "the textbook's number");
    }

    #[test]
    fn amounts_are_sums_products_and_parts() {
        let amount = |rule: &str| {
            let rule: toml::Table = toml::from_str(&format!("rule = {rule}")).unwrap();
            rule["rule"].clone().try_into::<AmountRule>().unwrap().amount(&values()).map(Yen::get)
        };
        assert_eq!(amount("500"), Some(500));
        assert_eq!(amount("\"pay\""), Some(1_234_567));
        assert_eq!(amount("{ terms = [{ field = \"pay\", times = 155, per = 10_000 }] }"), Some(19_135));
        assert_eq!(amount("{ fixed = 300, terms = [{ field = \"count\", times = 600 }] }"), Some(2_100));
        assert_eq!(
            amount("{ terms = [{ field = \"pay\", by = \"count\" }], unit = 1_000 }"),
            Some(3_703_000)
        );
        let part =
            |place: i64| amount(&format!("{{ terms = [{{ field = \"pay\" }}], part = [{place}, 4] }}"));
        assert_eq!((part(1), part(2), part(4)), (Some(308_644), Some(308_641), Some(308_641)));
        assert_eq!(amount("{ terms = [{ field = \"tax\" }] }"), None, "nothing is not paid");
        assert_eq!(amount("{ terms = [{ field = \"pay\", times = 9_000_000_000_000 }] }"), None);
        assert_eq!(amount("{ terms = [{ field = \"pay\", per = 0 }] }"), None);
    }

    #[test]
    fn days_are_counted_from_today_the_due_date_or_a_period() {
        with_act(|act| {
            let found = |rule: &str, due: Option<Date>| {
                let rule: DayRule = toml::from_str(rule).unwrap();
                rule.day(act, due, due.unwrap_or(act.today)).to_string()
            };
            assert_eq!(found("days = 30", None), "2026-12-24");
            assert_eq!(found("months = 1\nday = 10", None), "2026-12-10");
            assert_eq!(found("months = 3\nday = 31", None), "2027-02-28");
            assert_eq!(found("from = \"month\"\nmonths = 1\nday = 31", None), "2026-11-30");
            assert_eq!(found("years = 2", Some(day("2026-11-30"))), "2028-11-30");
            assert_eq!(found("from = \"today\"\nmonths = 2", Some(day("2026-11-30"))), "2027-01-24");
            // New Year's Eve to the first day on which banks are open
            assert_eq!(found("months = 1\nday = 31\nbusiness_day = true", None), "2027-01-04");
        });
    }
}
