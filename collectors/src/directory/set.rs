//! What the bank sets of a collector beside its row, each from a day on: payments to it rest for a while, it keeps
//! other hours, its payers bear another fee. A value is kept as one line of text, which this file reads and tells.

use std::collections::BTreeSet;

use domain::hours::{ClosedSpan, DatedHours, Hours, Window};
use domain::time::year_month_day;
use domain::{CollectorNumber, Date, Yen};

use super::{Collector, FeeStep, FeeTable};

/// Where nothing is set: what the row says.
const AS_LISTED: &str = "row";
/// Payments are taken.
const OPEN: &str = "open";
/// Nothing: no end, no window, no fee.
const NONE: &str = "none";
/// Characters of the reason that payers are told, at most.
pub const CAUSE_CHARS_MAX: usize = 60;
/// Spans of closed days at most.
const SPANS_MAX: usize = 10;
/// Windows of a day at most.
const WINDOWS_MAX: usize = 4;

/// What of a collector the bank sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetPart {
    /// 取扱休止.
    Suspension,
    /// 取扱時間.
    Hours,
    /// 払込手数料.
    Fee,
}

/// 取扱休止: nothing is inquired about or paid; what was sent before goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// The last day; none where nobody knows it yet.
    pub until: Option<Date>,
    /// What payers are told of the reason.
    pub cause: String,
}

/// A value that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetTerm {
    /// Of which collector.
    pub collector: CollectorNumber,
    /// What of it.
    pub part: SetPart,
    /// From which day on.
    pub from: Date,
    /// The value as it is kept.
    pub value: String,
}

impl SetPart {
    /// Every one of them.
    pub const ALL: &[Self] = &[Self::Suspension, Self::Hours, Self::Fee];

    /// The word in addresses and in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Suspension => "suspension",
            Self::Hours => "hours",
            Self::Fee => "fee",
        }
    }

    /// From the word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.code() == code)
    }

    /// What the staff calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Suspension => "取扱休止",
            Self::Hours => "取扱時間",
            Self::Fee => "手数料",
        }
    }

    /// The value where nobody has set one.
    pub fn unset(self) -> String {
        match self {
            Self::Suspension => OPEN,
            Self::Hours | Self::Fee => AS_LISTED,
        }
        .to_owned()
    }

    /// A typed value as it is kept; an error is what is wrong with it.
    pub fn read(self, typed: &str) -> Result<String, &'static str> {
        let typed = typed.trim();
        match self {
            Self::Suspension if typed == OPEN => Ok(OPEN.to_owned()),
            Self::Suspension => {
                let read = Suspension::read(typed).ok_or(
                    "休止の理由を60文字までで、休止の最後の日を 2026-12-03 のように(決まっていなければ空で)入力してください。",
                )?;
                Ok(read.kept())
            }
            Self::Hours | Self::Fee if typed == AS_LISTED => Ok(AS_LISTED.to_owned()),
            Self::Hours => {
                let read = read_hours(typed).ok_or(
                    "取扱時間を 08:30-24:00 のように、休止日を 12-31..01-03 のように入力してください。取り扱わない曜日は none です。",
                )?;
                Ok(kept_hours(&read))
            }
            Self::Fee => {
                let read = read_fee(typed).ok_or(
                    "手数料を 1:110 30000:330(1円から110円、30,000円から330円)のように、金額の小さい順に入力してください。",
                )?;
                Ok(kept_fee(&read))
            }
        }
    }

    /// A kept value in words.
    pub fn shown(self, kept: &str) -> String {
        match self {
            Self::Suspension => Suspension::read(kept).filter(|_| kept != OPEN).map_or_else(
                || "取り扱う".to_owned(),
                |of| format!("休止({}。理由: {})", of.until_words(), of.cause),
            ),
            Self::Hours => read_hours(kept).map_or_else(as_listed, |hours| {
                // its own day is a day on which it holds
                let from = hours.from;
                Hours::try_from(vec![hours]).map_or_else(|_| as_listed(), |hours| hours.text(from))
            }),
            Self::Fee => read_fee(kept).map_or_else(as_listed, |fee| fee.words()),
        }
    }
}

fn as_listed() -> String {
    "一覧表の登録どおり".to_owned()
}

impl Suspension {
    /// `2026-12-03 システム更改のため`; `none` in the place of a day that nobody knows.
    fn read(text: &str) -> Option<Self> {
        let (until, cause) = text.split_once(char::is_whitespace)?;
        let cause = cause.trim();
        let fits = !cause.is_empty()
            && cause.chars().count() <= CAUSE_CHARS_MAX
            && !cause.chars().any(char::is_control);
        let until = if until == NONE { None } else { Some(until.parse().ok()?) };
        fits.then(|| Self { until, cause: cause.to_owned() })
    }

    fn kept(&self) -> String {
        format!("{} {}", self.until.map_or_else(|| NONE.to_owned(), |day| day.to_string()), self.cause)
    }

    /// `2026年12月3日(木)まで`.
    pub fn until_words(&self) -> String {
        self.until.map_or_else(|| "終わりは未定".to_owned(), |day| format!("{}まで", year_month_day(day)))
    }
}

/// `weekdays=08:30-24:00 saturdays=none holidays=none closed=12-31..01-03`; several with commas.
fn read_hours(text: &str) -> Option<DatedHours> {
    let mut words = text.split_whitespace();
    let mut next = |name: &str| words.next()?.strip_prefix(name)?.strip_prefix('=');
    let (weekdays, saturdays, holidays) =
        (windows(next("weekdays")?)?, windows(next("saturdays")?)?, windows(next("holidays")?)?);
    let closed: Vec<ClosedSpan> = listed(next("closed")?, SPANS_MAX)?;
    let never = weekdays.is_empty() && saturdays.is_empty() && holidays.is_empty();
    if words.next().is_some() || never {
        return None;
    }
    let hours = DatedHours { from: Date::default(), weekdays, saturdays, holidays, closed };
    Hours::try_from(vec![hours.clone()]).ok().map(|_| hours)
}

fn windows(text: &str) -> Option<Vec<Window>> {
    listed(text, WINDOWS_MAX)
}

fn listed<T: std::str::FromStr>(text: &str, most: usize) -> Option<Vec<T>> {
    if text == NONE {
        return Some(Vec::new());
    }
    let each = text.split(',').map(|one| one.parse().ok()).collect::<Option<Vec<T>>>()?;
    (each.len() <= most).then_some(each)
}

fn kept_hours(hours: &DatedHours) -> String {
    fn joined<T: ToString>(each: &[T]) -> String {
        let each: Vec<_> = each.iter().map(T::to_string).collect();
        if each.is_empty() { NONE.to_owned() } else { each.join(",") }
    }
    let (weekdays, saturdays) = (joined(&hours.weekdays), joined(&hours.saturdays));
    let (holidays, closed) = (joined(&hours.holidays), joined(&hours.closed));
    format!("weekdays={weekdays} saturdays={saturdays} holidays={holidays} closed={closed}")
}

/// `1:110 30000:330`, or `none`.
fn read_fee(text: &str) -> Option<FeeTable> {
    let step = |text: &str| {
        let (from, fee) = text.split_once(':')?;
        Some(FeeStep { from: Yen::parse_typed(from).ok()?, fee: Yen::parse_typed(fee).ok()? })
    };
    let steps = match text {
        NONE => Vec::new(),
        "" => return None,
        text => text.split_whitespace().map(step).collect::<Option<Vec<_>>>()?,
    };
    let fee = FeeTable { steps, assumed: false };
    fee.broken().is_none().then_some(fee)
}

fn kept_fee(fee: &FeeTable) -> String {
    let steps: Vec<_> =
        fee.steps.iter().map(|step| format!("{}:{}", step.from.get(), step.fee.get())).collect();
    if steps.is_empty() { NONE.to_owned() } else { steps.join(" ") }
}

/// A row with what is set of it: in the order of the days, and of one day in the order in which it was set.
pub(super) fn applied(
    first: &Collector,
    changed: &[(Date, Collector)],
    set: &[&SetTerm],
) -> (Collector, Vec<(Date, Collector)>) {
    let of = |part| set.iter().filter(move |term| term.part == part);
    let suspensions: Vec<_> = of(SetPart::Suspension)
        .map(|term| (term.from, Suspension::read(&term.value).filter(|_| term.value != OPEN)))
        .collect();
    let hours: Vec<_> = of(SetPart::Hours).map(|term| (term.from, read_hours(&term.value))).collect();
    let fees: Vec<_> = of(SetPart::Fee).map(|term| (term.from, read_fee(&term.value))).collect();
    // hours and suspensions carry days of their own and are the same in every version
    let hours = with_hours(&first.hours, &hours);
    let whole = |version: &Collector| Collector {
        suspensions: suspensions.clone(),
        hours: hours.clone(),
        ..version.clone()
    };
    let days: BTreeSet<Date> =
        changed.iter().map(|(from, _)| *from).chain(fees.iter().map(|(from, _)| *from)).collect();
    let version = |day: Date| {
        let listed = changed.iter().rev().find(|(from, _)| *from <= day).map_or(first, |(_, row)| row);
        let mut version = whole(listed);
        if let Some((_, Some(fee))) = fees.iter().rev().find(|(from, _)| *from <= day) {
            version.fee = fee.clone();
        }
        (day, version)
    };
    (whole(first), days.into_iter().map(version).collect())
}

/// The hours with others from days on; where nothing is set any more, those of the row.
fn with_hours(listed: &Hours, set: &[(Date, Option<DatedHours>)]) -> Hours {
    let rows: Vec<DatedHours> = listed.clone().into();
    let mut versions = rows.clone();
    for (from, hours) in set {
        versions.retain(|version| version.from < *from);
        match hours {
            Some(hours) => versions.push(DatedHours { from: *from, ..hours.clone() }),
            None => {
                let held = listed.version(*from).map(|held| DatedHours { from: *from, ..held.clone() });
                versions.extend(held);
                versions.extend(rows.iter().filter(|version| version.from > *from).cloned());
            }
        }
    }
    Hours::try_from(versions).unwrap_or_else(|_| listed.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Directory;
    use domain::Timestamp;

    fn term(number: &str, part: SetPart, from: &str, value: &str) -> SetTerm {
        let (collector, from) = (number.parse().unwrap(), from.parse().unwrap());
        SetTerm { collector, part, from, value: value.to_owned() }
    }

    #[test]
    fn what_is_typed_reads_back_and_is_told_in_words() {
        for (part, typed, kept, words) in [
            (SetPart::Suspension, "open", "open", "取り扱う"),
            (
                SetPart::Suspension,
                " 2026-12-03  更改のため ",
                "2026-12-03 更改のため",
                "休止(2026年12月3日(木)まで。理由: 更改のため)",
            ),
            (
                SetPart::Suspension,
                "none 障害のため",
                "none 障害のため",
                "休止(終わりは未定。理由: 障害のため)",
            ),
            (SetPart::Hours, "row", "row", "一覧表の登録どおり"),
            (
                SetPart::Hours,
                "weekdays=08:30-12:00,13:00-24:00 saturdays=none holidays=none closed=12-31..01-03",
                "weekdays=08:30-12:00,13:00-24:00 saturdays=none holidays=none closed=12-31..01-03",
                "平日 8:30〜12:00・13:00〜24:00(土日祝・12月31日〜1月3日は休止)",
            ),
            (SetPart::Fee, "none", "none", "かかりません。"),
            (SetPart::Fee, "1:110  ３００００:330", "1:110 30000:330", "110 円、30,000 円以上は 330 円"),
        ] {
            assert_eq!(part.read(typed).as_deref(), Ok(kept), "{typed}");
            assert_eq!(part.read(kept).as_deref(), Ok(kept));
            assert!(part.shown(kept).contains(words), "{} {words}", part.shown(kept));
            assert_eq!(part.read(&part.unset()), Ok(part.unset()));
            assert_eq!(SetPart::from_code(part.code()), Some(part));
        }
        let long = format!("none {}", "長".repeat(CAUSE_CHARS_MAX + 1));
        for (part, typed) in [
            (SetPart::Suspension, "2026-12-03"),
            (SetPart::Suspension, "12/3 更改のため"),
            (SetPart::Suspension, long.as_str()),
            (SetPart::Hours, "weekdays=none saturdays=none holidays=none closed=none"),
            (SetPart::Hours, "weekdays=13:00-15:00,09:00-12:00 saturdays=none holidays=none closed=none"),
            (SetPart::Hours, "weekdays=25:00-26:00 saturdays=none holidays=none closed=none"),
            (SetPart::Hours, "08:30-24:00"),
            (SetPart::Fee, "30000:330 1:110"),
            (SetPart::Fee, "0:110"),
            (SetPart::Fee, "110"),
            (SetPart::Fee, ""),
        ] {
            assert!(part.read(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn a_collector_rests_from_midnight_to_midnight_and_again_as_it_was_set() {
        let set = [
            term("00200", SetPart::Suspension, "2026-12-01", "2026-12-03 更改のため"),
            term("00200", SetPart::Suspension, "2026-12-10", "none 障害のため"),
            term("00200", SetPart::Suspension, "2026-12-12", "open"),
            term("99999", SetPart::Suspension, "2026-12-01", "none 一覧にない"),
        ];
        let directory = Directory::embedded().with(&set);
        let number = "00200".parse().unwrap();
        let rests = |day: &str| {
            let day = day.parse().unwrap();
            directory.on(day).get(&number).unwrap().suspended_on(day).map(|of| of.cause.clone())
        };
        let days = ["2026-11-30", "2026-12-01", "2026-12-03", "2026-12-04", "2026-12-09"];
        let (rest, works) = (Some("更改のため".to_owned()), None);
        assert_eq!(days.map(rests), [works.clone(), rest.clone(), rest, works.clone(), works.clone()]);
        let days = ["2026-12-10", "2026-12-11", "2026-12-12"];
        let rest = Some("障害のため".to_owned());
        assert_eq!(days.map(rests), [rest.clone(), rest, works]);
        let others = directory.all().iter().filter(|row| !row.suspensions.is_empty()).count();
        assert_eq!(others, 1, "the others have nothing of it");
    }

    #[test]
    fn hours_and_fees_hold_from_their_day_on_until_the_row_does_again() {
        let number = "00200".parse().unwrap();
        let embedded = Directory::embedded();
        let short = "weekdays=09:00-15:00 saturdays=none holidays=none closed=none";
        let set = [
            term("00200", SetPart::Hours, "2026-12-01", short),
            term("00200", SetPart::Hours, "2026-12-03", "row"),
            term("00200", SetPart::Fee, "2026-12-02", "1:100"),
            term("00200", SetPart::Fee, "2026-12-02", "1:200"),
            term("00200", SetPart::Fee, "2026-12-04", "row"),
        ];
        let directory = embedded.with(&set);
        let row = directory.get(&number).unwrap();
        let open = |at: &str| row.hours.is_open(Timestamp::parse_rfc3339(&format!("{at}+09:00")).unwrap());
        for (at, is) in [
            ("2026-11-30T23:59:59", true),
            ("2026-12-01T08:59:59", false),
            ("2026-12-01T14:59:59", true),
            ("2026-12-01T15:00:00", false),
            ("2026-12-02T23:59:59", false),
            ("2026-12-03T23:59:59", true),
        ] {
            assert_eq!(open(at), is, "{at}");
        }
        let fee = |day: &str| {
            let row = directory.on(day.parse().unwrap()).get(&number).unwrap();
            row.fee.fee(Yen::new(5_000)).map_or(0, Yen::get)
        };
        let days = ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"];
        assert_eq!(days.map(fee), [0, 200, 200, 0], "of one day the last word");
        assert_eq!(embedded.with(&[]).get(&number).unwrap().hours, embedded.get(&number).unwrap().hours);
    }
}
