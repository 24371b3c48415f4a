//! What states, events, codes and reasons are called among the bank's staff.

use domain::ResponseCode;
use domain::payment::{Cancellation, Event, State};
use gateway::operations::PaymentEvent;
use gateway::{Payment, Word};

use crate::words::Tag;

/// A payment's state.
pub const fn state_tag(state: State) -> Tag {
    match state {
        State::Inquired => Tag::info("照会済み"),
        State::Held => Tag::wait("送信待ち"),
        State::Sending => Tag::wait("送信中"),
        State::Accepted => Tag::ok("収納済み"),
        State::Rejected => Tag::bad("受付不可"),
        State::Unknown => Tag::bad("結果不明"),
        State::Settled => Tag::ok("決済済み"),
        State::Expired => Tag::info("期限切れ"),
        State::Voided => Tag::info("不成立"),
        State::Cancelled => Tag::info("取消済み"),
        State::Refunded => Tag::info("返金済み"),
    }
}

/// 入力区分: how the numbers came to the bank.
pub fn entry_words(payment: &Payment) -> &'static str {
    if payment.facts.is_at_counter() {
        "窓口"
    } else if payment.facts.link.is_some() {
        "情報リンク"
    } else {
        "画面入力"
    }
}

/// Where the payer's money is.
pub const fn money_words(state: State, at_counter: bool) -> &'static str {
    if at_counter { cash_words(state) } else { deposit_words(state) }
}

const fn deposit_words(state: State) -> &'static str {
    match state {
        State::Held | State::Sending | State::Unknown => {
            "お客さまの口座で確保しています。引き落としても解除してもいません。"
        }
        State::Accepted => "お客さまの口座から引き落とし、収納機関への未決済資金にあります。",
        State::Settled => "お客さまの口座から引き落とし、収納機関への資金決済に回しました。",
        State::Inquired | State::Expired => "お金は動いていません。",
        State::Rejected | State::Voided => "確保した金額はお客さまの口座に戻しました。",
        State::Cancelled => "取消しにより、引き落とした金額を戻しました。",
        State::Refunded => {
            "収納機関に記録がないため、引き落とした金額を手数料とともにお客さまの口座へ戻しました。"
        }
    }
}

const fn cash_words(state: State) -> &'static str {
    match state {
        State::Held | State::Sending | State::Unknown => {
            "窓口で現金を預かっています。結果が分かるまで、払込人に返さないでください。"
        }
        State::Accepted => "窓口の現金を収納に充て、収納機関への未決済資金にあります。",
        State::Settled => "窓口の現金を収納に充て、収納機関への資金決済に回しました。",
        State::Inquired | State::Expired => "収納していません。現金は払込人に返してください。",
        State::Rejected | State::Voided => "収納していません。預かった現金は払込人に返してください。",
        State::Cancelled => "取消しにより収納を戻しました。現金は払込人に返してください。",
        State::Refunded => {
            "収納機関に記録がないため収納を戻しました。手数料とともに現金を払込人に返してください。"
        }
    }
}

/// What happened, in a few words.
pub fn event_words(event: &PaymentEvent, at_counter: bool) -> String {
    if at_counter && let Some(words) = cash_event_words(event) {
        return words.to_owned();
    }
    let by_hand = event.body.by.is_some();
    let delivery = event.body.delivery.map(|n| format!("({n}回目)")).unwrap_or_default();
    match (event.kind, event.body.word) {
        (Event::Held, _) => "お客さまの口座で金額を確保".to_owned(),
        (Event::Claimed, _) if by_hand => format!("手動で再送{delivery}"),
        (Event::Claimed, _) if event.body.delivery.is_some_and(|n| n > 1) => format!("自動で再送{delivery}"),
        (Event::Claimed, _) => format!("消込を送信{delivery}"),
        (Event::Accepted, Some(_)) => "収納機関の回答により収納済みに確定".to_owned(),
        (Event::Accepted, None) => "収納機関が消込を受け付け、引き落とし".to_owned(),
        (Event::Rejected, Some(_)) => "収納機関の回答により未収納に確定、確保を解除".to_owned(),
        (Event::Rejected, None) => "収納機関が受け付けず、確保を解除".to_owned(),
        (Event::NotApplied, _) => format!("送信は未処理と判明{delivery}"),
        (Event::OutcomeUnknown, _) => format!("結果不明{delivery}"),
        (Event::Voided, _) => "未送信のまま時間切れ、確保を解除".to_owned(),
        (Event::LateAcceptance, _) => "終わった払込への消込の応答(お金は動いていません)".to_owned(),
        (Event::Refunded, _) => "収納機関に記録がないため、お客さまの口座へ返金".to_owned(),
        (Event::LateRejection, _) => "収納済みの払込への受付不可の応答(お金は動いていません)".to_owned(),
        (Event::Settled, _) => "資金決済へ".to_owned(),
        (Event::Cancelled, Some(_)) => "収納機関の回答により取消しが成立、収納を戻し".to_owned(),
        (Event::Cancelled, None) => "収納機関が取消しを受け付け、収納を戻し".to_owned(),
        (Event::CancellationRequested, _) => "取消しを受付".to_owned(),
        (Event::CancellationClaimed, _) if event.body.delivery.is_some_and(|n| n > 1) => {
            format!("取消しを再送{delivery}")
        }
        (Event::CancellationClaimed, _) => format!("取消しを送信{delivery}"),
        (Event::CancellationNotApplied, _) => format!("取消しの送信は未処理と判明{delivery}"),
        (Event::CancellationUnknown, _) => format!("取消しの結果不明{delivery}"),
        (Event::CancellationRefused, Some(_)) => {
            "収納機関の回答により取消し不成立、収納済みのまま".to_owned()
        }
        (Event::CancellationRefused, None) => "収納機関が取消しを受け付けず、収納済みのまま".to_owned(),
        (Event::CancellationWithdrawn, _) => "取消しを送れず、取りやめ".to_owned(),
        (Event::LateCancellation, _) => "終わった取消しと矛盾する応答(お金は動いていません)".to_owned(),
    }
}

/// The same of events that move the money, where it is cash.
fn cash_event_words(event: &PaymentEvent) -> Option<&'static str> {
    let by_word = event.body.word.is_some();
    Some(match event.kind {
        Event::Held => "窓口で現金を受け取り、金額を確保",
        Event::Accepted if !by_word => "収納機関が消込を受け付け、収納",
        Event::Rejected if by_word => "収納機関の回答により未収納に確定、現金は返却",
        Event::Rejected => "収納機関が受け付けず、現金は返却",
        Event::Voided => "未送信のまま時間切れ、現金は返却",
        Event::Refunded => "収納機関に記録がないため収納を戻し、現金は返却",
        _ => return None,
    })
}

/// When the cash may be returned, as far as a cancellation says.
pub const fn cancellation_cash(state: Cancellation) -> &'static str {
    match state {
        Cancellation::Requested | Cancellation::Sending => {
            "収納機関に取消しを依頼しています。成立するまで、現金を払込人に返さないでください。"
        }
        Cancellation::Unknown => {
            "取消しが成立したかどうかを確認しています。成立と分かるまで、現金を払込人に返さないでください。"
        }
        Cancellation::Confirmed => "取消しが成立しました。現金を払込人に返してください。",
        Cancellation::Refused => {
            "収納機関が取消しを受け付けませんでした。払込は収納済みのままです。現金は返さないでください。"
        }
        Cancellation::Withdrawn => {
            "取消しを収納機関に送れませんでした。払込は収納済みのままです。現金は返さないでください。"
        }
    }
}

/// Where a cancellation is.
pub const fn cancellation_tag(state: Cancellation) -> Tag {
    match state {
        Cancellation::Requested => Tag::wait("取消しの送信待ち"),
        Cancellation::Sending => Tag::wait("取消しを送信中"),
        Cancellation::Unknown => Tag::bad("取消しの結果不明"),
        Cancellation::Confirmed => Tag::ok("取消し成立"),
        Cancellation::Refused => Tag::bad("取消し不成立"),
        Cancellation::Withdrawn => Tag::info("取消し取りやめ"),
    }
}

/// What a collector says off line.
pub const fn word_label(word: Word) -> &'static str {
    match word {
        Word::Cleared => "消込あり(収納済みに確定)",
        Word::NotCleared => "消込なし(未収納に確定し、確保を解除)",
        Word::Cancelled => "取消しあり(取消済みに確定)",
        Word::NotCancelled => "取消しなし(収納済みのままに確定)",
    }
}

/// What a collector's code means.
pub const fn code_words(code: ResponseCode) -> &'static str {
    match code {
        ResponseCode::Normal => "正常",
        ResponseCode::NotOpen => "収納機関が開局していない",
        ResponseCode::BankNotContracted => "当行と契約がない、または契約期間外",
        ResponseCode::CustomerNumberWrong => "納付番号・お客様番号の誤り",
        ResponseCode::ConfirmationNumberWrong => "確認番号の誤り",
        ResponseCode::ChannelNotAccepted => "この取扱チャネルでは払い込めない",
        ResponseCode::PaymentCategoryWrong => "納付区分の誤り",
        ResponseCode::BillNotObtained => "請求情報を取得できない、または該当の消込がない",
        ResponseCode::CancellationNotFromCounter => "窓口以外からの取消し",
        ResponseCode::CounterDateWrong => "カウンタの対象日の誤り",
        ResponseCode::AlreadyPaid => "支払済み、または取消済み",
        ResponseCode::Expired => "期限切れ、または閉局後",
        ResponseCode::AmountDiffers => "金額相違",
        ResponseCode::NotYetPayable => "支払期間前",
        ResponseCode::NumberStopped => "番号の誤りが続き、収納機関が照会を停止中",
        ResponseCode::KeyReused => "同じ処理通番で内容が異なる",
        ResponseCode::CollectorError => "収納機関の内部エラー",
        ResponseCode::Malformed => "電文形式の誤り",
    }
}

/// `A001 収納機関が開局していない`; a code that is not listed stands alone.
pub fn code_text(code: &str) -> String {
    match code.parse::<ResponseCode>() {
        Ok(known) => format!("{code} {}", code_words(known)),
        Err(_) => format!("{code} 一覧にないコード"),
    }
}

/// The hub's reasons, which are for logs, in the staff's words where there are any.
const REASONS: &[(&str, &str)] = &[
    ("no answer in time", "時間内に応答がない"),
    ("the connection ended before the answer did", "応答の前に接続が切れた"),
    ("the answer is not application/xml in UTF-8", "応答の形式が電文でない"),
    ("the answer is too large", "応答が大きすぎる"),
    ("the answer is not signed", "応答の署名を確認できない"),
    ("the answer cannot be read", "応答の電文を読み取れない"),
    ("the answer belongs to another request", "別の要求への応答"),
    ("no connection to the collector", "収納機関に接続できない(未送信)"),
    ("the circuit to the collector is open", "応答がない収納機関への送信を止めている(未送信)"),
    ("over the collector's rate", "送信数の上限を超えた(未送信)"),
    ("too many requests to the collector are running", "応答待ちが多く送信を控えた(未送信)"),
    ("the sender ended before it recorded an answer", "応答を記録する前に処理が止まった"),
    ("the time to send it is over, and bytes had left", "送信期限が過ぎた"),
    ("not applied", "収納機関が未処理と回答"),
    ("status", "応答の状態コードが異常"),
];

/// A reason; the hub's own words follow in brackets where they say more.
pub fn reason_words(reason: &str) -> String {
    match REASONS.iter().find(|(known, _)| reason.starts_with(known)) {
        Some((known, words)) if reason == *known => (*words).to_owned(),
        Some((known, words)) => {
            format!("{words}({})", reason[known.len()..].trim_start_matches(':').trim())
        }
        None => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_in_the_staffs_words() {
        assert_eq!(reason_words("no answer in time"), "時間内に応答がない");
        assert_eq!(reason_words("status 503"), "応答の状態コードが異常(503)");
        assert_eq!(reason_words("the answer cannot be read: no XML"), "応答の電文を読み取れない(no XML)");
        assert_eq!(reason_words("another"), "another");
        assert_eq!(code_text("A001"), "A001 収納機関が開局していない");
        assert_eq!(code_text("Z999"), "Z999 一覧にないコード");
    }

    #[test]
    fn nobody_who_paid_cash_is_told_of_an_account() {
        for state in State::ALL {
            let words = money_words(*state, true);
            assert!(!words.contains("口座") && !words.contains("引き落と"), "{state}: {words}");
            assert_eq!(words.contains("返さない"), state.is_open(), "{state}: {words}");
            assert_eq!(
                words.contains("返してください"),
                !state.is_open() && !state.is_paid(),
                "{state}: {words}"
            );
        }
    }

    #[test]
    fn cash_goes_back_once_a_cancellation_is_confirmed_and_never_before() {
        for state in Cancellation::ALL {
            let back = cancellation_cash(*state).contains("返してください");
            assert_eq!(back, *state == Cancellation::Confirmed, "{state}");
        }
    }

    #[test]
    fn no_two_states_look_alike() {
        let mut words: Vec<_> = State::ALL.iter().map(|state| state_tag(*state).word).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), State::ALL.len());
    }
}
