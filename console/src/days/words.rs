//! What days and their counters are called, and how both sides' counters are set side by side.

use domain::Timestamp;
use gateway::service::{BothCounters, ServiceDay, ServiceState, Tally, Trouble};

use crate::home::service_tag;
use crate::payments::words::code_words;
use crate::words::{Tag, stamp};

/// Where a day is; one that has not begun waits.
pub fn day_tag(day: Option<&ServiceDay>) -> Tag {
    match day {
        None => service_tag(ServiceState::Waiting),
        Some(day) if day.closing && day.state != ServiceState::Closed => Tag::wait("閉局の途中"),
        Some(day) => service_tag(day.state),
    }
}

/// One kind of record, counted on both sides.
pub struct CounterRow {
    /// What is counted.
    pub kind: &'static str,
    /// The bank's own.
    pub ours: Tally,
    /// The collector's.
    pub theirs: Tally,
    /// Whether they are the same.
    pub same: Tag,
}

/// Both sides' counters at a moment.
pub struct CounterTable {
    /// When, and on what occasion.
    pub caption: String,
    /// One row a kind.
    pub rows: Vec<CounterRow>,
}

impl CounterTable {
    /// The counters of an exchange.
    pub fn of(occasion: &str, counters: &BothCounters) -> Self {
        let (ours, theirs) = (counters.hub, counters.collector);
        let row =
            |kind, ours: Tally, theirs: Tally| CounterRow { kind, ours, theirs, same: same(ours == theirs) };
        Self {
            caption: format!("{occasion}(収納機関の応答 {})", stamp(counters.at)),
            rows: vec![
                row("消込", ours.cleared, theirs.cleared),
                row("仮消込", ours.provisional, theirs.provisional),
                row("取消し", ours.cancelled, theirs.cancelled),
            ],
        }
    }
}

/// Whether two counters are the same.
pub const fn same(same: bool) -> Tag {
    if same { Tag::ok("一致") } else { Tag::bad("相違") }
}

/// The counters of a day that are the latest known, and on what occasion they were exchanged.
pub fn latest(day: &ServiceDay) -> Option<(&'static str, BothCounters)> {
    let asked = day.asked_counters.map(|counters| ("照会", counters));
    let closed = day.close_counters.map(|counters| ("閉局時", counters));
    [asked, closed].into_iter().flatten().max_by_key(|(_, counters)| counters.at)
}

/// What went wrong last, in a sentence.
pub fn trouble_words(trouble: &Trouble) -> String {
    let tried = match trouble.tried.as_str() {
        "open" => "開局",
        "pre_close" => "予備閉局",
        "close" => "閉局",
        "counters" => "収納カウンタの照会",
        "reconcile" => "照合",
        other => other,
    };
    format!("{} {tried}ができませんでした。{}", stamp(trouble.at), reason_words(&trouble.reason))
}

/// A reason of the hub, which is for logs.
fn reason_words(reason: &str) -> String {
    let after = |start: &str| reason.strip_prefix(start);
    if let Some(count) = after("payments of the day without a known outcome: ") {
        return format!("結果の分からない払込・取消しが{count}件あります。");
    }
    let more = after("more of the day is open than may be carried forward: ");
    if let Some((count, amount)) = more.and_then(|more| more.strip_suffix(" yen")?.split_once(", ")) {
        return format!(
            "結果の分からない払込・取消しが、起票で確かめたものより多い{count}件 {amount}円あります。"
        );
    }
    if let Some(count) = after("open breaks of the day: ") {
        return format!("未解消の不一致が{count}件あります。");
    }
    if let Some(code) = after("the collector answered ") {
        let words = code.parse().map_or("一覧にないコード", code_words);
        return format!("収納機関が{code}({words})と応答しました。");
    }
    if let Some(why) = after("the collector gave no usable answer: ") {
        let why = crate::payments::words::reason_words(why);
        return format!("収納機関の応答を確認できませんでした({why})。");
    }
    format!("理由: {reason}")
}

/// `11月24日 10:05:07` and who, or a dash.
pub fn done(at: Option<Timestamp>, by: Option<String>) -> String {
    match (at, by) {
        (Some(at), Some(by)) => format!("{} {by}", stamp(at)),
        (Some(at), None) => stamp(at),
        (None, _) => "−".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_in_the_staffs_words() {
        for (reason, words) in [
            ("payments of the day without a known outcome: 2", "結果の分からない払込・取消しが2件あります。"),
            (
                "more of the day is open than may be carried forward: 2, 70,800 yen",
                "結果の分からない払込・取消しが、起票で確かめたものより多い2件 70,800円あります。",
            ),
            ("open breaks of the day: 3", "未解消の不一致が3件あります。"),
            ("the collector answered A001", "収納機関がA001(収納機関が開局していない)と応答しました。"),
            (
                "the collector gave no usable answer: no answer in time",
                "収納機関の応答を確認できませんでした(時間内に応答がない)。",
            ),
            ("another", "理由: another"),
        ] {
            assert_eq!(reason_words(reason), words);
        }
    }
}
