//! Words of the Pay-easy pages that more than one of them uses.

use chrono::{Datelike as _, Timelike as _};
use domain::payment::State;
use domain::{Date, Timestamp, time};

use crate::help::Code;

/// First days of the eras that a bill can carry, newest first.
const ERAS: [(&str, (i32, u32, u32)); 3] =
    [("令和", (2019, 5, 1)), ("平成", (1989, 1, 8)), ("昭和", (1926, 12, 25))];

/// A day as slips print it: `令和8年11月30日(月)`. Before 1926 in the Western calendar.
pub fn era_date(date: Date) -> String {
    for (era, (year, month, day)) in ERAS {
        if Date::from_ymd_opt(year, month, day).is_some_and(|first| date >= first) {
            let number = match date.year() - year + 1 {
                1 => "元".to_owned(),
                number => number.to_string(),
            };
            return format!("{era}{number}年{}", time::month_day(date));
        }
    }
    time::year_month_day(date)
}

/// `2026年11月24日(火) 10:05`.
pub fn time_of_day(at: Timestamp) -> String {
    let time = at.time();
    format!("{} {}:{:02}", time::year_month_day(at.date()), time.hour(), time.minute())
}

/// `10:15`.
pub fn clock_time(at: Timestamp) -> String {
    format!("{}:{:02}", at.time().hour(), at.time().minute())
}

/// How a state is shown: word, icon and colour together, never one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// 払込完了 …
    pub word: &'static str,
    /// The icon before the word.
    pub icon: &'static str,
    /// The style sheet's class of the colour.
    pub class: &'static str,
    /// One sentence on what it means.
    pub meaning: &'static str,
    /// What the total is called: it says whether that money left the account.
    pub total_label: &'static str,
    /// What happens next, or what the payer does.
    pub next: &'static str,
    /// The help page, where the state is a trouble.
    pub help: Option<Code>,
}

/// What the total is called when the money stayed in the account.
const NOT_DEBITED: &str = "お支払い金額(引き落とされていません)";

/// Money is held, and whether the collector cleared is not known yet.
const CHECKING: Shown = Shown {
    word: "払込結果を確認中",
    icon: "●",
    class: "wait",
    meaning: "収納機関の受付結果を確認しています。お支払い金額は口座に確保されています。",
    total_label: "確保している金額",
    next: "もう一度払い込まないでください。結果は払込履歴でご確認になれます。",
    help: Some(Code::OutcomeUnknown),
};

/// The words for a state.
pub const fn shown(state: State) -> Shown {
    match state {
        State::Accepted | State::Settled => Shown {
            word: "払込完了",
            icon: "✓",
            class: "ok",
            meaning: "払い込みました。収納機関が受け付けています。",
            total_label: "引き落とし金額",
            next: "領収書は発行されません。記録が必要な場合は、この画面を印刷してください。",
            help: None,
        },
        State::Held => Shown {
            meaning: "収納機関にまだ受け付けられていません。受け付けられるようになり次第、手続きを進めます。\
                      お支払い金額は口座に確保されています。",
            ..CHECKING
        },
        State::Sending | State::Unknown => CHECKING,
        State::Rejected => Shown {
            word: "受付不可",
            icon: "!",
            class: "bad",
            meaning: "収納機関が受け付けませんでした。お支払い金額は引き落とされていません。",
            total_label: NOT_DEBITED,
            next: "理由は収納機関にお問い合わせください。",
            help: Some(Code::Rejected),
        },
        State::Voided | State::Expired | State::Inquired => Shown {
            word: "払込不成立",
            icon: "!",
            class: "bad",
            meaning: "払込は行われませんでした。お支払い金額は引き落とされていません。",
            total_label: NOT_DEBITED,
            next: "お支払いが必要な場合は、番号の入力からもう一度お手続きください。",
            help: Some(Code::NotSent),
        },
        State::Cancelled => Shown {
            word: "取消済み",
            icon: "−",
            class: "info",
            meaning: "窓口での払込が取り消され、お支払い金額は口座に戻されました。",
            total_label: "お支払い金額(口座に戻しました)",
            next: "詳しくはお取引店にお問い合わせください。",
            help: None,
        },
        State::Refunded => Shown {
            word: "返金済み",
            icon: "−",
            class: "info",
            meaning: "いったん引き落としましたが、収納機関に払込の記録がないことを確かめたため、\
                      手数料を含めてお支払い口座に返金しました。",
            total_label: "返金した金額(お支払い口座に戻しました)",
            next: "この払込は済んでいません。お支払いが必要な場合は、番号の入力からもう一度お手続きください。",
            help: Some(Code::Refunded),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> Date {
        Date::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn eras_change_on_their_first_day_and_begin_with_gannen() {
        assert_eq!(era_date(day(2026, 11, 30)), "令和8年11月30日(月)");
        assert_eq!(era_date(day(2019, 5, 1)), "令和元年5月1日(水)");
        assert_eq!(era_date(day(2019, 4, 30)), "平成31年4月30日(火)");
        assert_eq!(era_date(day(1989, 1, 7)), "昭和64年1月7日(土)");
        assert_eq!(era_date(day(1900, 1, 1)), "1900年1月1日(月)");
    }

    #[test]
    fn money_that_may_have_left_is_never_called_paid_or_refused() {
        for state in State::ALL {
            let shown = shown(*state);
            assert_eq!(shown.class == "ok", state.is_paid(), "{state}");
            assert_eq!(shown.class == "wait", state.is_open(), "{state}");
            assert_eq!(shown.total_label == "引き落とし金額", state.is_paid(), "{state}");
            assert_eq!(shown.total_label == "確保している金額", state.is_open(), "{state}");
        }
    }
}
