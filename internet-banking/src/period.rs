//! The first and the last day of a search, as a form asks for them.

use chrono::NaiveTime;
use domain::{Date, Timestamp};
use edge::Errors;

/// Reads `from` and `until` as they were typed. Where no last day is typed it is today, and where no first one is, the
/// one that `first` answers for the last. No day before `earliest` is searched.
pub(crate) fn days(
    (from, until): (&str, &str),
    today: Date,
    first: impl FnOnce(Date) -> Date,
    earliest: Date,
) -> Result<(Date, Date), Errors> {
    let mut errors = Errors::none();
    let mut day = |typed: &str, field: &'static str, default: Date| match typed.trim() {
        "" => default,
        typed => typed.parse().unwrap_or_else(|_| {
            errors.add(field, "日付を「2026-11-24」のように入力してください。");
            default
        }),
    };
    let until = day(until, "until", today);
    let from = day(from, "from", first(until).max(earliest).min(until));
    if errors.is_empty() && from > until {
        errors.add("from", "開始日は終了日以前の日付にしてください。");
    }
    if errors.is_empty() && from < earliest {
        errors.add("from", format!("{earliest}以降の日付を入力してください。"));
    }
    if errors.is_empty() { Ok((from, until)) } else { Err(errors) }
}

/// From the first instant of the first day until before the day behind the last.
pub(crate) fn instants((from, until): (Date, Date)) -> (Timestamp, Timestamp) {
    let after = until.succ_opt().unwrap_or(until);
    (Timestamp::from_jst(from, NaiveTime::MIN), Timestamp::from_jst(after, NaiveTime::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_has_two_days_in_their_order_within_what_can_be_seen() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let (today, earliest) = (day("2026-11-24"), day("2025-10-24"));
        let read = |from, until| days((from, until), today, |until| until.pred_opt().unwrap(), earliest);
        assert_eq!(read("", ""), Ok((day("2026-11-23"), today)));
        assert_eq!(read("2025-10-24", "2025-10-24"), Ok((earliest, earliest)));
        assert_eq!(read("", "2025-10-24"), Ok((earliest, earliest)));
        for (from, until, field) in [
            ("2025-10-23", "", "from"),
            ("2026-11-25", "2026-11-24", "from"),
            ("x", "", "from"),
            ("", "2026-02-30", "until"),
        ] {
            assert!(read(from, until).unwrap_err().of(field).is_some(), "{from} {until}");
        }
        let (from, until) = instants((today, today));
        assert_eq!(until.seconds_since(from), 86_400);
    }
}
