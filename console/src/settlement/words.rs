//! What settlement is called among the bank's staff.

use domain::{Date, time};
use gateway::chart;
use gateway::directory::{PayerFees, Receiver};
use gateway::settlement::{
    AdviceState, Obstacle, Settlement, SettlementState, SettlementWindow, WindowError, WindowState, window,
};

use crate::words::Tag;

/// Where a window stands: what is in its way decides while it is open.
pub fn window_tag(found: &SettlementWindow, today: Date) -> Tag {
    match (found.state, found.terms.state) {
        (WindowState::Open, _) => open_tag(&found.obstacles),
        (WindowState::Closing, _) => Tag::wait("締め処理中"),
        (WindowState::Closed, _) => settlement_tag(&found.terms, today),
    }
}

fn open_tag(obstacles: &[Obstacle]) -> Tag {
    let has = |test: fn(&Obstacle) -> bool| obstacles.iter().any(test);
    if has(|o| matches!(o, Obstacle::Breaks { .. })) {
        Tag::bad("照合の不一致あり")
    } else if has(|o| matches!(o, Obstacle::NotOver(_))) {
        Tag::info("受付中")
    } else if has(|o| matches!(o, Obstacle::NotClosed(_))) {
        Tag::wait("閉局待ち")
    } else if has(|o| matches!(o, Obstacle::NotReconciled(_))) {
        Tag::wait("照合待ち")
    } else {
        Tag::wait("締め待ち")
    }
}

/// Where the settlement of a closed window stands.
fn settlement_tag(settlement: &Settlement, today: Date) -> Tag {
    match settlement.state {
        SettlementState::Closing => Tag::wait("締め処理中"),
        SettlementState::Empty => Tag::info("払込なし"),
        SettlementState::Due if settlement.pay_date.is_some_and(|due| due < today) => Tag::bad("支払遅れ"),
        SettlementState::Due => Tag::wait("支払予定"),
        SettlementState::Paid => Tag::ok("支払済み"),
    }
}

/// Whether the collector knows; nothing where there is nothing to know yet.
pub const fn advice_tag(advice: AdviceState) -> Option<Tag> {
    match advice {
        AdviceState::None => None,
        AdviceState::Open => Some(Tag::wait("通知の応答待ち")),
        AdviceState::Answered => Some(Tag::ok("通知済み")),
        AdviceState::Conflict => Some(Tag::bad("通知内容の相違")),
    }
}

/// Who is paid, and by which way.
pub fn receiver_words(settlement: &Settlement) -> &'static str {
    match &settlement.receiver {
        Receiver::BankOfJapan => "日本銀行(国庫金)",
        Receiver::DesignatedInstitution(_) if settlement.account == chart::INTERBANK => {
            "指定金融機関(他行為替)"
        }
        Receiver::DesignatedInstitution(_) => "当行の公金預金(指定金融機関)",
        Receiver::Collector => "収納機関の口座(他行為替)",
    }
}

/// Where the payers' fees go.
pub const fn fee_words(fees: PayerFees) -> &'static str {
    match fees {
        PayerFees::WithAmount => "収納機関に支払う",
        PayerFees::Kept => "当行の収入とする",
    }
}

/// What keeps a window open.
pub fn obstacle_words(obstacle: Obstacle) -> String {
    let date = time::month_day(obstacle.date());
    match obstacle {
        Obstacle::NotOver(_) => format!("{date}の取扱いが終わっていません。"),
        Obstacle::NotClosed(_) => format!("{date}を閉局していません。"),
        Obstacle::NotReconciled(_) => format!("{date}の閉局後の照合が済んでいません。"),
        Obstacle::Breaks { count, .. } => {
            format!("{date}の照合に、解消していない不一致が{count}件あります。")
        }
    }
}

/// What keeps this window open, the first thing first.
pub fn hindrances(found: &SettlementWindow) -> Vec<String> {
    let earlier = found.earlier_open.map(earlier_words);
    earlier.into_iter().chain(found.obstacles.iter().copied().map(obstacle_words)).collect()
}

fn earlier_words(date: Date) -> String {
    format!("先に{}の決済分を締める必要があります。", time::month_day(date))
}

/// Why a window was not closed.
pub fn refusal_words(error: &WindowError) -> String {
    match error {
        WindowError::UnknownCollector => "この番号の収納機関はありません。".to_owned(),
        WindowError::NotAWindow(date) => format!("{}は銀行の営業日ではありません。", time::month_day(*date)),
        WindowError::Passed(date) => {
            format!("{}までの決済分を締めており、この日の決済分はありませんでした。", time::month_day(*date))
        }
        WindowError::EarlierOpen(date) => earlier_words(*date),
        WindowError::NotReady(obstacles) => obstacles.iter().copied().map(obstacle_words).collect(),
        WindowError::MovedOn => "同じ決済分を、ほかの処理が締めています。".to_owned(),
        WindowError::Store(_) => "締めの結果を確認できません。".to_owned(),
    }
}

/// The receipt dates of a window: `11月24日(火)`, or from the first to the last.
pub fn receipt_dates(date: Date) -> String {
    let dates: Vec<Date> = window::receipt_dates(date).collect();
    match dates.as_slice() {
        [first, .., last] => format!("{}から{}", time::month_day(*first), time::month_day(*last)),
        _ => time::month_day(date),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_worst_decides_how_an_open_window_looks() {
        let date = day("2026-11-24");
        let (over, closed) = (Obstacle::NotOver(date), Obstacle::NotClosed(date));
        let compared = Obstacle::NotReconciled(date);
        let breaks = Obstacle::Breaks { date, count: 2 };
        for (obstacles, word) in [
            (vec![], "締め待ち"),
            (vec![compared], "照合待ち"),
            (vec![compared, closed], "閉局待ち"),
            (vec![closed, over], "受付中"),
            (vec![over, breaks], "照合の不一致あり"),
        ] {
            assert_eq!(open_tag(&obstacles).word, word);
        }
        assert_eq!(obstacle_words(breaks), "11月24日(火)の照合に、解消していない不一致が2件あります。");
    }

    #[test]
    fn a_window_names_the_days_that_it_settles() {
        assert_eq!(receipt_dates(day("2026-11-20")), "11月20日(金)");
        assert_eq!(receipt_dates(day("2026-11-24")), "11月21日(土)から11月24日(火)");
    }
}
