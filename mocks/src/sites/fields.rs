//! The fields of a site's forms, and what a visitor typed into them.

use std::collections::{BTreeMap, HashMap};

use chrono::Datelike as _;
use domain::{Date, Yen, numbers};
use serde::Deserialize;

use crate::creation;

/// Most choices of one field.
const CHOICES_MAX: usize = 60;

/// Digits of an amount or a count that is typed.
const NUMBER_DIGITS_MAX: usize = 11;

/// One of several things to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What the visitor reads.
    pub label: String,
    /// What an amount is made of, in yen.
    #[serde(default)]
    pub amount: i64,
    /// What a number is made of.
    #[serde(default)]
    pub digits: String,
    /// Its name on the bill; the label where empty.
    #[serde(default)]
    pub short: String,
}

/// What a field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line of text with so many characters at most.
    Text(usize),
    /// Yen between two bounds.
    Amount(i64, i64),
    /// A whole number between two bounds.
    Count(i64, i64),
    /// Digits of such a width.
    Digits(usize, usize),
    /// One of these.
    Choice(Vec<Choice>),
    /// A month, so many before and after the present one.
    Month(i32, i32),
    /// A fiscal year, so many before and after the present one.
    Year(i32, i32),
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub id: String,
    /// Its label.
    pub label: String,
    /// What helps to fill it.
    pub hint: String,
    /// What stands in it at first.
    pub value: String,
    /// What it takes.
    pub kind: Kind,
}

/// A field as it is written: the kind is the one key of it that says one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawField {
    id: String,
    label: String,
    #[serde(default)]
    hint: String,
    #[serde(default)]
    value: String,
    chars: Option<usize>,
    amount: Option<(i64, i64)>,
    count: Option<(i64, i64)>,
    digits: Option<(usize, usize)>,
    choices: Option<Vec<RawChoice>>,
    month: Option<(i32, i32)>,
    year: Option<(i32, i32)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawChoice {
    Label(String),
    Whole(Choice),
}

impl TryFrom<RawField> for Field {
    type Error = String;
    fn try_from(raw: RawField) -> Result<Self, String> {
        let choice = |raw| match raw {
            RawChoice::Label(label) => Choice { label, ..Choice::default() },
            RawChoice::Whole(choice) => choice,
        };
        let kinds = [
            raw.chars.map(Kind::Text),
            raw.amount.map(|(least, most)| Kind::Amount(least, most)),
            raw.count.map(|(least, most)| Kind::Count(least, most)),
            raw.digits.map(|(least, most)| Kind::Digits(least, most)),
            raw.choices.map(|list| Kind::Choice(list.into_iter().map(choice).collect())),
            raw.month.map(|(from, to)| Kind::Month(from, to)),
            raw.year.map(|(from, to)| Kind::Year(from, to)),
        ];
        let mut kinds = kinds.into_iter().flatten();
        let (Some(kind), None) = (kinds.next(), kinds.next()) else {
            return Err(format!("field {} has one kind", raw.id));
        };
        let is_sound = match &kind {
            Kind::Text(most) => (1..=60).contains(most),
            Kind::Amount(least, most) => {
                *least >= 1 && least <= most && *most <= domain::money::AMOUNT_MAX.get()
            }
            Kind::Count(least, most) => *least >= 0 && least <= most && *most <= 1_000_000,
            Kind::Digits(least, most) => *least >= 1 && least <= most && *most <= 20,
            Kind::Choice(list) => (1..=CHOICES_MAX).contains(&list.len()),
            Kind::Month(from, to) | Kind::Year(from, to) => from <= to && *from >= -60 && *to <= 60,
        };
        let is_name = !raw.id.is_empty() && raw.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if !is_sound || !is_name || raw.id == "csrf" || raw.id == "action" {
            return Err(format!("field {} has wrong bounds or a wrong name", raw.id));
        }
        Ok(Self { id: raw.id, label: raw.label, hint: raw.hint, value: raw.value, kind })
    }
}

/// What a field was filled with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Value {
    /// In words, for the bill.
    pub shown: String,
    /// For amounts.
    pub number: i64,
    /// For numbers.
    pub digits: String,
    /// The first day of what was chosen, for days.
    pub day: Option<Date>,
}

/// The fields by name.
pub type Values = BTreeMap<String, Value>;

/// A field that has to be corrected, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The field; empty for the form.
    pub field: String,
    /// In the visitor's words.
    pub message: String,
}

/// Reads a form.
pub fn read(fields: &[Field], typed: &HashMap<String, String>, today: Date) -> Result<Values, Vec<Wrong>> {
    let mut values = Values::new();
    let mut wrong = Vec::new();
    for field in fields {
        let text = typed.get(&field.id).map_or("", |text| text.trim());
        match field.read(text, today) {
            Ok(value) => {
                values.insert(field.id.clone(), value);
            }
            Err(message) => wrong.push(Wrong { field: field.id.clone(), message }),
        }
    }
    if wrong.is_empty() { Ok(values) } else { Err(wrong) }
}

impl Field {
    fn read(&self, text: &str, today: Date) -> Result<Value, String> {
        let label = &self.label;
        match &self.kind {
            Kind::Text(most) => {
                if text.is_empty() {
                    return Err(format!("{label}を入力してください。"));
                }
                let kept = creation::text(Some(text), "", *most);
                let shown = kept.ok_or_else(|| format!("{label}は {most} 文字までで入力してください。"))?;
                Ok(Value { shown, ..Value::default() })
            }
            Kind::Amount(least, most) | Kind::Count(least, most) => {
                let number = number(text).filter(|number| (least..=most).contains(&number));
                let number = number.ok_or_else(|| {
                    let (least, most) = (Yen::new(*least), Yen::new(*most));
                    format!("{label}は {least} から {most} までの数字で入力してください。")
                })?;
                Ok(Value { shown: Yen::new(number).to_string(), number, ..Value::default() })
            }
            Kind::Digits(least, most) => {
                let digits = numbers::digits_typed(text, *least, *most).map_err(|_| {
                    if least == most {
                        format!("{label}は {most} けたの数字で入力してください。")
                    } else {
                        format!("{label}は {least} から {most} けたの数字で入力してください。")
                    }
                })?;
                Ok(Value { shown: digits.clone(), digits, ..Value::default() })
            }
            Kind::Choice(list) => {
                let chosen = text.parse::<usize>().ok().and_then(|position| list.get(position));
                let chosen = chosen.ok_or_else(|| format!("{label}を選んでください。"))?;
                let shown = if chosen.short.is_empty() { &chosen.label } else { &chosen.short };
                Ok(Value {
                    shown: shown.clone(),
                    number: chosen.amount,
                    digits: chosen.digits.clone(),
                    day: None,
                })
            }
            Kind::Month(..) | Kind::Year(..) => {
                let options = self.periods(today);
                let chosen = options.into_iter().find(|(word, _, _)| word == text);
                let (_, shown, day) = chosen.ok_or_else(|| format!("{label}を選んでください。"))?;
                Ok(Value { shown, day: Some(day), ..Value::default() })
            }
        }
    }

    /// What can be chosen: the word that is sent, what is shown, and whether it is chosen at first.
    pub fn options(&self, typed: Option<&str>, today: Date) -> Vec<(String, String, bool)> {
        let options: Vec<(String, String)> = match &self.kind {
            Kind::Choice(list) => {
                let numbered = list.iter().enumerate();
                numbered.map(|(position, choice)| (position.to_string(), choice.label.clone())).collect()
            }
            _ => self.periods(today).into_iter().map(|(word, shown, _)| (word, shown)).collect(),
        };
        // the present month or year, else the first
        let first = match &self.kind {
            Kind::Month(from, _) | Kind::Year(from, _) if self.value.is_empty() => {
                let position = usize::try_from(-from).unwrap_or_default();
                options.get(position).or(options.first()).map(|(word, _)| word.clone())
            }
            Kind::Month(..) | Kind::Year(..) => self.relative(today),
            _ => Some(self.value.clone()),
        };
        let chosen = typed.map(str::to_owned).or(first).unwrap_or_default();
        options.into_iter().map(|(word, shown)| (word.clone(), shown, word == chosen)).collect()
    }

    /// The word of the period so many after the present one, as `value` says.
    fn relative(&self, today: Date) -> Option<String> {
        let wanted: i32 = self.value.parse().ok()?;
        let (Kind::Month(from, _) | Kind::Year(from, _)) = self.kind else { return None };
        let position = usize::try_from(wanted.checked_sub(from)?).ok()?;
        self.periods(today).into_iter().nth(position).map(|(word, _, _)| word)
    }

    fn periods(&self, today: Date) -> Vec<(String, String, Date)> {
        match self.kind {
            Kind::Month(from, to) => (from..=to)
                .filter_map(|away| {
                    let first = first_of_month(today, away)?;
                    let shown = format!("{}{}月", japanese_year(first.year()), first.month());
                    Some((first.format("%Y-%m").to_string(), shown, first))
                })
                .collect(),
            Kind::Year(from, to) => {
                let present = if today.month() < 4 { today.year() - 1 } else { today.year() };
                let day = |year| Date::from_ymd_opt(year, 4, 1).map(|day| (year, day));
                (from..=to)
                    .filter_map(|away| day(present + away))
                    .map(|(year, day)| (year.to_string(), format!("{}度", japanese_year(year)), day))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// What the form starts with.
    #[cfg(test)]
    pub fn first(&self, today: Date) -> String {
        match self.kind {
            Kind::Choice(_) | Kind::Month(..) | Kind::Year(..) => {
                let options = self.options(None, today);
                let chosen = options.iter().find(|(_, _, chosen)| *chosen).or(options.first());
                chosen.map(|(word, _, _)| word.clone()).unwrap_or_default()
            }
            _ => self.value.clone(),
        }
    }
}

fn number(text: &str) -> Option<i64> {
    let typed = text.replace([',', '，', '円'], "");
    numbers::digits_typed(&typed, 1, NUMBER_DIGITS_MAX).ok()?.parse().ok()
}

fn first_of_month(today: Date, away: i32) -> Option<Date> {
    let months = today.year().checked_mul(12)?.checked_add(i32::try_from(today.month0()).ok()?)?;
    let months = months.checked_add(away)?;
    let month = u32::try_from(months.rem_euclid(12)).ok()?;
    Date::from_ymd_opt(months.div_euclid(12), month + 1, 1)
}

/// `令和8年`; the year of our era before 2019, which no form offers.
pub fn japanese_year(year: i32) -> String {
    match year - 2018 {
        1 => "令和元年".to_owned(),
        count if count > 1 => format!("令和{count}年"),
        _ => format!("{year}年"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> Field {
        toml::from_str::<RawField>(text).map_err(|error| error.to_string()).and_then(Field::try_from).unwrap()
    }

    fn today() -> Date {
        Date::from_ymd_opt(2026, 11, 24).unwrap()
    }

    fn read_one(field: &Field, text: &str) -> Result<Value, String> {
        field.read(text, today())
    }

    #[test]
    fn amounts_and_digits_are_read_as_people_type_them() {
        let amount = field("id = \"a\"\nlabel = \"金額\"\namount = [100, 50_000]");
        assert_eq!(read_one(&amount, "１,２００円").unwrap().number, 1_200);
        for wrong in ["99", "50001", "", "-5", "12.5", "一万"] {
            assert_eq!(
                read_one(&amount, wrong).unwrap_err(),
                "金額は 100 から 50,000 までの数字で入力してください。"
            );
        }
        let digits = field("id = \"d\"\nlabel = \"番号\"\ndigits = [4, 4]");
        assert_eq!(read_one(&digits, "12-34").unwrap().digits, "1234");
        assert_eq!(read_one(&digits, "123").unwrap_err(), "番号は 4 けたの数字で入力してください。");
    }

    #[test]
    fn periods_are_those_around_today() {
        let month = field("id = \"m\"\nlabel = \"月分\"\nmonth = [-11, 1]\nvalue = \"-1\"");
        let options = month.options(None, today());
        assert_eq!((options.len(), options[0].1.as_str()), (13, "令和7年12月"));
        assert_eq!(month.first(today()), "2026-10");
        assert!(read_one(&month, "2027-01").is_err(), "not among them");
        assert_eq!(read_one(&month, "2026-12").unwrap().day, Date::from_ymd_opt(2026, 12, 1));
        let year = field("id = \"y\"\nlabel = \"年度\"\nyear = [-1, 0]");
        assert_eq!(year.first(today()), "2026");
        assert_eq!(read_one(&year, "2025").unwrap().shown, "令和7年度");
    }

    #[test]
    fn a_field_has_one_kind_and_sound_bounds() {
        for text in [
            "id = \"a\"\nlabel = \"x\"",
            "id = \"a\"\nlabel = \"x\"\nchars = 10\ncount = [1, 2]",
            "id = \"a\"\nlabel = \"x\"\namount = [0, 5]",
            "id = \"csrf\"\nlabel = \"x\"\nchars = 10",
            "id = \"A\"\nlabel = \"x\"\nchars = 10",
        ] {
            let raw: RawField = toml::from_str(text).unwrap();
            assert!(Field::try_from(raw).is_err(), "{text}");
        }
    }

    #[test]
    fn hidden_characters_and_long_texts_are_refused() {
        let text = field("id = \"t\"\nlabel = \"氏名\"\nchars = 5");
        assert_eq!(read_one(&text, "見本商事").unwrap().shown, "見本商事");
        for wrong in ["", "見本商事会社", "見本\u{202e}", "見\n本"] {
            assert!(read_one(&text, wrong).is_err(), "{wrong:?}");
        }
    }
}
