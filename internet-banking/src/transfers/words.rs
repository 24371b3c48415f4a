//! Words of the pages about transfers that more than one of them uses.

use domain::{Date, Timestamp, time};
use transfers::{ConsentState, Facts, Order, Possible, Reason, RecallState, Relation, State};

use super::draft::{Way, own_account};
use crate::help::Code;
use crate::payeasy::words::clock_time;

/// How a state is shown: word, icon and colour together, never one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// 完了 …
    pub word: &'static str,
    /// The icon before the word.
    pub icon: &'static str,
    /// The style sheet's class of the colour.
    pub class: &'static str,
    /// One sentence on what it means, and whether the money moved.
    pub meaning: &'static str,
    /// What the person does next.
    pub next: &'static str,
    /// The help page, where the state is a trouble.
    pub help: Option<Code>,
}

const RESERVED: Shown = Shown {
    word: "予約中",
    icon: "○",
    class: "info",
    meaning: "指定日の営業開始後に引き落として振り込みます。まだ引き落とされていません。",
    next: "指定日の前日までに、引落口座へご入金ください。取消しは、指定日の前日まで受け付けます。",
    help: None,
};

const SENDING: Shown = Shown {
    word: "送信中",
    icon: "●",
    class: "wait",
    meaning: "振込金額は口座に確保しています。振込先の銀行へ送っています。",
    next: "もう一度振り込まないでください。結果はこの画面でご確認になれます。",
    help: None,
};

/// A transfer that came back when the debited account was closed.
pub const KEPT_BY_THE_BANK: Shown = Shown {
    meaning: "振込金額は戻りましたが、引落口座が解約されているため、当行でお預かりしています。振込手数料はお返しできません。",
    next: "お受け取りについて、お取引店へご連絡ください。",
    ..shown(State::Returned)
};

/// A transfer that came back because its payer had asked for it.
const RECALLED: Shown = Shown {
    class: "info",
    next: "組戻しの手続きは終わりました。改めて振り込むときは、もう一度お手続きください。",
    help: None,
    ..shown(State::Returned)
};

/// The words for where an order stands, and why.
pub fn shown_order(order: &Order) -> Shown {
    match (order.state, order.reason) {
        (State::Returned, Some(Reason::Recalled)) => RECALLED,
        (state, _) => shown_of(order.facts.relation, state),
    }
}

/// The words for where an order stands: 振替 goes to no other bank.
pub const fn shown_of(relation: Relation, state: State) -> Shown {
    let of_transfer = shown(state);
    match (relation, state) {
        (Relation::OwnAccount, State::Reserved) => Shown {
            meaning: "指定日の営業開始後に振り替えます。まだ引き落とされていません。",
            ..of_transfer
        },
        (Relation::OwnAccount, State::Settled) => Shown {
            meaning: "引き落とし、ご契約の入金口座に入金しました。",
            ..of_transfer
        },
        (Relation::OwnAccount, State::Failed) => Shown {
            meaning: "実行できなかったため、振り替えていません。引き落とされていません。",
            ..of_transfer
        },
        (Relation::OwnAccount, State::Cancelled) => Shown {
            next: "改めて振り替えるときは、もう一度お手続きください。",
            ..of_transfer
        },
        _ => of_transfer,
    }
}

/// The same of a 振込.
const fn shown(state: State) -> Shown {
    match state {
        State::Reserved => RESERVED,
        State::Held | State::Sending => SENDING,
        State::Unknown => Shown {
            word: "結果を確認中",
            meaning: "振込金額は口座に確保しています。銀行間ネットワークの受付結果を確認しています。",
            help: Some(Code::TransferOutcomeUnknown),
            ..SENDING
        },
        State::Sent => Shown {
            word: "送信済み",
            icon: "✓",
            class: "ok",
            meaning: "引き落とし、振込先の銀行へ送りました。",
            next: "振込先の口座に入金できないときは、組み戻して引落口座にお返しします。",
            help: None,
        },
        State::Settled => Shown {
            word: "完了",
            icon: "✓",
            class: "ok",
            meaning: "引き落とし、振込先へお渡ししました。",
            next: "記録が必要な場合は、この画面を印刷してください。",
            help: None,
        },
        State::Rejected => Shown {
            word: "受付不可",
            icon: "×",
            class: "bad",
            meaning: "銀行間ネットワークが受け付けなかったため、振り込んでいません。確保した金額は元に戻しました。",
            next: "振込先を確かめ、もう一度お手続きください。",
            help: Some(Code::TransferRejected),
        },
        State::Returned => Shown {
            word: "返却",
            icon: "↩",
            class: "bad",
            meaning: "振込金額は引落口座に戻りました。振込手数料はお返しできません。",
            next: "振込先の口座と受取人名を確かめ、直してもう一度お手続きください。",
            help: Some(Code::TransferReturned),
        },
        State::Failed => Shown {
            word: "不能",
            icon: "×",
            class: "bad",
            meaning: "実行できなかったため、振り込んでいません。引き落とされていません。",
            next: "理由を確かめ、もう一度お手続きください。",
            help: Some(Code::TransferFailed),
        },
        State::Cancelled => Shown {
            word: "取消済み",
            icon: "－",
            class: "info",
            meaning: "予約を取り消しました。引き落とされていません。",
            next: "改めて振り込むときは、もう一度お手続きください。",
            help: None,
        },
    }
}

/// Why an order stands where it does, for its payer.
pub const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Shortage => "引落口座の残高が足りませんでした。",
        Reason::PayerClosed => "引落口座が解約されています。",
        Reason::PayeeClosed => "振込先の口座がありません。",
        Reason::DayOver => "指定日のうちに実行できませんでした。",
        Reason::Stopped => "ご利用が停止されているため、実行しませんでした。",
        Reason::ContractEnded => "ご契約が終了したため、実行しませんでした。",
        Reason::NotCredited => "振込先の銀行が、口座へ入金できませんでした。",
        Reason::Recalled => "組戻しの依頼により、振込先から戻りました。",
        Reason::Refused => "銀行間ネットワークが受け付けませんでした。",
    }
}

/// What an order's reason and code say; none where there is none.
pub fn reason_of(order: &Order) -> Option<String> {
    let words = reason(order.reason?);
    // of a reservation that was tried, another try may follow
    if order.state == State::Reserved {
        return Some(format!("{words}このあと、決まった時刻にもう一度引き落としを試みます。"));
    }
    Some(match &order.code {
        Some(code) => format!("{words}(理由コード {code})"),
        None => words.to_owned(),
    })
}

/// How a recall is shown: word, icon, colour and a sentence.
/// `is_back` says whether the money has come: the other bank's consent may come before it.
pub const fn recall(
    state: RecallState,
    is_back: bool,
) -> (&'static str, &'static str, &'static str, &'static str) {
    match state {
        RecallState::Returned if !is_back => (
            "組戻し承諾",
            "●",
            "wait",
            "振込先の銀行が組戻しに応じました。振込金額が届きしだい、引落口座に戻します。",
        ),
        RecallState::Requested => {
            ("受付", "●", "wait", "組戻しの依頼を受け付けました。振込先の銀行へ送ります。")
        }
        RecallState::Asked => {
            ("照会中", "●", "wait", "振込先へ依頼を送りました。入金済みのときは、受取人の承諾が必要です。")
        }
        RecallState::Returned => ("組戻し済み", "↩", "ok", "振込金額が引落口座に戻りました。"),
        RecallState::Refused => {
            ("不成立", "×", "bad", "受取人の承諾がないなどの理由で、組戻しはできませんでした。")
        }
    }
}

/// How a recall is shown to the payee whom it asks.
pub const fn consent(state: ConsentState) -> Shown {
    match state {
        ConsentState::Asked => Shown {
            word: "回答待ち",
            icon: "!",
            class: "wait",
            meaning: "振込を返してほしいという依頼が届いています。まだ引き落とされていません。",
            next: "承諾するかどうかを、期限までにご回答ください。ご回答がないときは、お返ししません。",
            help: None,
        },
        ConsentState::Given => Shown {
            word: "返金の手続き中",
            meaning: "承諾により引き落とし、振込依頼人へお返ししています。",
            next: "結果はこの画面でご確認になれます。",
            ..SENDING
        },
        ConsentState::Returned | ConsentState::Settled => Shown {
            word: "返金済み",
            icon: "↩",
            class: "ok",
            meaning: "承諾により引き落とし、振込依頼人へお返ししました。",
            next: "お手続きは終わりました。",
            help: None,
        },
        ConsentState::Rejected => Shown {
            word: "返金できません",
            icon: "×",
            class: "bad",
            meaning: "銀行間ネットワークが返金を受け付けなかったため、引き落とした金額は口座に戻りました。",
            next: "お取引店へご連絡ください。",
            help: None,
        },
        ConsentState::Refused | ConsentState::Answered => Shown {
            word: "お返ししない",
            icon: "－",
            class: "info",
            meaning: "承諾がないため、お返ししないと回答しました。引き落とされていません。",
            next: "お手続きは終わりました。",
            help: None,
        },
    }
}

/// The word for how a payee was named.
pub fn way(way: &Way) -> String {
    match way {
        Way::Own(_) => "ご契約の口座(振替)".to_owned(),
        Way::Filed(number) => format!("書面で届け出た振込先(受取人番号 {number})"),
        Way::Registered(_) => "画面で登録した振込先(都度指定)".to_owned(),
        Way::Typed => "口座を入力した振込先(都度指定)".to_owned(),
    }
}

/// What a transfer is called.
pub const fn kind(relation: Relation) -> &'static str {
    match relation {
        Relation::OwnAccount => "振替",
        Relation::SameBranch | Relation::OwnBank | Relation::OtherBank => "振込",
    }
}

/// A day that a form offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayChoice {
    /// As the form sends it.
    pub value: String,
    /// As a person reads it.
    pub words: String,
}

/// The days that are possible, the next one first.
pub fn days(possible: &Possible, now: Timestamp) -> Vec<DayChoice> {
    let choice = |day: Date, words: String| DayChoice { value: day.to_string(), words };
    let today = possible.today_until.map(|until| {
        let today = now.date();
        choice(today, format!("{} 本日({}まで)", time::month_day(today), clock_time(until)))
    });
    let ahead = possible.reserved.iter().map(|day| choice(*day, format!("{} 予約", time::month_day(*day))));
    today.into_iter().chain(ahead).collect()
}

/// How long a cut-off is away: `1時間5分`, and under a minute that.
pub fn left(seconds: i64) -> String {
    let (hours, minutes) = (seconds.div_euclid(3_600), seconds.rem_euclid(3_600).div_euclid(60));
    match (hours, minutes) {
        (0, 0) => "1分未満".to_owned(),
        (0, minutes) => format!("{minutes}分"),
        (hours, minutes) => format!("{hours}時間{minutes}分"),
    }
}

/// To whom an order goes, in a list: of 振替 the account, for the holder is the company itself.
pub fn title(facts: &Facts) -> String {
    match facts.relation {
        Relation::OwnAccount => own_account(&facts.to),
        Relation::SameBranch | Relation::OwnBank | Relation::OtherBank => facts.payee_name.clone(),
    }
}

/// 受付番号: the day and the end of the order's id, which people can read to one another.
pub fn number(facts: &Facts) -> String {
    let id = facts.message_id();
    let end = id.get(id.len().saturating_sub(8)..).unwrap_or_default().to_uppercase();
    format!("{}-{end}", facts.placed_at.date().format("%y%m%d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_says_what_became_of_the_money_and_troubles_have_help() {
        for state in State::ALL {
            let shown = shown(*state);
            assert!(
                shown.meaning.contains("引き落")
                    || shown.meaning.contains("確保")
                    || shown.meaning.contains("戻り")
            );
            assert_eq!(shown.help.is_some(), shown.class == "bad" || *state == State::Unknown, "{state}");
        }
        for one in Reason::ALL {
            assert!(reason(*one).ends_with('。'));
        }
    }

    #[test]
    fn what_is_left_until_a_cut_off_is_told_in_minutes() {
        for (seconds, words) in
            [(0, "1分未満"), (59, "1分未満"), (60, "1分"), (3_599, "59分"), (3_900, "1時間5分")]
        {
            assert_eq!(left(seconds), words);
        }
    }
}
