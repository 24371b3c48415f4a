//! What of a list is asked for: days, direction, amounts, a text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::NaiveTime;
use domain::time::months_before;
use domain::{AccountId, Date, Timestamp, Yen};
use edge::Errors;
use formats::kana::{Class, ZenginText};
use ledger::{Direction, STATEMENT_TEXTS_MAX, StatementQuery};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization as _;

use super::links::List;
use crate::links::escaped;

/// R80, R80b: months that can be looked back at.
const MONTHS_MAX: u32 = 3;
/// Months that a list begins with.
const MONTHS_SHOWN: u32 = 1;
/// Characters of a text that is searched.
const TEXT_CHARS_MAX: usize = 40;

/// What the address asks for, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// `in`, `out` or all.
    pub direction: String,
    /// The smallest amount.
    pub least: String,
    /// The largest amount.
    pub most: String,
    /// Part of 摘要.
    pub text: String,
    /// Where the page before ended.
    pub older: String,
    /// The last line that the browser has.
    pub seen: String,
}

/// The same, understood.
#[derive(Clone, Debug)]
pub struct Search {
    /// What is read.
    pub query: StatementQuery,
    /// The first and the last day.
    pub days: (Date, Date),
    /// Where the page begins.
    pub before: Option<i64>,
    /// The parameters of its address, without the place.
    pub address: String,
    /// Whether more than days is asked for.
    pub is_narrow: bool,
}

impl Search {
    /// Reads it on a day.
    pub fn read(typed: &Typed, account: AccountId, list: List, today: Date) -> Result<Self, Errors> {
        let mut errors = Errors::none();
        let days = days(typed, today, &mut errors);
        let mut yen = |text: &str, field: &'static str| match text.trim() {
            "" => None,
            text => match Yen::parse_typed(text) {
                Ok(yen) => Some(yen),
                Err(_) => {
                    errors.add(field, "金額は数字で入力してください。例: 10000");
                    None
                }
            },
        };
        let (least, most) = (yen(&typed.least, "least"), yen(&typed.most, "most"));
        if let (Some(least), Some(most)) = (least, most)
            && least > most
        {
            errors.add("least", "金額の下限は上限以下にしてください。");
        }
        if typed.text.chars().count() > TEXT_CHARS_MAX {
            errors.add("text", format!("摘要は {TEXT_CHARS_MAX} 文字以内で入力してください。"));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let direction = match typed.direction.as_str() {
            "in" => Some(Direction::In),
            "out" => Some(Direction::Out),
            _ => None,
        };
        let mut address = format!("from={}&until={}", days.0, days.1);
        for (name, value) in [("direction", &typed.direction), ("least", &typed.least), ("most", &typed.most)]
        {
            let plain: String = value.nfkc().filter(char::is_ascii_alphanumeric).collect();
            if !plain.is_empty() {
                let _ = write!(address, "&{name}={plain}");
            }
        }
        if !typed.text.is_empty() {
            let _ = write!(address, "&text={}", escaped(&typed.text));
        }
        let (from, until) = instants(days);
        let query = StatementQuery {
            direction,
            amounts: (least.unwrap_or(Yen::ZERO), most.unwrap_or(Yen::new(i64::MAX))),
            texts: spellings(&typed.text),
            incoming: list == List::Incoming,
            ..StatementQuery::all(account, from, until)
        };
        let is_narrow = direction.is_some() || least.is_some() || most.is_some() || !query.texts.is_empty();
        Ok(Self { query, days, before: typed.older.parse().ok(), address, is_narrow })
    }

    /// The days alone: what files hold that balances go with.
    pub fn whole(&self) -> StatementQuery {
        let StatementQuery { account, from, until, incoming, .. } = self.query;
        StatementQuery { incoming, ..StatementQuery::all(account, from, until) }
    }

    /// The facts of it for the record, without the text.
    pub fn told(&self) -> String {
        format!("from={} until={} narrow={}", self.days.0, self.days.1, self.is_narrow)
    }
}

/// From the first instant of the first day until before the day behind the last.
fn instants(days: (Date, Date)) -> (Timestamp, Timestamp) {
    let after = days.1.succ_opt().unwrap_or(days.1);
    (Timestamp::from_jst(days.0, NaiveTime::MIN), Timestamp::from_jst(after, NaiveTime::MIN))
}

/// The first day that can be asked for.
pub fn earliest(today: Date) -> Date {
    months_before(today, MONTHS_MAX)
}

fn days(typed: &Typed, today: Date, errors: &mut Errors) -> (Date, Date) {
    let mut day = |text: &str, field: &'static str, default: Date| match text.trim() {
        "" => default,
        text => text.parse().unwrap_or_else(|_| {
            errors.add(field, "日付を「2026-11-24」のように入力してください。");
            default
        }),
    };
    let until = day(&typed.until, "until", today);
    let first = months_before(until, MONTHS_SHOWN).max(earliest(today)).min(until);
    let from = day(&typed.from, "from", first);
    if !errors.is_empty() {
        return (from, until);
    }
    if until > today {
        errors.add("until", "終了日は本日までの日付にしてください。");
    }
    if from > until {
        errors.add("from", "開始日は終了日以前の日付にしてください。");
    }
    let earliest = earliest(today);
    if from < earliest {
        errors.add(
            "from",
            format!("{earliest} 以降の日付を入力してください。3か月前の同じ日からご覧になれます。"),
        );
    }
    (from, until)
}

/// The ways in which 摘要 may have a text: as typed, in the usual width, and in Zengin characters.
fn spellings(typed: &str) -> Vec<String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Vec::new();
    }
    let usual: String = typed.nfkc().collect();
    let zengin = ZenginText::typed(typed, Class::Edi).map(|text| text.to_string());
    let all: BTreeSet<String> =
        [Some(typed.to_owned()), Some(usual), zengin.ok()].into_iter().flatten().collect();
    all.into_iter().filter(|text| !text.is_empty()).take(STATEMENT_TEXTS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &Typed, today: &str) -> Result<Search, Errors> {
        Search::read(typed, AccountId::new(1), List::Statement, today.parse().unwrap())
    }

    fn from(from: &str) -> Typed {
        Typed { from: from.to_owned(), ..Typed::default() }
    }

    /// Proves R80, R80b.
    #[test]
    fn three_months_back_to_the_same_day_can_be_asked_for_and_no_day_before() {
        for (today, first, before) in [
            ("2026-11-24", "2026-08-24", "2026-08-23"),
            ("2026-05-31", "2026-02-28", "2026-02-27"),
            ("2028-05-31", "2028-02-29", "2028-02-28"),
            ("2026-12-31", "2026-09-30", "2026-09-29"),
        ] {
            assert_eq!(read(&from(first), today).unwrap().days.0.to_string(), first);
            assert!(read(&from(before), today).unwrap_err().of("from").unwrap().contains(first), "{today}");
        }
    }

    #[test]
    fn a_list_begins_with_a_month_and_ends_today() {
        let search = read(&Typed::default(), "2026-11-24").unwrap();
        assert_eq!(
            (search.days.0.to_string(), search.days.1.to_string()),
            ("2026-10-24".into(), "2026-11-24".into())
        );
        assert!(!search.is_narrow);
        let old = Typed { until: "2026-08-30".to_owned(), ..Typed::default() };
        assert_eq!(read(&old, "2026-11-24").unwrap().days.0.to_string(), "2026-08-24");
    }

    #[test]
    fn each_wrong_field_is_told_at_the_field() {
        let typed = Typed {
            from: "x".to_owned(),
            least: "千".to_owned(),
            most: "-1".to_owned(),
            text: "あ".repeat(41),
            ..Typed::default()
        };
        let errors = read(&typed, "2026-11-24").unwrap_err();
        assert!(
            ["from", "least", "most", "text"].iter().all(|field| errors.of(field).is_some()),
            "{errors:?}"
        );
        let turned = Typed { least: "2".to_owned(), most: "１".to_owned(), ..Typed::default() };
        assert!(read(&turned, "2026-11-24").unwrap_err().of("least").is_some());
        let late = Typed { until: "2026-11-25".to_owned(), ..Typed::default() };
        assert!(read(&late, "2026-11-24").unwrap_err().of("until").is_some());
        let turned = Typed { until: "2026-11-01".to_owned(), ..from("2026-11-02") };
        assert!(read(&turned, "2026-11-24").unwrap_err().of("from").is_some());
    }

    #[test]
    fn the_address_carries_the_search_on() {
        let typed = Typed {
            direction: "in".to_owned(),
            least: "１,000".to_owned(),
            text: "ア&=".to_owned(),
            ..Typed::default()
        };
        let search = read(&typed, "2026-11-24").unwrap();
        let expected = "from=2026-10-24&until=2026-11-24&direction=in&least=1000&text=%E3%82%A2%26%3D";
        assert_eq!(search.address, expected);
        assert!(search.is_narrow && search.whole().direction.is_none());
    }

    #[test]
    fn a_text_is_looked_for_in_every_width() {
        assert_eq!(spellings(" やまだ"), ["やまだ", "ﾔﾏﾀﾞ"]);
        assert_eq!(spellings("ﾔﾏﾀﾞ"), ["ヤマダ", "ﾔﾏﾀﾞ"]);
        assert_eq!(spellings("国税庁"), ["国税庁"]);
        assert!(spellings(" ").is_empty());
    }
}
