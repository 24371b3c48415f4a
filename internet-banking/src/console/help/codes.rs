//! The console's table of error codes. An error of a page names a [`ConsoleCode`], so none can be without its
//! explanation.

use crate::console::links::ConsoleHelpLink;
use crate::help::code_table;

/// What became of the customer's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleMoney {
    /// The operation was not begun.
    Untouched,
    /// The operation moves no money.
    None,
    /// Held as before.
    StaysHeld,
    /// It is not known whether the operation took place.
    Unclear,
}

impl ConsoleMoney {
    /// The sentence that every error shows.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Untouched => "操作は行われていません。この操作でお金は動いていません。",
            Self::None => "この操作でお金は動きません。",
            Self::StaysHeld => {
                "払込の金額は確保されたままです。この操作では引き落としも解放もされていません。"
            }
            Self::Unclear => "お金が動いたかどうかは、対象の画面で確かめてください。",
        }
    }
}

code_table! {
    ConsoleCode, ConsoleMoney, ConsoleHelpLink;
    /// A field is empty or cannot be what it should be.
    Input = "S-100", Untouched,
    "入力の誤り",
    "入力された内容に、けた数や文字の誤り、または入力もれがあります。",
    "赤で示した項目を直して、もう一度進んでください。";
    /// The role does not do this.
    NotPermitted = "S-101", Untouched,
    "権限のない操作",
    "この操作は、お使いの職員の役割では行えません。起票は起票者、承認と差戻しは承認者が行います。",
    "行える役割の職員に依頼してください。";
    /// It does not exist, or does no more.
    NotThere = "S-102", Untouched,
    "対象なし",
    "操作の対象が見つかりませんでした。",
    "一覧の画面から選び直してください。";
    /// The checker is the maker.
    OwnRequest = "S-201", Untouched,
    "自分の起票の承認",
    "起票した本人は、その起票を承認することも差し戻すこともできません。",
    "別の承認者に依頼してください。取り下げる場合は、承認待ちの画面で取り下げてください。";
    /// Somebody decided before.
    RequestDecided = "S-202", Untouched,
    "処理済みの起票",
    "この起票は、すでに承認、差戻し、または取下げされています。今回の操作は受け付けていません。",
    "起票の画面で、だれがどう処理したかを確かめてください。";
    /// The processing day is over.
    RequestExpired = "S-203", Untouched,
    "期限切れの起票",
    "起票の有効期限(起票した処理日の終わり)を過ぎたため、処理できません。",
    "まだ必要な場合は、起票者がもう一度起票してください。";
    /// There is an open one about the same thing.
    RequestOpen = "S-204", Untouched,
    "承認待ちの起票あり",
    "同じ対象について、承認待ちの起票がすでにあります。二重には起票できません。",
    "承認待ちの画面で、先の起票の承認を待つか、起票した本人が取り下げてから起票してください。";
    /// Only the maker withdraws.
    NotYourRequest = "S-205", Untouched,
    "ほかの職員の起票",
    "起票を取り下げられるのは、起票した本人だけです。",
    "起票した本人に依頼するか、承認者が差し戻してください。";
    /// The payment's outcome is known.
    NotUnknown = "S-301", Untouched,
    "結果不明でない払込",
    "この払込の結果は、すでに確定しています。",
    "払込の画面で、いまの状態と経過を確かめてください。";
    /// A delivery is under way.
    Delivering = "S-302", StaysHeld,
    "送信中の払込",
    "いま収納機関へ送信しているところです。",
    "送信の結果を待ってから、画面を開き直してください。";
    /// The last delivery is too fresh.
    TooSoon = "S-303", StaysHeld,
    "間隔が短すぎる操作",
    "前の送信から間がないため、まだ行えません。「消込なし」での確定は、最後の送信から390秒たってから行えます。",
    "表示された時間を待ってから、もう一度操作してください。";
    /// An answer or another person came first.
    Moved = "S-304", Untouched,
    "先に状態が変わった払込",
    "操作の直前に、収納機関の応答またはほかの職員の操作で、払込の状態が変わりました。今回の操作は行っていません。",
    "払込の画面で、いまの状態を確かめてください。";
    /// It was not made at the counter.
    NotFromCounter = "S-401", Untouched,
    "窓口以外の払込の取消し",
    "この払込は窓口で受け付けたものではないため、取り消せません。",
    "インターネットバンキングの払込の返金は、収納機関とお客さまの間で行います。";
    /// It is not accepted.
    NotAccepted = "S-402", Untouched,
    "取り消せない状態の払込",
    "収納済みの払込だけを取り消せます。",
    "払込の画面で、いまの状態を確かめてください。";
    /// One is open already.
    CancellationOpen = "S-403", Untouched,
    "取消しの手続き中",
    "この払込の取消しは、すでに収納機関に依頼しています。",
    "払込の画面で取消しの結果を確かめてください。";
    /// Its day is over.
    DayOver = "S-404", Untouched,
    "当日を過ぎた取消し",
    "窓口収納を取り消せるのは、領収日の当日だけです。",
    "収納機関に返金の手続きを照会してください。";
    /// The collector has closed the day.
    CollectorClosed = "S-405", Untouched,
    "収納機関の閉局後",
    "収納機関が閉局しているか、取扱時間外のため、依頼できません。",
    "開局・閉局の画面で状況を確かめてください。";
    /// Our own failure before anything was done.
    Unavailable = "S-901", Untouched,
    "一時的な取扱不可",
    "システムの都合により、操作を受け付けられませんでした。",
    "しばらくしてから、もう一度操作してください。続く場合はシステム担当へ連絡してください。";
    /// Our own failure at the moment of the operation.
    Unclear = "S-902", Unclear,
    "操作の結果を確認できません",
    "システムの都合により、操作が行われたかどうかを確認できませんでした。",
    "やり直す前に、対象の画面と監査ログで、操作が行われたかどうかを必ず確かめてください。";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_and_titles_are_unique_and_codes_read_back() {
        let codes: BTreeSet<_> = ConsoleCode::ALL.iter().map(|c| c.as_str()).collect();
        let titles: BTreeSet<_> = ConsoleCode::ALL.iter().map(|c| c.entry().title).collect();
        assert_eq!((codes.len(), titles.len()), (ConsoleCode::ALL.len(), ConsoleCode::ALL.len()));
        for code in ConsoleCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        assert!("S-000".parse::<ConsoleCode>().is_err());
    }

    #[test]
    fn every_entry_says_what_happened_and_what_to_do_in_whole_sentences() {
        for code in ConsoleCode::ALL {
            let entry = code.entry();
            for sentence in [entry.happened, entry.money.words(), entry.remedy] {
                assert!(sentence.ends_with('。'), "{code}: {sentence}");
            }
        }
    }
}
