//! 費目: what can be paid, and what becomes of each charge after its due date.

use std::fmt;

use chrono::{Days, Months};
use domain::Date;
use serde::Deserialize;

/// Longest span that a row may name, in its own unit.
const SPAN_MAX: u16 = 120;

/// A charge of the bank's list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// Word for word as listed.
    pub name: String,
    /// What becomes of it after the due date.
    pub after_due: AfterDue,
    /// No public page says so of this charge.
    #[serde(default)]
    pub assumed: bool,
}

/// 納期限後の取扱い.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterDue {
    /// The collector refuses it; the payer pays another way.
    Refused,
    /// It can be paid, together with a charge for being late that the collector calculates and that is named here.
    WithLateCharge(String),
    /// It can be paid; the charge for being late that is named here is asked for apart.
    LateChargeApart(String),
    /// It can be paid for so long, without more.
    PayableFor(Span),
    /// It is refused, and the payer loses what is said here, in a sentence.
    RightLost(String),
    /// No rule of the collector's own: each bill, or the merchant behind it, says.
    AsBilled,
}

/// A span of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Days.
    Days(u16),
    /// Months.
    Months(u16),
    /// Years.
    Years(u16),
}

/// 有効期間 of a number that the payer types.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// The number, as the slip calls it.
    pub of: String,
    /// What the span begins with: `メッセージボックスへの到着`.
    pub since: String,
    /// How long.
    pub span: Span,
    /// No public page is sure of it.
    #[serde(default)]
    pub assumed: bool,
}

impl AfterDue {
    /// What the payer is told.
    pub fn words(&self) -> String {
        match self {
            Self::Refused => "納期限を過ぎると払い込めません。".to_owned(),
            Self::WithLateCharge(name) => {
                format!("納期限を過ぎても払い込めます。{name}は収納機関が計算し、あわせて払い込みます。")
            }
            Self::LateChargeApart(name) => {
                format!("納期限を過ぎても払い込めます。{name}がかかるときは、別に納めます。")
            }
            Self::PayableFor(span) => format!("納期限から{span}を過ぎるまで払い込めます。"),
            Self::RightLost(loss) => format!("納期限を過ぎると払い込めません。{loss}"),
            Self::AsBilled => "支払期限とその後のお取り扱いは、請求ごとに異なります。".to_owned(),
        }
    }

    /// The last day on which what was due on `due` can be paid; `None` where no day is the last, or each bill
    /// has its own.
    pub fn last_day(&self, due: Date) -> Option<Date> {
        match self {
            Self::Refused | Self::RightLost(_) => Some(due),
            Self::PayableFor(span) => span.after(due),
            Self::WithLateCharge(_) | Self::LateChargeApart(_) | Self::AsBilled => None,
        }
    }

    /// The rule that it breaks, if it does.
    pub(super) fn broken(&self) -> Option<&'static str> {
        match self {
            Self::WithLateCharge(words) | Self::LateChargeApart(words) if words.trim().is_empty() => {
                Some("the charge for being late has a name")
            }
            Self::RightLost(words) if !words.ends_with('。') => Some("what is lost is said in a sentence"),
            Self::PayableFor(span) => span.broken(),
            _ => None,
        }
    }
}

impl Span {
    /// The day so long after `date`; the last of a month stands for a day that the month lacks.
    pub fn after(self, date: Date) -> Option<Date> {
        match self {
            Self::Days(days) => date.checked_add_days(Days::new(days.into())),
            Self::Months(months) => date.checked_add_months(Months::new(months.into())),
            Self::Years(years) => date.checked_add_months(Months::new(u32::from(years) * 12)),
        }
    }

    /// The rule that it breaks, if it does.
    pub(super) fn broken(self) -> Option<&'static str> {
        let (Self::Days(count) | Self::Months(count) | Self::Years(count)) = self;
        (!(1..=SPAN_MAX).contains(&count)).then_some("a span is 1 to 120 days, months or years")
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{days}日"),
            Self::Months(months) => write!(f, "{months}か月"),
            Self::Years(years) => write!(f, "{years}年"),
        }
    }
}

impl Validity {
    /// What the payer is told.
    pub fn words(&self) -> String {
        let about = if matches!(self.span, Span::Days(_)) { "およそ" } else { "" };
        format!("{}は、{}から{about}{}有効です。", self.of, self.since, self.span)
    }
}
